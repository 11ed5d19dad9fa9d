"""Shared by the rules about the metrics: is one far worse than its best, and has it only got worse since."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from monitor.rules.arithmetic import series
from monitor.rules.primary import Chance, scale_of
from monitor.run_dir.metric import Metric

WORSE_SCATTERS, WORSE_POINTS = 4.0, 0.05
"""So far above its best an error is said to be worse: beyond its own scatter, and five points (of a number that is no
share 5 % of its best, or of the range that it has gone through)."""
LEAST_SINCE_BEST = 4
"""Evaluations from the best one on, below which nothing is called a trend."""
TREND_P_VALUE = 0.05


class Worse(NamedTuple):
    """A metric that has got worse as a trend: its best and its newest error, and the places of both."""

    best: float
    last: float
    best_at: int
    last_at: int


def got_worse(metric: Metric, errors: series.Array, chance: Chance | None) -> Worse | None:
    """That the newest error is far above the best one and rose as a trend since; None where it is not so.

    What was never better than chance cannot get worse: noise, and a model that begins to speak.
    """
    places = np.flatnonzero(np.isfinite(errors))
    known = errors[places]
    if not len(known):
        return None
    at = int(np.argmin(known))
    since, best, last = known[at:], float(known[at]), float(known[-1])
    size = 1.0 if metric.is_share else float(scale_of(metric, known)[-1])
    if chance is not None and best > chance.error - WORSE_POINTS * chance.size(metric):
        return None
    far = max(WORSE_SCATTERS * series.scatter(known), WORSE_POINTS * abs(size))
    if len(since) < LEAST_SINCE_BEST or last - best <= far or not series.rising_p_value(since) < TREND_P_VALUE:
        return None
    return Worse(best, last, int(places[at]), int(places[-1]))


def is_lost(metric: Metric, errors: series.Array, chance: Chance | None, margin: float) -> bool:
    """Whether the two newest errors are within `margin` (a share's points, else a part of chance) of chance or beyond,
    while the best was well better: then `at_chance` says so."""
    known = errors[np.isfinite(errors)]
    if chance is None or len(known) < 3:
        return False
    size = chance.size(metric)
    learnt = known.min() < chance.error - 2 * WORSE_POINTS * size
    return bool(learnt and known[-2:].min() >= chance.error - margin * size)
