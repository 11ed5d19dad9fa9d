"""A log's bytes → rows of epochs and printed predictions, as they come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from monitor.importers.free_text.epochs import EpochRows
from monitor.importers.free_text.objects import apart
from monitor.importers.free_text.present import Row
from monitor.importers.free_text.reader import LineReader
from monitor.importers.free_text.shape import StepLine
from monitor.importers.free_text.statement import Statement
from monitor.importers.free_text.steps import StepStatement
from monitor.importers.free_text.terminal import EVERY_LINE_BYTES, LOOKS, LogText
from monitor.importers.lines import decoded
from monitor.importers.samples import Sample, SampleScan

MOST_EARLY = 1000


@dataclass(frozen=True)
class ChunkResult:
    """What one chunk of a log brought."""

    rows: tuple[Row, ...] = ()
    samples: tuple[Sample, ...] = ()
    steps: tuple[StepStatement, ...] = ()


class LogReading:
    """Reads one log in one way. Memory does not grow with the log.

    `memory` is what a later reading needs to go on where this one stands, as plain JSON.
    """

    def __init__(self, rows: EpochRows, memory: Mapping[str, Any] | None = None, looks: int = LOOKS) -> None:
        known = memory or {}
        self.rows = rows
        self._lines = LineReader(known.get("lines"))
        self._text = LogText(known.get("text"), looks)
        self._steps: list[StepStatement] = []
        self._pairs = SampleScan(known.get("target"))
        # Predictions that were printed above the epoch they belong to: so they are throughout this log.
        self._early = [Sample(None, *pair) for pair in known.get("early", [])]
        self._come_first = bool(known.get("come_first"))
        self._late: Statement | None = None
        """The last line of a step, where it was not looked at: it counts where the log ends or rests."""
        self._in_parts = bool(known.get("in_parts"))
        """This log names its place as a share of an epoch: `{'loss': 2.1, 'epoch': 0.04}`."""

    @property
    def waiting(self) -> bytes:
        """The bytes of an unfinished line; the next reading begins before them."""
        return self._text.waiting

    def memory(self) -> dict[str, Any]:
        """The state of all parts but `rows`, which have their own, and the predictions without an epoch."""
        early = [(sample.reference, sample.hypothesis) for sample in self._early]
        return {
            "text": self._text.memory(),
            "lines": self._lines.memory(),
            "target": self._pairs.target,
            "early": early,
            "come_first": self._come_first,
            "in_parts": self._in_parts,
        }

    def feed(self, chunk: bytes) -> ChunkResult:
        """What the lines that this chunk finishes say."""
        return self._take(self._text.feed(chunk))

    def finish_line(self) -> ChunkResult:
        """What stands at the present end without a newline, as a line: it has rested there."""
        return self._with_late(self._take(self._text.rest()))

    def close(self) -> ChunkResult:
        """The end of the log: an unfinished line counts, and so does an epoch that is whole."""
        last = self._with_late(self._take(self._text.close()))
        return ChunkResult((*last.rows, *self.rows.close()), last.samples, last.steps)

    @property
    def lines(self) -> LineReader:
        """What reads the single lines, and what is known of them as a whole."""
        return self._lines

    def _with_late(self, said: ChunkResult) -> ChunkResult:
        """Adds the last line of a step, which most looks pass over."""
        if (late := self._late) is None or not self._note_step(late, len(said.rows)):
            return said
        steps, self._steps = self._steps, []
        return replace(said, steps=(*said.steps, *steps))

    def _take(self, lines: Iterable[bytes]) -> ChunkResult:
        rows: list[Row] = []
        samples: list[Sample] = []
        # Of step lines that differ only in their numbers, within one epoch, the last one is enough.
        held, looked_at, usual = b"", None, None  # type: bytes, Statement | None, StepLine | None
        for line in apart(lines):
            self._lines.number = self._text.lines
            if self._text.bars:
                self._look_at_bars(len(rows))
            passed = usual is not None and not self._pairs.in_table and usual.is_like(line)
            if not passed and self._takes_sample(line, samples):
                continue
            if held and not passed:
                rows += self._read(looked_at or self._lines.read(decoded(held)), samples)
            due = self._text.is_due
            held, looked_at = line if passed else b"", None
            if passed and not due:
                continue
            said = looked_at = self._lines.read(decoded(line))
            if not passed:
                rows += self._read(said, samples)
                usual = StepLine(line) if said.partial and self._text.seen_bytes > EVERY_LINE_BYTES else None
            # What is due waits for a line of a step: others may stand between any two of them.
            if not due:
                self._late = said if said.values and said.is_of_a_step else self._late
            elif self._note_step(said, len(rows)) or passed:
                self._text.looked()
        if held:
            self._late = looked_at = looked_at or self._lines.read(decoded(held))
            rows += self._read(looked_at, samples)
        self._look_at_bars(len(rows))
        steps, self._steps = self._steps, []
        return ChunkResult(tuple(rows), tuple(samples), tuple(steps))

    def _takes_sample(self, line: bytes, samples: list[Sample]) -> bool:
        text = decoded(line)
        if not self._pairs.may_take(text) or not self._pairs.take(text, self.rows.epoch):
            return False
        samples += self._placed(self._pairs.found())
        return True

    def _look_at_bars(self, rows_before: int) -> None:
        bars, self._text.bars = self._text.bars, []
        for bar in bars:
            self._note_step(self._lines.read(bar), rows_before)

    def _note_step(self, said: Statement, rows_before: int) -> bool:
        self._in_parts |= bool(said.values and said.epoch is not None and not said.epoch.is_integer())
        is_of_a_step = said.is_of_a_step or (said.epoch is not None and self._in_parts)
        noted = bool(said.values and is_of_a_step and (not said.evaluates or said.is_under_way or said.is_of_rollouts))
        self._late = None if noted else self._late
        if noted and self.rows.is_of_another_bar(said):
            if self._lines.doubts is not None:
                self._lines.doubts.aside |= dict(said.values)
        elif noted:
            self._brought()
            self._steps.append(StepStatement(said, self.rows.epoch, self.rows.generation, rows_before))
        return noted

    def _brought(self) -> None:
        if self._lines.doubts is not None:
            self._lines.doubts.bring()

    def _read(self, said: Statement, samples: list[Sample]) -> list[Row]:
        """The rows that a line completes."""
        before = self.rows.epoch
        rows = self.rows.take(said)
        if rows:
            self._brought()
        if self.rows.epoch != before:
            self._late = None
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
