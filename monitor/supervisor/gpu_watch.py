"""gpu.json: what the GPUs of a run do over time, read every few seconds by a thread of its own.

The supervisor only takes what the thread has left for it: a driver that hangs stops the record, nothing else.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from monitor.run_dir import GPU_FILE, GpuHistory, encode, files
from monitor.supervisor import group
from monitor.supervisor.nvml import GpuReading, NoDriverError, Nvml

EVERY_SECS = 5.0
MOST = 720
"""Entries of a column: an hour at five seconds, then two hours at ten …"""
COLUMNS = ("busy_ratio", "memory_bytes", "power_watts", "temperature_celsius", "throttled_ratio")

Values = dict[str, float | None]


class GpuWatch:
    """Reads the GPUs of the trainer `pid` and of what it has started, and keeps their record. Call `look` at any rate.

    `device`: the GPU that is reserved for the run (cuda:2), which is read even before the driver sees its process.
    """

    def __init__(
        self,
        run_dir: Path,
        pid: int,
        device: str,
        open_driver: Callable[[], Nvml] = Nvml,
        every_secs: float = EVERY_SECS,
    ) -> None:
        self._path, self._pid, self._device = run_dir / GPU_FILE, pid, device
        self._open_driver, self._every_secs = open_driver, every_secs
        self._lock, self._over = threading.Lock(), threading.Event()
        self._left: list[GpuReading] = []
        self._history: GpuHistory | None = None
        self._waiting: list[Values] = []
        self._thread: threading.Thread | None = None

    def look(self, now: float) -> None:
        """Takes in what was read since the last look, and writes it. Raises nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._read_on, name="gpu", daemon=True)
            self._thread.start()
        with self._lock:
            fresh, self._left = self._left, []
        for reading in fresh:
            self._take_in(reading, now)

    def close(self) -> None:
        """Ends the thread at its next turn; one that hangs in the driver ends with the process."""
        self._over.set()

    def _read_on(self) -> None:
        with contextlib.suppress(NoDriverError):  # a machine without a GPU is the usual case
            driver = self._open_driver()
            while not self._over.wait(self._every_secs):
                reading = driver.read([self._pid, *group.descendants(self._pid)], self._device)
                if reading is not None:
                    with self._lock:
                        self._left = [*self._left[-MOST:], reading]

    def _take_in(self, reading: GpuReading, now: float) -> None:
        history = self._history or self._known() or GpuHistory(every_secs=self._every_secs)
        self._waiting.append(values_of(reading))
        if len(self._waiting) * self._every_secs >= history.every_secs - 1e-9:
            history = grown(history, _mean(self._waiting), now)
            self._waiting = []
        known = {**dict.fromkeys(history.throttled_by), **dict.fromkeys(reading.throttled_by or ())}
        self._history = msgspec.structs.replace(
            history,
            gpus=list(reading.gpus),
            name=reading.name,
            memory_total_bytes=reading.memory_total_bytes,
            power_limit_watts=reading.power_limit_watts,
            throttled_by=list(known),
        )
        with contextlib.suppress(OSError):  # on a full disk the next one is tried
            files.replace(self._path, encode(self._history))

    def _known(self) -> GpuHistory | None:
        """The record of an earlier start of this run, which goes on; one that is no record is begun anew."""
        found = files.read_document(self._path, GpuHistory, files.UNREADABLE)
        lengths = {len(getattr(found, name)) for name in ("at", *COLUMNS)} if found is not None else set()
        return found if len(lengths) == 1 and found is not None and found.every_secs >= self._every_secs else None


def values_of(reading: GpuReading) -> Values:
    """What of a reading becomes an entry of gpu.json; `throttled_ratio` is 0 or 1 at one moment."""
    throttled = None if reading.throttled_by is None else float(bool(reading.throttled_by))
    return {**{name: getattr(reading, name) for name in COLUMNS[:-1]}, "throttled_ratio": throttled}


def _mean(many: list[Values]) -> Values:
    """Of each column over what is known of it."""
    known = {name: [value for each in many if (value := each[name]) is not None] for name in COLUMNS}
    return {name: sum(values) / len(values) if values else None for name, values in known.items()}


def grown(history: GpuHistory, values: Values, now: float) -> GpuHistory:
    """The history with one entry more; a full one keeps one entry for two from then on."""
    columns = {name: [*getattr(history, name), values[name]] for name in COLUMNS}
    longer = msgspec.structs.replace(history, at=[*history.at, now], **columns)
    return longer if len(longer.at) < MOST else halved(longer)


def halved(history: GpuHistory) -> GpuHistory:
    """Each two entries as one, dated by the later; the last one of an odd number is left as it is."""
    pairs = [slice(begin, begin + 2) for begin in range(0, len(history.at), 2)]
    columns = {
        name: [_mean([dict.fromkeys(COLUMNS, value) for value in getattr(history, name)[pair]])[name] for pair in pairs]
        for name in COLUMNS
    }
    ends = [history.at[pair][-1] for pair in pairs]
    return msgspec.structs.replace(history, at=ends, every_secs=2 * history.every_secs, **columns)
