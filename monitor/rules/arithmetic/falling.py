"""Whether numbers still fall, or stand still, at each evaluation; by those up to it alone. Pure arithmetic."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitor.rules.arithmetic.series import Array

FLAT_EVALUATIONS = 10
FLAT_RATIO = 0.01
"""A number stands still if the median of the later half of its last ten values is not 1 % below the earlier half's."""


MANY = 100
"""Up to so many values windows are of ten of them; of more each place in a window is the median of as many more."""
PACE, SURE = 0.5, 3.0
"""What falls at half of its own mean pace, by so many standard errors, goes on falling."""
PARTS = 6
"""The newest of so many parts of all values is compared with the one before: wide enough for noise."""


def fall(column: Array) -> Array:
    """At each evaluation the share by which the median of its last five values lies below that of the five before.

    Counted in finite values; NaN before the tenth. Of 200 and more values medians of 2, 4 … are counted instead.
    """
    finite = np.isfinite(column)
    found = np.full(len(column), np.nan)
    if finite.sum() < FLAT_EVALUATIONS:
        return found
    places, windows = _windows(column[finite])
    middle = FLAT_EVALUATIONS // 4  # of five: their median
    before, after = (
        np.sort(half, axis=1)[:, middle]
        for half in (windows[:, : FLAT_EVALUATIONS // 2], windows[:, FLAT_EVALUATIONS // 2 :])
    )
    count = np.cumsum(finite)
    known = count >= FLAT_EVALUATIONS
    with np.errstate(divide="ignore", invalid="ignore"):
        found[known] = np.nan_to_num((before - after) / np.abs(before))[places][count[known] - FLAT_EVALUATIONS]
    return found


def begins_to_fall(column: Array) -> npt.NDArray[np.bool_]:
    """At each evaluation whether a fall has just begun: it lies below the first five of the last ten by 1 % and by more
    than those range over."""
    finite = np.isfinite(column)
    out = np.zeros(len(column), dtype=bool)
    if finite.sum() < FLAT_EVALUATIONS:
        return out
    places, windows = _windows(column[finite])
    before, newest = windows[:, : FLAT_EVALUATIONS // 2], windows[:, -1]
    least = np.maximum(np.ptp(before, axis=1), FLAT_RATIO * np.abs(before.min(axis=1)))
    out[np.flatnonzero(finite)[FLAT_EVALUATIONS - 1 :]] = (before.min(axis=1) - newest > least)[places]
    return out


def _windows(known: Array) -> tuple[npt.NDArray[np.intp], Array]:
    """(the row for each value from the tenth on, (rows, 10) windows): the last ten values at each of them, of 200 and
    more the medians of the last ten whole blocks of 2, of 400 and more of 4, and so on."""
    places, windows, rows, size = [], [], 0, 1
    while size == 1 or len(known) >= MANY * size:
        first = FLAT_EVALUATIONS if size == 1 else MANY * size
        counts = np.arange(first, min(len(known) + 1, 2 * MANY * size))
        blocks = np.median(known[: len(known) // size * size].reshape(-1, size), axis=1)[: counts[-1] // size]
        these = np.lib.stride_tricks.sliding_window_view(blocks, FLAT_EVALUATIONS)
        places.append(rows + counts // size - FLAT_EVALUATIONS)
        windows.append(these)
        rows, size = rows + len(these), 2 * size
    return np.concatenate(places), np.concatenate(windows)


def keeps_falling(column: Array) -> npt.NDArray[np.bool_]:
    """At each evaluation whether the mean of its last sixth lies below that of the sixth before, by half of the mean
    pace since the first sixth and by three standard errors. False up to a hundred finite values, and where not finite.
    """
    out, places = np.zeros(len(column), dtype=bool), np.flatnonzero(np.isfinite(column))
    if len(places) <= MANY:
        return out
    known = column[places]
    known = np.minimum(known, known[:FLAT_EVALUATIONS].max())  # one that leaps far must not hide the others
    counts = np.arange(MANY + 1, len(known) + 1)
    width = counts // PARTS
    total = np.concatenate([[0.0], np.cumsum(known)])
    steps = np.concatenate([[0.0, 0.0], np.cumsum(np.diff(known) ** 2)])
    first = total[width] / width
    before, now = ((total[counts - back * width] - total[counts - (back + 1) * width]) / width for back in (1, 0))
    pace = (first - now) / (counts / width - 1)
    # Of independent noise two neighbours differ by twice its variance.
    variance = (steps[counts] - steps[counts - 2 * width]) / (4 * width)
    fell = before - now
    out[places[MANY:]] = (pace > 0) & (fell > PACE * pace) & (fell > SURE * np.sqrt(2 * variance / width))
    return out


def any_falls(falls: list[Array], begins: list[npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_]:
    """At each evaluation whether any of the columns is known to improve still."""
    known = np.stack(falls)
    return (np.where(np.isfinite(known), known, -np.inf).max(axis=0) > FLAT_RATIO) | np.stack(begins).any(axis=0)
