"""The loss leaves its band upwards, before it is NaN."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from monitor.rules import evaluations
from monitor.rules.arithmetic import series
from monitor.rules.episodes import Level, open_episode
from monitor.rules.result import Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.run_dir import Snapshot, Step
from monitor.run_dir.columns import values_of
from monitor.run_dir.words import number

REMEDY = "A lower learning rate or a lower clip norm, from the last good checkpoint."
RAISED_REMEDY = (
    "A schedule that raises the rate lifts the loss for a while: wait for it to come down. If it stays up, raise the "
    "rate to less."
)
RATE_BEFORE = "rate before"
"""Name of a number of the finding that is there where the rate was raised."""
RAISED = 1.5
"""Times the rate of the evaluation before: that is a step of the schedule."""
STRETCH = 20
"""Logged steps whose median stands for an evaluation, while there are too few of those."""
MOST_STEPS = 5000
"""The newest logged steps that are looked at."""
MEDIAN_ERROR = 1.2533
"""Standard error of a median, in those of a mean, of normal noise."""


class DivergenceLimits(Limits, frozen=True):
    """What the band is made of, and how far above it is out: as a share, in robust spreads, and of what was learnt."""

    divergence_band_evaluations: int = 5
    divergence_rise_ratio: float = 0.3
    divergence_scatter_evaluations: int = 15
    divergence_spreads: float = 6.0
    divergence_learnt_ratio: float = 0.05


class Divergence(Rule):
    """Watches train loss against the band of its last evaluations: far above their median, in units of their spread,
    in share, and against what was learnt, as a loss that has come down to nothing doubles for nothing.
    Train loss is what is minimised: while it leaves its band, the optimisation itself goes wrong.

    Before there are enough evaluations it looks at medians over 20 logged steps, whose own noise counts as spread.
    It cannot tell a learning rate that is too high from data that changed.
    """

    name = "divergence"
    title = "Train loss runs away"
    place = 50
    watches = ("train_loss", "lr")
    causes = ("diverging",)
    limits = DivergenceLimits

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """A warning at most. Not applicable to losses below zero, to which a share says nothing."""
        limits = thresholds.of(DivergenceLimits)
        need = limits.divergence_band_evaluations + 1
        steps = snapshot.steps
        snapshot = evaluations.measured(snapshot, evaluations.train_loss)
        if unready := self.unready(snapshot, thresholds, "train loss of evaluations", least=need):
            return self._by_steps(steps, thresholds) or unready
        if evaluations.is_below_zero(snapshot, "train_loss"):
            return self.not_applicable(evaluations.BELOW_ZERO)
        data = evaluations.read(snapshot, thresholds)
        loss = evaluations.columns(snapshot, "train_loss")[0]
        bands = _bands(loss, limits)
        levels = _levels(loss, bands, limits)
        episode = open_episode(data.epochs, levels, thresholds)
        if episode is None:
            return self.quiet("Train loss stays in its band.")
        before = float(bands[episode.onset][0])
        raised = _raised(evaluations.columns(snapshot, "lr")[0], episode.onset)
        where = f" The learning rate went from {number(raised[0])} to {number(raised[1])} there." if raised else ""
        return self.flag(
            data.epochs,
            episode,
            f"Train loss has left its band: {number(float(loss[-1]))}, where {number(before)} was usual. "
            f"Since epoch {data.epochs[episode.onset]:g}.{where}",
            dated=True,
            now={
                "train loss": float(loss[-1]),
                "usual before": before,
                **({RATE_BEFORE: raised[0], "rate raised to": raised[1]} if raised else {}),
            },
            limits={"times the usual": 1 + limits.divergence_rise_ratio, "spreads": limits.divergence_spreads},
            remedy=RAISED_REMEDY if raised else REMEDY,
            cannot_tell="Whether the data changed, or the learning rate is too high.",
        )

    def _by_steps(self, steps: Sequence[Step], thresholds: Thresholds) -> Result | None:
        """What the logged steps say; None where they are too few, or a loss is below zero."""
        limits = thresholds.of(DivergenceLimits)
        known = [(place, loss) for place, loss in enumerate(values_of(steps, "train_loss")) if loss is not None]
        # Counted from the first one on, so that a step more moves no stretch.
        known = known[max(0, -(-(len(known) - MOST_STEPS) // STRETCH) * STRETCH) :]
        count = len(known) // STRETCH
        if count <= limits.divergence_band_evaluations:
            return None
        losses = np.array([loss for _, loss in known[: count * STRETCH]], dtype=float)
        losses = np.where(np.isfinite(losses), losses, np.nan).reshape(count, STRETCH)
        if np.nanmin(losses, initial=np.inf) < 0:
            return None
        usable = np.isfinite(losses).sum(axis=1) > STRETCH // 2
        medians = np.full(count, np.nan)
        medians[usable] = np.nanmedian(losses[usable], axis=1)
        bands = _with_noise(_bands(medians, limits), losses, limits)
        levels = _levels(medians, bands, limits)
        episode = open_episode(np.arange(count, dtype=float), levels, thresholds, warning_epochs=1.0)
        if episode is None:
            return self.quiet("Train loss of the logged steps stays in its band.")
        first, before = steps[known[episode.onset * STRETCH][0]], float(bands[episode.onset][0])
        now = float(medians[np.isfinite(medians)][-1])
        return self.finding(
            "warning",
            f"Train loss has left its band: {number(now)} over {STRETCH} logged steps, where {number(before)} was "
            f"usual. Since step {first.step}.",
            first.epoch,
            now={"train loss": now, "usual before": before},
            limits={"times the usual": 1 + limits.divergence_rise_ratio, "spreads": limits.divergence_spreads},
            remedy=REMEDY,
            cannot_tell="Whether the data changed, or the learning rate is too high.",
        )


def _raised(rates: series.Array, onset: int) -> tuple[float, float] | None:
    """(before, after) where the learning rate was raised as the loss left its band, or one evaluation earlier."""
    pairs = [(float(rates[place - 1]), float(rates[place])) for place in (onset, onset - 1) if place > 0]
    return next(((before, after) for before, after in pairs if after > RAISED * before > 0), None)


def _with_noise(
    bands: list[tuple[float, float]], losses: series.Array, limits: DivergenceLimits
) -> list[tuple[float, float]]:
    """The bands with the spread that noise of single steps alone gives a median over them, where that is larger."""
    noise, usable = np.full(len(losses), np.nan), np.isfinite(losses).any(axis=1)
    known = losses[usable]
    off = np.abs(known - np.nanmedian(known, axis=1, keepdims=True))
    noise[usable] = 1.4826 * np.nanmedian(off, axis=1) * MEDIAN_ERROR / math.sqrt(losses.shape[1])
    before = np.concatenate([[np.nan], noise[:-1]])
    usual = np.nanmax(series.trailing_windows(before, limits.divergence_band_evaluations), axis=1, initial=0.0)
    return [(median, max(spread, float(least))) for (median, spread), least in zip(bands, usual, strict=True)]


def _bands(loss: series.Array, limits: DivergenceLimits) -> list[tuple[float, float]]:
    """At each place (median, spread) of the last finite values before it; NaN where there are too few.

    By luck five values of a loss that scatters lie close: the spread is at least what its steps from one evaluation to
    the next say, over more of them. A smooth fall hardly adds to that.
    """
    before = np.concatenate([[np.nan], loss[:-1]])
    recent = series.trailing_windows(before, limits.divergence_band_evaluations)
    median, spread = series.median_and_spread(recent)
    finite = np.where(np.isfinite(before), before, np.nan)
    bends = np.abs(np.diff(finite, n=2, prepend=[np.nan, np.nan]))
    padded = np.concatenate([np.full(limits.divergence_scatter_evaluations - 1, np.nan), bends])
    known = np.lib.stride_tricks.sliding_window_view(padded, limits.divergence_scatter_evaluations)
    scatter = 1.4826 * series.medians_of_known(known) / math.sqrt(6)
    return list(zip(median.tolist(), np.fmax(spread, scatter).tolist(), strict=True))


def _levels(loss: series.Array, bands: list[tuple[float, float]], limits: DivergenceLimits) -> list[Level]:
    """Above the band that held when it was left: the band does not follow a loss that runs away."""
    levels: list[Level] = []
    held: tuple[float, float] | None = None
    for value, band, least in zip(loss.tolist(), bands, _least_rises(loss, limits), strict=True):
        median, spread = held or band
        if not math.isfinite(median) or median <= 0 or not math.isfinite(value):
            levels.append(Level.HOLD if levels and levels[-1] >= Level.WARNING else Level.CLEAR)
            continue
        out = (
            value > median * (1 + limits.divergence_rise_ratio)
            and value > median + limits.divergence_spreads * spread
            and value > median + least
        )
        held = (median, spread) if out else None
        levels.append(Level.WARNING if out else Level.CLEAR)
    return levels


def _least_rises(loss: series.Array, limits: DivergenceLimits) -> list[float]:
    """At each place the share of what had been learnt before it (highest less lowest) that a rise must pass."""
    before = np.concatenate([[np.nan], loss[:-1]])
    finite = np.where(np.isfinite(before), before, np.nan)
    learnt = np.fmax.accumulate(finite) - np.fmin.accumulate(finite)
    return (limits.divergence_learnt_ratio * np.nan_to_num(learnt)).tolist()
