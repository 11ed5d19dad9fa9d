"""The best error rate has stopped moving."""

from __future__ import annotations

import numpy as np

from monitor.rules import evaluations
from monitor.rules.episodes import Level, open_episode
from monitor.rules.result import Finding, NotApplicable, NotEnoughData, Quiet, Result
from monitor.rules.thresholds import Thresholds
from monitor.run_dir import Snapshot


class WerPlateau:
    """Watches how much the best val WER moved over the last evaluations: under a point and under 2 % of itself.

    It cannot tell a model that has learnt all there is from one that is stuck: look at chance beside it.
    """

    name = "wer_plateau"
    title = "WER stuck"

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        need = thresholds.plateau_warning_evaluations + 1
        have, any_known, ripe = evaluations.enough(snapshot, thresholds, lambda record: record.val_wer)
        if not any_known:
            return NotApplicable(self.name, self.title, "val WER")
        if not ripe or have < need:
            return NotEnoughData(self.name, self.title, have, need)
        data = evaluations.read(snapshot, thresholds)
        best = np.minimum.accumulate(np.where(np.isfinite(data.val_wer), data.val_wer, np.inf))
        levels = [_level(best, place, thresholds) if data.judged[place] else Level.CLEAR for place in range(len(data))]
        # The window of ten evaluations is the persistence.
        episode = open_episode(data.epochs, levels, thresholds, warning_epochs=0.0, critical_epochs=0.0)
        best_at = int(np.argmin(best))
        where = f"{100 * best[-1]:.1f} %, epoch {data.epochs[best_at]:g}"
        if episode is None:
            return Quiet(self.name, self.title, f"Best WER still moves ({where}).")
        window = thresholds.plateau_warning_evaluations
        if episode.severity == "critical":
            window = thresholds.plateau_critical_evaluations
        moved = 100 * float(best[-1 - window] - best[-1])
        return Finding(
            rule=self.name,
            title=self.title,
            severity=episode.severity,
            line=f"Best WER has moved {moved:.1f} points in {window} evaluations ({where}).",
            onset=float(data.epochs[episode.onset]),
            fired=float(data.epochs[episode.fired]),
            critical_since=None if episode.critical_at is None else float(data.epochs[episode.critical_at]),
            now={"best val WER": float(best[-1]), "moved, points": moved, "evaluations": float(window)},
            limits={"points": 100 * thresholds.wer_step, "of itself": thresholds.wer_step_ratio},
            remedy="If it stands near chance, the input does not arrive; if well below, stop here or change the data.",
            cannot_tell="Whether there is anything left to learn.",
        )


def _level(best: np.ndarray, place: int, limits: Thresholds) -> Level:
    if _stuck(best, place, limits.plateau_critical_evaluations, limits):
        return Level.CRITICAL
    return Level.WARNING if _stuck(best, place, limits.plateau_warning_evaluations, limits) else Level.CLEAR


def _stuck(best: np.ndarray, place: int, window: int, limits: Thresholds) -> bool:
    if place < window or not np.isfinite(best[place - window]):
        return False
    before = best[place - window]
    return bool(before - best[place] < min(limits.wer_step, limits.wer_step_ratio * before))
