"""Overfitting, free of any loss unit: the one that is benchmarked, and prescribed on."""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from monitor.rules import evaluations
from monitor.rules.arithmetic import series
from monitor.rules.arithmetic.series import Array
from monitor.rules.episodes import Level, open_episode
from monitor.rules.evaluations import Evaluations
from monitor.rules.grown import Grown
from monitor.rules.kind import FINE_TUNED, is_fine_tune
from monitor.rules.primary import perfect_of, scale_of
from monitor.rules.result import Result
from monitor.rules.rule import PRIMARY, Rule
from monitor.rules.thresholds import CommonLimits, Limits, Thresholds
from monitor.run_dir import Snapshot
from monitor.run_dir.words import above

EVALUATIONS_WARNING, EVALUATIONS_CRITICAL = 2, 3
REMEDY = "More varied data and augmentation first; a smaller model, dropout and weight decay with it."
SCATTERS_BEYOND_DOUBT = 4.0
"""A rise of so many scatters needs no trend test."""
TREND_WINDOW = 24
LOOKED_THROUGH = 64
"""So many evaluations at a time are looked through for a next step, and twice as many where there is none."""


class OverfittingLimits(Limits, frozen=True):
    """Val loss above its best, the gap, the fall of train loss, the stillness of the metric; ratios within the run."""

    overfitting_rise_ratio: float = 0.01
    overfitting_scatters: float = 1.5
    """Times the scatter of the recent val losses: a rise within it is noise."""
    overfitting_learnt_ratio: float = 0.03
    """Of what val loss had fallen by: a rise that gives back less is not worth a word."""
    overfitting_rise_large_ratio: float = 0.15
    """A rise of so much counts however much had been learnt before."""
    overfitting_rise_critical_ratio: float = 0.10
    overfitting_gap_ratio: float = 0.05
    overfitting_gap_critical_ratio: float = 0.50
    overfitting_train_fall_ratio: float = 0.05
    overfitting_wer_step_ratio: float = 0.01
    """Of the error rate (or, for a raw score, of its range so far): an improvement of so much is a step."""
    overfitting_flat_evaluations: int = 2
    overfitting_flat_critical_evaluations: int = 5
    """Evaluations without a step of the error rate before it is critical: an error rate may lie still and move on."""
    overfitting_flat_ratio: float = 0.5
    """Share of the evaluations since the best val loss in which the error rate made no step."""


class Overfitting(Rule):
    """Watches for a val loss that stays above its best while train loss falls and errors do not improve.

    Every comparison is a ratio within the run, so the verdict is the same when all losses are multiplied.
    How much counts as a rise is the run's own: more than its evaluations scatter, and more than a small part of
    what it had learnt; two evaluations in a row, so that a spike that recovers is none.
    It cannot tell why: too little data, too large a model, or people in val that train never shows.
    """

    name = "overfitting"
    title = "Overfitting"
    place = 160
    watches = ("val_loss", "train_loss", "train_eval_loss", PRIMARY)
    yardstick = "best"
    causes = ("too_little_regularisation",)
    limits = OverfittingLimits
    reads = ("trend_p_value", "trend_evaluations")
    may_stop = True

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """A warning holds for two evaluations, a critical finding for three. Not applicable to losses below zero."""
        limits = thresholds.of(OverfittingLimits)
        snapshot = evaluations.measured(snapshot, evaluations.both_losses)
        if unready := self.unready(snapshot, thresholds, "train and val loss at the same evaluation"):
            return unready
        if evaluations.is_below_zero(snapshot, "train_loss", "val_loss"):
            return self.not_applicable(evaluations.BELOW_ZERO)
        data = evaluations.read(snapshot, thresholds)
        levels, last = look(snapshot, data, thresholds)
        # Counted in evaluations, not in epochs: one alone may be a spike however many epochs it stands for.
        episode = open_episode(
            np.arange(len(data), dtype=float),
            levels,
            thresholds,
            warning_epochs=EVALUATIONS_WARNING,
            critical_epochs=EVALUATIONS_CRITICAL,
        )
        if episode is None:
            return self.quiet("Val loss does not rise away from train loss.")
        best = data.epochs[last.best_at]
        return self.flag(
            data.epochs,
            episode,
            f"Overfitting: val loss is {above(last.rise)} its best (epoch {best:g}) "
            f"while train loss {_fell(data, last)}, since epoch {data.epochs[episode.onset]:g}.",
            dated=True,
            now={
                "val loss above best": last.rise,
                "train loss fall since": last.train_fall,
                "gap / val loss": last.relative_gap,
                "best val loss at epoch": float(best),
            },
            limits={
                "val loss above best": float(f"{last.needed:.2g}"),
                "critical above": limits.overfitting_rise_critical_ratio,
                "critical gap / val loss": limits.overfitting_gap_critical_ratio,
            },
            remedy=FINE_TUNED if is_fine_tune(snapshot) else REMEDY,
            cannot_tell="The reason: too little data, too large a model, or a val set unlike the train set.",
        )


