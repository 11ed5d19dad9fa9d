"""Shared by the rules about validation loss: is it above its best, and is that a trend."""

from __future__ import annotations

import numpy as np

from monitor.rules.arithmetic import series
from monitor.rules.episodes import Level
from monitor.rules.evaluations import Evaluations
from monitor.rules.grown import Grown
from monitor.rules.thresholds import CommonLimits, Limits, Thresholds
from monitor.run_dir import Snapshot

WINDOW_TIMES = 3
"""The trend is that of the last so many times `trend_evaluations`."""


SCATTERS_OF_FEW = 4.0
"""Times the scatter, where the best is that of many and too few came after it for a trend test."""


class RisingLimits(Limits, frozen=True):
    """Of both rules about a val loss that rises."""

    val_rise_warning_ratio: float = 0.05
    val_rise_critical_ratio: float = 0.10
    val_rise_scatters: float = 2.0
    """Times the scatter of the recent val losses: a rise within it is noise."""


_MEMORY: Grown[Level] = Grown()


def rising_levels(snapshot: Snapshot, data: Evaluations, thresholds: Thresholds) -> list[Level]:
    """Per evaluation: far above the best so far and rising, in any unit.

    A loss that was ever below zero has no ratio to its best: what counts is the part of the range it has gone through.
    """
    limits, common = thresholds.of(RisingLimits), thresholds.of(CommonLimits)
    values = data.val_loss
    best = series.running_best(values)
    highest = np.maximum.accumulate(np.where(np.isfinite(values), values, -np.inf)) if len(values) else values
    best_at = series.first_bests(best)
    scatter = series.log_scatter(values)
    trends = series.RisingPValues(values, WINDOW_TIMES * common.trend_evaluations)

    place_of, hold = np.arange(len(values)), limits.val_rise_warning_ratio * (1 - common.hysteresis_ratio)
    # The lowest of many noisy losses lies far below the rest: two rises after it prove nothing within the noise.
    few = (place_of - best_at + 1 < common.trend_evaluations) & (place_of >= WINDOW_TIMES * common.trend_evaluations)
    times = np.where(few, SCATTERS_OF_FEW, limits.val_rise_scatters)
    with np.errstate(divide="ignore", invalid="ignore"):
        # What can be asked of all evaluations at once: those within the noise of a best above zero, or hardly above it.
        beyond = (values - best) / best
        low = (beyond <= times * scatter) | (beyond <= hold)
        rises = np.diff(values) > 0
    clear = (~data.judged | (low & np.isfinite(values) & (best > 0))).tolist()
    up_three = [False] * 3 + (rises[2:] & rises[1:-1] & rises[:-2]).tolist()

    def look(place: int) -> Level:
        if clear[place]:
            return Level.CLEAR
        value, least = float(values[place]), float(best[place])
        if not np.isfinite(value):
            return Level.HOLD if np.isinf(value) else Level.CLEAR
        size = least if least > 0 else float(highest[place]) - least
        if size <= 0:
            return Level.CLEAR
        above, so_far = (value - least) / size, values[: place + 1]
        if least <= 0 and above <= times[place] * series.scatter(so_far[np.isfinite(so_far)]) / size:
            return Level.CLEAR
        if above <= hold:
            return Level.CLEAR
        if above <= limits.val_rise_warning_ratio or not is_rising(so_far, best_at[place], common, trends):
            return Level.HOLD
        return Level.CRITICAL if above > limits.val_rise_critical_ratio and up_three[place] else Level.WARNING

    return _MEMORY.of(snapshot, thresholds, look)


def is_rising(so_far: series.Array, best_at: int, common: CommonLimits, trends: series.RisingPValues) -> bool:
    """Mann–Kendall over the evaluations since the best, which is at `best_at`; below 8 of them, two rises in a row."""
    since_best = so_far[best_at:]
    if len(since_best) >= common.trend_evaluations:
        many = len(since_best) >= WINDOW_TIMES * common.trend_evaluations
        p_value = trends.at(len(so_far) - 1) if many else series.rising_p_value(since_best)
        return p_value < common.trend_p_value
    return len(so_far) >= 3 and bool(np.all(np.diff(so_far[-3:]) > 0))
