"""What counts as a difference where no interval over clips can be had: the scatter of the evaluations themselves. Pure.

Each run has the trend (Theil-Sen) through its last evaluations up to the epoch of comparison, taken at that epoch, both
over the same range of epochs, that of five evaluations: a mean would lag behind a curve that falls. Of a parent that
ended before it is the mean of those about its best. Scatter is the noise of one evaluation about a smooth
curve, from the second differences of the last fourteen: 1.4826 × their median size / √6.
A difference of the means counts beyond 2 × √(scatter of the parent² + of the child²),
and never below one point of a share such as WER, or two percent of any other measure. That is the noise between single
evaluations, more than that of a line through five, because two seeds differ by more than the evaluations of one run do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from monitor.rules.arithmetic.series import log_scatter, scatter, theil_sen
from monitor.run_dir import Epoch, words
from monitor.run_dir.metric import Metric, read

MEAN_OF = 5
LEAST_EVALUATIONS = 5
"""Three second differences; fewer do not show how much the values scatter."""
LEAST_OF_TREND = 3
LEAST_POINTS = 0.01
LEAST_LOSS_RATIO = 0.02
FACTOR = 2.0
MANY_EVALUATIONS, PAIRED_FACTOR, BENT = 10, 3.0, 0.5
"""Below so many evaluations the scatter of a curve that falls is its bend: where the differences of both runs scatter
by less than the last part of it, they decide, with a larger factor, as few values hardly show how much they scatter."""


@dataclass(frozen=True)
class Scalar:
    """A measure of both runs by the trends of so many evaluations; `limit`: the smallest difference that counts.

    `limit` is None with too few evaluations to know, and the values are then those of single ones. All in the unit of
    the measure; `metric` is None for val loss.
    """

    metric: Metric | None
    parent: float
    child: float
    evaluations: int
    """Of the run that has fewer."""
    of_parent: int
    of_child: int
    limit: float | None
    is_least: bool = False
    """Whether the limit is the least that is asked for, and not the scatter that was measured."""
    about_best: bool = False
    """Whether the parent's value is the mean of the evaluations about its best, as it ended before."""

    @property
    def difference(self) -> float:
        """Above zero where the value of the child is larger."""
        return self.child - self.parent

    @property
    def helped(self) -> bool:
        """Whether the child's value is the better one."""
        return self.metric.is_better(self.difference) if self.metric is not None else self.difference < 0

    @property
    def in_words(self) -> str:
        """Such as "Val WER 47.1 → 43.9 % (trends of 5 evaluations), −3.2 points"."""
        many = words.count(self.of_child, "evaluation")
        if self.about_best and self.of_parent > 1:
            many = f"mean of the {self.of_parent} evaluations about its best; trend of {many}"
        elif self.about_best:
            many = f"its best alone; trend of {many}"
        elif self.of_parent != self.of_child:
            many = f"trends of {self.of_parent} and {many}"
        else:
            many = f"trends of {many}"
        means = "" if self.limit is None else f" ({many})"
        if (metric := self.metric) is not None:
            before, after, moved = metric.change_texts(self.parent, self.child)
            return f"{metric.heading} {before.removesuffix(' %')} → {after}{means}, {moved}"
        before, after, moved = words.agreeing(self.parent, self.child)
        return f"Val loss {before} → {after}{means}, {moved}"

    @property
    def limit_in_words(self) -> str:
        """The smallest difference that counts, in the unit of the measure."""
        limit = self.limit or 0.0
        return self.metric.size(limit) if self.metric is not None else words.number(limit)


def scalar(
    parent: Sequence[Epoch], child: Sequence[Epoch], then: Epoch, now: Epoch, metric: Metric | None
) -> Scalar | None:
    """Both runs by the metric, else by val loss, about the evaluations `then` and `now`; None where both lack both."""
    for measure in (metric, None):
        name = measure.name if measure is not None else "val_loss"
        if all(_is_known(read(record, name)) for record in (then, now)):
            return _of(measure, name, parent, child, then, now)
    return None


