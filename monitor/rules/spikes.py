"""Shared by the rules about val loss: an evaluation that stands far out of the ones before it."""

from __future__ import annotations

import numpy as np

from monitor.rules.arithmetic import series
from monitor.rules.thresholds import Limits
from monitor.run_dir.words import number

AS_HIGH, HIGH = 2, 0.5
"""So many of the evaluations before, above so much of the way up, are no exception any more."""
NEAR, NEAR_SPREADS = 0.1, 2.0
"""A loss above what was usual by no more than this part of it, or by so many spreads, is back."""


class SpikeLimits(Limits, frozen=True):
    """How far above its band a loss jumps (share, robust spreads), what makes the band, how long a jump is reported."""

    spike_band_evaluations: int = 5
    spike_rise_ratio: float = 0.5
    spike_spreads: float = 6.0
    spike_told_evaluations: int = 5
    spike_band_steps: int = 100
    spike_row_steps: int = 3
    spike_told_steps: int = 500


def usual(loss: np.ndarray, place: int, limits: SpikeLimits) -> tuple[float, float]:
    """(median, spread) of the evaluations before; NaN where there are too few."""
    before = loss[:place]
    before = before[np.isfinite(before)][-limits.spike_band_evaluations :]
    if len(before) < limits.spike_band_evaluations:
        return float("nan"), float("nan")
    median, spread = series.median_and_spread(before)
    return float(median), float(spread)


def stands_out(loss: np.ndarray, place: int, limits: SpikeLimits) -> bool:
    """Whether it is far above what was usual; where every second evaluation stands as high, that is usual too."""
    return is_above(loss[place], *usual(loss, place, limits), limits) and not _swings(loss, place, limits)


def _swings(loss: np.ndarray, place: int, limits: SpikeLimits) -> bool:
    """Whether two or more of the evaluations before were about as high, each of them with lower ones between."""
    before = loss[:place]
    before = before[np.isfinite(before)][-limits.spike_band_evaluations :]
    high = before > before.min() + HIGH * (loss[place] - before.min())
    return bool(high.sum() >= AS_HIGH and not (high[1:] & high[:-1]).any() and not high[-1])


def came_back(value: float, median: float, spread: float) -> str:
    """The words about a loss that is no longer far above what was usual before its jump."""
    near = max(median * (1 + NEAR), median + NEAR_SPREADS * spread)
    return "it came back" if value <= near else f"it has come down to {number(value)} since"


def is_above(value: float, median: float, spread: float, limits: SpikeLimits) -> bool:
    """Whether it is above the median by `spike_rise_ratio` of it and by `spike_spreads` spreads; no where that is 0."""
    most = max(median * (1 + limits.spike_rise_ratio), median + limits.spike_spreads * spread)
    return bool(median > 0 and value > most)
