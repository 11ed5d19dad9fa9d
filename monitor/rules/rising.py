"""Shared by the rules about validation loss: is it above its best, and is that a trend."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitor import series
from monitor.rules.episodes import Level
from monitor.rules.thresholds import Thresholds


def rising_levels(
    epochs: series.Array, values: series.Array, judged: npt.NDArray[np.bool_], thresholds: Thresholds
) -> list[Level]:
    """Per evaluation: far above the best so far and rising. Works on losses > 0, in any unit."""
    best = series.running_best(values)
    levels = []
    for place, value in enumerate(values):
        if not judged[place] or not np.isfinite(value) or best[place] <= 0:
            levels.append(Level.HOLD if judged[place] and np.isinf(value) else Level.CLEAR)
            continue
        levels.append(_level(values[: place + 1], value / best[place] - 1, thresholds))
    return levels


def _level(so_far: series.Array, above: float, thresholds: Thresholds) -> Level:
    hold = thresholds.val_rise_warning_ratio * (1 - thresholds.hysteresis_ratio)
    if above <= hold:
        return Level.CLEAR
    if above <= thresholds.val_rise_warning_ratio or not is_rising(so_far, thresholds):
        return Level.HOLD
    up_three = len(so_far) > 3 and bool(np.all(np.diff(so_far[-4:]) > 0))
    if above > thresholds.val_rise_critical_ratio and up_three:
        return Level.CRITICAL
    return Level.WARNING


def is_rising(so_far: series.Array, thresholds: Thresholds) -> bool:
    """Mann–Kendall over the evaluations since the best; below 8 of them, two rises in a row."""
    since_best = so_far[int(np.nanargmin(np.where(np.isfinite(so_far), so_far, np.inf))) :]
    if len(since_best) >= thresholds.trend_evaluations:
        recent = since_best[-3 * thresholds.trend_evaluations :]
        return series.rising_p_value(recent) < thresholds.trend_p_value and bool(
            series.theil_sen(np.arange(len(recent), dtype=float), recent) > 0
        )
    return len(so_far) >= 3 and bool(np.all(np.diff(so_far[-3:]) > 0))
