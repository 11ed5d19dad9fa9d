"""The end of trainer.log as lines of plain text: carriage returns and progress bars folded, no terminal codes."""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from monitor.run_dir.opening import OddFileError, open_to_read
from monitor.view.shapes.answers import LogTail

TAIL_BYTES = 262_144
SEARCH_BYTES = 8_388_608
MOST_LINES = 1000
LONGEST_LINE = 2000

TERMINAL_CODES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
PROGRESS_BAR = re.compile(r"\d+%\|.*\||\b\d+/\d+ \[\d+:\d+|[━█▏▎▍▌▋▊▉#=]{6,}")
GRAVE = re.compile(
    r"\b(warn(ing)?|error|exception|traceback|fatal|critical|killed|nan|out of memory|oom)\b"
    r"|\w+(Error|Warning|Exception)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class LogQuestion:
    """What is asked of the log. `known`: the size in bytes that it has seen; `word`: only lines with it."""

    known: int = -1
    word: str = ""
    only_grave: bool = False


def log_tail(log: Path, question: LogQuestion) -> LogTail:
    """The last lines, at most 1,000 of the last 256 KB (8 MB while searching), or `same` where nothing is new."""
    try:
        descriptor = open_to_read(log)
    except (OSError, OddFileError):
        return LogTail(exists=False, size=0)
    with os.fdopen(descriptor, "rb") as stream:
        return _tail(stream, question)


def _tail(stream: BinaryIO, question: LogQuestion) -> LogTail:
    size = os.fstat(stream.fileno()).st_size
    if size == question.known:
        return LogTail(exists=True, size=size, same=True)
    searching = bool(question.word.strip()) or question.only_grave
    reach = SEARCH_BYTES if searching else TAIL_BYTES
    text, cut = _end_of(stream, size, reach)
    lines, written = folded(text)
    chosen = [line for line in lines if _wanted(line[0], question)]
    return LogTail(
        exists=True,
        size=size,
        cut=cut,
        lines=[(line, count, bool(GRAVE.search(line))) for line, count in chosen[-MOST_LINES:]],
        written=written,
        shown=min(len(chosen), MOST_LINES),
        found=len(chosen),
    )


def folded(text: str) -> tuple[list[tuple[str, int]], int]:
    """([(line, how many written lines it stands for)], how many were written).

    Of a line with carriage returns the last part is what a terminal shows; of consecutive progress bars the last one.
    """
    lines: list[tuple[str, int]] = []
    written = 0
    for raw in text.split("\n"):
        parts = [part for part in raw.rstrip("\r").split("\r") if part.strip()]
        if not parts:
            continue
        line = plain(parts[-1])
        written += len(parts)
        bar = bool(PROGRESS_BAR.search(line))
        if bar and lines and PROGRESS_BAR.search(lines[-1][0]):
            lines[-1] = (line, lines[-1][1] + len(parts))
        else:
            lines.append((line, len(parts)))
    return lines, written


def plain(line: str) -> str:
    """Text that cannot move a cursor, change a direction or hide: control and format characters become visible gaps."""
    bare = TERMINAL_CODES.sub("", line).expandtabs(4).rstrip()
    kept = bare[: LONGEST_LINE + 1]
    bare = "".join(" " if unicodedata.category(letter) in ("Cc", "Cf") else letter for letter in kept)
    if len(line) <= LONGEST_LINE:
        return bare
    return f"{bare[:LONGEST_LINE]} … {len(line):,} characters"


def _end_of(stream: BinaryIO, size: int, reach: int) -> tuple[str, bool]:
    """The end of the file from a whole line on, and whether earlier lines were left out."""
    try:
        stream.seek(max(0, size - reach))
        data = stream.read(reach)
    except OSError:
        return "", False
    if size <= reach:
        return data.decode("utf-8", "replace"), False
    return data.partition(b"\n")[2].decode("utf-8", "replace"), True


def _wanted(line: str, question: LogQuestion) -> bool:
    word = question.word.strip().casefold()
    return (not word or word in line.casefold()) and (not question.only_grave or bool(GRAVE.search(line)))
