"""A run that learns nothing more on its train set: whether it has come to that, and what waiting still brings."""

from __future__ import annotations

import math

from monitor.rules.evaluations import best_wer, last
from monitor.run_dir import Snapshot
from monitor.run_dir.words import number, percent, plain, points

BY_HEART_ERRORS = 0.02
BY_HEART_LOSS_RATIO = 0.02
"""Of the highest train loss: what is left to learn where only so little of it is left is next to nothing."""
RECENT_EVALUATIONS = 5


def knows_by_heart(snapshot: Snapshot) -> bool:
    """Whether train error or train loss is at its floor, so that more epochs have nothing left to teach."""
    errors = last(snapshot, "train_wer")
    if errors is not None and errors <= BY_HEART_ERRORS:
        return True
    losses = [r.train_loss for r in snapshot.epochs if r.train_loss is not None and math.isfinite(r.train_loss)]
    return bool(losses) and 0 <= losses[-1] <= BY_HEART_LOSS_RATIO * max(losses)


def what_waiting_brought(snapshot: Snapshot) -> str:
    """How fast the best val WER has fallen over the last evaluations, in a sentence with its numbers."""
    rows = [r for r in snapshot.epochs if r.val_wer is not None and math.isfinite(r.val_wer)]
    known = [f"train loss {number(loss)}" for loss in [last(snapshot, "train_loss")] if loss is not None]
    known += [f"train WER {percent(errors)}" for errors in [last(snapshot, "train_wer")] if errors is not None]
    said = f"Train is known by heart ({', '.join(known)})"
    now, then = (
        best_wer(snapshot),
        min((r.val_wer for r in rows[:-RECENT_EVALUATIONS] if r.val_wer is not None), default=None),
    )
    if now is None or then is None:
        return f"{said}."
    epochs = rows[-1].epoch - rows[-1 - RECENT_EVALUATIONS].epoch
    a_time = points((then - now[0]) / epochs) if epochs > 0 else points(then - now[0])
    return (
        f"{said}; over the last {plain(epochs)} epochs best val WER went {percent(then)} → {percent(now[0])}, "
        f"{a_time} points an epoch."
    )