def _fell(data: Evaluations, last: View) -> str:
    """How far the newest train loss lies below that at the best val loss; where it alone does not, that it had."""
    known = data.train_loss[np.isfinite(data.train_loss)]
    before = float(data.train_loss[last.best_at])
    fall = (before - float(known[-1])) / abs(before)
    # What has fallen by 100 % is gone, and what is not gone has not.
    most = 100.0 if known[-1] == 0 else 99.0
    share = f"{min(most, 100 * (fall if fall > 0 else last.train_fall)):.0f} %"
    return f"fell {share}" if fall > 0 else f"had fallen {share}"


class View(NamedTuple):
    """What the newest evaluation shows. Ratios are of the best val loss; the gap's is of the val loss."""

    best_at: int = 0
    rise: float = 0.0
    needed: float = 0.0
    train_fall: float = 0.0
    relative_gap: float = 0.0


class Columns(NamedTuple):
    """What is asked of all evaluations at once, (evaluations,) each, looking back only."""

    best_at: npt.NDArray[np.intp]
    last_step: npt.NDArray[np.intp]
    """Place of the error's last step up to then; -1 before the first."""
    rise: Array
    needed: Array
    fall: Array
    gap: Array
    scatter: Array
    busy: npt.NDArray[np.bool_]
    """Where val loss lies so far above its best that the rest is asked."""


_MEMORY: Grown[Level] = Grown()


def look(snapshot: Snapshot, data: Evaluations, thresholds: Thresholds) -> tuple[list[Level], View]:
    """A level for each evaluation, which depends on those up to its own alone, and what the last one shows."""
    limits, common = thresholds.of(OverfittingLimits), thresholds.of(CommonLimits)
    at = _columns(data, limits, common)

    def _levels_from(first: int) -> list[Level]:
        found = [Level.CLEAR] * (len(data) - first)
        places = _apart(at, limits)
        places = places[places >= first]
        rises = dict(zip(places.tolist(), _rises(data.val_loss, places, at, common).tolist(), strict=True))
        for place in rises:
            found[place - first] = _level(data, place, at, rises[place], limits, common)
        return found

    seen, last = _MEMORY.of(snapshot, thresholds, _levels_from), len(data) - 1
    if not at.busy[last]:
        return seen, View(int(at.best_at[last]))
    of_last = (float(column[last]) for column in (at.rise, at.needed, at.fall, at.gap))
    return seen, View(int(at.best_at[last]), *of_last)


def _columns(data: Evaluations, limits: OverfittingLimits, common: CommonLimits) -> Columns:
    last_step = _last_steps(data.error, scale_of(data.metric, data.error), limits)
    perfect = perfect_of(data.metric, data.error)
    finite = np.isfinite(data.val_loss)
    known = np.cumsum(finite)
    scatter = series.log_scatter(data.val_loss)
    highest = np.maximum.accumulate(np.where(finite, data.val_loss, -np.inf))
    best = series.running_best(data.val_loss)
    bests_at = series.first_bests(best)
    best_at, places = np.array(bests_at, dtype=int), np.arange(len(data))
    with np.errstate(divide="ignore", invalid="ignore"):
        rise, gap = data.val_loss / best - 1, (data.val_loss - data.train_loss) / data.val_loss
        learnt = highest[bests_at] / best - 1
        needed = np.maximum(limits.overfitting_rise_ratio, limits.overfitting_scatters * scatter)
        few = np.minimum(limits.overfitting_learnt_ratio * learnt, limits.overfitting_rise_large_ratio)
        needed = np.maximum(needed, few)
        busy = data.judged & (known >= common.guard_evaluations) & finite & (best > 0) & (places - best_at >= 2)
        busy &= ~np.asarray(perfect, dtype=bool) & (rise > needed * (1 - common.hysteresis_ratio))
    return Columns(best_at, last_step, rise, needed, _falls(data.train_loss, bests_at), gap, scatter, busy)


