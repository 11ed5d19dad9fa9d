"""Statements of a log's lines, one after another → one row an epoch, as soon as it is complete.

A log that names epochs is read by them; one that only counts steps (`step 250: train loss 2.5, val loss 2.6`) by its
evaluations. An epoch number that falls is a new start of the run in the same log: its generation grows by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from monitor.importers.log_line import Statement

Basis = Literal["epochs", "evaluations"]

MOST_NAMES = 200
MOST_STEPS = 20_000
RECENT_EPOCHS = 6


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

    def __init__(self, basis: Basis, memory: Mapping[str, Any] | None = None, *, one_start: bool = False) -> None:
        """`memory`: what an earlier reading of the same log left (`memory()`).

        `one_start`: somebody else knows when the run is started again (`begin_again`); a falling epoch says nothing.
        """
        known = memory or {}
        self._basis = basis
        self._one_start = one_start
        self._generation = int(known.get("generation", 1))
        self._last: float | None = known.get("last")
        self._open = _Open(**known["open"]) if known.get("open") else None
        self._recent: list[list[str]] = list(known.get("recent", []))
        """The names in each of the last epochs: what usually belongs to one."""
        self._passing: dict[str, str] = dict(known.get("passing", {}))
        """Said before the evaluation that it belongs to (fractional epochs, bare steps)."""
        self._steps: list[float] = list(known.get("steps", []))
        """Step of each evaluation so far, where evaluations are counted."""

    def memory(self) -> dict[str, Any]:
        """What a later reading needs to go on, as plain JSON."""
        return {
            "generation": self._generation,
            "last": self._last,
            "open": asdict(self._open) if self._open else None,
            "recent": self._recent,
            "passing": dict(self._passing),
            "steps": self._steps[-MOST_STEPS:],
        }

    def begin_again(self, generation: int) -> list[Row]:
        """The process that writes the log has been started again: what is open is told if it is whole."""
        rows = self.close()
        self._generation, self._passing = generation, {}
        return rows

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
        ripe = (
            now is not None and not self._recent and any(name.startswith("val_") or name == "wer" for name in now.firm)
        )
        return self._tell(now) if now is not None and ripe else []

    def close(self) -> list[Row]:
        """At the end of the log: the last epoch, unless it broke off."""
        now, self._open = self._open, None
        self._last = now.epoch if now is not None else self._last
        if now is None or not (self._is_complete(now) if self._recent else now.firm):
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
        if before is not None and before.firm and not fell:
            self._recent = [*self._recent, sorted(before.firm)][-RECENT_EPOCHS:]
        if fell and not self._one_start:
            self._generation += 1
        self._open = _Open(number, self._generation, passing=self._passing)
        if before is not None:
            self._open.epochs = before.epochs
        self._passing = {}
        return rows

    def _is_complete(self, now: _Open) -> bool:
        return bool(self._recent) and self._usual() <= now.firm.keys()

    def _usual(self) -> set[str]:
        """What an epoch usually says, also what is measured every other time only; not what stood in one of many."""
        seen = Counter(name for names in self._recent for name in names)
        return {name for name, count in seen.items() if count * 3 >= len(self._recent)}

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
