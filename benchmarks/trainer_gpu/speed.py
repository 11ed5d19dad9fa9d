"""How fast is it: one setting at a time, warmed up for an epoch and then measured for a few seconds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from benchmarks.trainer_gpu.counting import Counter
from benchmarks.trainer_gpu.loops import AnyLoop, MakeLoop

Row = dict[str, Any]
GIBIBYTE = 2**30


@dataclass
class Stretch:
    """Updates that followed each other: how long each took, its shape, its clips, and the wait for its data."""

    secs: list[float] = field(default_factory=list)
    shapes: list[tuple[int, ...]] = field(default_factory=list)
    clips: list[int] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    @property
    def clips_per_sec(self) -> float:
        return sum(self.clips) / sum(self.secs)


def measure(make: MakeLoop, seconds: float, device: torch.device) -> Row:
    """One setting: an epoch of at most `seconds`, then updates for `seconds`; at least one update of each.

    Every figure is of this setting alone: nothing of another one is in memory. Where torch sees every operator,
    one more update is made, whose operators are counted.
    """
    cuda = device.type == "cuda"
    if cuda:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    began = time.perf_counter()
    loop = make()
    start_secs = time.perf_counter() - began
    try:
        first = take(loop, seconds, device, most=loop.updates_per_epoch)
        later = take(loop, seconds, device)
        row = figures(first, later)
        row["start_secs"] = start_secs
        row["chose"] = loop.chose
        row["peak_gib"] = torch.cuda.max_memory_allocated() / GIBIBYTE if cuda else None
        return row | (counted(loop, device) if loop.is_countable else {"flop_per_clip": None, "bytes_per_clip": None})
    finally:
        loop.close()


def take(loop: AnyLoop, seconds: float, device: torch.device, most: int | None = None) -> Stretch:
    """Updates until `seconds` are over, or `most` of them are done."""
    done, began = Stretch(), time.perf_counter()
    while most is None or len(done.secs) < most:
        started = time.perf_counter()
        clips, waited = loop.update()
        if device.type == "cuda":
            torch.cuda.synchronize()
        now = time.perf_counter()
        for column, value in ((done.secs, now - started), (done.clips, clips), (done.waits, waited)):
            column.append(value)  # type: ignore[attr-defined]
        done.shapes.append(loop.shape)
        if now - began >= seconds:
            break
    return done


def figures(first: Stretch, later: Stretch) -> Row:
    """`first`: the first epoch or its beginning; `later`: the updates after it."""
    pace = sum(later.secs) / sum(later.clips)
    return {
        "clips_per_sec": later.clips_per_sec,
        "data_wait_ratio": sum(later.waits) / sum(later.secs),
        "first_epoch_times_later": sum(first.secs) / sum(first.clips) / pace,
        "new_shape_secs": new_shape_cost(first, later),
        "updates": len(later.secs),
    }


def new_shape_cost(first: Stretch, later: Stretch) -> float | None:
    """Seconds that an update takes longer when no update before had the shape of its batch; medians.

    The very first update is left out: it starts the libraries. None where there were no new or no known shapes.
    """
    secs, shapes = first.secs + later.secs, first.shapes + later.shapes
    seen: set[tuple[int, ...]] = set()
    new, known = [], []
    for place, (took, shape) in enumerate(zip(secs, shapes, strict=True)):
        if place and shape:
            (known if shape in seen else new).append(took)
        seen.add(shape)
    return statistics.median(new) - statistics.median(known) if new and known else None


def counted(loop: AnyLoop, device: torch.device) -> Row:
    """What one more update asks of the device, per clip."""
    with Counter(device) as counter:
        clips, _ = loop.update()
    return {"flop_per_clip": counter.flops / clips, "bytes_per_clip": counter.moved_bytes / clips}


def peaks(device: torch.device) -> dict[str, float]:
    """What this device does at best: operations a second of a large bf16 matrix product, bytes a second of a copy."""
    cuda = device.type == "cuda"
    side = 8192 if cuda else 256
    a, b = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    source = torch.empty((GIBIBYTE if cuda else 2**24) // 4, device=device)
    target = torch.empty_like(source)
    moved = 2 * source.numel() * source.element_size()
    return {
        "flop_per_sec": 2 * side**3 / best_secs(lambda: a @ b, device),
        "bytes_per_sec": moved / best_secs(lambda: target.copy_(source), device),
    }


def best_secs(work: Callable[[], object], device: torch.device, times: int = 5) -> float:
    """Seconds of one call: the best of five turns of five calls."""
    best = float("inf")
    for _ in range(5):
        _wait(device)
        began = time.perf_counter()
        for _ in range(times):
            work()
        _wait(device)
        best = min(best, (time.perf_counter() - began) / times)
    return best


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()
