"""What an ended process means: stopped, finished, failed or unknown; and the last error that its log holds."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from monitor.diagnosis.crash_kinds.lines import CHAINED, LABEL, LAST_LINE, NAMES_AN_ERROR, SAID_BY_THE_LAUNCHER
from monitor.importers.free_text.reader import read_line
from monitor.importers.growing import MARKS
from monitor.launcher.relaunch.written import newest_checkpoint
from monitor.run_dir import LOG_FILE, Progress, StopStage
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.launch import read_launch
from monitor.run_dir.opening import OddFileError, open_to_read
from monitor.run_dir.planned import planned_epochs
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import signal_name
from monitor.run_dir.words import TERMINAL_CODES
from monitor.supervisor.trainer import Ending
from monitor.writer.run_writer import TRACEBACK_CHARACTERS


@dataclass(frozen=True)
class Final:
    """The last thing state.json will say."""

    state: Literal["stopped", "finished", "failed"]
    error: str | None = None
    traceback: str | None = None


def final_of(ending: Ending, progress: Progress | None, stop: StopStage | None, run_dir: Path) -> Final | None:
    """The final state, from the exit status, the outcome the trainer wrote, and the stop that was under way.

    None when no supervisor saw the end and no outcome was written: a reader then derives `lost`, which is never stored.
    """
    outcome = progress.outcome if progress else None
    seen = ending.exit_code is not None or ending.signal is not None
    we_signalled = stop is not None and stop.stage != "asked"
    if ending.exit_code == 0 or not seen:
        state = outcome or ("stopped" if we_signalled or (seen and stop) else "finished" if seen else None)
    elif we_signalled or (stop is not None and outcome == "stopped"):
        state = "stopped"
    else:
        state = "failed"
    if state is None:
        return None
    if state == "finished" and outcome is None and _broke_off(run_dir):
        state = "failed"
    if state != "failed":
        return Final(state)
    trace = (progress.traceback if progress else None) or last_traceback(run_dir / LOG_FILE)
    return Final(state, _why(ending, progress, run_dir), trace)


def saved_in(run_dir: Path) -> str | None:
    """The newest checkpoint that the run has left on disk; "" where none was found, None where nothing can be looked
    at."""
    try:
        launch = read_launch(run_dir)
        newest = newest_checkpoint(run_dir, launch, launch.created_at) if launch is not None else None
    except (OSError, MonitorError):
        return None
    return None if launch is None else "" if newest is None else str(newest.path)


def _broke_off(run_dir: Path) -> bool:
    """Whether a script printed its error and ended with exit code 0: a traceback at the end, before its last epoch."""
    if error_at_end(run_dir / LOG_FILE) is None:
        return False
    snapshot = RunReader(run_dir).read(0.0)
    planned = planned_epochs(snapshot)
    return planned is not None and bool(snapshot.epochs) and snapshot.epochs[-1].epoch < planned


def _why(ending: Ending, progress: Progress | None, run_dir: Path) -> str:
    """One line for a failed run: the trainer's own error, else what its log ends with, and the signal if there was."""
    said = (progress.error if progress else None) or last_error(run_dir / LOG_FILE)
    if ending.signal is not None:
        name = signal_name(ending.signal)
        hint = " (often the kernel, when memory runs out)" if ending.signal == signal.SIGKILL else ""
        return f"Ended by {name}{hint}." + (f" {LAST_LINE}{said}" if said else "")
    return said or f"It ended with exit code {ending.exit_code} and left no message."


TAIL_BYTES = 65_536
LONGEST_LINE = 500
TRACEBACK_BEGINS = re.compile(r"Traceback \(most recent call last\)|^Fatal Python error")
MOST_BEHIND = 2
"""Lines behind the error that a log ends with: of a scheduler, of a tool that tidies up."""
AFTER_THE_ERROR = 16
"""Lines of a message after its first one."""


def last_error(log: Path) -> str | None:
    """The last line that reads like an error's own words, else the last line at all; None for an empty log.

    Only the last 64 KB are read. Of a progress bar's line only what stands after the last carriage return counts; which
    process wrote it, and a frame around it, are left out.
    """
    lines = [line for each in _lines(log) if re.search(r"\w", line := LABEL.sub("", each).strip("│┃"))]
    named = [line for line in lines if NAMES_AN_ERROR.match(line)]
    own, all_own = ([line for line in some if not SAID_BY_THE_LAUNCHER.match(line)] for some in (named, lines))
    chosen = own or named or all_own or lines
    return chosen[-1].strip()[:LONGEST_LINE] if chosen else None


def error_at_end(log: Path) -> str | None:
    """The error of the traceback that a log ends with; None where its last lines tell of more than that."""
    lines = [line for line in _lines(log.resolve()) if line.strip()]
    begin = max((number for number, line in enumerate(lines) if TRACEBACK_BEGINS.search(line)), default=None)
    said = last_error(log.resolve())
    if begin is None or said is None or not NAMES_AN_ERROR.match(said):
        return None
    place = max(
        (number for number, line in enumerate(lines) if LABEL.sub("", line).strip().startswith(said)), default=-1
    )
    behind = [line for line in lines[place + 1 :] if not line[:1].isspace()]
    goes_on = len(behind) > MOST_BEHIND or any(read_line(line).values for line in behind)
    return said if begin < place and not goes_on else None


def last_traceback(log: Path) -> str | None:
    """The last traceback in the last 64 KB of a log, with what led to it; its end if it is long; None without one."""
    lines = _lines(log)
    begins = [number for number, line in enumerate(lines) if TRACEBACK_BEGINS.search(line)]
    chains: list[list[str]] = []
    for start, end in pairwise([*begins, len(lines)]):
        if chains and any(map(CHAINED.match, lines[max(0, start - 3) : start])):
            chains[-1].extend(_block(lines[start:end]))
        else:
            chains.append(_block(lines[start:end]))
    causes = [chain for chain in chains if not any(map(SAID_BY_THE_LAUNCHER.match, chain))] or chains
    return _cut("\n".join(causes[-1])) if causes else None


def _cut(trace: str) -> str:
    """A traceback of at most 4,000 characters: the end of it says what happened."""
    return trace if len(trace) <= TRACEBACK_CHARACTERS else "…" + trace[1 - TRACEBACK_CHARACTERS :]


def _block(lines: list[str]) -> list[str]:
    """A traceback's own lines: the indented ones, the error, and the rest of its message."""
    body = next((number for number, line in enumerate(lines[1:], 1) if line and not line.startswith((" ", "\t"))), None)
    kept = lines if body is None else lines[: body + 1 + AFTER_THE_ERROR]
    while kept and not kept[-1].strip():
        kept = kept[:-1]
    return kept


def _lines(log: Path) -> list[str]:
    """The end of the log as a terminal would show it, without colours."""
    return [_plain(line) for line in _tail(log).split("\n")]


def _tail(log: Path) -> str:
    try:
        with os.fdopen(open_to_read(log), "rb") as stream:
            code = MARKS.get(stream.read(2), "utf-8")
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - TAIL_BYTES) // 2 * 2)  # a letter of UTF-16 begins at an even byte
            return stream.read(TAIL_BYTES + 1).decode(code, "replace").removeprefix("\ufeff")
    except (OSError, OddFileError):
        return ""


def _plain(line: str) -> str:
    """The text a terminal would show at the end of this line, without colours."""
    return TERMINAL_CODES.sub("", line.rstrip("\r").rsplit("\r", 1)[-1]).rstrip()
