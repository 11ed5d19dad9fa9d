"""The learning rate has fallen, and nothing has improved since."""

from __future__ import annotations

import numpy as np

from monitor.rules import evaluations
from monitor.rules.episodes import Level, open_episode
from monitor.rules.result import Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import Thresholds
from monitor.rules.wer_plateau import PlateauLimits
from monitor.run_dir import Snapshot


class WastedRate(Rule):
    """Watches for a learning rate under half its peak while no new best came for half the evaluations that a plateau
    takes. Further decay then rarely helps: the schedule is being spent on a model that has stopped.

    It never says more than a hint.
    It cannot tell whether a longer time at the peak would have found more.
    """

    name = "wasted_lr"
    title = "Learning rate spent on nothing"
    place = 230
    watches = ("lr", "val_wer", "val_loss")
    reads = ("plateau_warning_evaluations",)

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        by_wer = any(record.val_wer is not None for record in snapshot.epochs)
        snapshot = evaluations.measured(snapshot, evaluations.val_wer if by_wer else evaluations.val_loss)
        rate = evaluations.columns(snapshot, "lr")[0]
        if not snapshot.epochs or not np.isfinite(rate).any():
            return self.not_applicable("lr, with val WER or val loss")
        if not evaluations.enough(snapshot, thresholds):
            return self.not_enough_data(len(snapshot.epochs), evaluations.needed(snapshot, thresholds))
        data = evaluations.read(snapshot, thresholds)
        score = data.val_wer if by_wer else data.val_loss
        peak = np.maximum.accumulate(np.where(np.isfinite(rate), rate, 0.0))
        since = _since_best(score)
        patience = thresholds.of(PlateauLimits).plateau_warning_evaluations / 2
        waste = (rate < peak / 2) & (since >= patience) & data.judged
        levels = [Level.WARNING if wasted else Level.CLEAR for wasted in waste]
        episode = open_episode(data.epochs, levels, thresholds, warning_epochs=0.0)
        if episode is None:
            return self.quiet(f"The rate is {rate[-1]:.1e} of a peak of {peak[-1]:.1e}.")
        what = "val WER" if by_wer else "val loss"
        return self.flag(
            data.epochs,
            episode,
            f"The learning rate is at {100 * rate[-1] / peak[-1]:.0f} % of its peak, "
            f"and {what} has had no new best for {since[-1]:.0f} evaluations.",
            now={"learning rate": float(rate[-1]), "peak": float(peak[-1]), "evaluations without a best": since[-1]},
            limits={"of the peak": 0.5, "evaluations without a best": patience},
            remedy="Stop here and keep the best checkpoint, or restart with a shorter schedule.",
            cannot_tell="Whether more time at the peak rate would have found more.",
            severity="info",
        )


def _since_best(score: np.ndarray) -> np.ndarray:
    """Evaluations since the best finite score so far; 0 before the first."""
    best, at, out = np.inf, 0, np.zeros(len(score))
    for place, value in enumerate(score):
        if np.isfinite(value) and value < best:
            best, at = value, place
        out[place] = place - at if np.isfinite(best) else 0
    return out
