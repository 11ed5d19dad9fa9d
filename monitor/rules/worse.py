"""Shared by the rules about the metrics: is one far worse than its best, has it only got worse since, or lost much; and
what to do about it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from monitor.rules.arithmetic import series
from monitor.rules.evaluations import Evaluations
from monitor.rules.primary import Chance, scale_of
from monitor.run_dir.metric import Metric
from monitor.run_dir.metric_names import REWARD

WORSE_SCATTERS, WORSE_POINTS = 4.0, 0.05
"""So far above its best an error counts as worse: beyond its own scatter, and five points (of a number that is no share
5 % of its best, or of the range that it has gone through)."""
LEAST_SINCE_BEST = 4
"""Evaluations from the best one on, below which nothing is called a trend."""
TREND_P_VALUE = 0.05
LOST_RATIO, LOST_AS_A_TREND, LOST_SCATTERS = 0.5, 0.25, 4.0
"""An error has lost much of what it had gained, if its newest evaluations are above its best by this part of the way
from its first value to the best (as a trend by the second), and by so many times its scatter until then."""
TIMES_ITS_BEST = 2.0
"""So has a raw error that never was below zero, and is so many times its best."""
LEAST_GAINED, NEWEST = 4, 2
"""Evaluations until the best, and since then, below which nothing is called lost."""
USUAL = 3
"""Evaluations whose median stands for one of them."""
KEEP = "Keep the checkpoint of its best epoch."
WORSE_REMEDY = f"{KEEP[:-1]}; look at what changed since: the learning rate, the data, the seed."

BY_HEART = (
    f"{KEEP[:-1]}; more varied data, or fewer epochs: train loss still fell since, so it "
    "learns its train data by heart."
)
STILL_FELL = 0.02
"""Of itself, since the best of the metric."""
FELL_SCATTERS = 2.0
"""A median of three differs from another by so much of the scatter seldom."""


class Worse(NamedTuple):
    """A metric that has got worse as a trend: its best and its newest error, and the place of the best."""

    best: float
    last: float
    best_at: int


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
    return Worse(best, last, int(places[at]))


def lost_much(metric: Metric, errors: series.Array, chance: Chance | None) -> Worse | None:
    """That the newest errors gave back much of what had been gained until the best one; None where it is not so.

    Half of it needs no trend: what breaks down does so within a few evaluations.
    """
    places = np.flatnonzero(np.isfinite(errors))
    known = errors[places]
    at = int(np.argmin(known)) if len(known) else 0
    if at + 1 < LEAST_GAINED or len(known) - 1 - at < NEWEST:
        return None
    best, least = float(known[at]), float(known[-NEWEST:].min())
    if chance is not None and not chance.assumed and best > chance.error:
        return None
    gained = float(known[0]) - best
    scattered = LOST_SCATTERS * series.scatter(known[: at + 1])
    times = not metric.is_share and metric.direction == "error" and best > 0 and least >= TIMES_ITS_BEST * best
    if not least - best > max(scattered, WORSE_POINTS if metric.is_share else 0.0):
        return None
    part = LOST_AS_A_TREND if got_worse(metric, errors, chance) is not None else LOST_RATIO
    if not (times or (gained > 0 and least - best >= part * gained)):
        return None
    return Worse(best, float(known[-1]), int(places[at]))


def is_lost(metric: Metric, errors: series.Array, chance: Chance | None, margin: float) -> bool:
    """Whether the two newest errors are within `margin` (a share's points, else a part of chance) of chance or beyond,
    while the best was well better: then `at_chance` says so."""
    known = errors[np.isfinite(errors)]
    if chance is None or len(known) < 3:
        return False
    size = chance.size(metric)
    learnt = known.min() < chance.error - 2 * WORSE_POINTS * size
    return bool(learnt and known[-2:].min() >= chance.error - margin * size)


def since_the_best(metric: Metric, errors: series.Array, window: int, lost: Worse | None) -> str:
    """That the newest values are far worse than the best, where they are: a metric at rest has not moved that far."""
    known = errors[np.isfinite(errors)]
    recent, best = known[-window:], float(known.min())
    # By medians of three: the lowest of many evaluations is low by luck, the newest alone may be high by it.
    usual = series.running_median(known, USUAL)[USUAL - 1 :]
    spread = float(np.median(np.abs(recent - np.median(recent))))
    if lost is None and float(usual[-1] - usual.min()) <= max(
        WORSE_SCATTERS * spread, WORSE_POINTS if metric.is_share else WORSE_POINTS * abs(best)
    ):
        return ""
    return f"{metric.heading} is {metric.error_text(float(recent[-1]))}, far worse than its best. "


def worse_remedy(metric: Metric, data: Evaluations) -> str:
    """What to do about a metric that got worse: where train loss still fell since and val loss did not, that is
    overfitting. A reward is learnt from no train data."""
    best_at = int(np.nanargmin(data.error))
    overfits = _fell(data.train_loss, best_at) and not _fell(data.val_loss, best_at)
    return BY_HEART if overfits and metric.label != REWARD else WORSE_REMEDY


def _fell(losses: series.Array, best_at: int) -> bool:
    """Whether a loss came down since, beyond how far it scatters: by medians of three, the first about the best."""
    known = losses[max(best_at - 1, 0) :]
    known = known[np.isfinite(known)]
    if len(known) <= USUAL:
        return False
    first, last = float(np.median(known[:USUAL])), float(np.median(known[-USUAL:]))
    return first - last > max(STILL_FELL * abs(first), FELL_SCATTERS * series.scatter(known, len(known)))
