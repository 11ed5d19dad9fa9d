"""Numbers the evaluations of a log that counts steps and names no epoch, by the step that each stands at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.importers.free_text.doubts import measures
from monitor.importers.free_text.statement import Statement
from monitor.importers.vocabulary import LOSS_LIKE

MOST_STEPS = 20_000
MANY_EVALUATIONS = 20


class StepCount:
    """The steps of the training so far, and of each evaluation. `known`: what `memory` gave at an earlier reading."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._evaluated: list[float] = list(known.get("steps", []))
        """Step of each evaluation."""
        self._last: list[float] = list(known.get("step", []))
        """[last step of the training, total that it counts to]."""
        self._base = float(known.get("base", 0.0))
        """The steps of the bars before this one, where each pass through the data has its own and no line names it."""
        self._through = False
        """The last step was one that is counted through."""
        self.counts_steps = False
        """An evaluation's own line has named a step that is counted through."""

    def memory(self) -> dict[str, Any]:
        """What a later reading needs to go on, as plain JSON."""
        return {"steps": self._evaluated[-MOST_STEPS:], "step": self._last, "base": self._base}

    @property
    def many_fit(self) -> bool:
        """Whether the bar of the training's steps has room for many evaluations: its one epoch is the whole run."""
        if len(self._evaluated) < 2 or not self._last:
            return False
        apart = (self._evaluated[-1] - self._evaluated[0]) / (len(self._evaluated) - 1)
        return self._last[1] >= MANY_EVALUATIONS * apart > 0

    @property
    def trained_to(self) -> float | None:
        """The last step of the training; None before the first."""
        return self._last[0] if self._last else None

    def place(self, said: Statement) -> float | None:
        """The step of the evaluation that a line tells of, where it or the lines above name one."""
        named = self._last or said.step is not None or said.bar
        return self._evaluated[-1] if self._evaluated and named else None

    def number(self, said: Statement, present: Mapping[str, str] | None) -> float | None:
        """The number of the evaluation that a statement is part of, from 1; None for one of the training.

        `present`: the quantities read of the present evaluation so far; None before the first.
        """
        total = said.bar[1] if said.bar is not None else 0.0
        place = said.step if said.step is not None else said.bar[0] if said.bar is not None else None
        other = total and self._last and total != self._last[1]  # a validation's batches
        if place is not None and total and (said.step is None or not said.through) and not other:
            self._base += total * self._passes_again(said, place, total, present or {})
            place += self._base
        if place is not None and not said.evaluates and not (other and not said.values):
            self._last, self._through = [place, total], said.through
        if not said.evaluates or (place is None and not any(map(_judges, dict(said.values)))):
            return None
        if place is None and self._evaluated and _tests_too(said, present):
            return float(len(self._evaluated))
        own = said.step and (said.bar is None or said.through)
        self.counts_steps = self.counts_steps or bool(own or (place is None and self._through))
        if place is None or (other and (self._last[1] or said.step is None)):
            place = self.trained_to  # a bar over the validation's batches is no step
        if place is None:
            again = present is None or any(name in present for name, _ in said.values)
            place = (self._evaluated[-1] if self._evaluated else 0.0) + again
        if not self._evaluated or place != self._evaluated[-1]:
            self._evaluated = [step for step in self._evaluated if step < place]
            self._evaluated.append(place)
        return float(len(self._evaluated))

    def _passes_again(self, said: Statement, place: float, total: float, present: Mapping[str, str]) -> bool:
        """Whether the training's bar begins anew behind its end, where a pass through the data had one evaluation at
        most. Several in one pass are of a bar through the whole run: its restart is a new start."""
        here = [step for step in self._evaluated if step > self._base]
        if len(here) > 1 or total <= 1:
            return False
        if said.evaluates:
            told = [(present[name], text) for name, text in said.values if name in present]
            return place == total and here == [self._base + total] and any(one != other for one, other in told)
        if not self._last or self._last[0] - self._base < total:
            return False
        return place < total or (here == [self._base + total] and bool(said.values))


def _tests_too(said: Statement, present: Mapping[str, str] | None) -> bool:
    """Whether a line holds figures of the test alone, and the present evaluation has none: it is a part of that."""
    told = ["test_"] if present is None else list(present)
    return all(name.startswith("test_") for name, _ in said.values) and not any(
        name.startswith("test_") for name in told
    )


def _judges(name: str) -> bool:
    """Whether a name alone says that its number judges the model: below a heading also options and counts stand."""
    return measures(name) or "score" in name or LOSS_LIKE["val_loss"].fullmatch(name) is not None
