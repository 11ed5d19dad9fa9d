"""Statements of a log's lines, one after another → one row an epoch, as soon as it is complete.

A log that names epochs is read by them; one that only counts steps (`step 250: train loss 2.5, val loss 2.6`) by its
evaluations. An epoch number that falls is a new start of the run in the same log: its generation grows by one. A
statement about the whole epoch counts before that of a full bar, and that before the last step's figures.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from monitor.importers.free_text.counting import StepCount
from monitor.importers.free_text.doubts import Doubts, measures
from monitor.importers.free_text.present import BAR, STEP, WHOLE, Present, Row, put, trains, was_a_step
from monitor.importers.free_text.statement import Statement, losses_in, sums_up, tells_both, validated
from monitor.importers.mapping import Basis
from monitor.importers.vocabulary import NO_SPLIT

RECENT_EPOCHS = 6
FEW_EPOCHS = 2
LONG_REST_SECS = 30.0
"""After so long a silence nothing more is waited for."""


class EpochRows:
    """Collects the statements about an epoch. `take` hands out each row once it is complete, again if it changes."""

    def __init__(self, basis: Basis, memory: Mapping[str, Any] | None = None, *, one_start: bool = False) -> None:
        """`memory`: the state after an earlier reading of the same log (`memory()`).

        `one_start`: the caller knows when the run is started again (`begin_again`); a falling epoch means nothing.
        """
        known = memory or {}
        self._basis = basis
        self._one_start = one_start
        self._generation = int(known.get("generation", 1))
        self._last: float | None = known.get("last")
        self._open = Present(**known["open"]) if known.get("open") else None
        self._mentioned: float | None = known.get("mentioned")
        """An earlier epoch that a line without figures named: a new start, if figures follow."""
        self._recent: list[list[str]] = list(known.get("recent", []))
        """The names in each of the last epochs: what usually belongs to one."""
        self._lines = int(known.get("lines", 0))
        """How many lines spoke of steps of the epoch before."""
        self._reached = float(known.get("reached", -1.0))
        """Where the last bar of the epoch before stood: `[150/158]`, if every 50th batch is printed; -1 for no bar."""
        self._passing: dict[str, str] = dict(known.get("passing", {}))
        """Statements before the evaluation that they belong to (fractional epochs, bare steps)."""
        self.count = StepCount(known)
        self._above: dict[str, str] = dict(known.get("above", {}))
        self._above_step: dict[str, str] = dict(known.get("above_step", {}))
        """Statements above the line that may name the epoch: about all of it, and about its last step."""
        self._leads = bool(known.get("leads"))
        """Where evaluations are counted: the training's loss stands above the validation's, so it is the next one's."""
        self._trails = bool(known.get("trails"))
        """This log names an epoch below its figures, where it says that the epoch is over."""
        self._again = bool(known.get("again"))
        """In an epoch of this log, several lines tell its train loss, each of all of it: the last one counts."""
        self._validates_again = bool(known.get("validates_again"))
        """In an epoch of this log, the same figures of a validation come more than once: the last ones count."""
        self._second_bar = float(known.get("second_bar", 0.0))
        """What the bar counts to that tells a loss behind the training's, and not of what."""
        self._planned: list[float] = list(known.get("planned", []))
        """The last numbers of epochs that lines have named as planned."""
        self.doubts: Doubts | None = None
        """What does not fit is counted there."""

    def memory(self) -> dict[str, Any]:
        """What a later reading needs to go on, as plain JSON."""
        return {"generation": self._generation, "last": self._last, "open": asdict(self._open) if self._open else None,
                "mentioned": self._mentioned, "recent": self._recent, "lines": self._lines, "reached": self._reached,
                "passing": dict(self._passing), **self.count.memory(), "leads": self._leads,
                "above": self._above, "above_step": self._above_step, "trails": self._trails,
                "again": self._again, "validates_again": self._validates_again,
                "planned": self._planned, "second_bar": self._second_bar}  # fmt: skip

    def begin_again(self, generation: int) -> list[Row]:
        """The process that writes the log has been started again: the open epoch is handed out if it is whole."""
        rows = self.close()
        self._generation, self._passing = generation, {}
        return rows

    @property
    def generation(self) -> int:
        """Which start of the run is being read, from 1."""
        return self._generation

    @property
    def epoch(self) -> float | None:
        """The number of the present epoch."""
        return self._open.epoch + self._trails if self._open else self._last

    @property
    def under_way(self) -> Row | None:
        """The present epoch, where it has not been handed out."""
        return self._open.row() if self._open is not None and self._open.told is None else None

    def take(self, said: Statement) -> list[Row]:
        """The rows that this statement completes."""
        if self.doubts is not None:
            self.doubts.take(said)
        if self._closes(said):
            return []
        if self._basis == "epochs" and (trailing := self._below(said)) is not None:
            return trailing
        number = self._number(said)
        finished: list[Row] = []
        if number is not None and (self._open is None or number != self._open.epoch):
            finished += self._begin(number)
        elif self._is_planned_anew(said):
            finished += self._begin_anew()
        now = self._open
        if now is None or (number is None and self._comes_first(said)):
            self._pass_on(said)
            return finished
        if said.evaluates and (at := self._at(said)) is not None:
            now.at = at
        if said.epochs and said.epochs not in self._planned:
            self._planned = [*self._planned, said.epochs][-RECENT_EPOCHS:]
        now.epochs = said.epochs or (said.bar[1] if said.counts_epochs and said.bar else None) or now.epochs
        if said.step is not None and not said.evaluates and said.split not in ("val", "test"):
            now.step = said.step
        if self._is_of_the_next(now, said):
            put(self._passing, said)
            return finished
        if self._trains_on(now, said):
            return finished
        part = self._part(said)
        if self._evaluates_again(now, said, part) or self._is_another_bar(now, said, part):
            return finished
        if part != WHOLE and said.values and not said.evaluates:
            now.under_way = said.is_under_way
            now.reached = said.bar[0] if said.bar is not None else -1.0
            now.lines += 1
        elif said.evaluates and not said.is_under_way:
            now.under_way = False  # the last step of a bar that counts from 0 is one before its end
        self._put(now, said, part)
        if said.values and self._is_complete(now):
            finished += now.news()
        return finished

    def _pass_on(self, said: Statement) -> None:
        """Keeps what belongs to the evaluation that is still to come."""
        if self._basis == "evaluations":
            self._leads |= self._open is None and trains(said)
        has_place = self._basis == "evaluations" or said.epoch is not None or said.is_of_a_step
        if has_place and (self._open is not None or self._last is not None or _tells_training(said)):
            put(self._passing, said)

    def _put(self, now: Present, said: Statement, part: int) -> None:
        if part == WHOLE and now.said[WHOLE]:
            again = [name for name, _ in said.values if "loss" in name and name in now.said[WHOLE]]
            self._again |= bool(again)
            now.again += [name for name in again if said.epoch is None and now.lines and name not in now.again]
            if self.doubts is not None:
                if said.epoch is None or any(name in now.summed for name, _ in said.values):
                    self.doubts.take_replaced(now.epoch, now.said[WHOLE], said)
                else:  # the epoch's own line, below those of its parts
                    self.doubts.settle(now.epoch, said)
        put(now.said[part], said)
        if said.epoch is not None and part == WHOLE:
            now.summed += [name for name, _ in said.values if name not in now.summed]
        if said.epoch is not None or (not said.partial and tells_both(said)):
            now.stated += [name for name, _ in said.values if name not in now.stated]

    def _below(self, said: Statement) -> list[Row] | None:
        """The row of an epoch that is named below its figures; None in a log that names it above them, or beside."""
        if not self._trails and (self._open is not None or self._last is not None):
            return None
        if said.epoch is None:
            of_a_step = said.is_of_a_step and (said.bar is None or said.step is not None or said.partial)
            put(self._above_step if of_a_step else self._above, said)
            return [] if self._trails else None
        above, self._above = {**self._above_step, **self._above}, {}
        self._above_step = {}
        told = sums_up(above, said)
        if not self._trails and not told and (said.values or not said.ends or not losses_in(above)):
            return None
        self._trails = told or not said.values
        if not self._trails:
            return None
        self._generation += self._open is not None and said.epoch < self._open.epoch and not self._one_start
        put(above, said)
        self._open = Present(said.epoch, self._generation, said.epochs, said=[{}, {}, above])
        return self._open.news()

    def settle(self, rested_secs: float = 0.0) -> list[Row]:
        """After a silence: the present epoch, unless something that most epochs have is still to come."""
        now = self._open
        if now is None or self._broke_off(now) or self._is_announced(now):
            return []
        long = rested_secs >= LONG_REST_SECS
        if not self._recent and not self._lines:
            return now.news() if validated(now.whole) or (long and now.whole) else []
        missing = self._usual(least=0.5) - now.whole.keys()
        if (missing and not long) or not (now.whole or self._is_through(now)):
            return []
        return now.news()

    def close(self) -> list[Row]:
        """At the end of the log: the last epoch, unless it broke off."""
        now, self._open = self._open, None
        self._last = now.epoch if now is not None else self._last
        if now is None or self._is_announced(now):
            return []
        if not (
            now.whole or (now.said[STEP] and not self._broke_off(now) and (self._is_through(now) or not self._lines))
        ):
            return []
        return now.news()

    def _is_announced(self, now: Present) -> bool:
        """Whether nothing stands there yet but a heading with options: `Epoch 74 [batchsize = 128]`."""
        known = set().union(*self._recent)
        return any(map(measures, known)) and not any(map(measures, now.named))

    def _broke_off(self, now: Present) -> bool:
        """Whether the last bar is under way and stands before where the one of the epoch before stood last."""
        return now.under_way and not now.reached >= self._reached >= 0

    def _is_through(self, now: Present) -> bool:
        """Whether the steps go as far as those of the epoch before: by their bar, else by how many lines tell them."""
        return now.reached >= self._reached >= 0 or now.lines >= self._lines > 0

    def _number(self, said: Statement) -> float | None:
        """The epoch that a statement begins or is about; None where it belongs to the present one."""
        if self._basis == "evaluations":
            return self.count.number(said, self._open.whole if self._open is not None else None)
        if said.counts_epochs and said.bar is not None:
            return self._by_bar(said)
        last = self.epoch
        if said.epoch is None or (not said.evaluates and not (said.epoch.is_integer() and self._counts_whole)):
            mentioned, self._mentioned = self._mentioned, None if said.values else self._mentioned
            return mentioned if said.values else None
        if last is not None and said.epoch < last and not any(measures(name) for name, _ in said.values):
            self._mentioned = said.epoch
            return None
        self._mentioned = None
        return said.epoch

    @property
    def _counts_whole(self) -> bool:
        """Whether epochs are whole ones. Where it evaluates at epoch 1.23, a step at 2.0 is one like any other."""
        return self._open is None or self._open.epoch.is_integer()

    def _by_bar(self, said: Statement) -> float | None:
        """A bar over the epochs shows the figures of the one after those it has counted, until it counts that too."""
        assert said.bar is not None
        if not said.values or not math.isfinite(said.bar[1]):
            return None
        now = self._open
        same = now is not None and all(now.said[WHOLE].get(name) == text for name, text in said.values)
        return now.epoch if now is not None and same else min(said.bar[0] + 1, said.bar[1])

    def _at(self, said: Statement) -> float | None:
        """The step of the training that an evaluation stands at, where it or the lines above name one."""
        if self._basis == "evaluations":
            return self.count.place(said)
        return said.step if said.bar is None else None

    def _comes_first(self, said: Statement) -> bool:
        """Whether it belongs to the evaluation that is still to come: part of an epoch, or a step between two."""
        if self._basis == "evaluations":
            here = self._open.step if self._open is not None else None
            trained_on = here is not None and (self.count.trained_to or 0.0) > here
            return not said.evaluates and (said.is_of_a_step or trained_on or (self._leads and trains(said)))
        return said.epoch is not None and bool(said.values)

    def _part(self, said: Statement) -> int:
        if self._basis == "evaluations":
            return WHOLE if said.evaluates else STEP
        if said.counts_epochs or (self._open is not None and self._open.is_over(said)):
            return WHOLE
        return STEP if said.partial else BAR if said.bar is not None or said.of_a_batch else WHOLE

    def _is_of_the_next(self, now: Present, said: Statement) -> bool:
        """Whether a line that names no epoch trains on, though this epoch has its training and its validation
        already."""
        if self._basis == "evaluations" or said.epoch is not None or said.evaluates or not validated(now.whole):
            return False
        stated = {*now.stated, *(now.said[WHOLE] if len(self._recent) > 1 and not self._again else ())}
        names = {name.removeprefix("train_") for name in stated}
        return any("loss" in name and name.removeprefix("train_") in names for name, _ in said.values)

    def _trains_on(self, now: Present, said: Statement) -> bool:
        """Whether a line of no epoch and no split repeats the loss of the epoch's own line: of a task, of a batch, of
        the next epoch.
        """
        if self._basis != "epochs" or said.epoch is not None or said.is_of_a_step or said.evaluates or said.split:
            return False
        summed = {name.removeprefix("train_") for name in now.summed}
        again = any("loss" in name and name.removeprefix("train_") in summed for name, _ in said.values)
        if again and self.doubts is not None:
            self.doubts.take_left(said)
        return again

    def _closes(self, said: Statement) -> bool:
        """Whether a line sums up the log at its end: `Test loss: 1.2, test acc: 0.4`, where each epoch has a test loss.
        It names no place, gives a quantity of the present epoch another value, and one that no epoch has."""
        of_a_set = said.evaluates or said.split == "train"
        if self._open is None or said.epoch is not None or said.is_of_a_step or not of_a_set:
            return False
        known = self._open.whole
        new = {name for name, _ in said.values} - known.keys() - {name for names in self._recent for name in names}
        return (
            len(self._recent) >= FEW_EPOCHS
            and bool(new)
            and any(known.get(name, text) != text for name, text in said.values)
        )

    def _evaluates_again(self, now: Present, said: Statement, part: int) -> bool:
        """Whether a validation comes a second time in a log that has one an epoch: the best model's, at the end.

        Its line names neither an epoch nor a step, so the figures of the epoch itself stay.
        """
        if part != WHOLE or said.epoch is not None or said.is_of_a_step or not said.evaluates:
            return False
        known = now.said[WHOLE]
        again = all(name in known for name, _ in said.values) and any(known[name] != text for name, text in said.values)
        self._validates_again |= again and len(self._recent) < FEW_EPOCHS
        left_out = again and not self._validates_again
        if left_out and self.doubts is not None:
            self.doubts.aside |= dict(said.values)
        return left_out

    def is_of_another_bar(self, said: Statement) -> bool:
        """See Present; also the bar of the epoch before, where the present one has not come so far."""
        left_out = self._second_bar and said.bar is not None and said.bar[1] == self._second_bar and said.step is None
        return bool(left_out) or (self._open is not None and self._open.is_of_another_bar(said))

    def _is_another_bar(self, now: Present, said: Statement, part: int) -> bool:
        """Whether a bar of another total tells the loss again, behind the full one of the training, and not of what."""
        losses = losses_in(name for name, _ in said.values)
        named = said.split or said.evaluates or said.epoch is not None
        if said.bar is None or not losses or part == WHOLE or named or self._basis != "epochs":
            return False
        if now.full_bar and said.bar[1] != now.full_bar and losses & now.said[BAR].keys():
            if self.doubts is not None:
                self.doubts.second_bars[said.bar[1]] += not said.is_under_way
            self._second_bar = said.bar[1]
            return True
        if not said.is_under_way and not now.full_bar:
            now.full_bar = said.bar[1]
        return False

    def _begin(self, number: float) -> list[Row]:
        before = self._open if self._open is not None and self._open.measured else None
        if before is not None and self._last is None and was_a_step(before, number):
            self._passing, before = {**before.row().cells, **self._passing}, None
        self._last = before.epoch if before is not None else self._last
        fell = self._last is not None and number < self._last
        if fell:
            self._last = None
        rows = before.news() if before is not None and (not fell or self._is_complete(before)) else []
        if before is not None and (before.whole or before.lines) and not fell:
            self._recent = [*self._recent, sorted(before.whole)][-RECENT_EPOCHS:]
        if fell and not self._one_start:
            self._generation += 1
        self._open = Present(number, self._generation, said=[self._passing, {}, {}])
        if before is not None:
            self._open.epochs, self._lines, self._reached = before.epochs, before.lines, before.reached
        self._open.step = self.count.trained_to if self._basis == "evaluations" else None
        self._passing = {}
        return rows

    def _is_planned_anew(self, said: Statement) -> bool:
        """Whether a line names the present epoch again, of another number of epochs than all before: a new start."""
        now, planned = self._open, said.epochs
        if now is None or planned is None or said.epoch != now.epoch or self._one_start or self._basis != "epochs":
            return False
        again = {name for name, _ in said.values} & now.named
        return now.epochs not in (None, planned) and planned not in self._planned and any(map(measures, again))

    def _begin_anew(self) -> list[Row]:
        """The present epoch is the first one of a new start; what was read of it so far belongs to the start before."""
        assert self._open is not None
        number = self._open.epoch
        rows = self._open.news() if self._open.whole else []
        self._generation, self._last = self._generation + 1, None
        self._open = Present(number, self._generation, said=[{}, {}, {}])
        return rows

    def _is_complete(self, now: Present) -> bool:
        usual = self._usual()
        return bool(usual) and usual <= now.whole.keys()

    def _usual(self, least: float = 1 / 3) -> set[str]:
        """What an epoch usually says, also what is measured every other time only; not what stood in one of many."""
        seen = Counter(name for names in self._recent for name in names)
        return {name for name, count in seen.items() if count >= least * len(self._recent)}


def _tells_training(said: Statement) -> bool:
    """Whether a line before the first evaluation tells how the training goes, and not with which settings."""
    return any(measures(name) or name in NO_SPLIT or name.startswith("train_") for name, _ in said.values)
