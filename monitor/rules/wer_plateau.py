"""The best error rate has stopped moving."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitor.rules import evaluations
from monitor.rules.arithmetic import series
from monitor.rules.episodes import Level, open_episode
from monitor.rules.result import Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.run_dir import Snapshot


class PlateauLimits(Limits, frozen=True):
    wer_step: float = 0.01
    """One point of WER: what counts as an improvement."""
    wer_step_ratio: float = 0.02
    plateau_warning_evaluations: int = 10
    plateau_critical_evaluations: int = 20


class WerPlateau(Rule):
    """Watches how much the best val WER moved over the last evaluations: under a point and under 2 % of itself.

    It cannot tell a model that has learnt all there is from one that is stuck: look at chance beside it.
    """

    name = "wer_plateau"
    title = "WER stuck"
    place = 150
    watches = ("val_wer",)
    yardstick = "best"
    causes = ("stuck",)
    limits = PlateauLimits

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        limits = thresholds.of(PlateauLimits)
        need = limits.plateau_warning_evaluations + 1
        snapshot = evaluations.measured(snapshot, evaluations.val_wer)
        if unready := self.unready(snapshot, thresholds, "val WER", least=need):
            return unready
        data = evaluations.read(snapshot, thresholds)
        best = np.minimum.accumulate(np.where(np.isfinite(data.val_wer), data.val_wer, np.inf))
        warning = data.judged & _stuck(best, limits.plateau_warning_evaluations, limits)
        critical = data.judged & _stuck(best, limits.plateau_critical_evaluations, limits)
        levels = [
            Level.CRITICAL if far else Level.WARNING if stuck else Level.CLEAR
            for stuck, far in zip(warning.tolist(), critical.tolist(), strict=True)
        ]
        # The window of ten evaluations is the persistence.
        episode = open_episode(data.epochs, levels, thresholds, warning_epochs=0.0, critical_epochs=0.0)
        best_at = int(np.argmin(best))
        where = f"{100 * best[-1]:.1f} %, epoch {data.epochs[best_at]:g}"
        if episode is None:
            return self.quiet(f"Best WER still moves ({where}).")
        window = limits.plateau_warning_evaluations
        if episode.severity == "critical":
            window = limits.plateau_critical_evaluations
        moved = 100 * float(best[-1 - window] - best[-1])
        return self.flag(
            data.epochs,
            episode,
            f"Best WER has moved {moved:.1f} points in {window} evaluations ({where}).",
            dated=True,
            now={"best val WER": float(best[-1]), "moved, points": moved, "evaluations": float(window)},
            limits={"points": 100 * limits.wer_step, "of itself": limits.wer_step_ratio},
            remedy="If it stands near chance, the input does not arrive; if well below, stop here or change the data.",
            cannot_tell="Whether there is anything left to learn.",
        )


def _stuck(best: series.Array, window: int, limits: PlateauLimits) -> npt.NDArray[np.bool_]:
    """At each place whether the best error rate hardly moved within the window; not known before it is full."""
    out = np.zeros(len(best), dtype=bool)
    before = best[:-window]
    known = np.isfinite(before)
    moved = before[known] - best[window:][known]
    out[window:][known] = moved < np.minimum(limits.wer_step, limits.wer_step_ratio * before[known])
    return out
