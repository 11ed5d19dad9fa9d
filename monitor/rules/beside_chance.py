"""A metric that stands at chance beside the one that decides: AUC at one half beside a high accuracy of a class that is
most of the data. Pure."""

from __future__ import annotations

import numpy as np

from monitor.rules.primary import best_of, chance_of, errors_of, last_of, others_of, primary_of
from monitor.run_dir import Snapshot
from monitor.run_dir.metric import Metric

MOST_OTHERS = 20
HARDLY = 0.01
"""A share that has come down by less than this point since its first evaluation has hardly moved."""
NEAR = 0.05
"""At its best no better than chance by so much: points of a share, else a part of chance."""


def any_at_chance(snapshot: Snapshot) -> Metric | None:
    """The first other metric of val that is at chance at its best, where chance follows from what it measures, or that
    is a score of 0 throughout."""
    for metric in [metric for metric in others_of(snapshot) if metric.split == "val"][:MOST_OTHERS]:
        chance, reached = chance_of(snapshot, metric), best_of(snapshot, metric)
        if chance is None or reached is None or (chance.assumed and metric.direction == "error"):
            continue
        if metric.error(reached[0]) > chance.error - NEAR * chance.size(metric):
            return metric
    return None


def beside(snapshot: Snapshot) -> str:
    """The sentence about it, where the deciding metric has not moved by a step since its first evaluation; else ""."""
    first, other = primary_of(snapshot), any_at_chance(snapshot)
    errors = errors_of(snapshot, first)
    known = errors[np.isfinite(errors)]
    if first is None or other is None or not first.is_share or len(known) < 2:
        return ""
    chance = chance_of(snapshot, other)
    if chance is None or known[0] - known.min() >= HARDLY:
        return ""
    value = other.text(last_of(snapshot, other))
    where = "its worst value" if chance.assumed else f"at chance ({other.error_text(chance.error)})"
    most = "; the largest class alone may score that" if first.direction == "score" else ""
    return (
        f"{other.heading} is {value}, {where}, and {first.label} has hardly moved from its first value, "
        f"{first.error_text(float(known[0]))}{most}."
    )
