"""The last answer of a cluster's engine about this user's jobs: one file in the user's own folder, for all runs.

The process that asks the engine writes it (`monitor.launcher.engines`). A run directory names its job by number alone,
and the number counts only where it was submitted for that very folder.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from monitor.run_dir import files, opening, processes
from monitor.run_dir.records import JOB_LOG_FILE, JobSeen, Record, State, encode
from monitor.run_dir.serving import state_dir

BOOK_FILE = "jobs.json"
LOG_TAIL_BYTES = 8192
LONGEST_SAID = 300


class Book(Record, frozen=True, kw_only=True):
    """`asked_at`: when a process last began to ask; a job's `problem`: why its engine gave no answer."""

    asked_at: float = 0.0
    jobs: dict[str, JobSeen] = msgspec.field(default_factory=dict)


_read: tuple[tuple[object, ...], Book] = ((), Book())


def book() -> Book:
    """The book as it is now; an empty one where there is none or it is damaged. Unchanged, it costs one look."""
    global _read
    path = state_dir() / BOOK_FILE
    try:
        found = path.stat()
    except OSError:
        return Book()
    stamp = (str(path), found.st_ino, found.st_mtime_ns, found.st_size)
    if _read[0] != stamp:
        _read = (stamp, files.read_document(path, Book, files.UNREADABLE) or Book())
    return _read[1]


def change(how: Callable[[Book], Book]) -> Book:
    """Changes the book, one process at a time; returns what it is then. Raises OSError."""
    opening.make_folder(state_dir())
    with processes.alone_in(state_dir()):
        before = files.read_document(state_dir() / BOOK_FILE, Book, files.UNREADABLE) or Book()
        after = how(before)
        if after != before:
            files.replace(state_dir() / BOOK_FILE, encode(after))
        return after


def seen(run_dir: Path, state: State | None) -> JobSeen | None:
    """What is known of the job of a run; None for a run that is none, or whose job was not submitted by this user."""
    if state is None or state.job is None:
        return None
    found = book().jobs.get(state.job.job_id)
    if found is None or found.run_dir != str(run_dir.resolve()):
        return None
    if found.ended_at is None or found.said:
        return found
    return msgspec.structs.replace(found, said=_last_error(run_dir))


def _last_error(run_dir: Path) -> str:
    """The last error that SLURM wrote into the job's log; "" for none. It is data of the run directory."""
    lines = files.last_lines(run_dir / JOB_LOG_FILE, LOG_TAIL_BYTES)
    named = [line for line in lines if line.startswith(b"slurmstepd") and b"error: " in line and b"***" not in line]
    return named[-1].partition(b"error: ")[2].decode("utf-8", "replace").strip()[:LONGEST_SAID] if named else ""
