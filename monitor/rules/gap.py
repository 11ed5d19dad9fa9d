"""The gap between validation and training loss: the limit people ask for, with scale-free company."""

from __future__ import annotations

import math

import numpy as np

from monitor.rules import evaluations
from monitor.rules.arithmetic import series
from monitor.rules.episodes import Level, open_episode, since
from monitor.rules.evaluations import Evaluations
from monitor.rules.gap_limit import GapLimits, limits_of, of_large_loss
from monitor.rules.kind import FINE_TUNED, is_fine_tune
from monitor.rules.result import Result
from monitor.rules.rule import PRIMARY, Rule
from monitor.rules.spikes import SpikeLimits, stands_out
from monitor.rules.thresholds import CommonLimits, Thresholds
from monitor.run_dir import Snapshot
from monitor.run_dir.words import limit, number

MEASURED = evaluations.known("gap", ("train_loss", "val_loss"), ("train_eval_loss", "val_loss"))
"""Where a gap can be computed."""
REMEDY = "More varied data first; then a smaller model or more dropout."
MEASURE = (
    "Find out whether both losses are computed alike: the gap has been there from the first evaluations on, and val "
    "loss is at its best."
)
BETTER_SINCE = 0.05
"""Of the error at the best val loss."""
RUNNING = " A running train loss carries dropout and augmentation, where there are any; val loss does not."
CONSTANT = "Gap between train and val loss, not grown"
"""Title of the finding in that case: nothing is learnt by heart that was not from the beginning."""
BOTH_WORSE, TIMES = "Gap, and both losses got worse", 2.0
"""Title of the finding where train loss, too, is so many times what it was at the lowest val loss: that is no learning
by heart."""
FIRST_EVALUATIONS, GROWN_RATIO = 3, 1.25
"""A gap that is no more than so many times the median of the first few has not grown."""
AT_ITS_BEST, SCATTERS, NEWEST = 0.01, 1.5, 2
"""Part of the best val loss and times the val losses' scatter: where one of the two newest lies no further above the
best, val loss has not left it."""


class Gap(Rule):
    """Watches val_loss - train loss against the user's own limit (1.0), in the run's unit. Where none is set and no
    loss was ever below 10 (squared errors, sums over a sequence), a fifth of the lowest val loss less 1.0 is it.

    The limit is what was asked for, so a warning needs no persistence; critical is scale-free: the gap measured against
    val loss itself, or against the loss of a model that knows only word frequencies. One val loss that stands far out
    of those before it opens nothing alone: it may be one odd batch. It cannot tell a model that memorises from a train
    loss that is measured in another way.
    """

    name = "gap"
    title = "Gap between train and val loss"
    place = 170
    watches = ("gap", "train_loss", "train_eval_loss", "val_loss", PRIMARY)
    yardstick = "limit"
    causes = ("measured_differently", "too_little_regularisation", "getting_worse")
    limits = GapLimits
    remedy_beside = (("divergence", "The train loss that runs away comes first; the gap of such losses says nothing."),)
    reads = ("spike_band_evaluations", "spike_rise_ratio", "spike_spreads")

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """A warning above the limit; critical where the gap is also large against val loss or the chance loss."""
        limits = thresholds.of(GapLimits)
        common = thresholds.of(CommonLimits)
        snapshot = evaluations.measured(snapshot, MEASURED)
        if unready := self.unready(snapshot, thresholds, "train and val loss at the same evaluation"):
            return unready
        data = evaluations.read(snapshot, thresholds)
        unigram = evaluations.floors_of(snapshot).loss_unigram
        held = limits_of(data.val_loss, limits)
        now_limit, of_loss = float(held[-1]), bool(held[-1] != limits.gap_limit)
        levels = _without_spikes(_levels(data, unigram, limits, held, common), data, thresholds.of(SpikeLimits))
        episode = open_episode(data.epochs, levels, thresholds, warning_epochs=0.0)
        current = float(data.gap[-1])
        if episode is None and not math.isfinite(current):
            return self.quiet(f"The gap is {number(current)}: a loss is not finite; non_finite reports that.")
        if episode is None and current > now_limit and data.judged[-1]:
            alone = "by one val loss that stands out of those before it: it counts if the next does too"
            return self.quiet(f"The gap is {number(current)} (limit {limit(now_limit)}) {alone}.")
        if episode is None:
            why = f", {of_large_loss(data.val_loss)}" if of_loss else ""
            return self.quiet(f"The gap is {number(current)} (limit {limit(now_limit)}{why}).")
        began = since(data.epochs, episode.onset, data.gap > held)
        constant, worse = _is_constant(data), _train_too(data)
        basis = snapshot.run.gap_basis if snapshot.run is not None else "train"
        measured = " Train loss is the running one, in training mode: read it with care."
        if basis == "eval" and np.isfinite(data.train_loss[-1]):
            measured = f" Train loss in eval mode is {number(float(data.train_loss[-1]))}."
        limit_words = _limit_words(current, now_limit, of_large_loss(data.val_loss) if of_loss else "", common)
        return self.flag(
            data.epochs,
            episode,
            f"Val loss is {number(current)} above train loss ({limit_words}), "
            f"since {began}{_overfits(data)}.{measured}",
            dated=True,
            now=_numbers(data, unigram),
            limits={
                "gap": now_limit,
                "gap / val loss (critical)": limits.gap_of_val_critical_ratio,
                "gap / chance loss (critical)": limits.gap_of_unigram_critical_ratio,
            },
            began=began,
            title=CONSTANT if constant else BOTH_WORSE if worse else "",
            remedy=MEASURE if constant else worse or (FINE_TUNED if is_fine_tune(snapshot) else REMEDY),
            cannot_tell="Whether the model gets worse: this check compares losses alone."
            + (RUNNING if basis == "train" else ""),
        )


