"""The line that names the error of a failed run. Pure."""

from __future__ import annotations

import re

from monitor.diagnosis.crash_kinds.kind import LONGEST_QUOTE
from monitor.diagnosis.crash_kinds.lines import (
    CHAINED,
    ERROR,
    LABEL,
    LAST_LINE,
    NAMES_AN_ERROR,
    SAID_BY_THE_LAUNCHER,
    bounded,
)
from monitor.diagnosis.crash_kinds.registry import failure_in
from monitor.diagnosis.last_frame import BEGINS
from monitor.run_dir import Snapshot
from monitor.run_dir.status import state_in_force

LONGEST_LINE = 300
MOST_LINES = 3
"""Lines of a message that are quoted behind its first one."""


def error_line(snapshot: Snapshot) -> str:
    """The line that names the error of a failed run, without its full stop; "" where there is none.

    Of a message that only begins there, with the lines below that complete it. A line of the log that is no error's own
    words, such as the numbers of an epoch, does not count.
    """
    state, progress = state_in_force(snapshot.state, snapshot.progress), snapshot.progress
    text = (state.error if state is not None else None) or (progress.error if progress is not None else None) or ""
    text, log = bounded(text), log_line(snapshot)
    if log or text.startswith(ENDED_BY) or text.endswith(NO_MESSAGE):
        failure = failure_in(log) if log else None
        if failure is None and (text.startswith(ENDED_BY) or not NAMES_AN_ERROR.match(log)):
            return ""
        text = log
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    chosen = next((line for line in lines if ERROR.match(line)), lines[0] if lines else "")
    if SAID_BY_THE_LAUNCHER.match(chosen):
        return ""
    trace = (state.traceback if state is not None else None) or (progress.traceback if progress is not None else None)
    below = _below(chosen, text) or _below(chosen, bounded(trace or "")) if UNFINISHED.search(chosen) else []
    return " ".join([short(chosen.removeprefix("what():").strip()), *below]).rstrip(".:,")


ENDED_BY, NO_MESSAGE = "Ended by ", "and left no message."
"""How a supervisor writes of a process that did not say why it ended."""


def log_line(snapshot: Snapshot) -> str:
    """The line of its log that stands for an error which the script did not report itself; "" where there is none."""
    state, progress = state_in_force(snapshot.state, snapshot.progress), snapshot.progress
    if state is None or not state.error:
        return ""
    error = bounded(state.error)
    if error.startswith(ENDED_BY):
        return error.partition(LAST_LINE)[2]
    reported = progress is not None and progress.error
    own = reported or not state.exit_code or error.endswith(NO_MESSAGE)
    return "" if own or SAID_BY_THE_LAUNCHER.match(error) else error


UNFINISHED = re.compile(r":$|\bvalidation errors? for \S+$")
"""Ends of a first line whose message stands below it."""


def _below(first: str, text: str) -> list[str]:
    """What a message says below its first line, at most three lines; headings and blank lines are none."""
    lines = [LABEL.sub("", line) for line in text.splitlines()]
    place = next((number for number, line in enumerate(lines) if line.strip() == first), len(lines))
    message = lines[place + 1 :]
    end = next((number for number, line in enumerate(message) if BEGINS.search(line) or CHAINED.match(line)), None)
    telling = [
        line.strip()
        for line in message[:end]
        if line.strip() and not line.endswith("(most recent call last):") and line.strip()[0] not in "<=-^~["
    ]
    return [line if len(line) <= LONGEST_QUOTE else line[:LONGEST_QUOTE] + "…" for line in telling[:MOST_LINES]]


def short(line: str) -> str:
    """At most `LONGEST_LINE` characters, the last one … where some are left out."""
    return line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE] + "…"
