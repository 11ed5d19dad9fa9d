"""progress.json: the sign of life of a training loop, replaced whole, twice a second at most.

The loop dates what it reports. A thread only carries it to the disk, whose fsync would hold the loop up: a loop that
hangs reports nothing, so nothing is carried.
"""

from __future__ import annotations

import atexit
import collections
import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, get_args

import msgspec

from monitor.run_dir import PROGRESS_FILE, Phase, Progress, encode, files, held
from monitor.run_dir.processes import identify
from monitor.writer.fields import plain, split_known_and_extra
from monitor.writer.queue import RecordQueue

PACE_STEPS = 50
DISK = "the disk"
"""Kind of the warning about what cannot be written: logged once."""


class Pace:
    """Median seconds of the last steps and epochs, from the monotonic clock."""

    def __init__(self, *, fresh: bool = True) -> None:
        """`fresh`: training begins at epoch 0 now, so that the first evaluation also measures how long an epoch
        takes."""
        self._steps: collections.deque[float] = collections.deque(maxlen=PACE_STEPS)
        self._epochs: collections.deque[float] = collections.deque(maxlen=9)
        self._last_step: tuple[int, float] | None = None
        self._last_epoch: tuple[float, float] | None = (0.0, time.monotonic()) if fresh else None
        self._asked_at: float | None = None
        self.asks_secs: float | None = None

    def asked(self, at: float) -> None:
        """The loop has asked whether it should stop."""
        if self._asked_at is not None:
            self.asks_secs = max(self.asks_secs or 0.0, at - self._asked_at)
        self._asked_at = at

    def step(self, step: int | None, at: float) -> None:
        """A heartbeat at optimiser step `step`, at `at` (seconds of a steady clock); None counts nothing."""
        if step is None:
            return
        if self._last_step is not None and step > self._last_step[0]:
            self._steps.append((at - self._last_step[1]) / (step - self._last_step[0]))
        if self._last_step is None or step != self._last_step[0]:
            self._last_step = (step, at)

    def epoch(self, epoch: float, at: float) -> None:
        """An evaluation at `epoch`; several epochs may lie between two of them, or a part of one."""
        before, self._last_epoch = self._last_epoch, (epoch, at)
        if before is None or epoch < before[0] or (before[0] == 0.0 and epoch > 1.0):
            return  # where it began is not known: a script that goes on from weights of its own counts on
        if epoch > before[0]:
            self._epochs.append((at - before[1]) / (epoch - before[0]))
        elif epoch > 0.0:
            self._last_epoch = before  # two calls for one epoch are one epoch

    def step_secs(self) -> float | None:
        """Median seconds per step over the last ones; None before the second."""
        return _median(self._steps)

    def epoch_secs(self) -> float | None:
        """Median seconds per epoch over the last ones; None before there are two evaluations."""
        return _median(self._epochs)


HEARTBEAT_SECS = 0.5
SETTLE_SECS = 5.0
"""The end of a run waits so long for a write that hangs."""


def _median(values: Iterable[float]) -> float | None:
    """As `statistics.median`, whose import would be a tenth of the writer's."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return (ordered[half] + ordered[~half]) / 2 if ordered else None


class Carrier:
    """Writes the newest document that it was handed, in a thread of its own; an older one that waits is dropped."""

    def __init__(self, write: Callable[[Progress], None]) -> None:
        self._write = write
        self._waiting: Progress | None = None
        self._handed = threading.Event()
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_over = False
        self._pid = os.getpid()

    def hand(self, progress: Progress) -> None:
        """Returns at once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._carry, name="vitalsigns-heartbeat", daemon=True)
            self._thread.start()
            # A thread that is cut off in the middle of a write would leave the file aside behind.
            atexit.register(self.settle)
        self._waiting = progress
        self._handed.set()

    def write_now(self, progress: Progress) -> None:
        """What this holds is on the disk when it returns; nothing older is written after it."""
        self._waiting = None
        with self._writing:
            self._write(progress)

    def settle(self) -> None:
        """Nothing is written any more when this returns; what waits is dropped."""
        if os.getpid() != self._pid:
            return  # a forked child has this object, but not its thread
        self._is_over, self._waiting = True, None
        self._handed.set()
        if self._writing.acquire(timeout=SETTLE_SECS):
            self._writing.release()
        atexit.unregister(self.settle)

    def _carry(self) -> None:
        while not self._is_over:
            self._handed.wait()
            self._handed.clear()
            with self._writing:
                progress, self._waiting = self._waiting, None
                if progress is not None:
                    self._write(progress)


