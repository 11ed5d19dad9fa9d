"""What other tools and textbooks would report of a curve: their published definitions with their own defaults.

Each takes train and val loss (evaluations,) and says at each evaluation whether its alarm is raised; none looks ahead.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.rules.curves import Curve
from benchmarks.rules.replay import Flags
from monitor.rules.arithmetic.series import Array


def losses(curve: Curve) -> tuple[Array, Array]:
    """(train, val), NaN where a value was not logged."""

    def column(name: str) -> Array:
        values = [getattr(record, name) for record in curve.records]
        return np.array([np.nan if value is None else value for value in values], dtype=float)

    return column("train_loss"), column("val_loss")


def gap_above_one(train: Array, val: Array) -> Flags:
    """Val minus train loss above 1.0: the limit that people write down, in whatever unit the loss has."""
    return np.nan_to_num(val - train, nan=-np.inf) > 1.0


def sagemaker_overfit(train: Array, val: Array) -> Flags:
    """SageMaker Debugger's `Overfit`: (mean val - mean train) / mean train above 0.1, patience 1, from step 0 on.

    The means are over what was logged so far; one evaluation is one step.
    """
    known = np.isfinite(train) & np.isfinite(val)
    count = np.maximum(np.cumsum(known), 1)
    mean_train = np.cumsum(np.where(known, train, 0.0)) / count
    mean_val = np.cumsum(np.where(known, val, 0.0)) / count
    with np.errstate(divide="ignore", invalid="ignore"):
        over = (mean_val - mean_train) / mean_train > 0.1
    return over & known & np.concatenate([[False], over[:-1]])


def ratio_above(limit: float) -> Callable[[Array, Array], Flags]:
    """Val over train loss above a limit."""

    def flags(train: Array, val: Array) -> Flags:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.nan_to_num(val / train, nan=0.0) > limit

    return flags


def ratio_of_three(train: Array, val: Array) -> Flags:
    """Neurogebra: the mean of val over train in the last three epochs above 1.3."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = val / train
    mean = np.convolve(np.nan_to_num(ratio, nan=0.0, posinf=0.0), np.ones(3) / 3)[: len(ratio)]
    return (mean > 1.3) & (np.arange(len(ratio)) >= 2)


def generalisation_loss(train: Array, val: Array) -> Flags:
    """Prechelt 1998, GL with alpha 5: val loss more than 5 % above its best so far."""
    return _gl(val) > 5.0


def progress_quotient(train: Array, val: Array) -> Flags:
    """Prechelt 1998, PQ with alpha .75: GL over the training progress of the last strip of five epochs."""
    flags = np.zeros(len(val), dtype=bool)
    gl = _gl(val)
    for end in range(4, len(val), 5):
        strip = train[end - 4 : end + 1]
        if np.isfinite(strip).all() and strip.min() > 0:
            progress = 1000 * (strip.mean() / strip.min() - 1)
            flags[end] = progress > 0 and gl[end] / progress > 0.75
    return flags


def rises_in_a_row(times: int) -> Callable[[Array, Array], Flags]:
    """Prechelt 1998, UP: val loss rose in so many strips in a row, strips of one evaluation."""

    def flags(train: Array, val: Array) -> Flags:
        up = np.concatenate([[False], np.diff(val) > 0])
        run = np.zeros(len(val), dtype=int)
        for place in range(1, len(val)):
            run[place] = run[place - 1] + 1 if up[place] else 0
        return run >= times

    return flags


def early_stopping(patience: int) -> Callable[[Array, Array], Flags]:
    """No new best val loss for so many evaluations, min_delta 0: the callback of Keras and Lightning."""

    def flags(train: Array, val: Array) -> Flags:
        best, since = np.inf, 0
        out = np.zeros(len(val), dtype=bool)
        for place, value in enumerate(val):
            since = 0 if value < best else since + 1
            best = min(best, value) if np.isfinite(value) else best
            out[place] = np.isfinite(best) and since >= patience
        return out

    return flags


def one_epoch(train: Array, val: Array) -> Flags:
    """UMLAUT: val loss above the previous epoch's while train loss is not."""
    up = np.diff(val) > 0
    return np.concatenate([[False], up & (np.diff(train) <= 0)])


def _gl(val: Array) -> Array:
    best = np.minimum.accumulate(np.where(np.isfinite(val), val, np.inf))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(100 * (val / best - 1), nan=0.0, posinf=0.0)


PEERS: dict[str, Callable[[Array, Array], Flags]] = {
    "gap > 1.0": gap_above_one,
    "SageMaker Overfit": sagemaker_overfit,
    "val/train > 1.3 (3 epochs)": ratio_of_three,
    "val/train > 2": ratio_above(2.0),
    "Prechelt GL5": generalisation_loss,
    "Prechelt PQ.75": progress_quotient,
    "Prechelt UP3": rises_in_a_row(3),
    "early stopping, patience 5": early_stopping(5),
    "early stopping, patience 3": early_stopping(3),
    "UMLAUT, one epoch": one_epoch,
}