def loss_moved(parent: Sequence[Epoch], then: Epoch, now: Epoch) -> bool:
    """Whether val loss differs by more than the parent's own recent scatter explains; True where it is not known."""
    before, after = then.val_loss, now.val_loss
    if before is None or after is None or not (0 < before < math.inf and 0 < after < math.inf):
        return True
    losses = [record.val_loss for record in parent if record.epoch <= then.epoch and record.val_loss is not None]
    noise = float(log_scatter(losses)[-1]) if losses else 0.0
    return abs(math.log(after / before)) > max(LEAST_LOSS_RATIO, FACTOR * math.sqrt(2) * noise)


def _of(
    metric: Metric | None, measure: str, parent: Sequence[Epoch], child: Sequence[Epoch], then: Epoch, now: Epoch
) -> Scalar:
    theirs, ours = _measured(parent, measure, now.epoch), _measured(child, measure, now.epoch)
    few = min(len(theirs), len(ours))
    if few < LEAST_EVALUATIONS:
        # A line through so few on a curve that bends ends far beyond it: the measured values are given as they are.
        return Scalar(metric, _value(then, measure), _value(now, measure), few, 1, 1, None)
    scattered = FACTOR * math.hypot(*(scatter([value for _, value in rows]) for rows in (theirs, ours)))
    paired = _paired(theirs, ours)
    bends = paired < BENT * scattered
    # The same range of epochs for both: on a falling curve a longer one would look worse by its length alone. And on
    # one that bends within few evaluations a line through five ends beyond it.
    reach = max(_reach(rows, LEAST_OF_TREND if bends else MEAN_OF) for rows in (theirs, ours))
    about_best = then.epoch != theirs[-1][0]
    if about_best:  # of a run that ended before: what stands about it, on both sides
        about = [row for row in theirs if abs(row[0] - then.epoch) <= reach / 2]
        before = sum(value for _, value in about) / len(about)
    else:
        about = [row for row in theirs if row[0] >= then.epoch - reach]
        before = _at_end(about)
    newest = [row for row in ours if row[0] >= now.epoch - reach]
    after = _at_end(newest)
    share = metric is not None and metric.is_share
    least = LEAST_POINTS / metric.fraction(1.0) if metric and share else LEAST_LOSS_RATIO * abs(before)
    measured = paired if bends else scattered
    counts = (len(about), len(newest))
    return Scalar(metric, before, after, min(counts), *counts, max(least, measured), measured < least, about_best)


def _value(record: Epoch, measure: str) -> float:
    """What was measured there; it was looked at before that it is finite."""
    return float(read(record, measure) or 0.0)


def _at_end(rows: Sequence[tuple[float, float]]) -> float:
    """The value of the trend through these (epoch, value) at the last epoch; the mean of two or fewer."""
    epochs, values = zip(*rows, strict=True)
    if len(rows) < LEAST_OF_TREND:
        return float(sum(values) / len(values))
    slope = theil_sen(epochs, values)
    return median(value - slope * (epoch - epochs[-1]) for epoch, value in rows)


def _measured(rows: Sequence[Epoch], measure: str, until: float) -> list[tuple[float, float]]:
    """(epoch, value) of the evaluations up to `until` in which it was measured, oldest first."""
    return [
        (record.epoch, float(value))
        for record in rows
        if record.epoch <= until and (value := read(record, measure)) is not None and _is_known(value)
    ]


def _reach(rows: Sequence[tuple[float, float]], many: int) -> float:
    """Epochs that the last `many` span."""
    return rows[-1][0] - rows[-many:][0][0]


def _paired(theirs: Sequence[tuple[float, float]], ours: Sequence[tuple[float, float]]) -> float:
    """What noise explains by the scatter of the differences at equal epochs, in which a bend that both runs share is
    gone; infinite with too few of them, or with so many that no bend counts."""
    before = dict(theirs)
    moved = [value - before[epoch] for epoch, value in ours if epoch in before]
    if not LEAST_EVALUATIONS <= len(moved) < MANY_EVALUATIONS:
        return math.inf
    return PAIRED_FACTOR * scatter(moved)


def _is_known(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def broken_since(rows: Sequence[Epoch], now: Epoch, metric: Metric | None) -> float | None:
    """The epoch from which on nothing that a run measures is finite up to `now`; None where something is there."""
    since = None
    for row in rows:
        if row.epoch > now.epoch:
            break
        known = [value for value in (row.val_loss, metric.of(row) if metric else None) if value is not None]
        if any(math.isfinite(value) for value in known):
            since = None
        elif known and since is None:
            since = row.epoch
    return since
