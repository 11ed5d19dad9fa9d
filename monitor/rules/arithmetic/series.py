"""Pure arithmetic on short series: robust slopes, trend tests, smoothing, thinning. No run, no file, no clock."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
T = TypeVar("T")
SCATTER_VALUES = 14
"""So many of the newest differences tell how far values scatter."""


@functools.lru_cache(maxsize=64)
def _pairs(n: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Indices of all pairs; rules ask for the same few lengths over and over."""
    first, second = np.triu_indices(n, 1)
    return first, second


def theil_sen(x: Sequence[float] | Array, y: Sequence[float] | Array) -> float:
    """Median slope over all pairs (Theil 1950, Sen 1968): a trend that one outlier cannot bend. NaN below 2 points."""
    xs, ys = np.asarray(x, float), np.asarray(y, float)
    keep = np.isfinite(xs) & np.isfinite(ys)
    xs, ys = xs[keep], ys[keep]
    first, second = _pairs(len(xs))
    run = xs[second] - xs[first]
    rise = ys[second] - ys[first]
    return float(np.median(rise[run != 0] / run[run != 0])) if np.any(run != 0) else math.nan


def rising_p_value(y: Sequence[float] | Array) -> float:
    """One-sided Mann–Kendall test (normal approximation, tie-corrected): small means a rising trend.

    NaN below 4 points: the approximation says nothing there.
    """
    ys = np.asarray(y, float)
    ys = ys[np.isfinite(ys)]
    n = len(ys)
    if n < 4:
        return math.nan
    first, second = _pairs(n)
    signs = np.sign(ys[second] - ys[first])
    score = float(signs.sum())
    if signs.all():
        return _mann_kendall(score, n)
    _, ties = np.unique(ys, return_counts=True)
    return _mann_kendall(score, n, float((ties * (ties - 1) * (2 * ties + 5)).sum()) / 18)


def _mann_kendall(score: float, n: int, ties: float = 0.0) -> float:
    """The p value of the sum of the signs of all pairs of `n` values."""
    variance = n * (n - 1) * (2 * n + 5) / 18 - ties
    if variance <= 0:
        return 1.0
    z = (score - np.sign(score)) / math.sqrt(variance)
    return 0.5 * math.erfc(z / math.sqrt(2))


def rising_p_values(y: Array, places: npt.NDArray[np.intp], width: int) -> Array:
    """`rising_p_value` of the last `width` values at each of some places, in order; by sums over sliding windows.

    There must be `width` values up to the first place. NaN below 4 of them.
    """
    out = np.full(len(places), math.nan)
    if width < 4 or not len(places):
        return out
    scores = _scores(y[places[0] + 1 - width : places[-1] + 1], width)[places - places[0]]
    known = np.isfinite(scores)
    # The same few scores come again and again.
    distinct, which = np.unique(scores[known], return_inverse=True)
    out[known] = np.array([_mann_kendall(score, width) for score in distinct.tolist()])[which]
    for at in np.flatnonzero(~known):  # ties, or what is not finite
        out[at] = rising_p_value(y[places[at] + 1 - width : places[at] + 1])
    return out


def _scores(y: Array, width: int) -> Array:
    """Of each window of `width` values the sum of the signs of all its pairs; NaN where two are equal or not finite."""
    windows, y = len(y) - width + 1, np.where(np.isfinite(y), y, np.nan)
    score, odd = np.zeros(windows), np.zeros(windows)
    for lag in range(1, width):
        signs = np.sign(y[lag:] - y[:-lag])
        is_odd = ~np.isfinite(signs) | (signs == 0)
        for total, column in ((score, np.where(is_odd, 0.0, signs)), (odd, is_odd.astype(float))):
            sums = np.concatenate([[0.0], np.cumsum(column)])
            total += sums[width - lag :][:windows] - sums[:windows]
    return np.where(odd > 0, np.nan, score)


