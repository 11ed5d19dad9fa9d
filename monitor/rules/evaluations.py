"""The evaluations of a run as arrays, with the guard applied: what nearly every rule starts from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from monitor.rules.arithmetic.series import Array
from monitor.rules.thresholds import CommonLimits, Thresholds
from monitor.run_dir import Epoch, Floors, Snapshot

SNAPSHOTS_KEPT = 16
_KEPT: dict[int, tuple[tuple[Epoch, ...], dict[str, Array]]] = {}
"""By the identity of a snapshot's records, which are immutable; the records are held, so that no id is used twice."""


@dataclass(frozen=True)
class Evaluations:
    """Columns over all evaluations, NaN where a value was not logged; `judged` is False inside the guard."""

    epochs: Array
    judged: npt.NDArray[np.bool_]
    train_loss: Array
    val_loss: Array
    val_wer: Array
    gap: Array

    def __len__(self) -> int:
        return len(self.epochs)


def columns(snapshot: Snapshot, *names: str) -> list[Array]:
    """Fields of the epoch records as arrays (evaluations,), NaN where absent. Read-only: rules share them."""
    kept = _kept_of(snapshot.epochs)
    for name in names:
        if name not in kept:
            kept[name] = np.array([_number(record, name) for record in snapshot.epochs], dtype=float)
            kept[name].setflags(write=False)
    return [kept[name] for name in names]


def _kept_of(epochs: tuple[Epoch, ...]) -> dict[str, Array]:
    """Columns of these very records that a rule has already asked for."""
    known = _KEPT.get(id(epochs))
    if known is None or known[0] is not epochs:
        while len(_KEPT) >= SNAPSHOTS_KEPT:
            _KEPT.pop(next(iter(_KEPT)), None)
        known = _KEPT[id(epochs)] = (epochs, {})
    return known[1]


def _number(record: Epoch, name: str) -> float:
    value = getattr(record, name)
    return math.nan if value is None else float(value)


def read(snapshot: Snapshot, thresholds: Thresholds) -> Evaluations:
    """The arrays. `train_loss` is the one the gap is made of: eval-mode where the run's gap basis says so."""
    epochs, train, train_eval, val, wer, gap = columns(
        snapshot, "epoch", "train_loss", "train_eval_loss", "val_loss", "val_wer", "gap"
    )
    basis = snapshot.run.gap_basis if snapshot.run is not None else "train"
    shown = np.where(np.isfinite(train_eval), train_eval, train) if basis == "eval" else train
    known_gap = np.where(np.isfinite(gap), gap, val - shown)
    return Evaluations(epochs, _judged(snapshot, epochs, thresholds), shown, val, wer, known_gap)


def _judged(snapshot: Snapshot, epochs: Array, thresholds: Thresholds) -> npt.NDArray[np.bool_]:
    many = np.arange(1, len(epochs) + 1) >= thresholds.of(CommonLimits).guard_many_evaluations
    return (epochs >= guard_of(snapshot, thresholds)) | (many & (epochs > _warmup(snapshot)))


def past_guard(snapshot: Snapshot, thresholds: Thresholds, epoch: float, evaluations: int) -> bool:
    """Whether a verdict is allowed at this epoch, after so many evaluations."""
    many = evaluations >= thresholds.of(CommonLimits).guard_many_evaluations and epoch > _warmup(snapshot)
    return epoch >= guard_of(snapshot, thresholds) or many


def _warmup(snapshot: Snapshot) -> float:
    return snapshot.run.warmup_epochs if snapshot.run is not None else 0.0


def guard_of(snapshot: Snapshot, thresholds: Thresholds) -> float:
    """First epoch that is judged: after warm-up, and never before `guard_epochs`."""
    return max(_warmup(snapshot), thresholds.of(CommonLimits).guard_epochs)


def floors_of(snapshot: Snapshot) -> Floors:
    return snapshot.run.floors if snapshot.run is not None else Floors()


def enough(snapshot: Snapshot, thresholds: Thresholds, wanted: Callable[[Epoch], object]) -> tuple[int, bool, bool]:
    """(evaluations that have the wanted value, whether any has, whether a verdict is allowed yet)."""
    have = [record for record in snapshot.epochs if wanted(record) is not None]
    if not have:
        return 0, False, False
    ripe = len(have) >= thresholds.of(CommonLimits).guard_evaluations
    return len(have), True, ripe and past_guard(snapshot, thresholds, have[-1].epoch, len(have))


def best_wer(snapshot: Snapshot) -> tuple[float, float] | None:
    """(lowest val WER, its epoch), or None where none is known."""
    known = [
        (record.val_wer, record.epoch)
        for record in snapshot.epochs
        if record.val_wer is not None and math.isfinite(record.val_wer)
    ]
    return min(known) if known else None
