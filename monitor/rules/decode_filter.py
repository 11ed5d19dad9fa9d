"""What the user's own decoder settings cost."""

from __future__ import annotations

import numpy as np

from monitor.rules import evaluations
from monitor.rules.episodes import Level, open_episode
from monitor.rules.result import Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import CommonLimits, Limits, Thresholds
from monitor.run_dir import Snapshot
from monitor.run_dir.checkpoints import is_ours


class FilterLimits(Limits, frozen=True):
    """WER with the filter less WER without, as fractions."""

    filter_warning: float = 0.01
    filter_critical: float = 0.05


class DecodeFilter(Rule):
    """Watches the error rate with the user's own decoder settings against that of the plain output.

    It cannot tell whether another setting of the filter would help.
    """

    name = "decode_filter"
    title = "The decoder's filter costs words"
    place = 120
    kind = "sequence"
    watches = ("val_wer", "val_wer_adjusted")
    yardstick = "chance"
    causes = ("decoder",)
    limits = FilterLimits

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """A flag while the filter costs too much WER; not applicable where no evaluation has both error rates."""
        limits = thresholds.of(FilterLimits)
        common = thresholds.of(CommonLimits)
        snapshot = evaluations.measured(snapshot, evaluations.known(("val_wer", "val_wer_adjusted")))
        if unready := self.unready(snapshot, thresholds, "val_wer_adjusted: the error rate with a filter that is on"):
            return unready
        data = evaluations.read(snapshot, thresholds)
        wer, adjusted = evaluations.columns(snapshot, "val_wer", "val_wer_adjusted")
        cost = adjusted - wer
        levels = [
            _level(value, limits, common) if ok else Level.CLEAR for value, ok in zip(cost, data.judged, strict=True)
        ]
        episode = open_episode(data.epochs, levels, thresholds)
        both = f"{100 * adjusted[-1]:.1f} % with the filter, {100 * wer[-1]:.1f} % without"
        if episode is None:
            return self.quiet(f"WER is {both}.")
        return self.flag(
            data.epochs,
            episode,
            f"The decoder's filter costs {100 * cost[-1]:.1f} points of WER: {both}.",
            now={"with the filter": float(adjusted[-1]), "without": float(wer[-1])},
            limits={"points (warning)": 100 * limits.filter_warning, "critical": 100 * limits.filter_critical},
            remedy="Leave the filter out, or set its strength on val"
            + (": python -m trainer.diagnose decodes with the blank lowered." if is_ours(snapshot) else "."),
            cannot_tell="Whether another setting of it would help.",
        )


def _level(cost: float, limits: FilterLimits, common: CommonLimits) -> Level:
    if not np.isfinite(cost):
        return Level.HOLD
    if cost > limits.filter_critical:
        return Level.CRITICAL
    if cost > limits.filter_warning:
        return Level.WARNING
    return Level.HOLD if cost > limits.filter_warning * (1 - common.hysteresis_ratio) else Level.CLEAR
