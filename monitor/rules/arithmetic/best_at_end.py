"""The best error that a run will have at its planned end, with a band. Pure arithmetic.

An error that falls as a power of the epochs gains as much (as a logarithm) from each doubling of them. So what the last
doubling brought (`epochs / 2` to `epochs`) is what each further doubling may bring: `EXPECTED` of it in the middle, at
most `FASTEST` of it and `UNFORESEEN` beside; more than `MOST` of it does not count. The other end of the band is the
best so far: a best never gets worse. The numbers were chosen on recorded runs (docs/log.md); `benchmarks.decisions`
counts how many ends lie inside the band.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

NEEDED = 5
"""Evaluations before anything is expected."""
EXPECTED = 0.5
FASTEST = 1.0
MOST = 0.7
"""As a logarithm: where a network has just begun to learn, the steep part does not go on."""
UNFORESEEN = 0.15
"""As a logarithm, a doubling: plateaus end, and a learning rate that falls brings a step."""


class AtEnd(NamedTuple):
    """Errors at the planned end: the best so far, the expected best, and the lowest in the band."""

    so_far: float
    expected: float
    lowest: float


def best_at_end(epochs: Sequence[float], errors: Sequence[float], planned: float) -> AtEnd | None:
    """What the best of `errors` (finite, at least 0, oldest first) will be once `planned` epochs are trained.

    None below five evaluations, where an error is negative (it has no zero, so no ratio), and at or past the plan.
    """
    if len(errors) < NEEDED or epochs[0] < 0 or epochs[-1] <= 0 or epochs[-1] >= planned or min(errors) < 0:
        return None
    now = min(errors)
    if now == 0:
        return AtEnd(0.0, 0.0, 0.0)
    half = epochs[-1] / 2
    before = [error for epoch, error in zip(epochs, errors, strict=True) if epoch <= half]
    gained = min(MOST, math.log(min(before or errors[:1]) / now))
    doublings = math.log2(planned / epochs[-1])
    return AtEnd(
        now,
        now * math.exp(-EXPECTED * gained * doublings),
        now * math.exp(-(FASTEST * gained + UNFORESEEN) * doublings),
    )
