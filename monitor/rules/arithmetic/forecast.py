"""Where a curve is heading: its next evaluations with a band, and when it will cross a limit. Pure arithmetic.

The line goes on from the last value with the robust slope of the recent ones, damped: each step ahead adds `DAMPING`
times what the one before added. Undamped lines forecast mostly what did not come (docs/log.md). The band is `BAND`
typical steps wide times the square root of how far ahead; `benchmarks.rules` counts how many outcomes of labelled
curves lie inside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monitor.rules.arithmetic import series
from monitor.rules.arithmetic.series import Array

NEEDED = 6
WINDOW = 8
AHEAD = 10
DAMPING = 0.7
BAND = 1.5
SHARE = 0.8
"""Of the outcomes inside the band, as measured."""
SMALLEST_STEP = 1e-4
"""Of the last value: a curve that stood still may still move."""


@dataclass(frozen=True)
class Outlook:
    """The next evaluations: their epochs, the expected values, and the band that holds `SHARE` of the outcomes."""

    epochs: Array
    middle: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class Crossing:
    """When a limit is passed: epochs. `late` is None where the band's lower edge does not pass it in sight."""

    expected: float
    early: float
    late: float | None


def outlook(
    epochs: Sequence[float] | Array,
    values: Sequence[float] | Array,
    ahead: int = AHEAD,
    until: float | None = None,
) -> Outlook | None:
    """The next `ahead` evaluations of a curve, none after the epoch `until`, the planned end; None below six finite
    values, and where none is to come."""
    at, known = np.asarray(epochs, float), np.asarray(values, float)
    keep = np.isfinite(at) & np.isfinite(known)
    at, known = at[keep][-WINDOW:], known[keep][-WINDOW:]
    if len(known) < NEEDED:
        return None
    slope = series.theil_sen(np.arange(len(known), dtype=float), known)
    step = float(np.median(np.abs(np.diff(known)))) + SMALLEST_STEP * abs(float(known[-1]))
    spacing = float(np.median(np.diff(at)))
    steps = np.arange(1, ahead + 1)
    if until is not None:
        steps = steps[at[-1] + spacing * steps <= until + SMALLEST_STEP * spacing]
    if not len(steps):
        return None
    middle = known[-1] + slope * np.cumsum(DAMPING**steps)
    half = BAND * step * np.sqrt(steps)
    return Outlook(at[-1] + spacing * steps, middle, middle - half, middle + half)


def crossing(seen: Outlook, limit: float) -> Crossing | None:
    """When the curve rises past `limit`; None where it is not expected to within the outlook."""
    expected, early, late = (_first_above(seen.epochs, line, limit) for line in (seen.middle, seen.high, seen.low))
    if expected is None:
        return None
    return Crossing(expected, expected if early is None else early, late)


def _first_above(epochs: Array, line: Array, limit: float) -> float | None:
    above = np.flatnonzero(line > limit)
    return float(epochs[above[0]]) if len(above) else None


def in_words(seen: Outlook, scale: float = 1.0, unit: str = "") -> str:
    """The last evaluation of the outlook: "31 to 36 % by epoch 48"."""
    low, high = sorted((scale * float(seen.low[-1]), scale * float(seen.high[-1])))
    digits = 1 if max(abs(low), abs(high)) >= 10 else 2
    return f"{low:.{digits}f} to {high:.{digits}f}{unit} by epoch {math.ceil(float(seen.epochs[-1])):g}"
