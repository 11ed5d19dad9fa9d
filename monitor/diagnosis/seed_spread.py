"""Several seeds of one run as a mean with its interval. Pure.

The interval is Student's t over the seeds: mean ± t × standard deviation / √n, 95 %, n − 1 degrees of freedom. Of two
groups the difference of the means has Welch's interval. Two seeds already have one, and it is wide.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from monitor.run_dir import words
from monitor.run_dir.metric import WER, Metric

T95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131),
    *(2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
"""0.975 quantile of Student's t for 1 to 30 degrees of freedom; beyond, that of 30, which is a little too wide."""


NEARLY = 0.9
"""Of the epochs of the furthest: a seed that has come less far is not averaged with it."""


@dataclass(frozen=True)
class SeedGroup:
    """Runs that differ in their seed alone, oldest first; at least two."""

    runs: tuple[str, ...]

    @property
    def lead(self) -> str:
        """The oldest run, by which the group is named."""
        return self.runs[0]


@dataclass(frozen=True)
class Spread:
    """A mean over `count` seeds with half the width of its 95 % interval, in `metric`'s unit; NaN for one seed."""

    count: int
    mean: float
    half: float
    metric: Metric = WER
    of: int = 0
    """Seeds that there are, where some of them are left out."""

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval, in `metric`'s unit."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval, in `metric`'s unit."""
        return self.mean + self.half

    @property
    def text(self) -> str:
        """Such as "mean 43.2 % of 3 seeds (95 % t interval 41.0 to 45.4)"."""
        said = f"mean {self.metric.text(self.mean)} of {self.seeds}"
        between = f"{self.metric.bare(self.low)} to {self.metric.bare(self.high)}"
        return f"{said} (95 % t interval {between})" if math.isfinite(self.half) else said

    @property
    def seeds(self) -> str:
        """Such as "3 seeds", or "3 of 4 seeds" where one is not so far."""
        return f"{self.count} of {self.of} seeds" if self.of > self.count else words.count(self.count, "seed")

    @property
    def difference_text(self) -> str:
        """The same of a difference: "mean −4.1 points of 3 seeds (95 % t interval −7.0 to −1.2)"."""
        said = f"mean {self.metric.change(self.mean)} of {words.count(self.count, 'seed')}"
        between = f"{self.metric.bare_change(self.low)} to {self.metric.bare_change(self.high)}"
        return f"{said} (95 % t interval {between})" if math.isfinite(self.half) else said


def spread(values: Sequence[float], metric: Metric = WER) -> Spread:
    """Mean and interval of one value a seed, in the metric's unit; at least one."""
    count = len(values)
    half = _t95(count - 1) * stdev(values) / math.sqrt(count) if count > 1 else math.nan
    return Spread(count, fmean(values), half, metric)


def difference(before: Sequence[float], after: Sequence[float]) -> tuple[float, float, float] | None:
    """(difference of the means, low, high) by Welch's t interval; None where one side has one seed only."""
    if min(len(before), len(after)) < 2:
        return None
    parts = [stdev(values) ** 2 / len(values) for values in (before, after)]
    mean = fmean(after) - fmean(before)
    if sum(parts) == 0:
        return mean, mean, mean
    degrees = sum(parts) ** 2 / sum(p**2 / (len(v) - 1) for p, v in zip(parts, (before, after), strict=True))
    half = _t95(max(1, math.floor(degrees))) * math.sqrt(sum(parts))
    return mean, mean - half, mean + half


def _t95(degrees: int) -> float:
    return T95[min(degrees, len(T95)) - 1]


def group_of(run_id: str, groups: Iterable[SeedGroup]) -> SeedGroup | None:
    """The group that the run belongs to; None for a run without other seeds."""
    return next((group for group in groups if run_id in group.runs), None)


def has_come(epoch: float, to: float) -> bool:
    """Whether a run at one epoch may be set beside one that has come to another."""
    return epoch >= NEARLY * to


def spread_of(
    group: SeedGroup, values: Mapping[str, float | None], epochs: Mapping[str, float], metric: Metric = WER
) -> Spread | None:
    """Over the runs of the group that have come about as far as the furthest and have a finite value there; None where
    those are fewer than two. `epochs`: where each run is."""
    far = max((epochs.get(run, 0.0) for run in group.runs), default=0.0)
    near = [run for run in group.runs if has_come(epochs.get(run, 0.0), far)]
    known = [value for run in near if (value := values.get(run)) is not None and math.isfinite(value)]
    return replace(spread(known, metric), of=len(group.runs)) if len(known) > 1 else None
