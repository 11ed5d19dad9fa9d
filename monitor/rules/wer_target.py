"""The error rate that was wanted by a certain epoch."""

from __future__ import annotations

import numpy as np

from monitor.rules import evaluations
from monitor.rules.episodes import Level, open_episode
from monitor.rules.result import Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.run_dir import Snapshot
from monitor.run_dir.words import percent


class TargetLimits(Limits, frozen=True):
    wer_target_ratio: float = 0.0
    """0: no target. What counts as a good error rate is for the project to say."""
    wer_target_epoch: float = 60.0


class WerTarget(Rule):
    """Watches whether the best val WER has reached the level asked for by the epoch asked for, where the project has
    set one.

    It cannot tell whether that level is right for this data.
    """

    name = "wer_target"
    title = "WER target missed"
    place = 140
    watches = ("val_wer",)
    yardstick = "target"
    limits = TargetLimits

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        limits = thresholds.of(TargetLimits)
        if not limits.wer_target_ratio > 0:
            return self.not_applicable("a target: wer_target_ratio in vitalsigns.toml")
        snapshot = evaluations.measured(snapshot, evaluations.val_wer)
        if unready := self.unready(snapshot, thresholds, "val WER"):
            return unready
        data = evaluations.read(snapshot, thresholds)
        best = np.fmin.accumulate(np.where(np.isfinite(data.val_wer), data.val_wer, np.inf))
        target, by = limits.wer_target_ratio, limits.wer_target_epoch
        late = (data.epochs >= by) & (best > target)
        levels = [Level.WARNING if missed else Level.CLEAR for missed in late]
        episode = open_episode(data.epochs, levels, thresholds, warning_epochs=0.0)
        if episode is None:
            return self.quiet(f"The target of {percent(target)} is due by epoch {by:g}.")
        return self.flag(
            data.epochs,
            episode,
            f"Best WER is {percent(best[-1])}; {percent(target)} was wanted by epoch {by:g}.",
            now={"best val WER": float(best[-1])},
            limits={"WER": target, "by epoch": by},
            remedy="Look at the flags above it for the reason; a target alone has none.",
            cannot_tell="Whether the target is right for this data.",
        )
