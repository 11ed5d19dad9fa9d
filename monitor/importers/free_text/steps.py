"""What a log says in the middle of an epoch → steps of the run: the train loss before the first epoch has ended.

Which lines are looked at depends on bytes alone (`LogText.is_due`), so that a log read again gives the same steps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.importers.free_text.statement import Statement, is_a_loss
from monitor.importers.numbers import stated
from monitor.importers.vocabulary import LOSS_LIKE, QUALITY
from monitor.run_dir import Step
from monitor.run_dir.field_names import SHARES

LOSS_NAMES = (
    *("train_loss", "loss", "train_total_loss", "total_loss", "train_loss_total", "loss_total"),
    *("lm_loss", "xent", "batch_loss"),
)
OF_A_STEP = ("train_loss_step", "loss_step")
"""What a line names beside the mean of the epoch before: `train_loss_step=2.1, train_loss_epoch=2.4`."""
PERPLEXITY = ("ppl", "perplexity")
"""What a line of the training names where it counts in perplexity alone."""
MOST_STEP = 2**53


@dataclass(frozen=True)
class StepStatement:
    """A line in the middle of an epoch. `rows_before`: how many rows of the same chunk stand before it."""

    said: Statement
    epoch: float | None
    generation: int
    rows_before: int


def train_loss_of(said: Statement, columns: Mapping[str, str]) -> float | None:
    """The train loss that a line in the middle of an epoch names; of its step alone, where it says so."""
    cells = {**dict(said.values), **dict(said.batch)}
    chosen = columns.get("train_loss", "")
    names = (*OF_A_STEP, chosen, chosen.removeprefix("train_"), f"train_{chosen}", *LOSS_NAMES)
    found = next((cells[name] for name in names if name in cells), None)
    if found is None and not chosen:
        only = [text for name, text in cells.items() if LOSS_LIKE["train_loss"].fullmatch(name)]
        found = only[0] if len(only) == 1 else None
    return stated(found)


def scores_of(said: Statement) -> dict[str, float]:
    """What a line in the middle of an epoch has where it names no train loss: the scores of the train split, or several
    losses of which none is the whole."""
    found = {name: (stated(text), text) for name, text in said.values if _scores(name)}
    return {
        name: number / 100 if name in SHARES and text.endswith("%") else number
        for name, (number, text) in found.items()
        if number is not None
    }


def _scores(name: str) -> bool:
    of_train = name.startswith("train_") and QUALITY.fullmatch(name) is not None
    return of_train or is_a_loss(name) or name in PERPLEXITY


def place_of(said: Statement) -> float | None:
    """The step that a line in the middle of an epoch speaks of, as it counts them."""
    return said.step if said.step is not None else said.bar[0] if said.bar is not None else None


class StepBook:
    """Numbers the steps of a log through: a count that begins again with each epoch goes on."""

    def __init__(self, memory: Mapping[str, Any] | None = None, *, by_epoch: bool = True) -> None:
        """`by_epoch`: the log names epochs. Else its evaluations are counted, and no step stands in one of them."""
        known = memory or {}
        self._by_epoch = by_epoch
        self._base = float(known.get("base", 0.0))
        self._raw = float(known.get("raw", -1.0))
        self._total = float(known.get("total", 0.0))
        self._generation = int(known.get("generation", 1))
        self._epoch: float | None = known.get("epoch")
        self._first: float | None = known.get("first")
        """The first epoch that was named: 0 or 1."""
        self._goes_on = bool(known.get("goes_on"))
        """The log's own count does not begin again with an epoch."""
        self._restarts = bool(known.get("restarts"))
        """It does begin again: an epoch's first line did not lie behind the last one of the epoch before."""
        self._length = float(known.get("length", 0.0))
        """How many steps the present epoch has, where a bar says so; another epoch may have more or fewer."""
        self._last = int(known.get("last", -1))
        self._loss: float | None = known.get("loss")
        self.names_steps = True
        """The last line that became a step named its number; else the lines are counted."""

    def memory(self) -> dict[str, Any]:
        """Where the count of steps stands, as plain JSON."""
        return {"base": self._base, "raw": self._raw, "total": self._total, "generation": self._generation,
                "epoch": self._epoch, "first": self._first, "goes_on": self._goes_on, "last": self._last,
                "restarts": self._restarts, "length": self._length, "loss": self._loss}  # fmt: skip

    def record(self, told: StepStatement, columns: Mapping[str, str]) -> Step | None:
        """The step that a line speaks of; None where it names no place or no train loss.

        `columns`: field → name in the log. Where none is the train loss, a step holds its scores.
        """
        raw, loss = place_of(told.said), train_loss_of(told.said, columns)
        scores = scores_of(told.said) if loss is None and "train_loss" not in columns else {}
        if (loss is None and not scores) or told.said.counts_epochs:
            return None
        bar = told.said.bar
        if raw is None:  # a share of an epoch alone: such lines are counted
            step = self._through(max(0.0, self._raw if told.generation == self._generation else 0.0) + 1, 0.0, told)
        else:
            total = bar[1] if bar is not None and bar[0] == raw else 0.0
            again = raw == self._raw == total == self._total > 1 and loss != self._loss
            step = self._through(raw, total, told, again=again)
        self._loss, self.names_steps = loss, raw is not None
        if not 0 <= step < MOST_STEP or step == self._last:  # a bar draws the same step several times
            return None
        self._last = int(step)
        cells = dict(told.said.values)
        rest: dict[str, Any] = {field: stated(cells.get(columns.get(field, field))) for field in ("lr", "grad_norm")}
        where: dict[str, Any] = {
            "step": int(step),
            "epoch": self._place(told, bar) if raw is not None else told.said.epoch or 0.0,
        }
        return Step(**where, generation=told.generation, train_loss=loss, metrics=scores, **rest)

    def _through(self, raw: float, total: float, told: StepStatement, *, again: bool = False) -> float:
        """`again`: a full bar stands there again with another loss: without an epoch's name it is the next one's."""
        if told.generation != self._generation:
            known = {"generation": told.generation, "first": self._first}
            self.__init__(known, by_epoch=self._by_epoch)  # type: ignore[misc]
        epoch = told.said.epoch if told.said.epoch is not None else told.epoch
        first = self._first if self._first is not None else epoch
        self._first = first if first is None or epoch is None else min(first, epoch)
        anew = epoch is not None and self._epoch is not None and math.ceil(epoch) > math.ceil(self._epoch)
        if anew and total == self._total and self._raw >= 0:
            self._restarts |= raw <= self._raw
            self._goes_on = not self._restarts
        if self._goes_on or (epoch is not None and not epoch.is_integer()):
            pass
        elif total > 1 and epoch is not None:
            self._base = self._before(epoch, total)
            self._length = max(total, 0.0 if anew else self._length)
        elif raw < self._raw or ((anew or again) and raw == self._raw):
            from_0 = raw == 0 and total <= 1  # batch 0 behind batch 500 is the 501st at least
            self._base += max(self._total, self._raw) + from_0
        self._raw, self._total, self._epoch = raw, total, epoch if epoch is not None else self._epoch
        return self._base + raw

    def _before(self, epoch: float, total: float) -> float:
        """The steps of the epochs before this one: of those seen as many as they had, of others as many as this one."""
        passed = math.ceil(epoch) - math.ceil(self._epoch) if self._epoch is not None and self._length else -1
        if passed < 0:
            return (math.ceil(epoch) - min(1.0, self._first or 0.0)) * total
        return self._base + (self._length + (passed - 1) * total if passed else 0.0)

    def _place(self, told: StepStatement, bar: tuple[float, float] | None) -> float:
        """The share of training done, in epochs; 0 where no epoch was named."""
        epoch = told.said.epoch if told.said.epoch is not None or not self._by_epoch else told.epoch
        if epoch is None or not epoch.is_integer():
            return epoch or 0.0
        done = bar[0] / bar[1] if bar is not None and bar[1] > 0 else 0.0
        return max(0.0, epoch - min(1.0, self._first or 0.0) + min(1.0, done))
