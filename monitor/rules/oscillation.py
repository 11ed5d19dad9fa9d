"""Val loss that swings up and down without a trend."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitor.rules import evaluations
from monitor.rules.arithmetic import series
from monitor.rules.episodes import Level, open_episode
from monitor.rules.result import Result
from monitor.rules.rule import PRIMARY, Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.run_dir import Snapshot


class SwingLimits(Limits, frozen=True):
    """The window, the share of its evaluations at which val loss turns round, the median step over the median loss."""

    swing_evaluations: int = 12
    swing_turns_ratio: float = 0.7
    swing_width_ratio: float = 0.1


class Oscillation(Rule):
    """Watches how often val loss turns round within a window, and how wide its swings are against the loss itself,
    while neither it nor the primary metric finds a new best.

    It is a hint: at small losses healthy runs swing as well.
    It cannot tell a learning rate that is too high from a val set that is too small.
    """

    name = "oscillation"
    title = "Val loss swings"
    place = 210
    watches = ("val_loss", PRIMARY)
    limits = SwingLimits

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """An info at most, and quiet as soon as the newest window no longer swings."""
        limits = thresholds.of(SwingLimits)
        need = limits.swing_evaluations
        snapshot = evaluations.measured(snapshot, evaluations.val_loss)
        if unready := self.unready(snapshot, thresholds, "val loss", least=need):
            return unready
        data = evaluations.read(snapshot, thresholds)
        recent = data.val_loss[np.isfinite(data.val_loss)][-need:]
        if not _sick(*_swings(recent, need), limits)[-1:].any():
            return self.quiet("Val loss does not swing.")
        turns, width = _swings(data.val_loss, need)
        finds = _finds_best(data.val_loss, need) | _finds_best(data.error, need)
        swings = data.judged & _sick(turns, width, limits) & ~finds
        levels = [Level.WARNING if sick else Level.CLEAR for sick in swings.tolist()]
        episode = open_episode(data.epochs, levels, thresholds)
        if episode is None:
            return self.quiet("Val loss does not swing.")
        return self.flag(
            data.epochs,
            episode,
            f"Val loss swings: it changed direction in {100 * turns[-1]:.0f} % of the last {need} evaluations, "
            f"by {100 * width[-1]:.0f} % of itself each time.",
            now={"turns": float(turns[-1]), "width": float(width[-1])},
            limits={"turns": limits.swing_turns_ratio, "width": limits.swing_width_ratio},
            remedy="A lower learning rate, or a longer warm-up; more val samples if they are few.",
            cannot_tell="A learning rate that is too high from a val set that is too small.",
            severity="info",
        )


def _sick(turns: series.Array, width: series.Array, limits: SwingLimits) -> npt.NDArray[np.bool_]:
    sick: npt.NDArray[np.bool_] = (turns >= limits.swing_turns_ratio) & (width > limits.swing_width_ratio)
    return sick


def _finds_best(values: series.Array, window: int) -> npt.NDArray[np.bool_]:
    """At each place whether the best of all so far was found within the window; not known with fewer values."""
    recent = series.trailing_windows(values, window).min(axis=1)
    # The values before a window are those before its first: the window's own best is new if it is under all of them.
    finite = np.isfinite(values)
    best = np.minimum.accumulate(values[finite])
    count = np.cumsum(finite) - window
    out = np.zeros(len(values), dtype=bool)
    known = count > 0
    out[known] = recent[known] < best[count[known] - 1]
    return out


def _swings(loss: series.Array, window: int) -> tuple[series.Array, series.Array]:
    """At each place (share of places where it turns round, median step / median loss) of the last finite values."""
    recent = series.trailing_windows(loss, window)
    full = np.isfinite(recent).all(axis=1)
    steps = np.diff(recent[full], axis=1)
    middle = np.median(np.abs(recent[full]), axis=1)
    turns, width = np.zeros(len(loss)), np.zeros(len(loss))
    turns[full] = np.mean(np.sign(steps[:, 1:]) * np.sign(steps[:, :-1]) < 0, axis=1)
    step = np.median(np.abs(steps), axis=1)
    width[full] = np.divide(step, middle, out=np.zeros_like(step), where=middle > 0)
    return turns, width
