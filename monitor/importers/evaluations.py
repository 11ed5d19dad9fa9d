"""Rows of numbers → Epoch and Step records: which rows make one evaluation, and where a run begins again.

A format of "evaluations" gives a whole one in every row. In one of "events" the train loss comes step by step and the
validation in rows of its own: an evaluation is then what is logged at one step (or in one epoch, where there are no
steps), and its train loss is what the file calls so for the whole epoch, else the mean of the steps since the
evaluation before. What was logged once is never carried on as if it had been measured again.

The result depends on the rows alone, never on when they were read: who reads them again gets the same records.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from monitor.importers.items import Row
from monitor.importers.mapping import EVALUATED, STEP_LOSS, SourceMapping, Use
from monitor.importers.moments import Counts, Numbers, Open, Since, before, same_moment, trains, whole
from monitor.run_dir import Epoch, Step
from monitor.run_dir.metric_names import is_of_no_split, marks_validation, parsed

TIMED = re.compile(r"runtime|per_second|time")
"""How long an evaluation took is not what it measured."""
_AGAIN = "The run begins again or goes back at {} {}; what it repeats replaces what was there."


class RecordBuilder:
    """Takes rows in file order and gives out records as soon as they are complete."""

    def __init__(self, mapping: SourceMapping, generation: int = 1, *, line: str = "line") -> None:
        """`line`: what the lines of the rows count, in a word."""
        self.counts = Counts()
        self._line = line
        self.generation = generation
        self._mapping = mapping
        self.use(mapping.uses)
        self._train_only = mapping.train_only and self._has_epoch
        self._counts_rows = mapping.train_only and not self._has_epoch
        """Only steps are named and nothing was validated: every row counts, as in a table."""
        self._open: Open | None = None
        self._since = Since()
        self._done: Epoch | None = None
        """The last evaluation that was put together from rows."""
        self._usual: frozenset[str] = frozenset()
        self._steps: dict[str, int] = {}
        """By name: the step of its last number. Names of one file may count different steps."""
        self._epoch_now: float | None = None
        self._numbers = Numbers()
        self._train_before: float | None = None
        self._start = 0
        """The start that the last row named."""

    def use(self, uses: tuple[Use, ...]) -> None:
        """Which names mean what, from here on."""
        self._uses = {use.column: use for use in uses}
        fields = {use.field for use in uses}
        self._has_epoch, self._has_step_loss = "epoch" in fields, STEP_LOSS in fields

    def take(self, row: Row) -> Iterator[Epoch | Step]:
        """The records that this row completes."""
        event = self._understood(row)
        begins, self._start = 0 < self._start < row.start, row.start
        if self._mapping.steps_alone:
            yield from self._restarted(row, event)
            yield from self._stepped(event)
        elif self._mapping.shape == "events":
            yield from self._restarted(row, event)
            yield from self._event(event)
        elif self._has_epoch and (event.epoch is None or not math.isfinite(event.epoch)):
            self.counts.without_epoch += 1
        else:
            if begins and event.epoch == self._numbers.last:  # an epoch that falls tells it by itself
                self._begin_again(event.line)
            yield self._record(event)

    def rest(self) -> Iterator[Epoch]:
        """What is still open when nothing more comes."""
        if self._open is not None:
            yield self._close()
        elif self._train_only and self._since.count:
            yield self._train_epoch()

    def _understood(self, row: Row) -> Open:
        event = Open(None, 0, row.line, row.at)
        for name, value in row.values.items():
            use = self._uses.get(name)
            if use is None:
                event.metrics[name] = value
            elif use.field == "epoch":
                event.epoch = value
            elif use.field == "step":
                event.step = whole(value)
            else:
                event.values[use.field] = value * use.scale
        return event

    # -- events ---------------------------------------------------------------------------------------------

    def _restarted(self, row: Row, event: Open) -> Iterator[Epoch]:
        """A run that goes back begins again: what was summed up belongs to the one before."""
        names = [name for name in row.values if (use := self._uses.get(name)) and use.field not in ("epoch", "step")]
        back = any(0 < event.step < self._steps.get(name, 0) for name in names)
        if back or (not event.step and before(event.epoch, self._epoch_now)):
            if self._open is not None:
                yield self._close()
            self._since, self._epoch_now, self._done = Since(), None, None
            self._steps.clear()
            self.generation += 1
            self.counts.began_again.add(_AGAIN.format(self._line, event.line))
            self._numbers.go_back()
        if event.step:
            self._steps.update(dict.fromkeys(names, event.step))

    def _event(self, event: Open) -> Iterator[Epoch | Step]:
        evaluated = any(name in event.values for name in EVALUATED) or any(map(marks_validation, event.metrics))
        evaluated = evaluated or any(map(is_of_no_split, event.metrics)) or self._scores_alone(event)
        same = self._open is not None and same_moment(self._open, event)
        if self._open is not None and not same and (evaluated or trains(event)):
            yield self._close()
        if self._open is not None and same:
            if self.counts.steps and not evaluated:
                yield from self._stepped(event)
            self._open.values.update(event.values)
            self._open.metrics.update(event.metrics)
        elif evaluated and (more := self._more_of_the_last(event)) is not None:
            yield more
        elif evaluated:
            self._train_only = False
            self._open = event
            self._epoch_now = event.epoch if event.epoch is not None else self._epoch_now
        elif trains(event):
            yield from self._train(event)
        elif self._counts_rows:
            self._since.keep(event.metrics)  # such as the reward of an episode, between two rows with a loss
        if self._open is not None and self._usual and self._usual <= set(self._open.values):
            yield self._close()

    def _more_of_the_last(self, event: Open) -> Epoch | None:
        """The evaluation that was whole already, with what another row of its step and epoch adds: the test's figures.

        None where there is none, and where that row gives another value for a quantity already read: it then is an
        evaluation of its own.
        """
        done = self._done
        if done is None or not event.step or event.step != done.step or event.epoch != done.epoch:
            return None
        values = {name: number for name, number in event.values.items() if name != STEP_LOSS}
        told = {**{name: getattr(done, name) for name in values}, **done.metrics}
        timed = [name for name in event.metrics if name in told and TIMED.search(name)]
        new = {**values, **{name: number for name, number in event.metrics.items() if name not in timed}}
        if any(told.get(name) not in (None, number) for name, number in new.items()):
            return None
        self._done = replace(done, metrics={**done.metrics, **event.metrics}, **values)
        return self._done

    def _scores_alone(self, event: Open) -> bool:
        """Whether a row holds scores and nothing of the training, at the step, or the epoch, that was just trained.

        So MMEngine writes its validation: `{"coco/bbox_mAP": 0.34, "step": 12}` behind epoch 12, under a name without
        a split. Its step is then that of the training.
        """
        known = [found for name in event.metrics if (found := parsed(name)) is not None]
        if not known or self._counts_rows or trains(event) or any(split == "train" for split, _ in known):
            return False
        if event.epoch is not None:
            return not event.step and self._since.count > 0 and event.epoch == self._epoch_now
        epoch = self._epoch_now if self._has_epoch else None
        if not self._since.step or event.step not in (self._since.step, epoch):
            return False
        event.step = self._since.step
        return True

    def _train(self, event: Open) -> Iterator[Epoch | Step]:
        if self._train_only and self._since.count and before(self._epoch_now, event.epoch):
            yield self._train_epoch()
        self._epoch_now = event.epoch if event.epoch is not None else self._epoch_now
        loss = event.values.get(STEP_LOSS if self._has_step_loss else "train_loss")
        if loss is not None:
            self._since.add(loss)
        elif "train_loss" in event.values:
            self._since.whole_epoch = event.values["train_loss"]
        self._since.keep(event.metrics)
        self._since.lr = event.values.get("lr", self._since.lr)
        self._since.step = event.step or self._since.step
        yield from self._stepped(event)
        if self._counts_rows and loss is not None:
            event.metrics |= self._since.metrics
            yield self._record(event)

    def _stepped(self, event: Open) -> Iterator[Step]:
        """The step that an event of the training is."""
        loss = event.values.get(STEP_LOSS if self._has_step_loss else "train_loss")
        if not event.step or (loss is None and not self._mapping.steps_alone):
            return
        self.counts.steps += 1
        scores = {name: number for name, number in event.values.items() if name in EVALUATED}
        yield Step(
            step=event.step,
            epoch=event.epoch or 0.0,
            at=event.at,
            generation=self.generation,
            train_loss=loss,
            lr=event.values.get("lr"),
            grad_norm=event.values.get("grad_norm"),
            metrics={**event.metrics, **scores} if self._mapping.steps_alone else {},
        )

    def _train_epoch(self) -> Epoch:
        number = None if self._epoch_now is None else float(math.ceil(self._epoch_now))
        return self._record(Open(number, self._since.step, 0, metrics=self._since.metrics))

    def _close(self) -> Epoch:
        assert self._open is not None
        done, self._open = self._open, None
        self._usual = frozenset(done.values) - {STEP_LOSS}
        if done.epoch is None and self._has_epoch:
            done.epoch = self._epoch_now
        self._done = self._record(done)
        return self._done

    # -- both -----------------------------------------------------------------------------------------------

    def _record(self, done: Open) -> Epoch:
        values: dict[str, Any] = dict(done.values)
        step_loss = values.pop(STEP_LOSS, None)
        if "train_loss" not in values:
            since = self._since.loss()
            values["train_loss"] = step_loss if since is None else since
            self.counts.means += self._since.whole_epoch is None and self._since.count > 1
        values.setdefault("lr", self._since.lr)
        self._since = Since(lr=self._since.lr)
        self._leave_out_stale(values)
        return Epoch(
            epoch=self._number(done),
            step=done.step,
            at=done.at,
            generation=self.generation,
            metrics=done.metrics,
            **{name: value for name, value in values.items() if value is not None},
        )

    def _leave_out_stale(self, values: dict[str, Any]) -> None:
        """A train loss repeated to the last digit was logged before the previous evaluation, not measured again."""
        loss = values.get("train_loss")
        if self._mapping.drop_stale and loss and loss == self._train_before:
            self.counts.stale += 1
            values["train_loss"] = None
        elif loss is not None:
            self._train_before = loss

    def _number(self, done: Open) -> float:
        self.counts.evaluations += 1
        each = self._mapping.steps_per_epoch
        number = done.step / each if each and done.step else done.epoch
        if number is None or not math.isfinite(number):
            self.counts.counted = True
            return self._numbers.count(done.step)
        last = self._numbers.last
        if last is not None and number < last:
            self._begin_again(done.line)
        elif number == last:
            self.counts.repeated.add(f"Epoch {number:g} stands there twice; {self._line} {done.line} is kept.")
        self._numbers.last = number
        return number

    def _begin_again(self, line: int) -> None:
        self.generation, self._numbers.last = self.generation + 1, None
        self.counts.began_again.add(_AGAIN.format(self._line, line))
