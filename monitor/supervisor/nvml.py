"""What NVIDIA's driver says of the GPUs that a run uses, through nvidia-ml-py.

A hung driver blocks its caller for good, so nothing here is called by the thread that has to answer a stop.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

REASONS = {
    "heat": 0x0000000000000020 | 0x0000000000000040,
    "power limit": 0x0000000000000004 | 0x0000000000000080,
    "hardware slowdown": 0x0000000000000008,
}
"""Why a clock is kept down → bits of NVML's clocks event reasons (software and hardware each)."""
MILLIWATTS = 1000


class NoDriverError(Exception):
    """There is no NVIDIA driver here, none that answers, or no nvidia-ml-py."""


@dataclass(frozen=True)
class GpuReading:
    """One moment of a GPU, or of several together; None: the driver does not say. Units stand in the names."""

    gpus: tuple[str, ...]
    name: str
    busy_ratio: float | None
    memory_bytes: float | None
    memory_total_bytes: float | None
    power_watts: float | None
    power_limit_watts: float | None
    temperature_celsius: float | None
    throttled_by: tuple[str, ...] | None


class Nvml:
    """The driver, asked again and again. Raises NoDriverError where there is none."""

    def __init__(self) -> None:
        try:
            import pynvml
        except ImportError as missing:
            raise NoDriverError(str(missing)) from None
        self._nvml = pynvml
        try:
            pynvml.nvmlInit()
        except (pynvml.NVMLError, OSError) as problem:
            raise NoDriverError(str(problem)) from None

    def read(self, pids: Collection[int], device: str) -> GpuReading | None:
        """The GPUs on which the driver sees one of these processes, else `device` (cuda:2) where one is named.

        None where neither is known. Raises NoDriverError where the driver has gone.
        """
        nvml = self._nvml
        try:
            handles = {f"cuda:{n}": nvml.nvmlDeviceGetHandleByIndex(n) for n in range(nvml.nvmlDeviceGetCount())}
        except nvml.NVMLError as problem:
            raise NoDriverError(str(problem)) from None
        used = {name: handle for name, handle in handles.items() if self._processes(handle) & set(pids)}
        if not used and device in handles:
            used = {device: handles[device]}
        readings = [self._reading(name, handle) for name, handle in used.items()]
        return together(readings) if readings else None

    def _processes(self, handle: Any) -> set[int]:
        """Pids of another container's processes are none of ours, whatever their number: the driver leaves them out."""
        found = self._asked(self._nvml.nvmlDeviceGetComputeRunningProcesses, handle)
        return {int(each.pid) for each in found or ()}

    def _reading(self, name: str, handle: Any) -> GpuReading:
        nvml, asked = self._nvml, self._asked
        use, memory = asked(nvml.nvmlDeviceGetUtilizationRates, handle), asked(nvml.nvmlDeviceGetMemoryInfo, handle)
        power, most = asked(nvml.nvmlDeviceGetPowerUsage, handle), asked(nvml.nvmlDeviceGetEnforcedPowerLimit, handle)
        bits = asked(nvml.nvmlDeviceGetCurrentClocksThrottleReasons, handle)
        heat = asked(lambda which: nvml.nvmlDeviceGetTemperature(which, nvml.NVML_TEMPERATURE_GPU), handle)
        return GpuReading(
            gpus=(name,),
            name=str(asked(nvml.nvmlDeviceGetName, handle) or ""),
            busy_ratio=None if use is None else use.gpu / 100,
            memory_bytes=None if memory is None else float(memory.used),
            memory_total_bytes=None if memory is None else float(memory.total),
            power_watts=None if power is None else power / MILLIWATTS,
            power_limit_watts=None if most is None else most / MILLIWATTS,
            temperature_celsius=None if heat is None else float(heat),
            throttled_by=None if bits is None else tuple(word for word, mask in REASONS.items() if bits & mask),
        )

    def _asked(self, ask: Callable[[Any], Any], handle: Any) -> Any:
        """None for what a GPU does not tell: a slice of one (MIG) has no use of its own, some have no power meter."""
        try:
            return ask(handle)
        except self._nvml.NVMLError:
            return None


def together(readings: list[GpuReading]) -> GpuReading:
    """Several GPUs as one: mean use, the fullest memory, the sum of the power, the highest temperature."""

    def known(field: str) -> list[float]:
        """The values of those that give one."""
        return [value for each in readings if (value := getattr(each, field)) is not None]

    use, reasons = known("busy_ratio"), [each.throttled_by for each in readings if each.throttled_by is not None]
    return GpuReading(
        gpus=tuple(name for each in readings for name in each.gpus),
        name=readings[0].name,
        busy_ratio=sum(use) / len(use) if use else None,
        memory_bytes=max(known("memory_bytes"), default=None),
        memory_total_bytes=max(known("memory_total_bytes"), default=None),
        power_watts=sum(known("power_watts")) or None,
        power_limit_watts=sum(known("power_limit_watts")) or None,
        temperature_celsius=max(known("temperature_celsius"), default=None),
        throttled_by=tuple(word for word in REASONS if any(word in each for each in reasons)) if reasons else None,
    )
