"""The best error rate has stopped moving."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitor.rules import evaluations
from monitor.rules.arithmetic import series
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
        warning = data.judged & _stuck(best, thresholds.plateau_warning_evaluations, thresholds)
        critical = data.judged & _stuck(best, thresholds.plateau_critical_evaluations, thresholds)
        levels = [
            Level.CRITICAL if far else Level.WARNING if stuck else Level.CLEAR
            for stuck, far in zip(warning.tolist(), critical.tolist(), strict=True)
        ]
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


def _stuck(best: series.Array, window: int, limits: Thresholds) -> npt.NDArray[np.bool_]:
    """At each place whether the best error rate hardly moved within the window; not known before it is full."""
    out = np.zeros(len(best), dtype=bool)
    before = best[:-window]
    known = np.isfinite(before)
    moved = before[known] - best[window:][known]
    out[window:][known] = moved < np.minimum(limits.wer_step, limits.wer_step_ratio * before[known])
    return out
