"""The loss leaves its band upwards, before it is NaN."""

from __future__ import annotations

import math

import numpy as np

from monitor.rules import evaluations
from monitor.rules.arithmetic import series
from monitor.rules.episodes import Level, open_episode
from monitor.rules.result import Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.run_dir import Snapshot
from monitor.run_dir.words import number


class DivergenceLimits(Limits, frozen=True):
    divergence_band_evaluations: int = 5
    divergence_rise_ratio: float = 0.3
    divergence_spreads: float = 6.0
    divergence_learnt_ratio: float = 0.05


class Divergence(Rule):
    """Watches train loss against the band of its last evaluations: far above their median, in units of their spread,
    in share, and against what was learnt, as a loss that has come down to nothing doubles for nothing.
    Train loss is what is minimised: while it leaves its band, the optimisation itself goes wrong.

    It cannot tell a learning rate that is too high from data that changed.
    """

    name = "divergence"
    title = "Train loss runs away"
    place = 50
    watches = ("train_loss",)
    causes = ("diverging",)
    limits = DivergenceLimits

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        limits = thresholds.of(DivergenceLimits)
        need = limits.divergence_band_evaluations + 1
        snapshot = evaluations.measured(snapshot, evaluations.train_loss)
        if unready := self.unready(snapshot, thresholds, "train loss of evaluations", least=need):
            return unready
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
        return self.flag(
            data.epochs,
            episode,
            f"Train loss has left its band: {number(float(loss[-1]))}, where {number(before)} was usual.",
            now={"train loss": float(loss[-1]), "usual before": before},
            limits={"times the usual": 1 + limits.divergence_rise_ratio, "spreads": limits.divergence_spreads},
            remedy="A lower learning rate or a lower clip norm, from the last good checkpoint.",
            cannot_tell="Whether the data changed, or the learning rate is too high.",
        )


def _bands(loss: series.Array, limits: DivergenceLimits) -> list[tuple[float, float]]:
    """At each place (median, spread) of the last finite values before it; NaN where there are too few."""
    before = np.concatenate([[np.nan], loss[:-1]])
    recent = series.trailing_windows(before, limits.divergence_band_evaluations)
    median = np.median(recent, axis=1)
    spread = 1.4826 * np.median(np.abs(recent - median[:, None]), axis=1)
    return list(zip(median.tolist(), spread.tolist(), strict=True))


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
