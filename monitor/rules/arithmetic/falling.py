"""Whether numbers still fall, or stand still, at each evaluation; by those up to it alone. Pure arithmetic."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitor.rules.arithmetic.series import Array

FLAT_EVALUATIONS = 10
FLAT_RATIO = 0.01
"""A number stands still if the median of the later half of its last ten values is not 1 % below the earlier half's."""


def fall(column: Array) -> Array:
    """At each evaluation the share by which the median of its last five values lies below that of the five before.

    Counted in finite values; NaN before the tenth.
    """
    finite = np.isfinite(column)
    found = np.full(len(column), np.nan)
    if finite.sum() < FLAT_EVALUATIONS:
        return found
    windows = np.lib.stride_tricks.sliding_window_view(column[finite], FLAT_EVALUATIONS)
    middle = FLAT_EVALUATIONS // 4  # of five: their median
    before, after = (
        np.sort(half, axis=1)[:, middle]
        for half in (windows[:, : FLAT_EVALUATIONS // 2], windows[:, FLAT_EVALUATIONS // 2 :])
    )
    count = np.cumsum(finite)
    known = count >= FLAT_EVALUATIONS
    with np.errstate(divide="ignore", invalid="ignore"):
        found[known] = np.nan_to_num((before - after) / np.abs(before))[count[known] - FLAT_EVALUATIONS]
    return found


def begins_to_fall(column: Array) -> npt.NDArray[np.bool_]:
    """At each evaluation whether a fall has just begun: it lies below the first five of the last ten by 1 % and by more
    than those range over."""
    finite = np.isfinite(column)
    out = np.zeros(len(column), dtype=bool)
    if finite.sum() < FLAT_EVALUATIONS:
        return out
    windows = np.lib.stride_tricks.sliding_window_view(column[finite], FLAT_EVALUATIONS)
    before, newest = windows[:, : FLAT_EVALUATIONS // 2], windows[:, -1]
    least = np.maximum(np.ptp(before, axis=1), FLAT_RATIO * np.abs(before.min(axis=1)))
    out[np.flatnonzero(finite)[FLAT_EVALUATIONS - 1 :]] = before.min(axis=1) - newest > least
    return out


def any_falls(falls: list[Array], begins: list[npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_]:
    """At each evaluation whether any of the columns is known to improve still."""
    known = np.stack(falls)
    return (np.where(np.isfinite(known), known, -np.inf).max(axis=0) > FLAT_RATIO) | np.stack(begins).any(axis=0)
