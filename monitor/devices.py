"""The machine that runs share: its processors, their memory and load, and the room on the disk of the runs.

GPUs are asked of `nvidia-smi` where there is one: the page must not load torch, nor hold a context on a device.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from monitor import files

QUERY = "index,name,memory.used,memory.total,utilization.gpu"
ASKED_EVERY_SECS = 5.0
PATIENCE_SECS = 3.0
MEGABYTE = 2**20


@dataclass(frozen=True)
class Device:
    """`used_bytes` of `total_bytes` are taken by anybody's processes; `busy_ratio` is the load of the last moment."""

    name: str
    label: str
    used_bytes: int | None = None
    total_bytes: int | None = None
    busy_ratio: float | None = None


@dataclass(frozen=True)
class Machine:
    host: str
    devices: tuple[Device, ...]
    disk_free_bytes: int | None


class MachineWatch:
    """Asks at most every five seconds, however many tabs want to know."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._asked_at = float("-inf")
        self._known: Machine | None = None

    def look(self) -> Machine:
        if self._known is None or time.monotonic() - self._asked_at >= ASKED_EVERY_SECS:
            self._known, self._asked_at = machine(self._runs_dir), time.monotonic()
        return self._known


def machine(runs_dir: Path) -> Machine:
    return Machine(os.uname().nodename, (*_gpus(), _processor()), files.free_bytes(runs_dir))


def _processor() -> Device:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        load = min(1.0, os.getloadavg()[0] / cores)
    except OSError:
        load = None
    used, total = _memory()
    return Device("cpu", f"CPU, {cores} {'core' if cores == 1 else 'cores'}", used, total, load)


def _memory() -> tuple[int | None, int | None]:
    """(bytes in use, bytes in all) from the kernel's own table; unknown elsewhere."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None, None
    table = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if len(line.split()) > 1}
    total, available = table.get("MemTotal"), table.get("MemAvailable")
    return (total - available if total and available else None), total


def _gpus() -> tuple[Device, ...]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    command = [program, f"--query-gpu={QUERY}", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECS, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(filter(None, map(parsed, answer.splitlines())))


def parsed(line: str) -> Device | None:
    """One line of the answer, e.g. "0, NVIDIA H200, 512, 143771, 37"; None for what is no such line."""
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) != 5 or not cells[0].isdigit():
        return None
    used, total, busy = (float(cell) if cell.replace(".", "", 1).isdigit() else None for cell in cells[2:])
    return Device(
        f"cuda:{cells[0]}",
        f"GPU {cells[0]}, {cells[1]}",
        None if used is None else int(used * MEGABYTE),
        None if total is None else int(total * MEGABYTE),
        None if busy is None else busy / 100,
    )
