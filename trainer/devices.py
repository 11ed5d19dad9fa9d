"""Where to compute. `auto` takes a GPU, and never falls back to the CPU in silence where there is one."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from monitor.errors import RefusedError

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
