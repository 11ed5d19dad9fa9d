"""Which of a run's processes are alive, as far as this host can know.

For a run of this machine the recorded processes are looked up. For a run on another host, that host judges and reports
to the process that mirrors its folder (`monitor.launcher.hosts`): no pid of another host is ever looked up here, and a
report counts only while the host answers. For a run in an archive nothing is looked up.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from pathlib import Path

from monitor.run_dir import files, held, jobs, processes
from monitor.run_dir.cache import cache_dir
from monitor.run_dir.records import Identity, JobSeen, Liveness, Progress, Record, State
from monitor.run_dir.status import last_heard_at, state_in_force

HEARD_SECS = 12.0
"""A host reports every two seconds; after so much silence its last report is out of date."""
HEARD_FILE = "heard"
RUNS_DIR, SEEN_DIR, HOSTS_DIR, ARCHIVES_DIR = "runs", "seen", "hosts", "archives"


class Lives(Record, frozen=True, kw_only=True):
    """Of the trainer, the supervisor and the follower: None where none is recorded. `mine`: whether the run belongs to
    the user who looks at it there."""

    trainer: Liveness | None = None
    supervisor: Liveness | None = None
    follower: Liveness | None = None
    job: JobSeen | None = None
    mine: bool | None = None


COPIED = Lives(trainer="elsewhere", supervisor="elsewhere", follower="elsewhere")
ARCHIVED = Lives(trainer="archived", supervisor="archived", follower="archived", mine=True)


def lives_of(run_dir: Path, state: State | None, progress: Progress | None) -> Lives:
    """What is known now of the processes that these two name."""
    if is_archived(run_dir):
        return ARCHIVED
    if is_mirrored(run_dir):
        return _last_reported(run_dir)
    in_force = state_in_force(state, progress)
    trainer: Identity | None = None
    if in_force is not None:
        trainer = in_force.trainer
    elif progress is not None:
        trainer = progress.process
    supervisor = in_force.supervisor if in_force is not None else None
    follower = progress.follower if progress is not None else None
    heard_at = last_heard_at(in_force, progress)
    found = [
        processes.liveness(each, heard_at) if each is not None else None for each in (trainer, supervisor, follower)
    ]
    # Not of a process that cannot be looked up from here: there the folder may have another number.
    waits = found == [None] * 3 and state is not None and state.job is not None
    if ("alive" in found or waits) and is_copied(run_dir, in_force or progress):
        return COPIED
    return Lives(trainer=found[0], supervisor=found[1], follower=found[2], job=jobs.seen(run_dir, state))


def is_copied(run_dir: Path, written: State | Progress | None) -> bool:
    """Whether state.json or progress.json was written in another folder than the one where it lies: the processes that
    it names work there. A process keeps its folder open, so that the folder's number stays for as long as it lives; a
    folder that is moved within its disk keeps it too."""
    if written is None or not written.folder:
        return False
    try:
        return held.stat_of(run_dir, follow=True).st_ino != written.folder
    except OSError:
        return False


def hosts_dir() -> Path:
    """Where the mirrors of other hosts' folders lie, a folder each: the user's own cache, which no run can write."""
    return cache_dir() / HOSTS_DIR


def mirror_of(host: str, there: str) -> Path:
    """Where a folder of another host is mirrored; its runs lie in RUNS_DIR of it."""
    return hosts_dir() / _known_by(host, f"{host}:{there}")


def archive_of(address: str) -> Path:
    """Where what was read of an archive lies, as `mirror_of`."""
    return cache_dir() / ARCHIVES_DIR / _known_by(address.partition("://")[2].partition("/")[0], address)


def _known_by(name: str, whole: str) -> str:
    known = hashlib.blake2b(whole.encode(), digest_size=6).hexdigest()
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '-', name)[:40]}-{known}"


def is_mirrored(run_dir: Path) -> bool:
    """Whether a run directory is a copy of one on another host or in an archive; decided by its place alone, never by
    its files."""
    return _lies_in(run_dir, (HOSTS_DIR, ARCHIVES_DIR))


def is_archived(run_dir: Path) -> bool:
    """Whether a run directory is the copy of one in an archive."""
    return _lies_in(run_dir, (ARCHIVES_DIR,))


def _lies_in(run_dir: Path, kinds: tuple[str, ...]) -> bool:
    # As texts first: a list asks this of thousands.
    runs_dir = os.path.split(os.path.dirname(run_dir))  # noqa: PTH120
    if runs_dir[1] != RUNS_DIR:
        return False
    kind = os.path.basename(os.path.dirname(runs_dir[0]))  # noqa: PTH119, PTH120
    return kind in kinds and run_dir.parents[2] == cache_dir() / kind


def is_heard(mirror: Path, now: float) -> bool:
    """Whether the host of a mirror was heard a moment ago. `now`: UTC seconds."""
    try:
        heard_at = (mirror / HEARD_FILE).stat().st_mtime
    except OSError:
        return False
    return abs(now - heard_at) < HEARD_SECS


def _last_reported(run_dir: Path) -> Lives:
    """The other host's last report; where that is out of date, the processes that were alive then are "unknown"."""
    mirror = run_dir.parents[1]
    said = files.read_document(mirror / SEEN_DIR / f"{run_dir.name}.json", Lives, files.UNREADABLE)
    if said is None:
        return Lives(trainer="unknown", supervisor="unknown", follower="unknown")
    if is_heard(mirror, time.time()):
        return said
    trainer, supervisor, follower = ("unknown" if each == "alive" else each for each in _three(said))
    return Lives(trainer=trainer, supervisor=supervisor, follower=follower, mine=said.mine)


def _three(lives: Lives) -> tuple[Liveness | None, Liveness | None, Liveness | None]:
    return lives.trainer, lives.supervisor, lives.follower


def owner_of(run_dir: Path, lives: Lives) -> int:
    """The user id that a run belongs to; -1 where it is another user's of another host, or not known."""
    if not is_mirrored(run_dir):
        return run_dir.stat().st_uid
    return os.getuid() if lives.mine else -1
