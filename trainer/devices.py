"""Where to compute. `auto` takes a GPU, and never falls back to the CPU in silence where there is one."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from monitor.run_dir.errors import RefusedError

NVIDIA_TRACES = (Path("/proc/driver/nvidia/version"), Path("/dev/nvidia0"), Path("/dev/dxg"))
"""What a machine with an NVIDIA driver shows, also one whose torch cannot use it."""


def choose_device(
    asked: str, *, usable: bool | None = None, traces: tuple[Path, ...] = NVIDIA_TRACES
) -> tuple[torch.device, str | None]:
    """The device, and a warning to show or None. Raises RefusedError for `cuda` where it cannot be used."""
    usable = torch.cuda.is_available() if usable is None else usable
    if asked == "cpu" or (asked == "auto" and not usable):
        hidden = asked == "auto" and any(trace.exists() for trace in traces)
        return torch.device("cpu"), _unusable_gpu() if hidden else None
    if not usable:
        raise RefusedError(f"--device cuda cannot be used: torch {torch.__version__} sees no GPU here. {_way_out()}")
    return torch.device("cuda"), None


@dataclass(frozen=True)
class Precision:
    """The number format of convolutions and products. Losses and weights are fp32 always."""

    device: torch.device
    bf16: bool

    @classmethod
    def of(cls, asked: str, device: torch.device) -> Precision:
        """`auto` is bf16 on a GPU that computes in it. Raises RefusedError for one that does not."""
        able = device.type == "cpu" or torch.cuda.is_bf16_supported(including_emulation=False)
        if asked == "bf16" and not able:
            raise RefusedError(
                f"--precision bf16 cannot be used: {torch.cuda.get_device_name()} does not compute in it."
            )
        return cls(device, asked == "bf16" or (asked == "auto" and device.type == "cuda" and able))

    def autocast(self) -> torch.autocast:
        """A context in which torch computes in bf16, where that is on."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16)


class Gauge:
    """What a process holds and uses of its device. On a CPU: resident memory, and its share of the cores."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._before = (time.perf_counter(), time.process_time())

    def read(self) -> dict[str, float | int | None]:
        """Fields of a step record; None for what this machine does not tell."""
        cuda = self.device.type == "cuda"
        return {
            "device_memory_bytes": torch.cuda.max_memory_allocated(self.device) if cuda else _resident_bytes(),
            "device_busy_ratio": _gpu_busy(self.device) if cuda else self._cpu_busy(),
        }

    def _cpu_busy(self) -> float:
        (then, used_then), (now, used) = self._before, (time.perf_counter(), time.process_time())
        self._before = now, used
        return min(1.0, (used - used_then) / max(1e-9, now - then) / len(os.sched_getaffinity(0)))


def _gpu_busy(device: torch.device) -> float | None:
    """Share of the last sample period in which a kernel ran; needs nvidia-ml-py."""
    try:
        return torch.cuda.utilization(device) / 100
    except (ImportError, RuntimeError, OSError):
        return None


def _resident_bytes() -> int | None:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


SMALL_PARAMETERS = 2_000_000
"""Below this, networks on vectors are no faster with more threads, and far slower beside another busy process."""


def tame_threads(device: torch.device, parameters: int, frame_shape: tuple[int, ...]) -> None:
    """One compute thread for a small network on the CPU; OMP_NUM_THREADS decides where it is set."""
    if device.type != "cpu" or "OMP_NUM_THREADS" in os.environ:
        return
    if parameters < SMALL_PARAMETERS and len(frame_shape) == 1:
        torch.set_num_threads(1)


def _unusable_gpu() -> str:
    return (
        f"WARNING: this machine has an NVIDIA GPU, but torch {torch.__version__} cannot use it: "
        f"training on the CPU, many times slower. {_way_out()}"
    )


def _way_out() -> str:
    if torch.version.cuda is None:
        return "This torch was built without CUDA; install the CUDA build, or say --device cpu."
    return "Look at the driver with nvidia-smi, or say --device cpu."
