"""The evaluations of a run as arrays, with the guard applied: what nearly every rule starts from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from monitor.rules.arithmetic.series import Array
from monitor.rules.columns import Pick, columns, known, rows_with
from monitor.rules.primary import errors_of, primary_of
from monitor.rules.thresholds import CommonLimits, Thresholds
from monitor.run_dir import Epoch, Floors, Snapshot
from monitor.run_dir.metric import LOSS, Metric
from monitor.run_dir.metric_names import is_of_train

val_loss, val_wer, train_loss = known("val_loss"), known("val_wer"), known("train_loss")
both_losses = known(("train_loss", "val_loss"))


def validation(record: Epoch) -> object:
    """Anything that was measured on the validation set: what makes a record an evaluation."""
    if record.val_loss is not None:  # of most evaluations; this is asked of each
        return record.val_loss
    other = record.val_wer if record.val_wer is not None else record.gap
    if other is not None or not record.metrics:
        return other
    return next((value for name, value in record.metrics.items() if value is not None and not is_of_train(name)), None)


@dataclass(frozen=True)
class Evaluations:
    """Columns over all evaluations, NaN where a value was not logged; `judged` is False inside the guard.

    `error`: the primary metric as an error that falls (monitor.rules.primary); `metric` says what it is.
    """

    epochs: Array
    judged: npt.NDArray[np.bool_]
    train_loss: Array
    val_loss: Array
    error: Array
    gap: Array
    metric: Metric | None

    def __len__(self) -> int:
        return len(self.epochs)


def read(snapshot: Snapshot, thresholds: Thresholds) -> Evaluations:
    """The arrays. `train_loss` is the one the gap is made of: eval-mode where the run's gap basis says so."""
    epochs, train, train_eval, val, gap = columns(snapshot, "epoch", "train_loss", "train_eval_loss", "val_loss", "gap")
    basis = snapshot.run.gap_basis if snapshot.run is not None else "train"
    shown = np.where(np.isfinite(train_eval), train_eval, train) if basis == "eval" else train
    with np.errstate(invalid="ignore"):  # two infinite losses have no difference, and that is no news for a terminal
        known_gap = np.where(np.isfinite(gap), gap, val - shown)
    metric, judged = primary_of(snapshot), _judged(snapshot, epochs, thresholds)
    return Evaluations(epochs, judged, shown, val, errors_of(snapshot, metric), known_gap, metric)


def _judged(snapshot: Snapshot, epochs: Array, thresholds: Thresholds) -> npt.NDArray[np.bool_]:
    many = np.arange(1, len(epochs) + 1) >= thresholds.of(CommonLimits).guard_many_evaluations
    return (epochs >= guard_of(snapshot, thresholds)) | (many & (epochs > warmup_of(snapshot)))


def past_guard(snapshot: Snapshot, thresholds: Thresholds, epoch: float, evaluations: int) -> bool:
    """Whether a verdict is allowed at this epoch, after so many evaluations."""
    many = evaluations >= thresholds.of(CommonLimits).guard_many_evaluations and epoch > warmup_of(snapshot)
    return epoch >= guard_of(snapshot, thresholds) or many


def evaluations_until(snapshot: Snapshot, thresholds: Thresholds, epoch: float, count: int, apart: float) -> int:
    """How many more evaluations, `apart` epochs from each other, until a verdict is allowed."""
    guard = thresholds.of(CommonLimits)
    by_epoch = math.ceil(max(0.0, guard_of(snapshot, thresholds) - epoch) / apart)
    past_warmup = math.floor((warmup_of(snapshot) - epoch) / apart) + 1
    by_count = max(guard.guard_many_evaluations - count, past_warmup)
    return max(guard.guard_evaluations - count, min(by_epoch, by_count), 0)


def needed(measured: Snapshot, thresholds: Thresholds) -> int:
    """How many evaluations a verdict takes, if those to come are as far apart as those of this snapshot."""
    count, epoch = len(measured.epochs), measured.epochs[-1].epoch if measured.epochs else 0.0
    apart = epoch / count if count and epoch > 0 else 1.0
    return count + evaluations_until(measured, thresholds, epoch, count, apart)


def warmup_of(snapshot: Snapshot) -> float:
    """Epochs in which the learning rate still rises, from run.json; 0 where it is not given."""
    return snapshot.run.warmup_epochs if snapshot.run is not None else 0.0


def guard_of(snapshot: Snapshot, thresholds: Thresholds) -> float:
    """First epoch that is judged: after warm-up, and never before `guard_epochs`."""
    return max(warmup_of(snapshot), thresholds.of(CommonLimits).guard_epochs)


def floors_of(snapshot: Snapshot) -> Floors:
    """The chance floors of run.json: nats per token, and fractions for WER; all unknown without one."""
    return snapshot.run.floors if snapshot.run is not None else Floors()


def measured(snapshot: Snapshot, wanted: Pick) -> Snapshot:
    """The snapshot with those evaluations alone in which `wanted` was measured (is not None).

    A run may log train loss every epoch and validate every fifth: for a rule about val loss the rows between do not
    exist, so that its windows, guard and persistence count measurements. The same snapshot where no row is left out.
    """
    rows = rows_with(snapshot, wanted)
    if rows is snapshot.epochs:
        return snapshot
    # The metric is the run's: fewer rows must not make it another one.
    return msgspec.structs.replace(snapshot, epochs=rows, metric=primary_of(snapshot) or Metric(LOSS))


def enough(snapshot: Snapshot, thresholds: Thresholds) -> bool:
    """Whether a verdict is allowed after the evaluations of this snapshot, of which each was measured."""
    count = len(snapshot.epochs)
    least = thresholds.of(CommonLimits).guard_evaluations
    return count >= least and past_guard(snapshot, thresholds, snapshot.epochs[-1].epoch, count)


BELOW_ZERO = "losses above zero: one below it has no ratio to its best"
"""What a rule needs that compares by ratios."""


def is_below_zero(snapshot: Snapshot, *names: str) -> bool:
    """Whether any of these losses was ever below zero, as log-likelihoods and contrastive losses are."""
    return any(bool((values < 0).any()) for values in columns(snapshot, *names))


def last(snapshot: Snapshot, name: str) -> float | None:
    """The newest measured value of a field of the evaluations; None where it was never measured."""
    return next((value for r in reversed(snapshot.epochs) if (value := getattr(r, name)) is not None), None)


def lowest(snapshot: Snapshot, name: str) -> tuple[float, float] | None:
    """(lowest finite value of a field of the evaluations, its first epoch), or None where none is known."""
    values = columns(snapshot, name)[0]
    finite = np.flatnonzero(np.isfinite(values))
    if not len(finite):
        return None
    place = finite[np.argmin(values[finite])]
    return float(values[place]), snapshot.epochs[place].epoch
