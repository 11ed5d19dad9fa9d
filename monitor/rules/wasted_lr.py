"""The learning rate has fallen, and nothing has improved since."""

from __future__ import annotations

import numpy as np

from monitor.rules import evaluations
from monitor.rules.arithmetic import series
from monitor.rules.episodes import Level, open_episode
from monitor.rules.primary import primary_of
from monitor.rules.result import Result
from monitor.rules.rule import PRIMARY, Rule
from monitor.rules.thresholds import Thresholds
from monitor.rules.wer_plateau import PlateauLimits
from monitor.run_dir import Snapshot
from monitor.run_dir.words import percent

LEAST_SHARE, IN_WHOLE = 0.001, 0.01


class WastedRate(Rule):
    """Watches for a learning rate under half its peak while no new best came for half the evaluations that a plateau
    takes. Further decay then rarely helps: the schedule is being spent on a model that has stopped.

    It never says more than a hint.
    It cannot tell whether a longer time at the peak would have found more.
    """

    name = "wasted_lr"
    title = "Learning rate spent on nothing"
    place = 230
    watches = ("lr", PRIMARY, "val_loss")
    reads = ("plateau_warning_evaluations", "plateau_window_ratio")
    remedy_when_over = "Keep the best checkpoint; of a restart, the schedule can be shorter."

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """An info at most; not applicable where no evaluation has a learning rate."""
        metric = primary_of(snapshot)
        snapshot = evaluations.measured(
            snapshot, evaluations.val_loss if metric is None else evaluations.known(metric.name)
        )
        rate = evaluations.columns(snapshot, "lr")[0]
        if not snapshot.epochs or not np.isfinite(rate).any():
            return self.not_applicable("lr, with val loss, an error rate or a score")
        if not evaluations.enough(snapshot, thresholds):
            return self.not_enough_data(len(snapshot.epochs), evaluations.needed(snapshot, thresholds))
        data = evaluations.read(snapshot, thresholds)
        errors = data.val_loss if metric is None else data.error
        peak = np.maximum.accumulate(np.where(np.isfinite(rate), rate, 0.0))
        since = _since_best(errors)
        limits, counts = thresholds.of(PlateauLimits), np.arange(1, len(data) + 1)
        patience = series.windows(limits.plateau_warning_evaluations, limits.plateau_window_ratio, counts) / 2
        waste = (peak > 0) & (rate < peak / 2) & (since >= patience) & data.judged
        levels = [Level.WARNING if wasted else Level.CLEAR for wasted in waste]
        episode = open_episode(data.epochs, levels, thresholds, warning_epochs=0.0)
        if episode is None:
            return self.quiet(f"The rate is {rate[-1]:.1e} of a peak of {peak[-1]:.1e}.")
        what = "val loss" if metric is None else metric.title
        return self.flag(
            data.epochs,
            episode,
            f"The learning rate is {_of_peak(float(rate[-1]), float(peak[-1]))}, "
            f"and {what} has had no new best for {since[-1]:.0f} evaluations.",
            now={"learning rate": float(rate[-1]), "peak": float(peak[-1]), "evaluations without a best": since[-1]},
            limits={"of the peak": 0.5, "evaluations without a best": float(patience[-1])},
            remedy="Stop here and keep the best checkpoint, or restart with a shorter schedule.",
            cannot_tell="Whether more time at the peak rate would have found more.",
            severity="info",
        )


def _since_best(errors: np.ndarray) -> np.ndarray:
    """Evaluations since the best finite error so far; 0 before the first."""
    best = series.running_best(errors)
    return np.where(np.isfinite(best), np.arange(len(errors)) - series.first_bests(best), 0.0)


def _of_peak(rate: float, peak: float) -> str:
    """Such as "at 4.0 % of its peak"; a rate that is not zero never reads as zero."""
    if rate == 0:
        return "0"
    share = rate / peak
    if share < LEAST_SHARE:
        return f"below {percent(LEAST_SHARE)} of its peak"
    return f"at {f'{100 * share:.0f} %' if share >= IN_WHOLE else percent(share)} of its peak"
