"""The value of the primary metric that was wanted by a certain epoch."""

from __future__ import annotations

import math

import numpy as np

from monitor.rules import evaluations
from monitor.rules.episodes import Level, open_episode
from monitor.rules.primary import needs_of, primary_of
from monitor.rules.result import Result
from monitor.rules.rule import PRIMARY, Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.run_dir import Snapshot
from monitor.run_dir.metric import WER, Metric
from monitor.run_dir.planned import planned_epochs

STILL_IMPROVES = "Train longer: it still makes new bests. A missed target alone gives no other reason."
AT_REST = (
    "Change the data or the model, or set a target that this data allows: it makes no new bests. A missed target alone "
    "gives no other reason."
)
RECENT = 3
"""Evaluations; a best among the last of them is a new one."""


class TargetLimits(Limits, frozen=True):
    """The target of WER as a fraction, and the epoch by which it is due."""

    wer_target_ratio: float = 0.0
    """Of WER; 0: no target. What counts as a good error rate is for the project to say."""
    wer_target_epoch: float = 60.0


class WerTarget(Rule):
    """Watches whether the best of the primary metric has reached the level asked for by the epoch asked for, where the
    project (WER) or the metric's declaration has set one; a declared one is due at the planned end.

    It cannot tell whether that level is right for this data.
    """

    name = "wer_target"
    title = "Target missed"
    place = 140
    watches = (PRIMARY,)
    yardstick = "target"
    limits = TargetLimits

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """A warning at most, from the epoch at which the target is due; not applicable where none is set."""
        limits = thresholds.of(TargetLimits)
        metric = primary_of(snapshot)
        goal = target_of(snapshot, metric, limits)
        if metric is None or goal is None:
            if metric is None:
                return self.not_applicable(f"{needs_of(snapshot)}, and a target of it")
            where = ": wer_target_ratio in vitalsigns.toml" if metric.name == WER.name else " of the metric: target="
            return self.not_applicable(f"a target{where}")
        snapshot = evaluations.measured(snapshot, evaluations.known(metric.name))
        if unready := self.unready(snapshot, thresholds, metric.title):
            return unready
        data = evaluations.read(snapshot, thresholds)
        best = np.fmin.accumulate(np.where(np.isfinite(data.error), data.error, np.inf))
        target, by, improves = metric.text(goal[0]), goal[1], int(np.argmin(best)) >= len(best) - RECENT
        late = (data.epochs >= by) & (best > metric.error(goal[0]))
        levels = [Level.WARNING if missed else Level.CLEAR for missed in late]
        episode = open_episode(data.epochs, levels, thresholds, warning_epochs=0.0)
        if episode is None:
            due = f"due by epoch {by:g}" if by < math.inf else "set; no last epoch is planned"
            return self.quiet(f"The target of {target} is {due}.")
        return self.flag(
            data.epochs,
            episode,
            f"Best {metric.label} is {metric.error_text(float(best[-1]))}; {target} was wanted by epoch {by:g}.",
            title=f"{metric.label} target missed",
            now={f"best {metric.title}": metric.error_text(float(best[-1]))},
            limits={metric.label: target, "by epoch": by},
            remedy=STILL_IMPROVES if improves else AT_REST,
            cannot_tell="Whether the target is right for this data.",
        )


def target_of(snapshot: Snapshot, metric: Metric | None, limits: TargetLimits) -> tuple[float, float] | None:
    """(the value wanted in the metric's unit, by which epoch), or None where none is set."""
    if metric is None:
        return None
    if metric.target is not None:
        return metric.target, planned_epochs(snapshot) or math.inf
    if metric.name == WER.name and limits.wer_target_ratio > 0:
        # Past its planned end no run can reach anything.
        return limits.wer_target_ratio, min(limits.wer_target_epoch, planned_epochs(snapshot) or math.inf)
    return None
