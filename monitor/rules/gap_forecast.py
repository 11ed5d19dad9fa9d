"""When the gap will cross its limit: an estimate with its band, never more than a hint."""

from __future__ import annotations

import math

import numpy as np

from monitor import series
from monitor.rules import evaluations
from monitor.rules.result import Finding, NotApplicable, NotEnoughData, Quiet, Result
from monitor.rules.thresholds import Thresholds
from monitor.run_dir import Snapshot

STILL_RISING = 0.8


class GapForecast:
    """Watches where the gap goes: a robust line through the last evaluations, and where it meets the limit.

    Only a rise that a trend test confirms is drawn on, and only as far as the evaluations reach back.
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
        slope, slow, fast = series.theil_sen_band(epochs, gap)
        rising = series.rising_p_value(gap) < thresholds.trend_p_value
        # A gap that levels off is the usual one: the later half must rise about as fast as the whole.
        later = series.theil_sen(epochs[len(epochs) // 2 :], gap[len(gap) // 2 :])
        if not (rising and slope > 0 and slow > 0 and later > STILL_RISING * slope):
            return Quiet(self.name, self.title, "The gap shows no rise that could be drawn on.")
        level = min(float(np.median(gap - slope * (epochs - epochs[-1]))), thresholds.gap_limit)
        expected, early, late = (
            float(epochs[-1]) + (thresholds.gap_limit - level) / each for each in (slope, fast, slow)
        )
        horizon = float(epochs[-1]) + float(epochs[-1] - epochs[0])
        if expected > horizon:
            return Quiet(self.name, self.title, f"At this rate the gap meets its limit after epoch {horizon:g}.")
        first, last = max(early, float(epochs[-1])), late
        return Finding(
            rule=self.name,
            title=self.title,
            severity="info",
            line=f"At this rate the gap crosses {thresholds.gap_limit:g} at about epoch {math.ceil(expected):g} "
            f"(between {math.ceil(first):g} and {math.ceil(last):g}).",
            onset=float(epochs[0]),
            fired=float(epochs[-1]),
            now={"gap": float(gap[-1]), "per epoch": slope, "crossing at epoch": round(expected, 1)},
            limits={"gap": thresholds.gap_limit, "p value": thresholds.trend_p_value},
            remedy="Nothing yet; have the next change ready.",
            cannot_tell="What a change of the learning rate will do to the line.",
        )


def _gap_known(record: object) -> float | None:
    gap, val = getattr(record, "gap", None), getattr(record, "val_loss", None)
    return gap if gap is not None else val if getattr(record, "train_loss", None) is not None else None
