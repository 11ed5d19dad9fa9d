"""The end of a log as lines of plain text: carriage returns and progress bars folded, no terminal codes."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from monitor.run_dir.opening import OddFileError, open_to_read
from monitor.run_dir.words import TERMINAL_CODES
from monitor.view.shapes.answers import LogTail

TAIL_BYTES = 262_144
SEARCH_BYTES = 8_388_608
MOST_LINES = 1000
LONGEST_LINE = 2000

PROGRESS_BAR = re.compile(r"\d+%\|.*\||\b\d+/\d+ \[\d+:\d+|[━█▏▎▍▌▋▊▉#=]{6,}")
GRAVE = re.compile(
    r"\b(warn(ing)?|error|exception|traceback|fatal|critical|killed|nan|out of memory|oom)\b"
    r"|\w+(Error|Warning|Exception)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class LogQuestion:
    """What is asked of the log. `known`: the size in bytes that it has seen, of the log that `source` names (LogTail);
    `word`: only lines with it."""

    known: int = -1
    source: str = ""
    word: str = ""
    only_grave: bool = False


class JobLog(Protocol):
    """The log of a job as its engine gives it. `source`: where it is from, or why it is not available."""

    @property
    def source(self) -> str:
        """What the page writes above the lines."""

    @property
    def size(self) -> int:
        """Bytes of all of it."""

    @property
    def end(self) -> Callable[[int], bytes] | None:
        """Its last bytes, at most so many; None where trainer.log is to be read instead."""


def log_tail(log: Path, question: LogQuestion, of_job: JobLog | None = None) -> LogTail:
    """The last lines, at most 1,000 of the last 256 KB (8 MB while searching), or `same` where nothing is new."""
    source = of_job.source if of_job is not None else ""
    if question.source != source:
        question = replace(question, known=-1)  # a size that was seen of another log says nothing about this one
    if of_job is not None and of_job.end is not None:
        return msgspec.structs.replace(_tail(of_job.size, of_job.end, question), source=source)
    try:
        descriptor = open_to_read(log)
    except (OSError, OddFileError):
        return LogTail(exists=False, size=0, source=source)
    with os.fdopen(descriptor, "rb") as stream:
        size = os.fstat(descriptor).st_size
        tail = _tail(size, lambda most: _end_of(stream, size, most), question)
    return msgspec.structs.replace(tail, source=source)


def _tail(size: int, end: Callable[[int], bytes], question: LogQuestion) -> LogTail:
    if size == question.known:
        return LogTail(exists=True, size=size, same=True)
    searching = bool(question.word.strip()) or question.only_grave
    data = end(SEARCH_BYTES if searching else TAIL_BYTES)
    cut = 0 < len(data) < size
    if cut:
        data = data.partition(b"\n")[2]  # from a whole line on
    lines, written = folded(data.decode("utf-8", "replace"))
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


def _end_of(stream: BinaryIO, size: int, most: int) -> bytes:
    """Nothing where the file cannot be read."""
    try:
        stream.seek(max(0, size - most))
        return stream.read(most)
    except OSError:
        return b""


def _wanted(line: str, question: LogQuestion) -> bool:
    word = question.word.strip().casefold()
    return (not word or word in line.casefold()) and (not question.only_grave or bool(GRAVE.search(line)))
