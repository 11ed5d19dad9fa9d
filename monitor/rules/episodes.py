"""Conditions over time: how long one has held, when a watcher could know, when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.rules.arithmetic.series import Array
from monitor.rules.thresholds import CommonLimits, Thresholds
from monitor.run_dir import Severity


class Level(IntEnum):
    """The level of one evaluation. HOLD: under the threshold, but within the hysteresis: it ends nothing."""

    CLEAR = 0
    HOLD = 1
    WARNING = 2
    CRITICAL = 3


@dataclass(frozen=True)
class Episode:
    """An open condition at the last evaluation. Places are indices into the evaluations."""

    severity: Severity
    onset: int
    fired: int
    critical_at: int | None


@dataclass
class _Streak:
    began: int | None = None
    fired: int | None = None

    def on(self, place: int, times: Sequence[float], needed_epochs: float) -> None:
        """One more evaluation of the condition. The epochs before its first evaluation are counted in."""
        self.began = place if self.began is None else self.began
        before = times[self.began - 1] if self.began else times[self.began] - 1
        if max(times[place] - before, place - self.began + 1.0) >= needed_epochs:
            self.fired = place


def open_episode(
    epochs: Sequence[float] | Array,
    levels: Sequence[Level],
    thresholds: Thresholds,
    *,
    warning_epochs: float | None = None,
    critical_epochs: float | None = None,
) -> Episode | None:
    """The episode that is open at the last evaluation, if it has held long enough.

    Persistence is counted in epochs: an evaluation stands for the epochs since the one before it, so where
    evaluations are further apart than the persistence, one is enough; each stands for one epoch at least.
    """
    common = thresholds.of(CommonLimits)
    warn_for = common.warning_epochs if warning_epochs is None else warning_epochs
    crit_for = common.critical_epochs if critical_epochs is None else critical_epochs
    first = _after_last_clear(levels)
    times = np.asarray(epochs, float).tolist()
    warning, critical = _Streak(), _Streak()
    for place in range(first, len(levels)):
        level = levels[place]
        if level is Level.HOLD and warning.fired is None:
            warning, critical = _Streak(), _Streak()
            continue
        if warning.fired is None:
            warning.on(place, times, warn_for)
        if level is Level.CRITICAL:
            if critical.fired is None:
                critical.on(place, times, crit_for)
        elif critical.fired is None:
            critical = _Streak()
    if critical.fired is not None and warning.began is not None:
        fired = critical.fired if warning.fired is None else min(warning.fired, critical.fired)
        return Episode("critical", warning.began, fired, critical.fired)
    if warning.fired is not None and warning.began is not None:
        return Episode("warning", warning.began, warning.fired, None)
    return None


def since(epochs: Sequence[float] | Array, onset: int, held: Sequence[bool] | npt.NDArray[Any]) -> str:
    """Since when in words. `held`: at each evaluation whether the condition held, the guard aside: an episode that
    begins where the guard ends may have begun with the first evaluation."""
    return "the first evaluation" if onset and all(held[: onset + 1]) else f"epoch {epochs[onset]:g}"


def _after_last_clear(levels: Sequence[Level]) -> int:
    """The place behind the last clear evaluation, 0 where there is none: only what follows it can be open."""
    for place in range(len(levels) - 1, -1, -1):
        if levels[place] is Level.CLEAR:
            return place + 1
    return 0


def grows(values: Array, common: CommonLimits) -> bool:
    """Whether the newest value is above that of two evaluations before by more than the hysteresis."""
    return len(values) > 2 and bool(values[-1] > values[-3] * (1 + common.hysteresis_ratio) and values[-1] > 0)
