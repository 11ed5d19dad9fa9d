"""What the user's own decoder settings cost."""

from __future__ import annotations

import numpy as np

from monitor.rules import evaluations
from monitor.rules.episodes import Level, open_episode
from monitor.rules.flags import flag
from monitor.rules.result import NotApplicable, NotEnoughData, Quiet, Result
from monitor.rules.thresholds import Thresholds
from monitor.run_dir import Snapshot


class DecodeFilter:
    """Watches the error rate with the user's blank penalty or confidence filter against plain greedy output.

    It cannot tell whether another setting of the filter would help.
    """

    name = "decode_filter"
    title = "The decoder's filter costs words"

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        have, any_known, ripe = evaluations.enough(
            snapshot, thresholds, lambda record: record.metrics.get("val_wer_adjusted")
        )
        if not any_known:
            return NotApplicable(self.name, self.title, "val_wer_adjusted: the error rate with a filter that is on")
        if not ripe:
            return NotEnoughData(self.name, self.title, have, thresholds.guard_evaluations)
        data = evaluations.read(snapshot, thresholds)
        adjusted = np.array([record.metrics.get("val_wer_adjusted", np.nan) for record in snapshot.epochs])
        cost = adjusted - data.val_wer
        levels = [_level(value, thresholds) if ok else Level.CLEAR for value, ok in zip(cost, data.judged, strict=True)]
        episode = open_episode(data.epochs, levels, thresholds)
        both = f"{100 * adjusted[-1]:.1f} % with the filter, {100 * data.val_wer[-1]:.1f} % without"
        if episode is None:
            return Quiet(self.name, self.title, f"WER is {both}.")
        return flag(
            self,
            data.epochs,
            episode,
            f"The decoder's filter costs {100 * cost[-1]:.1f} points of WER: {both}.",
            now={"with the filter": float(adjusted[-1]), "without": float(data.val_wer[-1])},
            limits={"points (warning)": 100 * thresholds.filter_warning, "critical": 100 * thresholds.filter_critical},
            remedy="Leave the filter out, or set it on val: python -m trainer.diagnose decodes with the blank lowered.",
            cannot_tell="Whether another setting of it would help.",
        )


def _level(cost: float, limits: Thresholds) -> Level:
    if not np.isfinite(cost):
        return Level.HOLD
    if cost > limits.filter_critical:
        return Level.CRITICAL
    if cost > limits.filter_warning:
        return Level.WARNING
    return Level.HOLD if cost > limits.filter_warning * (1 - limits.hysteresis_ratio) else Level.CLEAR
