"""The GPU is, or was, idle most of the time although its data is there."""

from __future__ import annotations

import math

import numpy as np

from monitor.rules.result import Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.rules.throughput import ThroughputLimits
from monitor.run_dir import GpuHistory, Snapshot
from monitor.run_dir.status import is_over
from monitor.run_dir.words import age, percent

COVERED = 0.8
"""Share of the time looked at of which the GPU must have been read."""
MOST_SILENT_SECS = 120.0
MOST_STEPS = 20_000
"""Logged steps that are looked at, the newest."""


class GpuIdleLimits(Limits, frozen=True):
    """How busy a GPU has to be, and over how many seconds."""

    gpu_idle_busy_ratio: float = 0.3
    """Share of the time in which a kernel runs."""
    gpu_idle_secs: float = 600.0
    """The newest readings that are looked at; all of them once the run has ended."""


class GpuIdle(Rule):
    """Watches how busy the run's GPU is while training does not wait for data (which the rule throughput tells).

    An info at most: a small network uses a large GPU badly and learns well.
    It cannot tell what keeps it idle, nor how well a busy GPU is used.
    """

    name = "gpu_idle"
    title = "GPU mostly idle"
    place = 217
    limits = GpuIdleLimits
    reads = ("data_wait_limit_ratio",)
    watches = ("data_wait_ratio",)
    picture = ""
    before_guard = True
    live_only = True

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """An info at most; quiet where readings are old or training waits for data, not applicable without readings."""
        limits = thresholds.of(GpuIdleLimits)
        most_wait = thresholds.of(ThroughputLimits).data_wait_limit_ratio
        least, gpu = limits.gpu_idle_busy_ratio, snapshot.gpu
        uses = _uses(gpu)
        if gpu is None or not uses:
            return self.not_applicable("a GPU whose use its supervisor can read")
        end, over = uses[-1][0], is_over(snapshot)
        if not over and now - end > MOST_SILENT_SECS + 2 * gpu.every_secs:
            return self.quiet(f"The GPU was last read {age(now - end)} ago.")
        # Of a run that has ended the whole record: its last minutes may be an evaluation.
        since = -math.inf if over else end - limits.gpu_idle_secs
        newest = [use for at, use in uses if at > since]
        need = math.ceil(COVERED * limits.gpu_idle_secs / max(gpu.every_secs, 1.0))
        if len(newest) < need:
            return self.not_enough_data(len(newest), need, "readings of the GPU")
        busy, wait = float(np.mean(newest)), _wait(snapshot, since)
        said, waits = f"{_subject(gpu, over)} {percent(busy)} busy", "training waited" if over else "training waits"
        if busy >= least:
            return self.quiet(f"{said}.")
        if wait is not None and wait > most_wait:
            return self.quiet(f"{said}; {waits} for data {percent(wait)} of its time.")
        known = f"how long {waits} for data {'was' if over else 'is'} not logged"
        beside = known if wait is None else f"{waits} for data {percent(wait)} of its time"
        read = len(newest) * gpu.every_secs
        span = f"the {age(read)} in which it was read" if over else f"the last {age(limits.gpu_idle_secs)}"
        return self.finding(
            "info",
            f"{said} on average over {span}, below {percent(least)}; {beside}.",
            _epoch(snapshot),
            now={"busy": busy},
            limits={"busy": least},
            remedy="Look with a profiler at what the loop does between two kernels; larger batches, torch.compile or "
            "CUDA graphs give the GPU more to do at a time.",
            cannot_tell="What keeps it idle: small kernels, work on the CPU, evaluations or checkpoints.",
        )


def _uses(gpu: GpuHistory | None) -> list[tuple[float, float]]:
    """(UTC seconds, share) of each reading of the use; a foreign file may hold columns of any length."""
    pairs = zip(gpu.at, gpu.busy_ratio, strict=False) if gpu is not None else ()
    return [(at, use) for at, use in pairs if use is not None and math.isfinite(use) and math.isfinite(at)]


def _wait(snapshot: Snapshot, since: float) -> float | None:
    """Median share of the time that steps waited for data since then; of the last evaluation where no step has it."""
    steps = (step.data_wait_ratio for step in snapshot.steps[-MOST_STEPS:] if step.at > since)
    known = [wait for wait in steps if wait is not None and math.isfinite(wait)]
    if known:
        return float(np.median(known))
    rows = (row.data_wait_ratio for row in reversed(snapshot.epochs))
    return next((wait for wait in rows if wait is not None and math.isfinite(wait)), None)


def _subject(gpu: GpuHistory, over: bool) -> str:
    if len(gpu.gpus) < 2:
        return "The GPU was" if over else "The GPU is"
    return f"The {len(gpu.gpus)} GPUs {'were' if over else 'are'}"


def _epoch(snapshot: Snapshot) -> float | None:
    return float(snapshot.progress.epoch) if snapshot.progress is not None else None
