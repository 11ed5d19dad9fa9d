"""A run that learns nothing more on its train set: whether it has come to that, and what waiting still brings."""

from __future__ import annotations

import math

from monitor.rules.evaluations import last
from monitor.rules.primary import primary_of
from monitor.run_dir import Snapshot
from monitor.run_dir.metric import is_finite
from monitor.run_dir.words import number, plain

BY_HEART_ERRORS = 0.02
BY_HEART_LOSS_RATIO = 0.02
"""Of the highest train loss: what is left to learn where only so little of it is left is next to nothing."""
COMES_DOWN = 0.1
RECENT_EVALUATIONS = 5


def knows_by_heart(snapshot: Snapshot) -> bool:
    """Whether the train metric, or train loss where that is not logged, is at its floor, so that more epochs have
    nothing left to teach."""
    metric = primary_of(snapshot)
    known = train_value(snapshot)
    if metric is not None and metric.is_share and known is not None:
        return metric.error(known) <= BY_HEART_ERRORS
    losses = [r.train_loss for r in snapshot.epochs if r.train_loss is not None and math.isfinite(r.train_loss)]
    return bool(losses) and 0 <= losses[-1] <= BY_HEART_LOSS_RATIO * max(losses)


def comes_down(snapshot: Snapshot) -> bool:
    """Whether the newest train loss lies a tenth below the highest of the last evaluations: what had run away may be
    on its way back."""
    losses = [r.train_loss for r in snapshot.epochs if r.train_loss is not None and math.isfinite(r.train_loss)]
    return bool(losses) and losses[-1] < (1 - COMES_DOWN) * max(losses[-RECENT_EVALUATIONS:])


def train_value(snapshot: Snapshot) -> float | None:
    """The newest value of the primary metric on the train split, in its unit; None where that is not logged."""
    metric = primary_of(snapshot)
    if metric is None:
        return None
    return next((value for row in reversed(snapshot.epochs) if (value := metric.train_of(row)) is not None), None)


def what_waiting_brought(snapshot: Snapshot) -> str:
    """How fast the best of the primary metric has moved over the last evaluations, in a sentence with its numbers."""
    metric, errors = primary_of(snapshot), train_value(snapshot)
    known = [f"train loss {number(loss)}" for loss in [last(snapshot, "train_loss")] if loss is not None]
    if metric is not None and errors is not None:
        known.append(f"train {metric.label} {metric.text(errors)}")
    said = f"Train is memorised ({', '.join(known)})"
    rows = [] if metric is None else [(r.epoch, e) for r in snapshot.epochs if is_finite(e := metric.error_of(r))]
    if metric is None or len(rows) <= RECENT_EVALUATIONS:
        return f"{said}."
    values = [error for _, error in rows if error is not None]
    now, then = min(values), min(values[:-RECENT_EVALUATIONS])
    epochs = rows[-1][0] - rows[-1 - RECENT_EVALUATIONS][0]
    if metric.error_text(now) == metric.error_text(then):
        return f"{said}; over the last {plain(epochs)} epochs best {metric.title} stayed at {metric.error_text(now)}."
    moved = abs(metric.value(then) - metric.value(now)) / (epochs if epochs > 0 else 1)
    return (
        f"{said}; over the last {plain(epochs)} epochs best {metric.title} went {metric.error_text(then)} → "
        f"{metric.error_text(now)}, {metric.size(moved)} an epoch."
    )
