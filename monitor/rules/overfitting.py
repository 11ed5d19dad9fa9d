"""Overfitting, free of any loss unit: the one that is benchmarked, and prescribed on."""

from __future__ import annotations

import math

import numpy as np

from monitor import series
from monitor.rules import evaluations
from monitor.rules.episodes import Level, open_episode
from monitor.rules.evaluations import Evaluations
from monitor.rules.result import Finding, NotApplicable, NotEnoughData, Quiet, Result
from monitor.rules.thresholds import Thresholds
from monitor.run_dir import Snapshot


class Overfitting:
    """Watches for a sustained rise of val loss over its best, while train loss falls and errors do not improve.

    Every comparison is a ratio within the run, so the verdict is the same when all losses are multiplied.
    A spike that recovers is no rise: the lower of the last two evaluations must stand above the best.
    It cannot tell why: too little data, too large a model, or people in val that train never shows.
    """

    name = "overfitting"
    title = "Overfitting"

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        have, any_known, ripe = evaluations.enough(
            snapshot, thresholds, lambda record: None if record.train_loss is None else record.val_loss
        )
        if not any_known:
            return NotApplicable(self.name, self.title, "train and val loss at the same evaluation")
        if not ripe:
            return NotEnoughData(self.name, self.title, have, thresholds.guard_evaluations)
        data = evaluations.read(snapshot, thresholds)
        steps = _last_steps(data.val_wer, thresholds)
        seen = [_look(data, place, steps[place], thresholds) for place in range(len(data))]
        episode = open_episode(data.epochs, [view.level for view in seen], thresholds)
        last = seen[-1]
        if episode is None:
            return Quiet(self.name, self.title, "Val loss does not rise away from train loss.")
        best = data.epochs[last.best_at]
        return Finding(
            rule=self.name,
            title=self.title,
            severity=episode.severity,
            line=f"Overfitting: val loss is {100 * last.rise:.1f} % above its best (epoch {best:g}) "
            f"while train loss fell {100 * last.train_fall:.0f} %, since epoch {data.epochs[episode.onset]:g}.",
            onset=float(data.epochs[episode.onset]),
            fired=float(data.epochs[episode.fired]),
            critical_since=None if episode.critical_at is None else float(data.epochs[episode.critical_at]),
            now={
                "val loss above best": last.rise,
                "train loss fall since": last.train_fall,
                "gap / val loss": last.relative_gap,
                "best val loss at epoch": float(best),
            },
            limits={
                "val loss above best": thresholds.overfitting_rise_ratio,
                "critical above": thresholds.overfitting_rise_critical_ratio,
                "critical gap / val loss": thresholds.overfitting_gap_critical_ratio,
            },
            remedy="More varied data and augmentation first; half the width, dropout and weight decay with it.",
            cannot_tell="The reason: too little data, too large a model, or a val set unlike the train set.",
        )


class _View:
    """What one evaluation shows, looking back only."""

    def __init__(self, level: Level, best_at: int = 0, rise: float = 0.0, train_fall: float = 0.0, gap: float = 0.0):
        self.level = level
        self.best_at = best_at
        self.rise = rise
        self.train_fall = train_fall
        self.relative_gap = gap


def _look(data: Evaluations, place: int, last_step: int, limits: Thresholds) -> _View:
    val = data.val_loss[: place + 1]
    finite = np.isfinite(val)
    if not data.judged[place] or finite.sum() < limits.guard_evaluations or not finite[-1]:
        return _View(Level.CLEAR)
    best_at = int(np.argmin(np.where(finite, val, np.inf)))
    if val[best_at] <= 0 or place - best_at < 2:
        return _View(Level.CLEAR, best_at)
    rise = float(np.nanmin(val[place - 1 :]) / val[best_at] - 1)
    fall = _fall(data.train_loss, best_at, place)
    gap = float((val[-1] - data.train_loss[place]) / val[-1])
    learns = _errors_improve(place, best_at, last_step, limits)
    apart = fall > limits.overfitting_train_fall_ratio and gap > limits.overfitting_gap_ratio
    level = _level(rise, gap, limits) if apart and not learns else Level.CLEAR
    return _View(level, best_at, rise, fall, gap)


def _level(rise: float, gap: float, limits: Thresholds) -> Level:
    if rise <= limits.overfitting_rise_ratio * (1 - limits.hysteresis_ratio):
        return Level.CLEAR
    if rise <= limits.overfitting_rise_ratio:
        return Level.HOLD
    far = rise > limits.overfitting_rise_critical_ratio and gap > limits.overfitting_gap_critical_ratio
    return Level.CRITICAL if far else Level.WARNING


def _fall(train: series.Array, best_at: int, place: int) -> float:
    """Share by which train loss fell since the best val loss; 0 where it cannot be known."""
    before = train[best_at]
    recent = train[place - 1 : place + 1]
    if not math.isfinite(before) or before == 0 or not np.isfinite(recent).any():
        return 0.0
    return float((before - np.nanmin(recent)) / abs(before))


def _last_steps(wer: series.Array, limits: Thresholds) -> list[int]:
    """For each evaluation the place of the error rate's last step up to then; -1 before the first.

    A step is an improvement on the last step, not on the last evaluation, so that a slow decline counts too.
    """
    best, last_step, places = math.inf, -1, []
    for place, value in enumerate(wer.tolist()):
        if math.isfinite(value) and value < best * (1 - limits.overfitting_wer_step_ratio):
            best, last_step = value, place
        places.append(last_step)
    return places


def _errors_improve(here: int, best_at: int, last_step: int, limits: Thresholds) -> bool:
    """Whether the error rate still makes steps: the last one is young against the time since the best val loss."""
    patience = max(float(limits.overfitting_flat_evaluations), limits.overfitting_flat_ratio * (here - best_at))
    return last_step >= 0 and here - last_step < patience
