"""What the GPUs of a run did over time, as the Log tab draws it."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.run_dir import GpuHistory, Run, State
from monitor.run_dir.metric import finite
from monitor.run_dir.status import device_words
from monitor.run_dir.words import age, percent
from monitor.view.shapes.answers import GpuShown

MOST_POINTS = 240
FIRST_READ_SECS = 60.0
"""From the start on; readings come every five seconds, once the driver sees the training."""
REPORTED = {
    "busy_ratio": "how busy it is (of a MIG slice it never is)",
    "memory_bytes": "memory",
    "power_watts": "power",
    "temperature_celsius": "temperature",
    "throttled_ratio": "whether its clock is kept down",
}


def gpu_shown(history: GpuHistory | None, known: float) -> GpuShown | None:
    """The whole record, thinned; None where there is none, or nothing after `known` (UTC seconds)."""
    if history is None or not history.at or not history.at[-1] > known:
        return None
    return GpuShown(
        title=_title(history),
        span=age(history.at[-1] - history.at[0] + history.every_secs),
        at=history.at[-1],
        gpus=max(1, len(history.gpus)),
        times=[history.at[part][-1] for part in _parts(len(history.at))],
        busy_ratio=_thinned(history.busy_ratio),
        memory_bytes=_thinned(history.memory_bytes),
        power_watts=_thinned(history.power_watts),
        temperature_celsius=_thinned(history.temperature_celsius),
        throttled_ratio=_thinned(history.throttled_ratio),
        memory_total_bytes=finite(history.memory_total_bytes),
        power_limit_watts=finite(history.power_limit_watts),
        slowed=_slowed(history),
        unsaid=_not_reported(history),
    )


def gpu_unread(history: GpuHistory | None, run: Run | None, state: State | None, now: float) -> str:
    """Why nothing is known of the GPU of a run that has one; "" where it is known, on the CPU, and at the beginning.

    `state`: of the start that is in force.
    """
    reserved = (state.device if state is not None else "").startswith("cuda")
    has_one = reserved or (run is not None and (run.environment.device or "").startswith("cuda"))
    if not has_one or (history is not None and history.at):
        return ""
    nothing = "Nothing was read of this run's GPU:"
    if state is None:
        return f"{nothing} a supervisor reads it, and what a terminal or a notebook started has none."
    if state.started_at is None or (state.ended_at or now) - state.started_at < FIRST_READ_SECS:
        return ""
    no_driver = "nvidia-ml-py is not installed where its supervisor runs, or no NVIDIA driver answers there"
    if reserved:
        return f"{nothing} {no_driver}."
    hidden = "or the driver shows none of its processes, as of a training in another container"
    return f"{nothing} {no_driver}, {hidden}. Started with --device, its GPU is read all the same."


def _thinned(values: Sequence[float | None]) -> list[float | None]:
    """The means of at most MOST_POINTS equal parts; the last part may be shorter."""
    return [_mean(values[part]) for part in _parts(len(values))]


def _parts(many: int) -> list[slice]:
    width = max(1, -(-many // MOST_POINTS))
    return [slice(begin, begin + width) for begin in range(0, many, width)]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for each in values if (value := finite(each)) is not None]
    return sum(known) / len(known) if known else None


def _title(history: GpuHistory) -> str:
    first, *others = [device_words(each) for each in history.gpus] or ["GPU"]
    numbers = [each.removeprefix("GPU ") for each in others]
    which = f"{', '.join([first, *numbers[:-1]])} and {numbers[-1]}" if numbers else first
    return f"{which}, {history.name}" if history.name else which


def _slowed(history: GpuHistory) -> str:
    """How often the clock was kept down, and by what; "" for never."""
    share = _mean(history.throttled_ratio)
    if not share or not history.throttled_by:
        return ""
    whose = "Its clock was" if len(history.gpus) < 2 else "The clock of one or more was"
    return f"{whose} kept down {percent(share)} of the time: {', '.join(history.throttled_by)}."


def _not_reported(history: GpuHistory) -> str:
    """Which quantities the driver never reported; "" where it reported all."""
    never = [words for name, words in REPORTED.items() if _mean(getattr(history, name)) is None]
    return f"Not reported by the driver: {', '.join(never)}." if never else ""
