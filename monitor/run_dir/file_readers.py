"""The files of a run directory one by one, each read again at the cost of what is new in it.

A line counts once its newline is there; a malformed one is counted with its number. A shorter file or another inode is
read again from its start. A document keeps its last good value where a foreign tool left half of one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from monitor.run_dir import files, held
from monitor.run_dir.records import SCHEMA_VERSION, Probe, Problem, Progress, Record, decode, decode_all, schema_of
from monitor.run_dir.redaction import redacted

R = TypeVar("R", bound=Record)
G = TypeVar("G", contravariant=True)
S = TypeVar("S", covariant=True)

PROBLEMS_KEPT = 100
LINES_AT_ONCE = 1024
PIECES_WITHOUT_A_LINE = 64
"""So much of a file that holds no line at all (1 GB) is passed over in one look; the next look goes on."""

SURE_SECS = 5.0
"""Silence watched for this long is believed against a heartbeat that is dated in the future."""


class Silence:
    """Seconds since the trainer's last record: wall clocks jump, so arrivals are timed by a steady one."""

    def __init__(self, tick: Callable[[], float]) -> None:
        self._tick = tick
        self._last: Progress | None = None
        self._since = tick()
        self._seen_to_arrive = False

    def note(self, progress: Progress | None) -> None:
        """Takes in what was read; a heartbeat that differs from the last one has arrived since."""
        if progress != self._last:
            self._seen_to_arrive = self._last is not None
            self._last, self._since = progress, self._tick()

    def secs(self, progress: Progress | None, now: float) -> float | None:
        """Seconds up to `now`; negative where a clock was set back, None without a heartbeat."""
        if progress is None:
            return None
        watched = self._tick() - self._since
        if self._seen_to_arrive:
            return watched
        # Of a heartbeat that was there at the first look only the wall clock knows, unless it was set back since.
        by_clock = now - progress.heartbeat_at
        return max(by_clock, watched) if by_clock >= 0 or watched > SURE_SECS else by_clock


class _Grows(Protocol[G, S]):
    """Where records are put, and what stands for all of them so far."""

    def extend(self, records: Iterable[G]) -> None:
        """Adds records after those that are there."""

    def frozen(self) -> S:
        """All so far; what comes later is not in it."""


class Series(Generic[R, S]):
    """The records of one `.jsonl` file, grown by what is new."""

    def __init__(self, path: Path, kind: type[R], grows: Callable[[], _Grows[R, S]]) -> None:
        self._tail = files.LineTail(path)
        self._kind = kind
        self._grows = grows
        self._kept = grows()
        self.records = self._kept.frozen()
        self.problems: list[Problem] = []
        self.changed = False
        self.restarted = False

    @property
    def bytes_read(self) -> int:
        """Bytes read of the file so far, those of earlier lives included."""
        return self._tail.bytes_read

    def read(self) -> bool:
        """Takes in what is new; True if anything changed. Raises OSError."""
        self.changed = self.restarted = False
        empty = 0
        try:
            while empty < PIECES_WITHOUT_A_LINE:
                found = self._tail.read()
                self._take_piece(found)
                empty = 0 if found.lines else empty + 1
                if not found.more:
                    break
        except files.OddFileError as odd:
            self._note(0, str(odd))
        if self.changed:
            self.records = self._kept.frozen()
        return self.changed

    def _take_piece(self, found: files.Lines) -> None:
        if found.restarted:
            self._kept, self.problems, self.restarted = self._grows(), [], True
        if found.passed_over is not None:
            self._note(found.passed_over, f"longer than {files.LONGEST_LINE_BYTES // 2**20} MiB")
        for begin in range(0, len(found.lines), LINES_AT_ONCE):
            self._take(found.first_line + begin, found.lines[begin : begin + LINES_AT_ONCE])
        self.changed = self.changed or bool(found.lines) or found.restarted

    def _note(self, line: int, reason: str) -> None:
        problem = Problem(file=self._tail.path.name, line=line, reason=reason)
        if problem not in self.problems and len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(problem)
            self.changed = True

    def _take(self, number: int, lines: list[bytes]) -> None:
        try:
            records = decode_all(lines, self._kind)
        except ValueError:
            records = [record for each, line in enumerate(lines, number) for record in self._taken(each, line)]
        self._kept.extend(records)

    def _taken(self, number: int, line: bytes) -> Iterator[R]:
        """The record of a line; of an empty or a malformed one none."""
        try:
            if line.strip():
                yield decode(line, self._kind)
        except ValueError as problem:
            self._note(number, str(problem))


class Document(Generic[R]):
    """The value of one `.json` file; the last good one stays where a foreign tool left half of one."""

    def __init__(self, path: Path, kind: type[R]) -> None:
        self.path = path
        self._kind = kind
        self._stamp: tuple[int, int, int] | None = None
        self.value: R | None = None
        self.schema = SCHEMA_VERSION
        self.problems: list[Problem] = []

    def read(self) -> bool:
        """Reads the file if it was replaced; True if anything changed. Raises OSError."""
        try:
            found = held.stat_of(self.path)
        except (FileNotFoundError, NotADirectoryError):
            gone = self.value is not None
            self._stamp, self.value, self.schema, self.problems = None, None, SCHEMA_VERSION, []
            return gone
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if stamp == self._stamp:
            return False
        try:
            data = files.read_bytes(self.path)
            if data is None:
                return False
            self._stamp = stamp
            self.schema = schema_of(data)
            value, self.problems = redacted(decode(data, self._kind)), []
        except ValueError as problem:
            self._stamp = stamp
            self.problems = [Problem(file=self.path.name, line=1, reason=str(problem))]
            return True
        changed = value != self.value
        self.value = value
        return changed


class Probes:
    """The measurements in probes/, read again when one of the files changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamps: dict[str, int] = {}
        self.values: tuple[Probe, ...] = ()

    def read(self) -> bool:
        """Reads what has changed in the folder; returns whether anything has."""
        stamps = {}
        try:
            for entry in [] if self._folder.is_symlink() else self._folder.iterdir():
                if entry.suffix == ".json" and not entry.name.startswith("."):
                    stamps[entry.name] = entry.stat().st_mtime_ns
        except OSError:
            stamps = {}
        if stamps == self._stamps:
            return False
        self._stamps = stamps
        # What is no Probe is another program's measurement, in a shape of its own.
        found = [files.read_document(self._folder / name, Probe, files.UNREADABLE) for name in sorted(stamps)]
        self.values = tuple(probe for probe in found if probe is not None)
        return True


def acknowledged(folder: Path) -> frozenset[str]:
    """The ids of the alerts that a person has acknowledged: one file each in acks/."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - each look: a run directory may hold thousands, and a Path costs
        return frozenset(name.removesuffix(".json") for name in names if name.endswith(".json") and name != ".json")
    except OSError:
        return frozenset()