def _apart(at: Columns, limits: OverfittingLimits) -> npt.NDArray[np.intp]:
    """The places where both losses have gone apart, and the error rate made no step for a while."""
    apart = at.busy & (at.fall > limits.overfitting_train_fall_ratio) & (at.gap > limits.overfitting_gap_ratio)
    places = np.flatnonzero(apart)
    flat = limits.overfitting_flat_ratio * (places - at.best_at[places])
    last_step = at.last_step[places]
    steps = (last_step >= 0) & (places - last_step < np.maximum(float(limits.overfitting_flat_evaluations), flat))
    return places[~steps]


def _level(
    data: Evaluations, place: int, at: Columns, rises: bool, limits: OverfittingLimits, common: CommonLimits
) -> Level:
    """The level at a place where both losses have gone apart."""
    best_at, last_step = int(at.best_at[place]), int(at.last_step[place])
    rise, needed, gap = float(at.rise[place]), float(at.needed[place]), float(at.gap[place])
    rests = last_step < 0 or place - last_step >= limits.overfitting_flat_critical_evaluations
    far = rise > limits.overfitting_rise_critical_ratio and gap > limits.overfitting_gap_critical_ratio and rests
    # A trend that has brought no new best yet begins nothing, and ends nothing either.
    if rise <= needed or _errors_fall(data.error[best_at : place + 1], common):
        return Level.HOLD
    doubtful = rise <= SCATTERS_BEYOND_DOUBT * float(at.scatter[place]) and not rises
    if doubtful or series.comes_back(data.val_loss[best_at : place + 1]):
        return Level.HOLD
    # One evaluation that was low by luck is no best to be sure of: its neighbours stand for it.
    about = data.val_loss[max(0, best_at - 1) : best_at + 2]
    sure = float(data.val_loss[place]) / float(np.median(about[np.isfinite(about)])) - 1 > needed
    return Level.CRITICAL if far and sure else Level.WARNING


def _rises(losses: Array, places: npt.NDArray[np.intp], at: Columns, common: CommonLimits) -> npt.NDArray[np.bool_]:
    """At each of some places whether many evaluations since the best show a trend, where that is asked.

    Fewer than that prove none and are let pass.
    """
    count, found = places - at.best_at[places] + 1, np.ones(len(places), dtype=bool)
    asked = (at.rise[places] <= SCATTERS_BEYOND_DOUBT * at.scatter[places]) & (count > common.trend_evaluations)
    many = asked & (count >= TREND_WINDOW)
    found[many] = series.rising_p_values(losses, places[many], TREND_WINDOW) < common.trend_p_value
    for each in np.flatnonzero(asked & ~many):
        since_best = losses[at.best_at[places[each]] : places[each] + 1]
        found[each] = series.rising_p_value(since_best) < common.trend_p_value
    return found


def _falls(train: Array, bests_at: list[int]) -> Array:
    """At each evaluation the share by which train loss, the lower of the last two, fell since the best val loss; 0
    where it cannot be known."""
    before, last_but_one = train[bests_at], np.concatenate([[math.nan], train[:-1]])
    known = np.isfinite(before) & (before != 0) & (np.isfinite(train) | np.isfinite(last_but_one))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(known, (before - np.fmin(train, last_but_one)) / np.abs(before), 0.0)


def _last_steps(errors: Array, scale: Array, limits: OverfittingLimits) -> npt.NDArray[np.intp]:
    """For each evaluation the place of the error's last step up to then; -1 before the first.

    A step is an improvement on the last step, not on the last evaluation, so that a slow decline counts too.
    """
    values = np.where(np.isfinite(errors), errors, np.inf)
    last_step = np.full(len(values), -1)
    place, below, width = 0, np.inf, LOOKED_THROUGH
    while place < len(values):
        found = np.flatnonzero(values[place : place + width] < below)
        if not len(found):
            place, width = place + width, 2 * width
            continue
        place += int(found[0])
        last_step[place] = place
        # The step is of the best at the last step, as that was known then.
        below = values[place] - limits.overfitting_wer_step_ratio * scale[place]
        place, width = place + 1, LOOKED_THROUGH
    return cast(npt.NDArray[np.intp], np.maximum.accumulate(last_step))


def _errors_fall(since_best: Array, common: CommonLimits) -> bool:
    """Whether the error rate falls as a trend since the best val loss."""
    since = since_best[np.isfinite(since_best)][-TREND_WINDOW:]
    return len(since) >= common.trend_evaluations and series.rising_p_value(-since) < common.trend_p_value
