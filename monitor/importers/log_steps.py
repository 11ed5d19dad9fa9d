"""What a log says in the middle of an epoch → steps of the run: the train loss before the first epoch has ended.

Which lines are looked at depends on bytes alone (`LogText.is_due`), so that a log read again gives the same steps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.importers.log_line import Statement
from monitor.run_dir import Step

LOSS_NAMES = ("train_loss", "loss")
MOST_STEP = 2**53


@dataclass(frozen=True)
class StepSaid:
    """A line in the middle of an epoch. `rows_before`: how many rows of the same chunk stand before it."""

    said: Statement
    epoch: float | None
    generation: int
    rows_before: int


class StepBook:
    """Numbers the steps of a log through: a count that begins again with each epoch goes on."""

    def __init__(self, memory: Mapping[str, Any] | None = None) -> None:
        known = memory or {}
        self._base = float(known.get("base", 0.0))
        self._raw = float(known.get("raw", 0.0))
        self._total = float(known.get("total", 0.0))
        self._generation = int(known.get("generation", 1))

    def memory(self) -> dict[str, Any]:
        return {"base": self._base, "raw": self._raw, "total": self._total, "generation": self._generation}

    def record(self, told: StepSaid, columns: Mapping[str, str], at: float) -> Step | None:
        """The step that a line speaks of; None where it names no place or no train loss.

        `columns`: field → name in the log.
        """
        cells = dict(told.said.values)
        names = (columns.get("train_loss", ""), *LOSS_NAMES)
        loss = next((float(cells[name].rstrip("%")) for name in names if name in cells), None)
        bar = told.said.bar
        raw = told.said.step if told.said.step is not None else bar[0] if bar is not None else None
        if loss is None or raw is None or told.said.counts_epochs:
            return None
        before = self._base + self._raw
        step = self._through(raw, bar[1] if bar is not None else 0.0, told)
        if not 0 < step < MOST_STEP or step == before:  # a bar draws the same step several times
            return None
        rest: dict[str, Any] = {field: _number(cells.get(columns.get(field, field))) for field in ("lr", "grad_norm")}
        where: dict[str, Any] = {"step": int(step), "epoch": _place(told, bar), "at": at}
        return Step(**where, generation=told.generation, train_loss=loss, **rest)

    def _through(self, raw: float, total: float, told: StepSaid) -> float:
        if told.generation != self._generation:
            self._generation, self._base, self._raw, self._total = told.generation, 0.0, 0.0, 0.0
        epoch = told.said.epoch if told.said.epoch is not None else told.epoch
        if total > 1 and epoch is not None and epoch >= 1:
            self._base = (math.ceil(epoch) - 1) * total
        elif raw < self._raw:
            self._base += max(self._total, self._raw)
        self._raw, self._total = raw, total
        return self._base + raw


def _place(told: StepSaid, bar: tuple[float, float] | None) -> float:
    """The share of training done, in epochs; 0 where no epoch was named."""
    epoch = told.said.epoch if told.said.epoch is not None else told.epoch
    if epoch is None or not epoch.is_integer():
        return epoch or 0.0
    done = bar[0] / bar[1] if bar is not None and bar[1] > 0 else 0.0
    return max(0.0, epoch - 1 + min(1.0, done))


def _number(text: str | None) -> float | None:
    return None if not text else float(text.rstrip("%"))
