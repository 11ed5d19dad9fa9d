"""When the gap will cross its limit: an estimate with its band, never more than a hint."""

from __future__ import annotations

import math

import numpy as np

from monitor.rules import evaluations
from monitor.rules.arithmetic import forecast, series
from monitor.rules.result import Finding, NotApplicable, NotEnoughData, Quiet, Result
from monitor.rules.thresholds import Thresholds
from monitor.run_dir import Snapshot


class GapForecast:
    """Watches where the gap goes: the damped line of `monitor.rules.arithmetic.forecast`, and where it meets the limit.

    Only a rise that a trend test confirms is drawn on, and only ten evaluations far.
    It cannot tell what a change of the learning rate, or more noise, will do to the line.
    """

    name = "gap_forecast"
    title = "The gap is on its way to the limit"

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        need = thresholds.forecast_evaluations
        have, any_known, ripe = evaluations.enough(snapshot, thresholds, _gap_known)
        if not any_known:
            return NotApplicable(self.name, self.title, "train and val loss at the same evaluation")
        data = evaluations.read(snapshot, thresholds)
        known = np.flatnonzero(data.judged & np.isfinite(data.gap))
        if not ripe or len(known) < need:
            return NotEnoughData(self.name, self.title, min(have, len(known)), need)
        places = known[-thresholds.forecast_window :]
        epochs, gap = data.epochs[places], data.gap[places]
        if gap[-1] > thresholds.gap_limit:
            return Quiet(self.name, self.title, "The limit is crossed already.")
        seen = forecast.outlook(epochs, gap)
        if seen is None or not series.rising_p_value(gap) < thresholds.trend_p_value:
            return Quiet(self.name, self.title, "The gap shows no rise that could be drawn on.")
        crosses = forecast.crossing(seen, thresholds.gap_limit)
        if crosses is None:
            return Quiet(self.name, self.title, f"The gap is heading for {forecast.in_words(seen)}.")
        late = "later or never" if crosses.late is None else f"{math.ceil(crosses.late):g}"
        return Finding(
            rule=self.name,
            title=self.title,
            severity="info",
            line=f"The gap will cross {thresholds.gap_limit:g} at about epoch {math.ceil(crosses.expected):g} "
            f"(four in five: between {math.ceil(crosses.early):g} and {late}).",
            onset=float(epochs[0]),
            fired=float(epochs[-1]),
            now={"gap": float(gap[-1]), "crossing at epoch": round(crosses.expected, 1)},
            limits={"gap": thresholds.gap_limit, "p value": thresholds.trend_p_value},
            remedy="Nothing yet; have the next change ready.",
            cannot_tell="What a change of the learning rate will do to the line.",
        )


def _gap_known(record: object) -> float | None:
    gap, val = getattr(record, "gap", None), getattr(record, "val_loss", None)
    return gap if gap is not None else val if getattr(record, "train_loss", None) is not None else None
