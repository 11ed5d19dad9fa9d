"""A loss that jumped and came back: reported, not judged."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from monitor.rules import evaluations
from monitor.rules.arithmetic import series
from monitor.rules.result import Result
from monitor.rules.rule import Rule
from monitor.rules.spikes import SpikeLimits, came_back, is_above, stands_out, usual
from monitor.rules.thresholds import Thresholds
from monitor.run_dir import Snapshot, Step
from monitor.run_dir.columns import values_of
from monitor.run_dir.status import is_over
from monitor.run_dir.words import number


class LossSpike(Rule):
    """Watches for an evaluation whose val loss stands far out of the ones around it, in robust spreads and in share.
    Before there are enough evaluations it looks at the train loss of the logged steps.

    Real runs have val losses that jump up to 180 times and are back at the next evaluation; a spike is a hint only.
    It cannot tell one odd batch from the first sign of more.
    """

    name = "loss_spike"
    title = "Loss jumped"
    place = 220
    watches = ("val_loss", "train_loss")
    limits = SpikeLimits
    remedy_beside = (("divergence", "The train loss that runs away comes first."),)
    remedy_when_over = "Look at the val samples and at the learning rate, unless it came back."

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """An info about a jump among the newest evaluations; not applicable to losses below zero."""
        limits = thresholds.of(SpikeLimits)
        need = limits.spike_band_evaluations + 1
        steps, over = snapshot.steps, is_over(snapshot)
        # What is not finite is another flag's matter.
        snapshot = evaluations.measured(snapshot, evaluations.known("val_loss", finite=True))
        if unready := self.unready(snapshot, thresholds, "val loss", least=need):
            return self._by_steps(steps, limits, over) or unready
        if evaluations.is_below_zero(snapshot, "val_loss"):
            return self.not_applicable(evaluations.BELOW_ZERO)
        data = evaluations.read(snapshot, thresholds)
        places = range(max(0, len(data) - limits.spike_told_evaluations), len(data))
        recent = [place for place in places if data.judged[place] and stands_out(data.val_loss, place, limits)]
        if not recent:
            return self.quiet("Val loss does not jump.")
        place = _start(recent)
        before = usual(data.val_loss, place, limits)[0]
        return self.finding(
            "info",
            f"Val loss jumped to {number(float(data.val_loss[place]))} at epoch {data.epochs[place]:g}, "
            f"where {number(float(before))} "
            f"was usual; {_what_followed(data.val_loss, place, limits, over)}.",
            float(data.epochs[place]),
            now={"val loss then": float(data.val_loss[place]), "usual": before},
            limits={"times the usual": 1 + limits.spike_rise_ratio, "spreads": limits.spike_spreads},
            remedy="Nothing while it comes back; else look at the val samples and at the learning rate.",
            cannot_tell="One odd batch from the first sign of more.",
        )

    def _by_steps(self, steps: Sequence[Step], limits: SpikeLimits, over: bool) -> Result | None:
        """What the logged steps say; None where they are too few, or a loss is below zero.

        One step that stands out is a batch; several in a row are a jump of the loss.
        """
        known = [(place, loss) for place, loss in enumerate(values_of(steps, "train_loss")) if loss is not None]
        band, row = limits.spike_band_steps, limits.spike_row_steps
        known = [pair for pair in known if math.isfinite(pair[1])][-(limits.spike_told_steps + band) :]
        loss = np.array([value for _, value in known])
        if len(loss) < band + row or loss.min() < 0:
            return None
        medians, spreads = series.median_and_spread(np.lib.stride_tricks.sliding_window_view(loss[:-1], band))
        high = loss[band:] > np.maximum(
            medians * (1 + limits.spike_rise_ratio), medians + limits.spike_spreads * spreads
        )
        rows = np.flatnonzero(np.convolve(high, np.ones(row, int), "valid") == row)
        if not len(rows):
            return self.quiet("Train loss of the logged steps does not jump.")
        place = next(int(at) for at in rows[::-1] if at - 1 not in rows)
        first, usual_then = steps[known[band + place][0]], float(medians[place])
        most = float(loss[band + place : band + int(rows[-1]) + row].max())
        followed = came_back(float(np.median(loss[-row:])), usual_then, float(spreads[place]))
        if high[-1]:
            followed = "it has not come back" if over else "it has not come back so far"
        return self.finding(
            "info",
            f"Train loss jumped at step {first.step} and rose to {number(most)}, where {number(usual_then)} was usual; "
            f"{followed}.",
            first.epoch,
            now={"train loss then": most, "usual": usual_then},
            limits={"times the usual": 1 + limits.spike_rise_ratio, "spreads": limits.spike_spreads},
            remedy="Nothing while it comes back; else look at the batches of those steps and at the learning rate.",
            cannot_tell="Odd batches from the first sign of more.",
        )


def _start(recent: list[int]) -> int:
    """The first place of the last ones that follow each other."""
    place = recent[-1]
    while place - 1 in recent:
        place -= 1
    return place


def _what_followed(loss: np.ndarray, place: int, limits: SpikeLimits, over: bool) -> str:
    """Whether the newest val loss is back where the ones before the jump were."""
    if place == len(loss) - 1:
        return "no evaluation came after it" if over else "wait for the next evaluation"
    median, spread = usual(loss, place, limits)
    if is_above(loss[-1], median, spread, limits):
        return "it has not come back"
    return came_back(float(loss[-1]), median, spread)