def _train_too(data: Evaluations) -> str:
    """What to do where both losses are far above what they were at the lowest val loss; "" where one is not."""
    train, val = (losses[np.isfinite(data.train_loss + data.val_loss)] for losses in (data.train_loss, data.val_loss))
    at = int(np.argmin(val)) if len(val) else 0
    if not len(val) or min(val[at], train[at]) <= 0 or val[-1] < TIMES * val[at] or train[-1] < TIMES * train[at]:
        return ""
    epoch, was, now = data.epochs[np.isfinite(data.train_loss + data.val_loss)][at], train[at], train[-1]
    return (
        f"Go on from a checkpoint of epoch {epoch:g}, where train loss was lower, too ({number(float(was))}, "
        f"{number(float(now))} now), and look at what changed since: the learning rate, the data, a bad batch."
    )


def _overfits(data: Evaluations) -> str:
    """The words about overfitting where val loss has left its best behind while train loss fell; else ""."""
    known = np.flatnonzero(np.isfinite(data.val_loss))
    if not len(known):
        return ""
    best_at = int(known[np.argmin(data.val_loss[known])])
    best = float(data.val_loss[best_at])
    if not _has_left(data, best) or data.train_loss[-1] > data.train_loss[best_at]:
        return ""
    lowest = f"val loss was lowest at epoch {data.epochs[best_at]:g} ({number(best)})"
    return f"; {lowest}" if _improved_since(data.error, best_at) else f"; overfitting: {lowest}"


def _improved_since(error: series.Array, best_at: int) -> bool:
    """Whether the error that decides came well below what it was at the best val loss: that is over-confidence."""
    then, since = float(error[best_at]), error[best_at:][np.isfinite(error[best_at:])]
    return math.isfinite(then) and bool(since.min() < then * (1 - BETTER_SINCE))


def _has_left(data: Evaluations, best: float) -> bool:
    """Whether the newest val losses lie above the best one by more than noise."""
    newest = data.val_loss[np.isfinite(data.val_loss)][-NEWEST:]
    if not len(newest):
        return False
    noise = max(AT_ITS_BEST, SCATTERS * float(series.log_scatter(data.val_loss)[-1])) * abs(best)
    return bool(newest.min() - best > noise)


def _is_constant(data: Evaluations) -> bool:
    """Whether the gap has not grown since the first evaluations, while val loss is at its best."""
    gaps, losses = data.gap[np.isfinite(data.gap)], data.val_loss[np.isfinite(data.val_loss)]
    if len(gaps) <= FIRST_EVALUATIONS or not len(losses) or losses[-1] > losses.min() * (1 + AT_ITS_BEST):
        return False
    return bool(gaps[-1] <= GROWN_RATIO * float(np.median(gaps[:FIRST_EVALUATIONS])))


def _limit_words(current: float, held: float, why: str, common: CommonLimits) -> str:
    """The limit; of a gap that has fallen back below it also where the alarm ends."""
    said = f"limit {limit(held)}" + (f", {why}" if why else "")
    if current > held:
        return said
    return f"{said}; the alarm ends below {number(held * (1 - common.hysteresis_ratio))}"


def _levels(
    data: Evaluations, unigram: float | None, limits: GapLimits, held: series.Array, common: CommonLimits
) -> list[Level]:
    """One level per evaluation. Critical only above the limit: a tiny relative gap never is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        of_val = data.gap / np.abs(data.val_loss)
    of_unigram = data.gap / unigram if unigram else np.zeros(len(data))
    far = (of_val > limits.gap_of_val_critical_ratio) | (of_unigram > limits.gap_of_unigram_critical_ratio)
    # A loss that is not finite is another flag's matter, and what is left of it is no gap.
    finite = np.isfinite(data.gap)
    over = finite & (data.gap > held)
    near = finite & (data.gap > held * (1 - common.hysteresis_ratio))
    return [
        Level.CLEAR if not ok or not (o or n) else Level.CRITICAL if o and f else Level.WARNING if o else Level.HOLD
        for ok, o, n, f in zip(data.judged, over, near, far, strict=True)
    ]


def _without_spikes(levels: list[Level], data: Evaluations, limits: SpikeLimits) -> list[Level]:
    """The levels; an evaluation that crosses the limit by a val loss that stands out ends nothing and begins nothing.

    The one after it counts as it is, so that a jump that stays is reported one evaluation later.
    """
    over = [level >= Level.WARNING for level in levels]
    return [
        Level.HOLD
        if over[place] and not (place and over[place - 1]) and stands_out(data.val_loss, place, limits)
        else each
        for place, each in enumerate(levels)
    ]


def _numbers(data: Evaluations, unigram: float | None) -> dict[str, float | str]:
    numbers: dict[str, float | str] = {"gap": float(data.gap[-1]), "val loss": float(data.val_loss[-1])}
    numbers["train loss"] = float(data.train_loss[-1])
    if data.val_loss[-1] and math.isfinite(data.val_loss[-1]):
        numbers["gap / val loss"] = float(data.gap[-1] / abs(data.val_loss[-1]))
    if unigram:
        numbers["gap / chance loss"] = float(data.gap[-1] / unigram)
    return numbers
