"""How long a step and an epoch take."""

from __future__ import annotations

import collections
import statistics
import time

PACE_STEPS = 50


class Pace:
    """Median seconds of the last steps and epochs, from the monotonic clock."""

    def __init__(self) -> None:
        self._steps: collections.deque[float] = collections.deque(maxlen=PACE_STEPS)
        self._epochs: collections.deque[float] = collections.deque(maxlen=9)
        self._last_step: tuple[int, float] | None = None
        self._last_epoch = time.monotonic()

    def step(self, step: int | None, at: float) -> None:
        if step is None:
            return
        if self._last_step is not None and step > self._last_step[0]:
            self._steps.append((at - self._last_step[1]) / (step - self._last_step[0]))
        if self._last_step is None or step != self._last_step[0]:
            self._last_step = (step, at)

    def epoch(self, at: float) -> None:
        self._epochs.append(at - self._last_epoch)
        self._last_epoch = at

    def step_secs(self) -> float | None:
        return statistics.median(self._steps) if self._steps else None

    def epoch_secs(self) -> float | None:
        return statistics.median(self._epochs) if self._epochs else None
