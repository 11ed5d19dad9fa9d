"""Shared by the rules about validation loss: is it above its best, and is that a trend."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

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


LEVELS = tuple(Level)
_MEMORY: Grown[Level] = Grown()


def rising_levels(snapshot: Snapshot, data: Evaluations, thresholds: Thresholds) -> list[Level]:
    """Per evaluation: far above the best so far and rising, in any unit.

    A loss that was ever below zero has no ratio to its best: what counts is the part of the range it has gone through.
    """
    limits, common = thresholds.of(RisingLimits), thresholds.of(CommonLimits)
    values = data.val_loss
    best = series.running_best(values)
    highest = np.maximum.accumulate(np.where(np.isfinite(values), values, -np.inf)) if len(values) else values
    best_at = np.array(series.first_bests(best), dtype=int)
    scatter = series.log_scatter(values)

    place_of, hold = np.arange(len(values)), limits.val_rise_warning_ratio * (1 - common.hysteresis_ratio)
    # The lowest of many noisy losses lies far below the rest: two rises after it prove nothing within the noise.
    few = (place_of - best_at + 1 < common.trend_evaluations) & (place_of >= WINDOW_TIMES * common.trend_evaluations)
    times = np.where(few, SCATTERS_OF_FEW, limits.val_rise_scatters)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(best > 0, best, highest - best)
        above = (values - best) / size
        rises = np.diff(values) > 0
        clear = ~data.judged | ~np.isfinite(values) | (size <= 0) | (above <= hold)
        clear |= (best > 0) & (above <= times * scatter)
    up_three = np.zeros(len(values), dtype=bool)
    up_three[3:] = rises[2:] & rises[1:-1] & rises[:-2]

    def _look(first: int) -> list[Level]:
        found = np.full(len(values), Level.CLEAR)
        found[data.judged & np.isinf(values)] = Level.HOLD
        asked = np.flatnonzero(~clear[first:]) + first
        below_zero = [place for place in asked[best[asked] <= 0].tolist() if _is_noise(place)]
        asked = asked[~np.isin(asked, below_zero)]
        far = asked[above[asked] > limits.val_rise_warning_ratio]
        found[asked] = Level.HOLD
        rising = far[is_rising(values, far, best_at, common)]
        critical = (above[rising] > limits.val_rise_critical_ratio) & up_three[rising]
        found[rising] = np.where(critical, Level.CRITICAL, Level.WARNING)
        return [LEVELS[each] for each in found[first:].tolist()]

    def _is_noise(place: int) -> bool:
        so_far = values[: place + 1]
        return bool(above[place] <= times[place] * series.scatter(so_far[np.isfinite(so_far)]) / size[place])

    return _MEMORY.of(snapshot, thresholds, _look)


def is_rising(
    values: series.Array, places: npt.NDArray[np.intp], best_at: npt.NDArray[np.intp], common: CommonLimits
) -> npt.NDArray[np.bool_]:
    """At each of some places: Mann–Kendall over the evaluations since the best, which is at `best_at` (evaluations,);
    below 8 of them, two rises in a row."""
    count = places - best_at[places] + 1
    window = WINDOW_TIMES * common.trend_evaluations
    found, many = np.zeros(len(places), dtype=bool), count >= window
    found[many] = series.rising_p_values(values, places[many], window) < common.trend_p_value
    for at in np.flatnonzero(~many):
        place = int(places[at])
        if count[at] >= common.trend_evaluations:
            found[at] = series.rising_p_value(values[best_at[place] : place + 1]) < common.trend_p_value
        else:
            found[at] = place >= 2 and bool(np.all(np.diff(values[place - 2 : place + 1]) > 0))
    return found
