"""When the gap will cross its limit: an estimate with its band, never more than a hint."""

from __future__ import annotations

import math

import numpy as np

from monitor.rules import evaluations
from monitor.rules.arithmetic import forecast, series
from monitor.rules.gap_limit import GapLimits, limits_of
from monitor.rules.result import Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import CommonLimits, Limits, Thresholds
from monitor.run_dir import Snapshot, words
from monitor.run_dir.planned import planned_epochs
from monitor.run_dir.status import is_over


class ForecastLimits(Limits, frozen=True):
    """How many evaluations the line is fitted to: at least, and at most."""

    forecast_evaluations: int = 6
    forecast_window: int = 12


class GapForecast(Rule):
    """Watches where the gap goes: the damped line of `monitor.rules.arithmetic.forecast`, and where it meets the limit.

    Only a rise that a trend test confirms is drawn on, and only ten evaluations far, none past the planned end;
    of a run that is over, nothing.
    It cannot tell how a change of the learning rate, or more noise, would change the line.
    """

    name = "gap_forecast"
    title = "The gap is on its way to the limit"
    place = 180
    watches = ("gap", "train_loss", "train_eval_loss", "val_loss")
    yardstick = "limit"
    limits = ForecastLimits
    reads = ("gap_limit", "gap_large_loss", "gap_of_large_loss_ratio", "trend_p_value")

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """An info with the epoch at which the gap is expected to cross its limit, and the 80 % band of that epoch."""
        limits = thresholds.of(ForecastLimits)
        p_value = thresholds.of(CommonLimits).trend_p_value
        need = limits.forecast_evaluations
        snapshot = evaluations.measured(snapshot, evaluations.known("gap", ("train_loss", "val_loss")))
        if not snapshot.epochs:
            return self.not_applicable("train and val loss at the same evaluation")
        data = evaluations.read(snapshot, thresholds)
        limit = float(limits_of(data.val_loss, thresholds.of(GapLimits))[-1])
        known = np.flatnonzero(data.judged & np.isfinite(data.gap))
        if not evaluations.enough(snapshot, thresholds) or len(known) < need:
            # What was not finite counts for neither.
            finite = int(np.isfinite(data.gap).sum())
            lost = len(snapshot.epochs) - finite
            more = _needed(snapshot, thresholds, len(known), need) - lost
            return self.not_enough_data(finite, more)
        if is_over(snapshot):
            return self.quiet("The run is over: there is no forecast.")
        places = known[-limits.forecast_window :]
        epochs, gap = data.epochs[places], data.gap[places]
        if gap[-1] > limit:
            return self.quiet("The limit is crossed already.")
        planned = planned_epochs(snapshot)
        if planned is not None and epochs[-1] >= planned:
            return self.quiet("The plan is at its end: there is no forecast.")
        seen = forecast.outlook(epochs, gap, until=planned)
        if seen is None or not series.rising_p_value(gap) < p_value:
            return self.quiet("The gap shows no rise that could be drawn on.")
        crosses = forecast.crossing(seen, limit)
        if crosses is None:
            return self.quiet(f"The gap is heading for {forecast.in_words(seen)}.")
        early = f"{math.ceil(crosses.early):g}"
        never = "on, or never" if planned is None else f"on, or not before the end of the plan, epoch {planned:g}"
        late = never if crosses.late is None else f"to {math.ceil(crosses.late):g}"
        return self.finding(
            "info",
            f"The gap will cross {words.limit(limit)} at about epoch {math.ceil(crosses.expected):g} "
            f"(80 % band: epoch {early} {late}).",
            float(epochs[0]),
            fired=float(epochs[-1]),
            now={"gap": float(gap[-1]), "crossing at epoch": round(crosses.expected, 1)},
            limits={"gap": limit, "p value": p_value},
            remedy="Nothing yet; have the next change ready.",
            cannot_tell="How a change of the learning rate would change the line.",
        )


def _needed(measured: Snapshot, thresholds: Thresholds, judged: int, least: int) -> int:
    """How many evaluations make `least` that are judged: those within the guard are counted, as for every rule."""
    have, verdict = len(measured.epochs), evaluations.needed(measured, thresholds)
    first = max(0, verdict - have - 1) if not judged else 0
    return max(verdict, have + first + least - judged)