class Heartbeat:
    """The loop's last report of itself; a loop that hangs makes none."""

    def __init__(self, run_dir: Path, generation: int, queue: RecordQueue, warn: Callable[..., None]) -> None:
        self._run_dir = run_dir
        self._queue = queue
        self._warn = warn
        self._pid = os.getpid()
        self._pace = Pace(fresh=generation == 1)
        self._written_at = 0.0
        self._carrier = Carrier(self._write)
        self._progress = Progress(heartbeat_at=time.time(), generation=generation, process=identify())
        self._place: dict[str, Any] = {}

    @property
    def progress(self) -> Progress:
        """Everything the loop has reported so far."""
        if self._place:
            given, self._place = self._fitting(self._place), {}
            self._progress = msgspec.structs.replace(self._progress, **given)
        return self._progress

    def plan(self, **planned: Any) -> None:
        """What is known before the first step; written by `begin`."""
        self._progress = msgspec.structs.replace(self.progress, **self._fitting(planned))

    def begin(self) -> None:
        """The first sign of life. Raises OSError."""
        self._replace(self.progress)

    def epoch(self, epoch: float) -> None:
        """`epoch` has ended, its evaluation included."""
        self._pace.epoch(epoch, time.monotonic())

    def asked(self, at: float) -> None:
        """The loop asks `should_stop()`; `at`: by the monotonic clock."""
        self._pace.asked(at)

    def step(self, step: int, epoch: float | None) -> None:
        """A step was logged; as `update`, and all that is done at most steps."""
        at = time.monotonic()
        self._pace.step(step, at)
        self._place = {"step": step, "epoch": epoch} if epoch is not None else {**self._place, "step": step}
        if at - self._written_at >= HEARTBEAT_SECS:
            self.update()

    def update(self, *, force: bool = False, **changes: Any) -> None:
        """Replaces progress.json: at once with `force` or another phase, else twice a second at most, and while the
        loop goes on. Raises nothing."""
        if os.getpid() != self._pid or self.progress.outcome is not None:
            return
        given = self._fitting(changes)
        at = time.monotonic()
        self._pace.step(given.get("step"), at)
        self._progress = msgspec.structs.replace(self.progress, **given)
        at_once = force or "phase" in given
        if not at_once and at - self._written_at < HEARTBEAT_SECS:
            return
        self._written_at = at
        self._progress = msgspec.structs.replace(
            self.progress,
            heartbeat_at=time.time(),
            step_secs=self._pace.step_secs(),
            epoch_secs=self._pace.epoch_secs(),
            asks_secs=self._pace.asks_secs,
            backlog=self._queue.waiting,
            dropped=self._queue.dropped,
        )
        if at_once:
            self._carrier.write_now(self.progress)
        else:
            self._carrier.hand(self.progress)

    def close(self) -> None:
        """Nothing is written after this."""
        self._carrier.settle()

    def _write(self, progress: Progress) -> None:
        try:
            whole = msgspec.structs.replace(progress, disk_free_bytes=files.free_bytes(self._run_dir))
            self._replace(whole)
        except OSError as problem:
            self._warn(f"the heartbeat was not written: {problem}", DISK)

    def _replace(self, progress: Progress) -> None:
        files.replace(self._run_dir / PROGRESS_FILE, encode(held.with_folder(self._run_dir, progress)))

    def _fitting(self, changes: dict[str, Any]) -> dict[str, Any]:
        """What progress.json can hold of `changes`, made plain; one odd value must not spoil every later heartbeat."""
        known, _ = split_known_and_extra(Progress, changes, self._warn)
        fitting = {name: plain(value) for name, value in known.items()}
        phase = fitting.get("phase", "training")
        if phase not in get_args(Phase):
            self._warn(f"phase {phase!r} is none of {', '.join(get_args(Phase))}")
            del fitting["phase"]
        return fitting
