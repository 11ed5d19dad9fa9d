"""What the GPUs of a run did over time, as the Log tab draws it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from monitor.run_dir import GpuHistory
from monitor.run_dir.status import device_words
from monitor.run_dir.words import age, percent
from monitor.view.shapes.answers import GpuShown

MOST_POINTS = 240


def gpu_shown(history: GpuHistory | None, known: float) -> GpuShown | None:
    """The whole record, thinned; None where there is none, or nothing after `known` (UTC seconds)."""
    if history is None or not history.at or not history.at[-1] > known:
        return None
    return GpuShown(
        title=_title(history),
        span=age(history.at[-1] - history.at[0] + history.every_secs),
        at=history.at[-1],
        busy_ratio=thinned(history.busy_ratio),
        memory_bytes=thinned(history.memory_bytes),
        power_watts=thinned(history.power_watts),
        temperature_celsius=thinned(history.temperature_celsius),
        memory_total_bytes=_finite(history.memory_total_bytes),
        power_limit_watts=_finite(history.power_limit_watts),
        slowed=_slowed(history),
    )


def thinned(values: Sequence[float | None]) -> list[float | None]:
    """The means of at most MOST_POINTS equal parts; the last part may be shorter."""
    width = max(1, -(-len(values) // MOST_POINTS))
    return [_mean(values[begin : begin + width]) for begin in range(0, len(values), width)]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for each in values if (value := _finite(each)) is not None]
    return sum(known) / len(known) if known else None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _title(history: GpuHistory) -> str:
    which = " and ".join(device_words(each) for each in history.gpus) or "GPU"
    return f"{which}, {history.name}" if history.name else which


def _slowed(history: GpuHistory) -> str:
    """How often the clock was kept down, and by what; "" for never."""
    share = _mean(history.throttled_ratio)
    if not share or not history.throttled_by:
        return ""
    return f"Its clock was kept down {percent(share)} of the time: {', '.join(history.throttled_by)}."
