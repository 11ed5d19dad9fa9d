"""Over-confident, still improving: val loss rises while the primary metric improves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitor.rules import evaluations
from monitor.rules.arithmetic import series
from monitor.rules.at_chance import ChanceLimits
from monitor.rules.episodes import Level, open_episode
from monitor.rules.overfitting import OverfittingLimits
from monitor.rules.primary import chance_of, needs_of, primary_of, scale_of
from monitor.rules.result import Result
from monitor.rules.rising import RisingLimits, rising_levels
from monitor.rules.rule import PRIMARY, Rule
from monitor.rules.thresholds import Thresholds
from monitor.rules.worse import WORSE_POINTS
from monitor.run_dir import Snapshot
from monitor.run_dir.metric import Metric
from monitor.run_dir.status import is_over

RECENT_EVALUATIONS = 5


class Overconfident(Rule):
    """Watches for a val loss far above its best while the primary metric made a new best in the last evaluations.

    On 31 of 47 recorded runs the best WER came after the best val loss: stopping at the loss would have cost errors.
    It cannot tell how long the error rate will go on falling.
    """

    name = "overconfident"
    title = "Over-confident, still improving"
    place = 200
    watches = ("val_loss", PRIMARY)
    yardstick = "best"
    limits = RisingLimits
    reads = ("trend_p_value", "trend_evaluations", "chance_margin", "overfitting_wer_step_ratio")
    remedy_when_over = "Keep the best checkpoint by the metric, not by the loss."
    remedy_beside = (
        ("wer_plateau", "Keep the best checkpoint by the metric; it improves too little for many more epochs."),
    )

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """An info at most; not applicable without a primary metric, quiet where that never left a known chance."""
        limits = thresholds.of(RisingLimits)
        metric = primary_of(snapshot)
        if metric is None:
            return self.not_applicable(f"val loss, and {needs_of(snapshot)}")
        snapshot = evaluations.measured(snapshot, evaluations.known(("val_loss", metric.name)))
        if unready := self.unready(snapshot, thresholds, f"val loss and {metric.title}"):
            return unready
        data = evaluations.read(snapshot, thresholds)
        rising = rising_levels(snapshot, data, thresholds)
        improving = still_improving(metric, data.error, thresholds.of(OverfittingLimits).overfitting_wer_step_ratio)
        above = data.val_loss > series.running_best(data.val_loss)
        levels = [_level(*seen) for seen in zip(rising, improving.tolist(), above.tolist(), strict=True)]
        episode = open_episode(data.epochs, levels, thresholds, warning_epochs=0.0)
        # A metric that never left chance is not "improving", however its noise falls.
        chance, margin, learnt = chance_of(snapshot, metric), thresholds.of(ChanceLimits).chance_margin, True
        if chance is not None and not chance.assumed:
            learnt = float(np.nanmin(data.error)) < chance.error - margin * chance.size(metric)
        if episode is None or not learnt or not improving[-1]:
            return self.quiet("Loss and error rate do not go apart.")
        best_loss = int(np.nanargmin(np.where(np.isfinite(data.val_loss), data.val_loss, np.nan)))
        after = data.error[best_loss + 1 :]
        first, last = float(data.error[best_loss]), float(np.nanmin(after)) if np.isfinite(after).any() else np.inf
        if not last < first:
            return self.quiet(f"{metric.heading} has not improved since the best val loss.")
        return self.flag(
            data.epochs,
            episode,
            f"{_moves(rising[-1], metric, is_over(snapshot), is_at_best=bool(data.error[-1] <= last))} "
            f"({metric.error_text(first)} at the best loss → best {metric.error_text(last)}): "
            f"over-confident, still improving, since epoch {data.epochs[episode.onset]:g}.",
            severity="info",
            dated=True,
            now={
                metric.title: metric.error_text(float(data.error[-1])),
                f"best {metric.title}": metric.error_text(last),
                "val loss": float(data.val_loss[-1]),
            },
            limits={"val loss above best": limits.val_rise_warning_ratio},
            remedy=f"Go on, and keep the checkpoint with the best {metric.label}, not the one with the best loss.",
            cannot_tell=f"How long {metric.label} goes on improving.",
        )


def _moves(rising: Level, metric: Metric, over: bool, is_at_best: bool) -> str:
    """What both did; of a run that is over, in the past. The metric "still" moves only while the newest is the best."""
    if over:
        return (
            f"Val loss rose, {metric.label} {'still improved at its end' if is_at_best else 'came to a new best since'}"
        )
    loss = f"Val loss {'rises' if rising >= Level.WARNING else 'rose'}"
    return f"{loss}, {metric.label} {f'still {metric.improves}' if is_at_best else 'came to a new best since'}"


def _level(rising: Level, improves: bool, above_best: bool) -> Level:
    """A rise that eases ends nothing while the error rate still improves: only a new best val loss does.

    Otherwise the word would turn graver because the run got better.
    """
    if rising >= Level.WARNING:
        return Level.WARNING if improves else Level.CLEAR
    return Level.HOLD if improves and above_best else rising


def still_improving(metric: Metric, error: series.Array, step_ratio: float) -> npt.NDArray[np.bool_]:
    """At each place whether the best error within the last evaluations is a step below the best before them, and the
    newest is not far above it. A step is what `overfitting` counts as one: `step_ratio` of the error."""
    finite = np.isfinite(error)
    known = error[finite]
    if not len(known):
        return finite
    best = series.running_best(known)
    scale = scale_of(metric, known)
    before = np.maximum(np.arange(len(known)) - RECENT_EVALUATIONS, 0)
    far = WORSE_POINTS * (1.0 if metric.is_share else np.abs(scale))
    new = (best[before] - best > step_ratio * scale[before]) & (known - best <= far)
    last_known = np.cumsum(finite) - 1
    return np.where(last_known >= 0, new[np.maximum(last_known, 0)], False)
