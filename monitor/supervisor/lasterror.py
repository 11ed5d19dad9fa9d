"""What trainer.log says about why a trainer failed: one line, and the last traceback."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path

from monitor.run_dir.opening import OddFileError, open_to_read

TAIL_BYTES = 65_536
LONGEST_LINE = 500
TRACEBACK_CHARACTERS = 4000
TRACEBACK_BEGINS = re.compile(r"Traceback \(most recent call last\)|^Fatal Python error")
AFTER_THE_ERROR = 10
"""Lines of a message after its first one."""
SAID_BY_THE_LAUNCHER = re.compile(r"^(torch\.distributed\.elastic\S*|ChildFailedError)\b")
"""torchrun's own error only says that a process failed; the process has said why before it."""
NAMES_AN_ERROR = re.compile(r"^[\w.]*(Error|Exception|Interrupt|Exit)\b|^(error|fatal|killed)\b", re.IGNORECASE)
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def last_error(log: Path) -> str | None:
    """The last line that reads like an error's own words, else the last line at all; None for an empty log.

    Only the last 64 KB are read. Of a progress bar's line only what stands after the last carriage return counts.
    """
    lines = [plain for line in _lines(log) if (plain := line.strip())]
    named = [line for line in lines if NAMES_AN_ERROR.match(line)]
    chosen = [line for line in named if not SAID_BY_THE_LAUNCHER.match(line)] or named or lines
    return chosen[-1][:LONGEST_LINE] if chosen else None


def last_traceback(log: Path) -> str | None:
    """The last traceback in the last 64 KB of a log, its end if it is long; None where there is none."""
    lines = _lines(log)
    begins = [number for number, line in enumerate(lines) if TRACEBACK_BEGINS.search(line)]
    blocks = [_block(lines[start:end]) for start, end in pairwise([*begins, len(lines)])]
    told = [block for block in blocks if not any(map(SAID_BY_THE_LAUNCHER.match, block))] or blocks
    return cut("\n".join(told[-1])) if told else None


def cut(trace: str) -> str:
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
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - TAIL_BYTES))
            return stream.read(TAIL_BYTES).decode("utf-8", "replace")
    except (OSError, OddFileError):
        return ""


def _plain(line: str) -> str:
    """The text a terminal would show at the end of this line, without colours."""
    return TERMINAL_CODES.sub("", line.rstrip("\r").rsplit("\r", 1)[-1]).rstrip()
