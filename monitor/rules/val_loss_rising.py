"""Validation loss above its best, and still rising."""

from __future__ import annotations

import numpy as np

from monitor.rules import evaluations
from monitor.rules.episodes import open_episode
from monitor.rules.evaluations import Evaluations
from monitor.rules.result import Result
from monitor.rules.rising import RisingLimits, rising_levels
from monitor.rules.rule import PRIMARY, Rule
from monitor.rules.thresholds import CommonLimits, Thresholds
from monitor.run_dir import Snapshot
from monitor.run_dir.status import is_over
from monitor.run_dir.words import above, number

RECENT = 2
"""Evaluations in which the highest val loss since the best still counts as rising: one may scatter below it."""


class ValLossRising(Rule):
    """Watches Prechelt's generalisation loss GL = val / best - 1 (Prechelt 1998), with a trend test beside it.

    Where train loss is logged too it is a hint: `overfitting` asks both losses, and of recorded healthy runs this rule
    alone had warned a third, most of which came back to a new best (docs/log.md).
    It cannot tell whether the error rate rises too: a loss can rise while the model still improves.
    """

    name = "val_loss_rising"
    title = "Val loss rising"
    place = 190
    watches = ("val_loss", "train_loss", "train_eval_loss", PRIMARY)
    yardstick = "best"
    causes = ("too_little_regularisation",)
    limits = RisingLimits
    reads = ("trend_p_value", "trend_evaluations")
    remedy_when_over = "Keep the best checkpoint; a risen loss alone does not say that the model got worse."
    remedy_beside = (
        (
            "overconfident",
            "Keep the best checkpoint by the metric; it still improves, so this alone is no reason to stop.",
        ),
    )

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """A flag while val loss is above its best as a trend; an info where train loss is logged too."""
        limits = thresholds.of(RisingLimits)
        snapshot = evaluations.measured(snapshot, evaluations.val_loss)
        if unready := self.unready(snapshot, thresholds, "val loss"):
            return unready
        data = evaluations.read(snapshot, thresholds)
        # One rise proves nothing; the trend test over evaluations already is the persistence.
        levels = rising_levels(snapshot, data, thresholds)
        episode = open_episode(data.epochs, levels, thresholds, warning_epochs=0.0, critical_epochs=0.0)
        best_at = int(np.nanargmin(np.where(np.isfinite(data.val_loss), data.val_loss, np.inf)))
        best, current = float(data.val_loss[best_at]), float(data.val_loss[-1])
        ratio, far = _above(data.val_loss, current, best)
        where = f"{far} its best ({number(best)}, epoch {data.epochs[best_at]:g})"
        if episode is None:
            word = f"Val loss is {where}." if current > best else f"Val loss is at its best, {number(best)}."
            return self.quiet(word)
        rises = _rises(data.val_loss[best_at:], is_over(snapshot))
        return self.flag(
            data.epochs,
            episode,
            f"Val loss is {where}{rises}, since epoch {data.epochs[episode.onset]:g}.",
            dated=True,
            now={"val loss": current, "best val loss": best, "above best": ratio},
            limits={
                "above best (warning)": limits.val_rise_warning_ratio,
                "above best (critical)": limits.val_rise_critical_ratio,
                "p value of the trend": thresholds.of(CommonLimits).trend_p_value,
                "above best, times its scatter": limits.val_rise_scatters,
            },
            remedy=_remedy(data, best_at),
            cannot_tell="Whether the model gets worse: with errors that still fall this is over-confidence.",
            # Beside a train loss `overfitting` tells a val loss that leaves it from one that only swings.
            severity="info" if np.isfinite(data.train_loss).any() else None,
        )


def _above(losses: np.ndarray, current: float, best: float) -> tuple[float, str]:
    """How far the newest loss is above the best: as a part of it and in words; below zero, of the range so far."""
    if best > 0:
        ratio = current / best - 1
        return ratio, above(ratio)
    span = float(np.max(losses[np.isfinite(losses)])) - best if np.isfinite(losses).any() else 0.0
    return (current - best) / span if span else 0.0, f"{number(current - best)} above"


def _rises(since_best: np.ndarray, over: bool) -> str:
    """ " and still rising" where one of the last two evaluations is the highest since the best; of the past: was."""
    known = since_best[np.isfinite(since_best)]
    before, recent = known[:-RECENT], known[-RECENT:]
    said = " and was still rising" if over else " and still rising"
    return said if not len(before) or recent.max() > before.max() else ""


def _remedy(data: Evaluations, best_at: int) -> str:
    metric = data.metric
    if metric is None:
        return (
            "Keep the best checkpoint. No error rate or score is logged that could tell whether the model gets worse."
        )
    then, now = float(data.error[best_at]), float(data.error[-1])
    if not np.isfinite([then, now]).all():
        return f"Keep the best checkpoint; see whether {metric.label} gets worse too before you stop."
    top = int(np.nanargmin(data.error))
    return (
        f"Keep the checkpoint with the best {metric.label} ({metric.error_text(float(data.error[top]))}, epoch "
        f"{data.epochs[top]:g}): at the best val loss it was {metric.error_text(then)}, now it is "
        f"{metric.error_text(now)}."
    )
