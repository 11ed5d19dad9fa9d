"""Statements of a log's lines, one after another → one row an epoch, as soon as it is complete.

A log that names epochs is read by them; one that only counts steps (`step 250: train loss 2.5, val loss 2.6`) by its
evaluations. An epoch number that falls is a new start of the run in the same log: its generation grows by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from monitor.importers.log_line import Statement

Basis = Literal["epochs", "evaluations"]

MOST_NAMES = 200


@dataclass(frozen=True)
class Row:
    """What a log said of one epoch: cells as written, under plain names."""

    epoch: float
    cells: Mapping[str, str]
    generation: int = 1
    epochs: float | None = None
    step: float | None = None


@dataclass
class _Open:
    """The epoch that is being told. `firm`: said of the whole epoch; `passing`: said in the middle of it."""

    epoch: float
    generation: int
    epochs: float | None = None
    step: float | None = None
    firm: dict[str, str] = field(default_factory=dict)
    passing: dict[str, str] = field(default_factory=dict)
    told: dict[str, str] | None = None
    """The cells that were handed out already."""

    def row(self) -> Row:
        return Row(self.epoch, {**self.passing, **self.firm}, self.generation, self.epochs, self.step)


class EpochRows:
    """Collects what is said of an epoch. `take` hands out each row once it is complete, again if it changes."""

    def __init__(self, basis: Basis, generation: int = 1, last_epoch: float | None = None) -> None:
        """`generation` and `last_epoch` are where an earlier reading of the same log left off."""
        self._basis = basis
        self._generation = generation
        self._last = last_epoch
        self._open: _Open | None = None
        self._usual: frozenset[str] | None = None
        self._passing: dict[str, str] = {}
        """Said before the evaluation that it belongs to (fractional epochs, bare steps)."""
        self._steps: list[float] = []
        """Step of each evaluation of this generation, where evaluations are counted."""

    @property
    def generation(self) -> int:
        return self._generation

    @property
    def epoch(self) -> float | None:
        """The epoch that is being told."""
        return self._open.epoch if self._open else self._last

    def take(self, said: Statement) -> list[Row]:
        """The rows that this statement completes."""
        number = self._number(said)
        finished: list[Row] = []
        if number is not None and (self._open is None or number != self._open.epoch):
            finished += self._begin(number)
        now = self._open
        if now is None or (number is None and self._comes_first(said)):
            if said.epoch is not None or said.step is not None:
                _put(self._passing, said)
            return finished
        now.epochs = said.epochs or (said.bar[1] if said.counts_epochs and said.bar else None) or now.epochs
        now.step = said.step if said.step is not None else now.step
        _put(now.passing if self._is_passing(said) else now.firm, said)
        if said.values and self._is_complete(now):
            finished += self._tell(now)
        return finished

    def settle(self) -> list[Row]:
        """After a silence: the epoch being told, if it holds a validation and nothing says what else would come."""
        now = self._open
        ripe = now is not None and self._usual is None and any(name.startswith("val_") or name == "wer" for name in now.firm)
        return self._tell(now) if now is not None and ripe else []

    def close(self) -> list[Row]:
        """At the end of the log: the last epoch, unless it broke off."""
        now, self._open = self._open, None
        if now is None or not (now.firm if self._usual is None else self._usual <= now.firm.keys()):
            return []
        return self._tell(now)

    def _number(self, said: Statement) -> float | None:
        """The epoch that a statement begins or speaks of; None where it belongs to the one being told."""
        if self._basis == "evaluations":
            return self._count(said)
        if said.counts_epochs and said.bar is not None:
            return self._by_bar(said)
        if said.epoch is None or (not said.epoch.is_integer() and not said.evaluates):
            return None
        return said.epoch

    def _by_bar(self, said: Statement) -> float | None:
        """A bar over the epochs shows the figures of the one after those it has counted, until it counts that too."""
        assert said.bar is not None
        if not said.values:
            return None
        now = self._open
        same = now is not None and all(now.firm.get(name) == text for name, text in said.values)
        return now.epoch if now is not None and same else min(said.bar[0] + 1, said.bar[1])

    def _count(self, said: Statement) -> float | None:
        place = said.step if said.step is not None else said.bar[0] if said.bar is not None else None
        if place is None or not said.evaluates:
            return None
        if self._steps and place == self._steps[-1]:
            return float(len(self._steps))
        self._steps = [step for step in self._steps if step < place]
        self._steps.append(place)
        return float(len(self._steps))

    def _comes_first(self, said: Statement) -> bool:
        """Whether it belongs to the evaluation that is still to come: part of an epoch, or a step between two."""
        return said.epoch is not None or (self._basis == "evaluations" and said.step is not None)

    def _is_passing(self, said: Statement) -> bool:
        if self._basis == "evaluations":
            return not said.evaluates
        return said.partial and not said.counts_epochs

    def _begin(self, number: float) -> list[Row]:
        before = self._open
        last = before.epoch if before is not None else self._last
        fell = last is not None and number < last
        rows = []
        if before is not None and (before.firm or before.passing) and not (fell and not self._is_complete(before)):
            rows = self._tell(before)
        if before is not None and before.firm:
            names = frozenset(before.firm)
            self._usual = names if not self._usual else (self._usual & names) or names
        if fell:
            self._generation += 1
        self._open = _Open(number, self._generation, passing=self._passing)
        if before is not None:
            self._open.epochs = before.epochs
        self._passing = {}
        return rows

    def _is_complete(self, now: _Open) -> bool:
        return self._usual is not None and self._usual <= now.firm.keys()

    def _tell(self, now: _Open) -> list[Row]:
        row = now.row()
        if not row.cells or row.cells == now.told:
            return []
        now.told = dict(row.cells)
        return [row]


def _put(cells: dict[str, str], said: Statement) -> None:
    for name, text in said.values:
        if name in cells or len(cells) < MOST_NAMES:
            cells[name] = text
