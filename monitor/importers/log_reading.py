"""A log's bytes → rows of epochs and printed predictions, as they come."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from monitor.importers.log_epochs import EpochRows, Row
from monitor.importers.log_lines import LineReader
from monitor.importers.log_shape import by_shape, without_digits
from monitor.importers.log_steps import StepSaid
from monitor.importers.log_text import EVERY_LINE_BYTES, LOOKS, LogText
from monitor.importers.samples import Sample, SampleScan
from monitor.importers.statement import Statement

MOST_EARLY = 1000
BEHIND_EPOCH = re.compile(r"(?:poc|POC)[^\W\d_]*\W{0,4}(?:\w+\)\s*\[)?(\d+)")
BEFORE_EPOCH = re.compile(r"(\d+)[- ]?[Ee]$")
ELSEWHERE = re.compile(r"\W*(\d+)[/|]\d+\W{1,4}\d|.{0,60}?(?:atch|[^\x00-\x7f])\W{1,3}(\d+)")
"""Where an epoch stands that no such word names: `[3/25][20/60]`, `TRAIN Batch 3/100`, `第 3 轮`."""
NO_LIKENESS: tuple[str, ...] = ()


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
