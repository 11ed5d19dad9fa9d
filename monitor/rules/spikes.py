"""Shared by the rules about val loss: an evaluation that stands far out of the ones before it."""

from __future__ import annotations

import numpy as np

from monitor.rules.thresholds import Limits


class SpikeLimits(Limits, frozen=True):
    spike_band_evaluations: int = 5
    spike_rise_ratio: float = 0.5
    spike_spreads: float = 6.0
    spike_told_evaluations: int = 5


def usual(loss: np.ndarray, place: int, limits: SpikeLimits) -> tuple[float, float]:
    """(median, spread) of the evaluations before; NaN where there are too few."""
    before = loss[:place]
    before = before[np.isfinite(before)][-limits.spike_band_evaluations :]
    if len(before) < limits.spike_band_evaluations:
        return float("nan"), float("nan")
    median = float(np.median(before))
    return median, 1.4826 * float(np.median(np.abs(before - median)))


def stands_out(loss: np.ndarray, place: int, limits: SpikeLimits) -> bool:
    return is_above(loss[place], *usual(loss, place, limits), limits)


def is_above(value: float, median: float, spread: float, limits: SpikeLimits) -> bool:
    most = max(median * (1 + limits.spike_rise_ratio), median + limits.spike_spreads * spread)
    return bool(median > 0 and value > most)