def windows(least: int, ratio: float, counts: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """How wide a window is after so many values: `ratio` of them, and never below `least`."""
    return np.maximum(least, np.floor(ratio * counts + 1e-9).astype(np.intp))


def running_best(y: Sequence[float] | Array) -> Array:
    """Smallest finite value so far at each place; inf before the first."""
    ys = np.asarray(y, float)
    return np.minimum.accumulate(np.where(np.isfinite(ys), ys, np.inf))


def trailing_windows(y: Sequence[float] | Array, width: int) -> Array:
    """(n, width): the last `width` finite values at each place, its own included; NaN rows where there are fewer."""
    ys = np.asarray(y, float)
    finite = np.isfinite(ys)
    out = np.full((len(ys), width), np.nan)
    kept = ys[finite]
    if len(kept) >= width:
        windows = np.lib.stride_tricks.sliding_window_view(kept, width)
        rows = np.cumsum(finite) - width
        out[rows >= 0] = windows[rows[rows >= 0]]
    return out


def median_and_spread(rows: Array) -> tuple[Array, Array]:
    """Of each row (the last axis): its median, and 1.4826 times the median distance from it; of a normal distribution
    that is the standard deviation. NaN where the row holds one."""
    median = np.median(rows, axis=-1)
    return median, 1.4826 * np.median(np.abs(rows - median[..., None]), axis=-1)


def medians_of_known(rows: Array) -> Array:
    """(n,): the median of the finite values in each of (n, width) rows; NaN where a row has none."""
    if not len(rows):
        return np.empty(0)
    known = np.sort(np.where(np.isfinite(rows), rows, np.nan), axis=1)
    count, places = np.isfinite(known).sum(axis=1), np.arange(len(rows))
    # Sorted, the NaNs stand last: the middle one, or the mean of the two middle ones.
    middle = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, rows.shape[1] - 1)
    return cast(Array, 0.5 * (known[places, middle[0]] + known[places, middle[1]]))


def running_median(y: Sequence[float] | Array, width: int) -> Array:
    """Median of the finite ones among the last `width` values at each place (no look ahead); NaN where none is."""
    ys = np.asarray(y, float)
    padded = np.concatenate([np.full(width - 1, np.nan), ys])
    return medians_of_known(np.lib.stride_tricks.sliding_window_view(padded, width) if len(ys) else ys[:, None])


def first_bests(best: Array) -> list[int]:
    """For each place of a running best the place at which that value was first reached."""
    begins = np.concatenate([np.ones(min(1, len(best)), bool), best[1:] != best[:-1]])
    places: list[int] = np.maximum.accumulate(np.where(begins, np.arange(len(best)), 0)).tolist() if len(best) else []
    return places


def log_scatter(y: Sequence[float] | Array) -> Array:
    """At each place how far the recent values lie from a smooth curve, as a ratio; 0 with fewer than four.

    1.4826 times the median size of the last `SCATTER_VALUES` second differences of the logarithm, over sqrt(6): for
    independent noise that noise's standard deviation, while a bend of the curve or one spike hardly counts.
    Values that are not finite and positive are left out.
    """
    ys = np.asarray(y, float)
    out = np.zeros(len(ys))
    kept = np.flatnonzero(np.isfinite(ys) & (ys > 0))
    if len(kept) >= 4:
        medians = running_median(np.abs(np.diff(np.log(ys[kept]), 2)), SCATTER_VALUES)
        # The bend round a place needs the place after it: what is known at an evaluation ends one bend before.
        out[kept[3:]] = 1.4826 / math.sqrt(6) * medians[1:]
    return out


def scatter(y: Sequence[float] | Array, width: int = SCATTER_VALUES) -> float:
    """Standard deviation of independent noise about a smooth curve, from the last `width` values; NaN below three.

    1.4826 times the median size of their second differences, over sqrt(6).
    """
    recent = np.asarray(y[-width:], float)
    if len(recent) < 3:
        return math.nan
    return float(1.4826 / math.sqrt(6) * np.median(np.abs(np.diff(recent, 2))))


def thin(y: Sequence[T], most: int) -> list[T]:
    """At most `most` (two or more) of what is given, evenly picked, first and last kept."""
    if len(y) <= most:
        return list(y)
    places = np.unique(np.linspace(0, len(y) - 1, most).round().astype(int))
    return [y[place] for place in places.tolist()]


COMES_BACK = 0.5
"""Of the highest rise: what lies below has given back more than half of a leap."""


def comes_back(since_best: Array) -> bool:
    """Whether a loss that has risen above its best (the first value) is on its way back: an instability, no trend.

    Chosen on recorded runs of detection networks, whose first epochs leap by a factor of 1.5 to 175 and come back.
    """
    known = since_best[np.isfinite(since_best)]
    return len(known) > 0 and bool(known[-1] - known[0] < COMES_BACK * (known.max() - known[0]))
