"""The gap between validation and training loss: the limit people ask for, with scale-free company."""

from __future__ import annotations

import math

import numpy as np

from monitor.rules import evaluations
from monitor.rules.episodes import Level, open_episode
from monitor.rules.evaluations import Evaluations
from monitor.rules.result import Finding, NotApplicable, NotEnoughData, Quiet, Result
from monitor.rules.thresholds import Thresholds
from monitor.run_dir import Epoch, Snapshot


class Gap:
    """Watches val_loss - train loss against the user's own limit (1.0), in the run's unit.

    The limit is what was asked for, so a warning needs no persistence; critical is scale-free: the gap measured
    against val loss itself, or against the loss of a model that knows only word frequencies.
    It cannot tell a model that memorises from a train loss that is measured in another way.
    """

    name = "gap"
    title = "Gap between train and val loss"

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        have, any_known, ripe = evaluations.enough(snapshot, thresholds, _measured)
        if not any_known:
            return NotApplicable(self.name, self.title, "train and val loss at the same evaluation")
        if not ripe:
            return NotEnoughData(self.name, self.title, have, thresholds.guard_evaluations)
        data = evaluations.read(snapshot, thresholds)
        unigram = evaluations.floors_of(snapshot).loss_unigram
        episode = open_episode(data.epochs, _levels(data, unigram, thresholds), thresholds, warning_epochs=0.0)
        current = float(data.gap[-1])
        if episode is None:
            return Quiet(self.name, self.title, f"The gap is {current:.2f} (limit {_limit(thresholds)}).")
        basis = snapshot.run.gap_basis if snapshot.run is not None else "train"
        measured = "" if basis == "eval" else " Train loss is the running one, in training mode: read it with care."
        return Finding(
            rule=self.name,
            title=self.title,
            severity=episode.severity,
            line=f"Overfitting: val loss is {current:.2f} above train loss (limit {_limit(thresholds)}), "
            f"since epoch {data.epochs[episode.onset]:g}.{measured}",
            onset=float(data.epochs[episode.onset]),
            fired=float(data.epochs[episode.fired]),
            critical_since=None if episode.critical_at is None else float(data.epochs[episode.critical_at]),
            now=_numbers(data, unigram),
            limits={
                "gap": thresholds.gap_limit,
                "gap / val loss (critical)": thresholds.gap_of_val_critical_ratio,
                "gap / chance loss (critical)": thresholds.gap_of_unigram_critical_ratio,
            },
            remedy="More varied data (augmentation, clips, signers) first; then less model, more dropout.",
            cannot_tell="Whether the error rate suffers: look at val WER beside it."
            + (" The train loss carries dropout and augmentation, val loss does not." if basis == "train" else ""),
        )


def _limit(thresholds: Thresholds) -> str:
    """The limit as people write it: 1.0, 0.25."""
    return (
        f"{thresholds.gap_limit:.1f}"
        if round(thresholds.gap_limit, 1) == thresholds.gap_limit
        else f"{thresholds.gap_limit:g}"
    )


def _measured(record: Epoch) -> float | None:
    """Something that is not None where a gap can be told."""
    train = record.train_loss if record.train_eval_loss is None else record.train_eval_loss
    return record.gap if record.gap is not None or train is None else record.val_loss


def _levels(data: Evaluations, unigram: float | None, limits: Thresholds) -> list[Level]:
    """One level per evaluation. Critical only above the limit: a tiny relative gap never is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        of_val = data.gap / np.abs(data.val_loss)
    of_unigram = data.gap / unigram if unigram else np.zeros(len(data))
    far = (of_val > limits.gap_of_val_critical_ratio) | (of_unigram > limits.gap_of_unigram_critical_ratio)
    over = data.gap > limits.gap_limit
    near = data.gap > limits.gap_limit * (1 - limits.hysteresis_ratio)
    return [
        Level.CLEAR if not ok or not (o or n) else Level.CRITICAL if o and f else Level.WARNING if o else Level.HOLD
        for ok, o, n, f in zip(data.judged, over, near, far, strict=True)
    ]


def _numbers(data: Evaluations, unigram: float | None) -> dict[str, float | str]:
    numbers: dict[str, float | str] = {"gap": float(data.gap[-1]), "val loss": float(data.val_loss[-1])}
    numbers["train loss"] = float(data.train_loss[-1])
    if data.val_loss[-1] and math.isfinite(data.val_loss[-1]):
        numbers["gap / val loss"] = float(data.gap[-1] / abs(data.val_loss[-1]))
    if unigram:
        numbers["gap / chance loss"] = float(data.gap[-1] / unigram)
    return numbers
