"""What one evaluation is put together from: numbers of one moment, the training since the last one, and a number."""

from __future__ import annotations

import bisect
import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.importers.items import PLACES, FirstSentences
from monitor.importers.mapping import STEP_LOSS

STEP_FIELDS = ("lr", "grad_norm")


@dataclass
class Open:
    """An evaluation that may still get more numbers."""

    epoch: float | None
    step: int
    line: int
    at: float = 0.0
    values: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass
class Counts:
    """What a person should know about how rows became evaluations."""

    evaluations: int = 0
    steps: int = 0
    without_epoch: int = 0
    repeated: FirstSentences = field(default_factory=FirstSentences)
    """Evaluations that are written twice in a row; the later one counts."""
    began_again: FirstSentences = field(default_factory=lambda: FirstSentences(most=3))
    """Where the run goes back."""
    means: int = 0
    """Evaluations whose train loss is a mean over steps."""
    stale: int = 0
    counted: bool = False
    """There is no epoch: evaluations are numbered."""


@dataclass
class Since:
    """The training since the last evaluation, summed up."""

    total: float = 0.0
    count: int = 0
    whole_epoch: float | None = None
    """What the file itself calls the train loss of the epoch."""
    lr: float | None = None
    step: int = 0
    metrics: dict[str, float] = field(default_factory=dict)
    """By name: the last number of it."""

    def add(self, value: float) -> None:
        """Adds one train loss."""
        self.total += value
        self.count += 1

    def keep(self, metrics: Mapping[str, float]) -> None:
        """Keeps the last number of each name that is no place, such as a step."""
        self.metrics |= {name: value for name, value in metrics.items() if name not in PLACES}

    def loss(self) -> float | None:
        """The epoch's train loss as the file gives it, else the mean of those added; None where there is none."""
        if self.whole_epoch is not None:
            return self.whole_epoch
        return self.total / self.count if self.count else None


class Numbers:
    """The last number of an evaluation; and, where a file has no epochs, what number comes next."""

    def __init__(self) -> None:
        self.last: float | None = None
        self._steps = array("q")

    def count(self, step: int) -> float:
        """Counts on; after a run went back, from the evaluation before that step."""
        if step:
            del self._steps[bisect.bisect_left(self._steps, step) :]
        self._steps.append(step)
        return float(len(self._steps))

    def go_back(self) -> None:
        """Forgets the last number: the run goes back, and what follows may be lower."""
        self.last = None


def whole(step: float) -> int:
    """A step as a whole number; 0, which is no step, for what cannot be one."""
    return int(step) if math.isfinite(step) and 0 <= step < 2**53 else 0


def before(one: float | None, other: float | None) -> bool:
    """Whether one epoch number lies in an earlier epoch than the other: 2.5 is in the third, as 3 is."""
    if one is None or other is None or not math.isfinite(one) or not math.isfinite(other):
        return False
    return math.ceil(one) < math.ceil(other)


def trains(event: Open) -> bool:
    """Whether an event says something of the training."""
    return any(name in event.values for name in ("train_loss", STEP_LOSS, *STEP_FIELDS))


def _step_restarts(one: Open, other: Open) -> bool:
    """Whether two events of two epochs tell the same quantity: their step is counted anew in each epoch."""
    apart = before(one.epoch, other.epoch) or before(other.epoch, one.epoch)
    return apart and not (one.values | one.metrics).keys().isdisjoint(other.values | other.metrics)


def same_moment(one: Open, other: Open) -> bool:
    """Whether two events are of one step, or, without steps, of one epoch."""
    if one.step and other.step:
        return one.step == other.step and not _step_restarts(one, other)
    if one.epoch is not None and other.epoch is not None:
        return one.epoch == other.epoch
    return False
