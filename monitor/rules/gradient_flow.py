"""Does a step move the network at all, and is every step cut short?"""

from __future__ import annotations

import numpy as np

from monitor.rules import evaluations
from monitor.rules.episodes import Level, open_episode
from monitor.rules.result import Numbers, Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import CommonLimits, Limits, Thresholds
from monitor.run_dir import Epoch, Snapshot
from monitor.run_dir.checkpoints import is_ours
from monitor.run_dir.words import number

FLOW = evaluations.known("update_ratio", "clipped_ratio", "zero_gradient_ratio")
STILL_EVALUATIONS, STILL = 3, 0.01
"""Under a hundredth better in three evaluations."""

CUT = "Gradients are cut short"
"""The title where the network does move: nothing of it is still."""


class FlowLimits(Limits, frozen=True):
    """|step| / |weights| of the stillest part, and shares: of clipped steps, of zero gradients, of the peak rate."""

    flow_warning_ratio: float = 1e-6
    flow_critical_ratio: float = 1e-8
    flow_clipped_ratio: float = 0.9
    flow_zero_ratio: float = 0.9
    flow_least_rate_ratio: float = 0.05
    """Of the peak learning rate: below it steps are small on purpose."""


class GradientFlow(Rule):
    """Watches how far a step moves the stillest part of the network, |step| / |weights|, the share of gradients that
    are exactly zero, and the share of steps whose gradient was scaled down while train loss stands still.

    Clipping alone says little: an optimiser that scales by its own averages learns as well when every step is clipped.
    At the end of a schedule steps are small on purpose: below a twentieth of the peak rate there is no flag. It cannot
    tell a part that is dead from one that was frozen on purpose.
    """

    name = "gradient_flow"
    title = "Steps that do not move the network"
    place = 130
    watches = ("update_ratio", "clipped_ratio", "zero_gradient_ratio", "train_loss", "train_eval_loss", "lr")
    causes = ("not_moving",)
    limits = FlowLimits

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """Critical only where a part of the network hardly moves; clipped steps count while train loss stands still."""
        limits = thresholds.of(FlowLimits)
        common = thresholds.of(CommonLimits)
        snapshot = evaluations.measured(snapshot, FLOW)
        if unready := self.unready(snapshot, thresholds, "update_ratio, clipped_ratio or zero_gradient_ratio"):
            return unready
        data = evaluations.read(snapshot, thresholds)
        rate = evaluations.columns(snapshot, "lr")[0]
        known_rates = rate[np.isfinite(rate)]
        peak = float(known_rates.max()) if len(known_rates) else 0.0
        levels = [Level.CLEAR] * len(data)
        for place, record in enumerate(snapshot.epochs):
            if data.judged[place]:
                decayed = bool(peak and rate[place] < peak * limits.flow_least_rate_ratio)
                stands = _stands_still(data.train_loss[: place + 1])
                levels[place] = _level(record, decayed, stands, limits, common)
        episode = open_episode(data.epochs, levels, thresholds)
        if episode is None:
            return self.quiet("Steps move every part of the network.")
        last = snapshot.epochs[-1]
        return self.flag(
            data.epochs,
            episode,
            _line(last, limits, common),
            title="" if _is_still(last, limits) else CUT,
            now=_numbers(last),
            limits={
                "|step| / |weights| (warning)": limits.flow_warning_ratio,
                "|step| / |weights| (critical)": limits.flow_critical_ratio,
                "clipped steps": limits.flow_clipped_ratio,
                "zero gradients": limits.flow_zero_ratio,
            },
            remedy=_remedy(last, limits, is_ours(snapshot)),
            cannot_tell="Whether a part was frozen on purpose.",
        )


def _stands_still(train_loss: np.ndarray) -> bool:
    """Whether the last evaluations are no better than those before them."""
    finite = train_loss[np.isfinite(train_loss)]
    if len(finite) < 2 * STILL_EVALUATIONS:
        return False
    before, recent = finite[:-STILL_EVALUATIONS].min(), finite[-STILL_EVALUATIONS:].min()
    return bool(recent > before - STILL * abs(before))


def _level(record: Epoch, decayed: bool, stands: bool, limits: FlowLimits, common: CommonLimits) -> Level:
    moved, clipped = record.update_ratio, (record.clipped_ratio or 0.0) if stands else 0.0
    zeros = record.metrics.get("zero_gradient_ratio") or 0.0
    if moved is not None and moved < limits.flow_critical_ratio and not decayed:
        return Level.CRITICAL
    still = moved is not None and moved < limits.flow_warning_ratio and not decayed
    if still or clipped > limits.flow_clipped_ratio or zeros > limits.flow_zero_ratio:
        return Level.WARNING
    return Level.HOLD if clipped > limits.flow_clipped_ratio * (1 - common.hysteresis_ratio) else Level.CLEAR


def _is_still(last: Epoch, limits: FlowLimits) -> bool:
    """Whether a part of the network does not move, or has no gradient."""
    zeros = last.metrics.get("zero_gradient_ratio") or 0.0
    moved = last.update_ratio
    return (moved is not None and moved < limits.flow_warning_ratio) or zeros > limits.flow_zero_ratio


def _remedy(last: Epoch, limits: FlowLimits, ours: bool) -> str:
    """What to do about what is seen: steps that are cut, a part that is still."""
    said = []
    if (last.clipped_ratio or 0) > limits.flow_clipped_ratio:
        said.append("Almost every step clipped: a lower learning rate or a higher clip norm.")
    if _is_still(last, limits) or not said:
        named = "; python -m trainer.diagnose names it" * ours
        said.append(
            f"Find the part that does not move: a detached tensor, a frozen module or a dead activation{named}."
        )
    return " ".join(said)


def _line(last: Epoch, limits: FlowLimits, common: CommonLimits) -> str:
    parts = []
    if last.update_ratio is not None and last.update_ratio < limits.flow_warning_ratio:
        parts.append(f"a step moves the stillest part by {number(last.update_ratio)} of its weights")
    if (last.clipped_ratio or 0) > limits.flow_clipped_ratio * (1 - common.hysteresis_ratio):
        parts.append(f"{100 * (last.clipped_ratio or 0):.0f} % of steps have their gradient scaled down")
    zeros = last.metrics.get("zero_gradient_ratio")
    if zeros is not None and zeros > limits.flow_zero_ratio:
        parts.append(f"{100 * zeros:.0f} % of gradients are exactly zero")
    return "Gradients: " + (", ".join(parts) or "they were cut or lost until now") + "."


def _numbers(last: Epoch) -> Numbers:
    known = {
        "|step| / |weights|": last.update_ratio,
        "clipped steps": last.clipped_ratio,
        "zero gradients": last.metrics.get("zero_gradient_ratio"),
    }
    return {name: float(value) for name, value in known.items() if value is not None}
