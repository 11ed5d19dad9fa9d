"""The line of trainer.log that says why a trainer failed."""

from __future__ import annotations

import os
import re
from pathlib import Path

from monitor.opening import OddFileError, open_to_read

TAIL_BYTES = 65_536
LONGEST_LINE = 500
NAMES_AN_ERROR = re.compile(r"^[\w.]*(Error|Exception|Interrupt|Exit)\b|^(error|fatal|killed)\b", re.IGNORECASE)
TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def last_error(log: Path) -> str | None:
    """The last line that reads like an error's own words, else the last line at all; None for an empty log.

    Only the last 64 KB are read. Of a progress bar's line only what stands after the last carriage return counts.
    """
    lines = [plain for line in _tail(log).split("\n") if (plain := _plain(line))]
    named = [line for line in lines if NAMES_AN_ERROR.match(line)]
    chosen = named or lines
    return chosen[-1][:LONGEST_LINE] if chosen else None


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
    return TERMINAL_CODES.sub("", line.rstrip("\r").rsplit("\r", 1)[-1]).strip()
