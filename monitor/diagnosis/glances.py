"""What a list needs of a run, from its small files; of runs that have ended it is kept for the next process.

An ended run says the same as long as its files are the same, so it is read and judged once. One that a process may
still work on is read at each look: it can end without writing anything.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from monitor.diagnosis.seed_groups import Member, member_of, set_of
from monitor.diagnosis.summaries import Ahead, nobody_keeps, summary_of
from monitor.run_dir import (
    ALERTS_FILE,
    LAUNCH_FILE,
    OUTCOME_FILE,
    RUN_FILE,
    Alert,
    ChildOutcome,
    Launch,
    Parent,
    Progress,
    QueuePlace,
    Record,
    Run,
    Snapshot,
    State,
    Summary,
    files,
)
from monitor.run_dir.cache import Cache, Mark, mark_of
from monitor.run_dir.errors import UnreadableRunError, guarded
from monitor.run_dir.launch import read_launch, read_progress, read_state
from monitor.run_dir.lives import Lives, is_mirrored, lives_of, owner_of
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import Status, status_of

LEAST_KEPT = 100
"""A folder of fewer runs is read in a moment: nothing of it is kept."""
ALERTS_TAIL = 16_384


class Glance(Record, frozen=True, kw_only=True):
    """A run as a list shows it. `launch_problem`: why launch.json cannot be understood, "" where it can; `uid`: the
    owner's; `ended_at`: as the supervisor wrote it (UTC seconds); `device`: that a live run works on, else "";
    `validation`: equal for runs that were scored on the same validation clips; `config`: its settings as logged, else
    from its command."""

    status: Status
    summary: Summary
    progress: Progress | None = None
    outcome: ChildOutcome | None = None
    alerts: tuple[Alert, ...] = ()
    parent: Parent | None = None
    created_at: float = 0.0
    asked_by: str = ""
    launch_problem: str = ""
    waiting: QueuePlace | None = None
    ended_at: float | None = None
    device: str = ""
    uid: int = 0
    member: Member | None = None
    validation: str = ""
    config: dict[str, Any] = msgspec.field(default_factory=dict)
    by_files: bool = False
    """Whether all that is known of a live run stands in its files: no process, no queue and no other host is asked."""


def glance_at(run_dir: Path, now: float, ahead: Ahead | None = None) -> Glance:
    """Reads a run's small files. Raises MonitorError or OSError for one that cannot be read."""
    state, progress = read_state(run_dir), read_progress(run_dir)
    launch, problem = _launch(run_dir)
    lives = lives_of(run_dir, state, progress)
    status = status_at(run_dir, state, progress, launch, now, lives)
    run = files.read_document(run_dir / RUN_FILE, Run, ignoring=files.UNREADABLE)
    parent = launch.parent if launch is not None else None
    return Glance(
        status=status,
        summary=summary_of(run_dir, is_lost=status.word == "lost" or lives.trainer == "elsewhere", ahead=ahead),
        progress=progress,
        outcome=files.read_document(run_dir / OUTCOME_FILE, ChildOutcome, ignoring=ValueError),
        alerts=tuple(files.last_records(run_dir / ALERTS_FILE, ALERTS_TAIL, Alert)),
        parent=parent,
        created_at=launch.created_at if launch is not None else 0.0,
        asked_by=launch.asked_by if launch is not None else "",
        launch_problem=problem,
        waiting=state.queue if state is not None and status.word == "queued" else None,
        ended_at=state.ended_at if state is not None else None,
        device=_device(state, run) if status.live else "",
        uid=owner_of(run_dir, lives),
        member=replace(member, run_id=run_dir.name) if (member := member_of(launch)) is not None else None,
        validation=set_of(run),
        config=(run.config if run is not None else {}) or (launch.config if launch is not None else {}),
        by_files=status.live and status.unseen and lives.job is None and not is_mirrored(run_dir),
    )


def status_at(
    run_dir: Path,
    state: State | None,
    progress: Progress | None,
    launch: Launch | None,
    now: float,
    lives: Lives | None = None,
) -> Status:
    """What a run is doing, from its small files alone; a lost run's evidence names its last epoch. `lives`: what is
    known of its processes, where that was asked already."""
    lives = lives_of(run_dir, state, progress) if lives is None else lives
    seen = Snapshot(
        run_dir=str(run_dir),
        run_id=run_dir.name,
        read_at=now,
        launch=launch,
        progress=progress,
        state=state,
        trainer_liveness=lives.trainer,
        supervisor_liveness=lives.supervisor,
        follower_liveness=lives.follower,
        job=lives.job,
    )
    found = status_of(seen)
    return found if found.word != "lost" else status_of(RunReader(run_dir).read(now))


def _launch(run_dir: Path) -> tuple[Launch | None, str]:
    """(launch.json as far as it can be understood, why not)."""
    try:
        return read_launch(run_dir), ""
    except UnreadableRunError as problem:
        if isinstance(problem.__cause__, OSError):
            raise
        return files.read_document(run_dir / LAUNCH_FILE, Launch, ignoring=ValueError), str(problem)


def _device(state: State | None, run: Run | None) -> str:
    """The device that a live run has or reports, such as "cuda:0" or "cpu"."""
    said = run.environment.device if run is not None else None
    return (state.device if state is not None else "") or said or ""


class Glances:
    """The runs of one folder, each read again when one of its files has changed or a process may work on it."""

    def __init__(self, runs_dir: Path, least_kept: int = LEAST_KEPT) -> None:
        self._runs_dir = runs_dir
        self._least_kept = least_kept
        self._cache = Cache(runs_dir, Glance)

    def all(self, names: Sequence[str], now: float) -> Iterator[tuple[str, Mark, Glance | Exception]]:
        """(run id, mark of its files, what was seen or why it cannot be read) of each, in any order; what was new is
        then kept."""
        known = self._cache.load() if len(names) >= self._least_kept else {}
        kept: dict[str, tuple[str, Glance]] = {}
        is_new = False
        alone = [name for name in names if name not in known and nobody_keeps(f"{self._runs_dir}/{name}")]
        ahead = Ahead([self._runs_dir / name for name in alone])
        try:
            # From both ends: a second process begins with the first of those that are to be judged, this one comes to
            # the last of them when it has read all others.
            last = frozenset(alone)
            for name in [*(name for name in names if name not in last), *reversed(alone)]:
                # The mark first: what changes while it is read shows at the next look.
                mark = mark_of(f"{self._runs_dir}/{name}")
                text, glance = known.get(name, ("", None))
                if glance is None or not mark.text or text != mark.text:
                    is_new = True
                    seen = glance_or_fault(self._runs_dir / name, now, ahead)
                    if isinstance(seen, Glance) and not seen.status.live and mark.is_sure(time.time_ns()):
                        kept[name] = (mark.text, seen)
                    yield name, mark, seen
                else:
                    kept[name] = (text, glance)
                    yield name, mark, glance
        finally:
            ahead.end()
        if is_new and len(names) >= self._least_kept and kept:
            self._cache.save(kept)


def glance_or_fault(run_dir: Path, now: float, ahead: Ahead | None = None) -> Glance | Exception:
    """Glances of many runs; a fault in one run does not hide the others. `ahead`: see `summary_of`."""

    def _seen() -> Glance | Exception:
        return glance_at(run_dir, now, ahead)

    return guarded(_seen, lambda fault: fault)
