"""Shared by the rules that ask whether anything is learnt: a loss that has come far down, and what to look at then."""

from __future__ import annotations

import numpy as np

from monitor.rules.arithmetic.series import Array
from monitor.run_dir.words import number

LEARNT_RATIO, FIRST_EVALUATIONS = 0.5, 5
"""Something is learnt where a loss has come down to this part of its lowest in the first evaluations, in which a CTC
model goes over to saying nothing."""
WITH_IT_RATIO = 0.75
"""A val loss at this part has come down with a train loss that is at `LEARNT_RATIO`: what train learns carries over."""
EVALUATE_TRAIN = (
    "Evaluate some train samples with the code that evaluates val: near zero there, val differs or train is too small "
    "to carry over; at chance there, the evaluation is at fault."
)


def came_down(name: str, losses: Array, epochs: Array, ratio: float = LEARNT_RATIO) -> str:
    """That a loss is at that part of its lowest of the first evaluations, with both values; "" where it is not."""
    places = np.flatnonzero(np.isfinite(losses))
    known = losses[places]
    if len(known) <= FIRST_EVALUATIONS:
        return ""
    at = int(np.argmin(known[:FIRST_EVALUATIONS]))
    if not 0 <= known[-1] < ratio * known[at]:
        return ""
    return (
        f"{name} has come down from {number(float(known[at]))} at epoch {epochs[places[at]]:g} to "
        f"{number(float(known[-1]))}"
    )
