"""The engines' queues, read for all runs together: at most every 15 s by all processes of a user.

What they say is kept in the user's own folder (`monitor.run_dir.jobs`); which address is asked stands there too, so
nothing in a run directory decides which address is asked.
"""

from __future__ import annotations

import threading
import time
from itertools import groupby
from pathlib import Path

from msgspec.structs import replace

from monitor.launcher.engines.registry import ENGINES
from monitor.run_dir import JobOrder, JobSeen, job_words, jobs
from monitor.run_dir.errors import RefusedError

ASK_EVERY_SECS = 15.0
FORGET_SECS = 30 * 86_400.0
"""A job that ended so long ago is not kept any longer."""


def remember(job: str, run_dir: Path, order: JobOrder) -> None:
    """From now on the engine is asked for this job. Raises OSError."""
    new = JobSeen(
        engine=order.engine,
        address=order.address,
        job_id=job,
        run_dir=str(run_dir.resolve()),
        asks=ENGINES[order.engine].asks(order),
    )
    jobs.change(lambda book: replace(book, jobs={**book.jobs, job: new}))


def look() -> None:
    """Asks the engines, if one of this user's runs waits or works there and no process has asked in the last 15 s.

    Raises nothing: a problem stands in the book, with the last answer.
    """
    now = time.time()
    if not _is_due(jobs.book(), now):
        return
    due = []

    def begin(book: jobs.Book) -> jobs.Book:
        """Takes the turn, unless another process has taken it; then `due` stays empty."""
        due.extend([book] if _is_due(book, now) else [])
        return replace(book, asked_at=now) if due else book

    try:
        jobs.change(begin)
        if due:
            _ask_and_note(due[0], now)
    except OSError:
        return  # a full disk: the next look tries again


def look_soon() -> None:
    """The same in the background, for a page that must not wait for an engine."""
    if not _is_due(jobs.book(), time.time()) or _looking.locked():
        return
    threading.Thread(target=_look_alone, name="queues", daemon=True).start()


def orphans(runs_dir: Path) -> list[str]:
    """A sentence for each open job whose run was removed from this folder of runs."""
    lines = []
    for seen in jobs.book().jobs.values():
        run_dir = Path(seen.run_dir)
        if seen.ended_at is None and run_dir.parent == runs_dir.resolve() and not run_dir.exists():
            gone = f"{job_words.called(seen)} is for {run_dir}, which is not there any more."
            lines.append(f"{gone} Remove it: {ENGINES[seen.engine].removal(seen)}")
    return lines


_looking = threading.Lock()


def _look_alone() -> None:
    if _looking.acquire(blocking=False):
        try:
            look()
        finally:
            _looking.release()


def _is_due(book: jobs.Book, now: float) -> bool:
    is_open = any(seen.ended_at is None for seen in book.jobs.values())
    return is_open and not 0 <= now - book.asked_at < ASK_EVERY_SECS


def _place(seen: JobSeen) -> tuple[str, str]:
    return seen.engine, seen.address


def _ask_and_note(before: jobs.Book, now: float) -> None:
    found: dict[str, JobSeen] = {}
    problems: dict[tuple[str, str], str] = {}
    for place, group in groupby(sorted(before.jobs.values(), key=_place), key=_place):
        known = list(group)
        if all(seen.ended_at is not None for seen in known):
            continue
        try:
            found |= ENGINES[known[0].engine].asked(known, now)
        except RefusedError as refused:
            problems[place] = str(refused)
    jobs.change(lambda book: _noted(book, before, found, problems, now))


def _noted(
    book: jobs.Book,
    before: jobs.Book,
    found: dict[str, JobSeen],
    problems: dict[tuple[str, str], str],
    now: float,
) -> jobs.Book:
    """The book after the answers: each job's new state; a job that its engine no longer knows ended unseen."""
    known = {}
    for number, seen in book.jobs.items():
        is_open = seen.ended_at is None
        if number in found:
            known[number] = found[number]
        elif is_open and (problem := problems.get(_place(seen))) is not None:
            known[number] = replace(seen, problem=problem, problem_at=seen.problem_at if seen.problem else now)
        elif is_open and number in before.jobs:
            known[number] = replace(seen, state=job_words.GONE, problem="", ended_at=now)
        elif is_open or now - (seen.ended_at or now) < FORGET_SECS:
            known[number] = seen
    return replace(book, jobs=known)
