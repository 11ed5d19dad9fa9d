"""Val loss still stands where it began."""

from __future__ import annotations

import math

import numpy as np

from monitor.rules import evaluations
from monitor.rules.arithmetic.series import Array, scatter
from monitor.rules.episodes import Level, open_episode
from monitor.rules.learning import EVALUATE_TRAIN
from monitor.rules.primary import primary_of
from monitor.rules.result import Result
from monitor.rules.rule import PRIMARY, Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.run_dir import Snapshot
from monitor.run_dir.words import number

NEITHER, TRAIN_FALLS, VAL_ALONE = (
    "Losses have hardly moved",
    "Train loss falls, val loss has hardly moved",
    "Val loss has hardly moved",
)
"""Titles of the finding: with train loss at rest, where that fell, and where it is not logged, rose or scatters."""
TRAIN_FELL = 0.05
"""Of its first value: so far train loss has come down where it is called learnt."""
ENDS, SLOW_SCATTERS = 3, 2.0
"""A loss falls slowly where the medians of so many values at its two ends lie so many scatters apart."""
MEMORISE = (
    "See whether it can memorise one batch: the learning rate, the labels, the loss, whether the optimiser steps."
)


class NotMovedLimits(Limits, frozen=True):
    """From which evaluation on it is judged, and how far val loss may go and still counts as unmoved."""

    not_moved_evaluations: int = 8
    not_moved_ratio: float = 0.01
    """Of its first value: val loss has not come down by so much."""
    not_moved_rise_ratio: float = 0.05
    """Of its first value: what rose by more has moved, the wrong way, which is another rule's matter."""


class NotMoved(Rule):
    """Watches whether val loss has moved from its first value, in a run that is judged by its losses alone; where an
    error rate or a score is logged, `wer_plateau` and `at_chance` ask that.

    It cannot tell a model that was trained to its end before from one that learns nothing.
    """

    name = "not_moved"
    title = NEITHER
    place = 85
    watches = ("val_loss", "train_loss", "train_eval_loss", PRIMARY)
    causes = ("nothing_learnt", "no_evidence")
    limits = NotMovedLimits
    never_learnt = True

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """A warning at most, once enough evaluations are there; quiet where val loss has moved by its limit, or falls
        slowly."""
        limits = thresholds.of(NotMovedLimits)
        if primary_of(snapshot) is not None:
            return self.not_applicable("a run that logs no error rate or score")
        loss = evaluations.last(snapshot, "val_loss")
        if loss is not None and not math.isfinite(loss):
            return self.quiet("Val loss is not finite; non_finite reports that.")
        snapshot = evaluations.measured(snapshot, evaluations.known("val_loss", finite=True))
        if unready := self.unready(snapshot, thresholds, "val loss", least=limits.not_moved_evaluations):
            return unready
        data = evaluations.read(snapshot, thresholds)
        first, last, many = float(data.val_loss[0]), float(data.val_loss[-1]), len(data)
        # The window of eight evaluations is the persistence.
        levels = _levels(data.val_loss, limits)
        episode = open_episode(data.epochs, levels, thresholds, warning_epochs=0.0, critical_epochs=0.0)
        if episode is None:
            return self.quiet(f"Val loss has moved: {number(first)} at its first evaluation, {number(last)} now.")
        if _falls_slowly(data.val_loss):
            return self.quiet(f"Val loss falls slowly: {number(first)} at its first evaluation, {number(last)} now.")
        train = data.train_loss[np.isfinite(data.train_loss)]
        fell = _fell(train)
        title, line = _words(data.val_loss, train, fell)
        return self.flag(
            data.epochs,
            episode,
            line,
            dated=True,
            began="the first evaluation",
            title=title,
            now={"first val loss": first, "val loss": last, "evaluations": float(many)},
            limits={"moved, part of its first": limits.not_moved_ratio},
            severity="warning",
            remedy=EVALUATE_TRAIN if fell else MEMORISE,
            cannot_tell="Whether it was trained to its end before, or learns nothing.",
        )


def _falls_slowly(losses: Array) -> bool:
    """Whether it comes down by more than it scatters, by the medians of its first and its last values, and was lowest
    of late: slow, but something is learnt."""
    fell = float(np.median(losses[:ENDS]) - np.median(losses[-ENDS:]))
    scatters = max(scatter(losses, len(losses)), float(np.ptp(losses[-ENDS:])))
    return int(np.argmin(losses)) >= len(losses) - ENDS and fell > SLOW_SCATTERS * scatters


def _fell(train: Array) -> bool:
    """Whether train loss came down: its newest value from its first, and their medians too, which scatter less."""
    if len(train) < 2:
        return False
    first, last = float(np.median(train[:ENDS])), float(np.median(train[-ENDS:]))
    return bool(min(train[0] - train[-1], first - last) > TRAIN_FELL * abs(train[0]))


def _words(val: Array, train: Array, fell: bool) -> tuple[str, str]:
    """(title, line) of the finding. `train`: the known train losses; `fell`: whether they came down."""
    many, moved = len(val), f"{number(float(val[0]))} → {number(float(val[-1]))}"
    rests = len(train) > 1 and abs(train[0] - train[-1]) <= TRAIN_FELL * abs(train[0])
    if not fell and not rests:
        return VAL_ALONE, f"Val loss has hardly moved in {many} evaluations: {moved}."
    was, now = number(float(train[0])), number(float(train[-1]))
    if fell:
        held = f"Val loss has hardly moved in {many} evaluations ({moved})"
        return TRAIN_FALLS, f"{held}, while train loss came down from {was} to {now}."
    return NEITHER, f"Both losses have hardly moved in {many} evaluations: train loss {was} → {now}, val loss {moved}."


def _levels(losses: Array, limits: NotMovedLimits) -> list[Level]:
    """At each evaluation whether val loss is still about where it began, from the first that may be judged on."""
    size = abs(losses[0])
    fell = losses[0] - np.minimum.accumulate(losses) > limits.not_moved_ratio * size
    rose = np.maximum.accumulate(losses) - losses[0] > limits.not_moved_rise_ratio * size
    late = np.arange(1, len(losses) + 1) >= limits.not_moved_evaluations
    stands = late & ~fell & ~rose & (size > 0)
    return [Level.WARNING if each else Level.CLEAR for each in stands.tolist()]
