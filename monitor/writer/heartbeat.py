"""progress.json: the sign of life of a training loop, replaced whole, twice a second at most."""

from __future__ import annotations

import collections
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import msgspec

from monitor.run_dir import PROGRESS_FILE, Phase, Progress, encode, files
from monitor.run_dir.processes import identify
from monitor.writer.fields import plain, split_known_and_extra
from monitor.writer.queue import RecordQueue

PACE_STEPS = 50


class Pace:
    """Median seconds of the last steps and epochs, from the monotonic clock."""

    def __init__(self) -> None:
        self._steps: collections.deque[float] = collections.deque(maxlen=PACE_STEPS)
        self._epochs: collections.deque[float] = collections.deque(maxlen=9)
        self._last_step: tuple[int, float] | None = None
        self._last_epoch = time.monotonic()
        self._asked_at: float | None = None
        self.asks_secs: float | None = None

    def asked(self, at: float) -> None:
        """The loop has asked whether it should stop."""
        if self._asked_at is not None:
            self.asks_secs = max(self.asks_secs or 0.0, at - self._asked_at)
        self._asked_at = at

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


HEARTBEAT_SECS = 0.5


class Heartbeat:
    """What the loop last said of itself. There is no thread: a loop that hangs says nothing."""

    def __init__(self, run_dir: Path, generation: int, queue: RecordQueue, warn: Callable[[str], None]) -> None:
        self._run_dir = run_dir
        self._queue = queue
        self._warn = warn
        self._pid = os.getpid()
        self._pace = Pace()
        self._written_at = 0.0
        self.progress = Progress(heartbeat_at=time.time(), generation=generation, process=identify())

    def plan(self, **planned: Any) -> None:
        """What is known before the first step; written by `begin`."""
        self.progress = msgspec.structs.replace(self.progress, **self._fitting(planned))

    def begin(self) -> None:
        """The first sign of life. Raises OSError."""
        files.replace(self._run_dir / PROGRESS_FILE, encode(self.progress))

    def epoch(self) -> None:
        """An epoch has ended, its evaluation included."""
        self._pace.epoch(time.monotonic())

    def asked(self, at: float) -> None:
        """The loop asks `should_stop()`; `at`: by the monotonic clock."""
        self._pace.asked(at)

    def update(self, *, force: bool = False, **changes: Any) -> None:
        """Replaces progress.json, at most twice a second unless `force`. Raises nothing."""
        if os.getpid() != self._pid or self.progress.outcome is not None:
            return
        given = self._fitting(changes)
        self._pace.step(given.get("step"), time.monotonic())
        self.progress = msgspec.structs.replace(
            self.progress,
            heartbeat_at=time.time(),
            step_secs=self._pace.step_secs(),
            epoch_secs=self._pace.epoch_secs(),
            asks_secs=self._pace.asks_secs,
            backlog=self._queue.waiting,
            dropped=self._queue.dropped,
            **given,
        )
        changed_phase = "phase" in given
        if not force and not changed_phase and time.monotonic() - self._written_at < HEARTBEAT_SECS:
            return
        self._written_at = time.monotonic()
        try:
            self.progress = msgspec.structs.replace(self.progress, disk_free_bytes=files.free_bytes(self._run_dir))
            files.replace(self._run_dir / PROGRESS_FILE, encode(self.progress))
        except OSError as problem:
            self._warn(f"the heartbeat was not written: {problem}")

    def _fitting(self, changes: dict[str, Any]) -> dict[str, Any]:
        """What progress.json can hold of `changes`, made plain; one odd value must not spoil every later heartbeat."""
        known, _ = split_known_and_extra(Progress, changes, self._warn)
        fitting = {name: plain(value) for name, value in known.items()}
        phase = fitting.get("phase", "training")
        if phase not in get_args(Phase):
            self._warn(f"phase {phase!r} is none of {', '.join(get_args(Phase))}")
            del fitting["phase"]
        return fitting
