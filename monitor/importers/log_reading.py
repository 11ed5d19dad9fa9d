"""A log's bytes → rows of epochs and printed predictions, as they come."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from monitor.importers.log_epochs import MOST_NAMES, Basis, EpochRows, Row
from monitor.importers.log_line import Statement
from monitor.importers.log_lines import LineReader
from monitor.importers.log_shape import by_shape, without_digits
from monitor.importers.log_steps import StepSaid, place_of, train_loss_of
from monitor.importers.log_text import EVERY_LINE_BYTES, LOOKS, LogText
from monitor.importers.samples import Sample, SampleScan
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.opening import OddFileError, open_foreign

CHUNK_BYTES = 1 << 20
HEAD_BYTES = 8192
MOST_ROWS = 20_000
FIRST_LOOKS = 300
"""Of the steps, a proposal needs the first and the last."""
MOST_EARLY = 1000
MORE_EVALUATIONS = 3
"""A log with so many times more evaluations than epochs is read by its evaluations."""
BEHIND_EPOCH = re.compile(r"(?:poc|POC)[^\W\d_]*\W{0,4}(?:\w+\)\s*\[)?(\d+)")
BEFORE_EPOCH = re.compile(r"(\d+)[- ]?[Ee]$")
ELSEWHERE = re.compile(r"\W*(\d+)[/|]\d+\W{1,4}\d|.{0,60}?(?:atch|[^\x00-\x7f])\W{1,3}(\d+)")
"""Where an epoch stands that no such word names: `[3/25][20/60]`, `TRAIN Batch 3/100`, `第 3 轮`."""
NO_LIKENESS: tuple[str, ...] = ()
POINTER = b"version https://git-lfs"


@dataclass(frozen=True)
class Said:
    """What one chunk of a log brought."""

    rows: tuple[Row, ...] = ()
    samples: tuple[Sample, ...] = ()
    steps: tuple[StepSaid, ...] = ()


class LogReading:
    """Reads one log in one way. Memory does not grow with the log.

    `memory` is what a later reading needs to go on where this one stands, as plain JSON.
    """

    def __init__(self, rows: EpochRows, memory: Mapping[str, Any] | None = None, looks: int = LOOKS) -> None:
        known = memory or {}
        self.rows = rows
        self._lines = LineReader(known.get("lines"))
        self._text = LogText(known.get("text"), looks)
        self._steps: list[StepSaid] = []
        self._pairs = SampleScan(known.get("target"))
        # Predictions that were printed above the epoch they belong to: so they are throughout this log.
        self._early = [Sample(None, *pair) for pair in known.get("early", [])]
        self._come_first = bool(known.get("come_first"))

    @property
    def waiting_bytes(self) -> int:
        """Bytes of an unfinished line: whoever goes on from here begins before them."""
        return self._text.waiting_bytes

    def memory(self) -> dict[str, Any]:
        early = [(sample.reference, sample.hypothesis) for sample in self._early]
        return {
            "text": self._text.memory(),
            "lines": self._lines.memory(),
            "target": self._pairs.target,
            "early": early,
            "come_first": self._come_first,
        }

    def feed(self, chunk: bytes) -> Said:
        """What the lines that this chunk finishes say."""
        return self._take(self._text.feed(chunk))

    def close(self) -> Said:
        """The end of the log: an unfinished line counts, and so does an epoch that is whole."""
        last = self._take(self._text.close())
        return Said((*last.rows, *self.rows.close()), last.samples, last.steps)

    @property
    def lines(self) -> LineReader:
        return self._lines

    def _take(self, lines: Iterable[str]) -> Said:
        rows: list[Row] = []
        samples: list[Sample] = []
        # Of step lines that differ only in their numbers, within one epoch, the last one is enough.
        held, likeness = "", NO_LIKENESS
        for line in lines:
            if self._text.bars:
                self._look_at_bars(len(rows))
            if self._pairs.may_take(line) and self._pairs.take(line, self.rows.epoch):
                samples += self._placed(self._pairs.found())
                continue
            same = _likeness(line) if self._text.seen_bytes > EVERY_LINE_BYTES else NO_LIKENESS
            if held and same != likeness:
                rows += self._read(self._lines.read(held), samples)
                held = ""
            due = self._text.is_due()
            if same and same == likeness and not due:
                held = line
                continue
            held = ""
            said = self._lines.read(line)
            rows += self._read(said, samples)
            if due:
                self._note_step(said, len(rows))
            likeness = same if said.partial else NO_LIKENESS
        if held:
            rows += self._read(self._lines.read(held), samples)
        self._look_at_bars(len(rows))
        steps, self._steps = self._steps, []
        return Said(tuple(rows), tuple(samples), tuple(steps))

    def _look_at_bars(self, rows_before: int) -> None:
        bars, self._text.bars = self._text.bars, []
        for bar in bars:
            self._note_step(self._lines.read(bar), rows_before)

    def _note_step(self, said: Statement, rows_before: int) -> None:
        if said.values and said.is_of_a_step and not said.evaluates:
            self._steps.append(StepSaid(said, self.rows.epoch, self.rows.generation, rows_before))

    def _read(self, said: Statement, samples: list[Sample]) -> list[Row]:
        """The rows that a line completes."""
        before = self.rows.epoch
        rows = self.rows.take(said)
        if self._early and self.rows.epoch != before:
            samples += [replace(sample, epoch=self.rows.epoch) for sample in self._early]
            self._early = []
        return rows

    def _placed(self, found: list[Sample]) -> list[Sample]:
        self._come_first = self._come_first or any(sample.epoch is None for sample in found)
        if not self._come_first:
            return found
        self._early += found[: MOST_EARLY - len(self._early)]
        return []


def _likeness(line: str) -> tuple[str, str]:
    """Equal for lines of one epoch that differ only in their numbers."""
    words, begin, end = _epoch_within(line)
    return words, line[begin:end]


def _place_of_epoch(shape: str) -> tuple[str, int, int]:
    """(line without digits, where the number of its epoch begins, where it ends)."""
    at = max(shape.find("poc"), shape.find("POC"))
    if at < 0:
        named = ELSEWHERE.match(shape)
    elif not (named := BEHIND_EPOCH.match(shape, at)):
        before = max(0, at - 9)
        named = BEFORE_EPOCH.search(shape, before, at)
    begin, end = named.span(named.lastindex or 0) if named else (0, 0)
    return without_digits(shape), begin, end


_epoch_within = by_shape(_place_of_epoch)


@dataclass(frozen=True)
class StepsSeen:
    """Lines in the middle of an epoch that name a step and a train loss: the first and the last of them."""

    count: int = 0
    steps: tuple[float, float] = (0.0, 0.0)
    losses: tuple[float, float] = (0.0, 0.0)
    bar: tuple[float, float] | None = None
    cells: tuple[tuple[str, str], ...] = ()

    def and_then(self, said: Statement) -> StepsSeen:
        loss, place = train_loss_of(said, {}), place_of(said)
        if loss is None or place is None:
            return self
        first = (self.steps[0], self.losses[0]) if self.count else (place, loss)
        return StepsSeen(self.count + 1, (first[0], place), (first[1], loss), said.bar, said.values)


@dataclass(frozen=True)
class Scan:
    """A whole log, read once to see what it holds."""

    basis: Basis
    rows: tuple[Row, ...]
    samples: int
    bytes_read: int
    steps: StepsSeen = StepsSeen()
    under_way: Row | None = None
    """The epoch that the log is in the middle of."""
    doubt: str = ""
    """Why the figures cannot be told for certain; empty where they can."""
    lines: int = 0
    named: Mapping[str, str] = field(default_factory=dict)
    """Every name with a number, and the last number under it."""


def scan(path: Path, progress: Callable[[int], None] = lambda done_bytes: None) -> Scan:
    """Reads a log from its beginning to its present end. Raises UnreadableRunError in one sentence if it is none.

    `progress` is told how many bytes have been read.
    """
    check_log(path)
    scanning = LogScan()
    try:
        with open_foreign(path) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                scanning.feed(chunk)
                progress(scanning.bytes_read)
    except (OSError, OddFileError) as problem:
        raise _unreadable(path, problem) from problem
    scanning.close()
    return scanning.found()


class LogScan:
    """What a log holds, piece by piece: by epochs where it names any, else by its evaluations."""

    def __init__(self) -> None:
        self._rows = _EitherRows()
        self._reading = LogReading(self._rows, looks=FIRST_LOOKS)
        self._samples = 0
        self._steps = StepsSeen()
        self._lines = 0
        self.bytes_read = 0

    def feed(self, chunk: bytes) -> None:
        self.bytes_read += len(chunk)
        self._lines += chunk.count(b"\n")
        self._note(self._reading.feed(chunk))

    def settle(self) -> None:
        """Nothing came for a while: the first epoch counts if it holds a validation."""
        self._rows.settle()

    def close(self) -> None:
        under_way = self._rows.under_way
        self._note(self._reading.close())
        if under_way is not None and not any(row.epoch == under_way.epoch for row in self._rows.found[-1:]):
            self._under_way = under_way

    def _doubt(self) -> str:
        lines = self._reading.lines
        if lines.is_table_of_runs:
            return "It is a table of runs, one a row, and not the evaluations of one run."
        if lines.unclear and not lines.decimal_comma:
            return f"Of numbers such as {lines.unclear!r} it is not clear whether the comma stands before decimals."
        if self._rows.twice >= 2 and self._rows.twice * 2 >= len(self._rows.found):
            return "Each epoch stands there twice with other figures: two trainings seem to write into this file."
        return ""

    def _note(self, said: Said) -> None:
        self._samples += len(said.samples)
        for each in said.steps:
            self._steps = self._steps.and_then(each.said)

    _under_way: Row | None = None

    def found(self) -> Scan:
        return Scan(
            self._rows.basis,
            tuple(self._rows.found),
            self._samples,
            self.bytes_read,
            self._steps,
            self._under_way or self._rows.under_way,
            self._doubt(),
            self._lines,
            self._rows.seen,
        )


class _EitherRows(EpochRows):
    """Reads by epochs and by evaluations, and keeps what it finds of both."""

    def __init__(self) -> None:
        super().__init__("epochs")
        self._by_step = EpochRows("evaluations")
        self.counted: list[Row] = []
        self._named: list[Row] = []
        self.seen: dict[str, str] = {}
        self._said: Statement | None = None
        self.twice = 0
        """How often one epoch was told by two lines, each of the whole of it, with other figures."""

    @property
    def basis(self) -> Basis:
        """By epochs where any is named; not where several evaluations stand within each of a few."""
        within = len(self.counted) >= MORE_EVALUATIONS * max(1, len({row.epoch for row in self._named}))
        return "evaluations" if self.epoch is None or (within and self._by_step.counts_steps) else "epochs"

    @property
    def found(self) -> list[Row]:
        return self.counted if self.basis == "evaluations" else self._named

    def take(self, said: Statement) -> list[Row]:
        self._note_repetition(said)
        for name, text in said.values:
            if name in self.seen or len(self.seen) < MOST_NAMES:
                self.seen[name] = text
        self._named += super().take(said)[: MOST_ROWS - len(self._named)]
        self.counted += self._by_step.take(said)[: MOST_ROWS - len(self.counted)]
        return []

    def _note_repetition(self, said: Statement) -> None:
        if said.epoch is None or said.is_of_a_step or not said.evaluates or len(said.values) < 2:
            return
        before, self._said = self._said, said
        if before is not None and before.epoch == said.epoch:
            names = [name for name, _ in said.values]
            self.twice += names == [name for name, _ in before.values] and before.values != said.values

    def settle(self, rested_secs: float = 0.0) -> list[Row]:
        self._named += super().settle(rested_secs)
        self.counted += self._by_step.settle(rested_secs)
        return []

    def close(self) -> list[Row]:
        self._named += super().close()
        self.counted += self._by_step.close()
        return []


def check_log(path: Path) -> None:
    """Raises UnreadableRunError, in one sentence, for what is no text log that could be followed."""
    try:
        if not path.exists():
            raise UnreadableRunError(f"There is no file {path}; give the log that the training writes.")
        if not path.is_file():
            raise UnreadableRunError(f"{path} is no regular file; give a log, such as train.log.")
        with open_foreign(path) as stream:
            head = stream.read(HEAD_BYTES)
    except (OSError, OddFileError) as problem:
        raise _unreadable(path, problem) from problem
    if not head.strip():
        raise UnreadableRunError(f"{path} is empty; attach to it when the training has written its first epoch.")
    if head.startswith(POINTER):
        raise UnreadableRunError(f"{path} is a git-LFS pointer, not the file itself; fetch it with: git lfs pull")
    if b"\0" in head:
        raise UnreadableRunError(
            f"{path} is a binary file, not a text log; give the file that holds the printed lines."
        )


def _unreadable(path: Path, problem: OSError | OddFileError) -> UnreadableRunError:
    return UnreadableRunError(f"{path} cannot be read: {getattr(problem, 'strerror', None) or problem}.")
