"""Val loss that swings up and down without a trend."""

from __future__ import annotations

import numpy as np

from monitor.rules import evaluations
from monitor.rules.episodes import Level, open_episode
from monitor.rules.flags import flag
from monitor.rules.result import NotApplicable, NotEnoughData, Quiet, Result
from monitor.rules.thresholds import Thresholds
from monitor.run_dir import Snapshot


class Oscillation:
    """Watches how often val loss turns round within a window, and how wide its swings are against the loss itself,
    while neither it nor the error rate finds a new best.

    It is a hint: at small losses healthy runs swing as well.
    It cannot tell a learning rate that is too high from a val set that is too small.
    """

    name = "oscillation"
    title = "Val loss swings"

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        have, any_known, ripe = evaluations.enough(snapshot, thresholds, lambda record: record.val_loss)
        if not any_known:
            return NotApplicable(self.name, self.title, "val loss")
        need = thresholds.swing_evaluations
        if not ripe or have < need:
            return NotEnoughData(self.name, self.title, have, need)
        data = evaluations.read(snapshot, thresholds)
        swings = [_swings(data.val_loss[: place + 1], need) for place in range(len(data))]
        levels = [
            Level.WARNING
            if data.judged[place]
            and turns >= thresholds.swing_turns_ratio
            and width > thresholds.swing_width_ratio
            and not any(_finds_best(values[: place + 1], need) for values in (data.val_loss, data.val_wer))
            else Level.CLEAR
            for place, (turns, width) in enumerate(swings)
        ]
        episode = open_episode(data.epochs, levels, thresholds)
        turns, width = swings[-1]
        if episode is None:
            return Quiet(self.name, self.title, "Val loss does not swing.")
        return flag(
            self,
            data.epochs,
            episode,
            f"Val loss swings: it turned round in {100 * turns:.0f} % of the last {need} evaluations, "
            f"by {100 * width:.0f} % of itself each time.",
            now={"turns": turns, "width": width},
            limits={"turns": thresholds.swing_turns_ratio, "width": thresholds.swing_width_ratio},
            remedy="A lower learning rate, or a longer warm-up; more val clips if they are few.",
            cannot_tell="A learning rate that is too high from a val set that is too small.",
            severity="info",
        )


def _finds_best(values: np.ndarray, window: int) -> bool:
    """Whether the best of all was found within the window."""
    finite = values[np.isfinite(values)]
    return len(finite) > window and bool(finite[-window:].min() < finite[:-window].min())


def _swings(loss: np.ndarray, window: int) -> tuple[float, float]:
    """(share of places where it turns round, median step / median loss) of the last finite values."""
    recent = loss[np.isfinite(loss)][-window:]
    if len(recent) < window:
        return 0.0, 0.0
    steps = np.diff(recent)
    middle = float(np.median(np.abs(recent)))
    turns = float(np.mean(np.sign(steps[1:]) * np.sign(steps[:-1]) < 0))
    return turns, float(np.median(np.abs(steps))) / middle if middle else 0.0
