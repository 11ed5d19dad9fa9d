"""The machine that runs share: its processors, their memory and load, and the room on the disk of the runs.

GPUs are asked of `nvidia-smi` where there is one: the page must not load torch, nor hold a context on a device.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from monitor.launcher.engines.partitions import Partition, PartitionWatch
from monitor.run_dir import RUN_DIR_VARIABLE, files

QUERY = "index,name,memory.used,memory.total,utilization.gpu,uuid"
PROCESS_QUERY = "pid,used_memory,gpu_uuid"
ASKED_EVERY_SECS = 5.0
PATIENCE_SECS = 3.0
MEGABYTE = 2**20


@dataclass(frozen=True)
class Tenant:
    """A process on a device. `user` and `run` (a run id) are empty where they are unknown."""

    pid: int
    used_bytes: int | None
    user: str = ""
    run: str = ""
    is_mine: bool = False


@dataclass(frozen=True)
class Device:
    """`used_bytes` of `total_bytes` are in use by processes of any user; `busy_ratio` is the load of the last moment.

    `tenants`: the processes on a GPU as its driver lists them; not known of a CPU.
    """

    name: str
    label: str
    used_bytes: int | None = None
    total_bytes: int | None = None
    busy_ratio: float | None = None
    tenants: tuple[Tenant, ...] = ()

    @property
    def free_bytes(self) -> int | None:
        """Bytes that no process holds; None where they are not known."""
        if self.total_bytes is None or self.used_bytes is None:
            return None
        return max(0, self.total_bytes - self.used_bytes)


@dataclass(frozen=True)
class Machine:
    """One look at this machine. `devices`: its GPUs, then the processor; `disk_free_bytes`: on the disk of the runs."""

    host: str
    devices: tuple[Device, ...]
    disk_free_bytes: int | None
    partitions: tuple[Partition, ...] = ()
    """Of the cluster that this machine can submit to."""

    @property
    def gpus(self) -> tuple[str, ...]:
        """cuda:0, cuda:1 …, as nvidia-smi counts them."""
        return tuple(device.name for device in self.devices if device.name != "cpu")

    def device(self, name: str) -> Device | None:
        """The device of this name; None where the machine has no such one."""
        return next((device for device in self.devices if device.name == name), None)


class MachineWatch:
    """Asks at most every five seconds, however many tabs want to know."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._asked_at = float("-inf")
        self._known: Machine | None = None
        self._partitions = PartitionWatch()

    def look(self) -> Machine:
        """The machine as it was at the last asking, with what the cluster has free now."""
        if self._known is None or time.monotonic() - self._asked_at >= ASKED_EVERY_SECS:
            self._known, self._asked_at = machine(self._runs_dir), time.monotonic()
        return replace(self._known, partitions=self._partitions.now())


def machine(runs_dir: Path) -> Machine:
    """Asks now, which takes as long as nvidia-smi does. `runs_dir`: the folder whose disk counts."""
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
    found = dict(filter(None, map(_parsed, _asked(f"--query-gpu={QUERY}"))))
    tenants: dict[str, list[Tenant]] = {}
    for line in _asked(f"--query-compute-apps={PROCESS_QUERY}") if found else []:
        process = _parsed_process(line)
        if process is not None:
            pid, used_bytes, uuid = process
            tenants.setdefault(_whole_gpu(uuid, found), []).append(_tenant(pid, used_bytes))
    return tuple(replace(device, tenants=tuple(tenants.get(uuid, ()))) for uuid, device in found.items())


def _whole_gpu(uuid: str, found: Collection[str]) -> str:
    """The card of a slice (MIG): named in the slice's own id by older drivers, and certain where there is one only."""
    if not uuid.startswith("MIG-"):
        return uuid
    named = uuid.removeprefix("MIG-").partition("/")[0]
    return named if named in found or len(found) != 1 else next(iter(found))


def gpu_names() -> tuple[str, ...]:
    """cuda:0, cuda:1 … as nvidia-smi counts them; empty where it finds none."""
    return tuple(device.name for _, device in filter(None, map(_parsed, _asked(f"--query-gpu={QUERY}"))))


class _Asking:
    """One nvidia-smi at a time. Where the driver hangs it cannot be killed, and waiting for its end would hang too."""

    def __init__(self) -> None:
        self._hung: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def lines(self, command: list[str]) -> list[str]:
        """What it prints; nothing where it fails, takes too long, or an earlier one has not come back."""
        with self._lock:
            if self._hung is not None and self._hung.poll() is None:
                return []
            self._hung = None
            try:
                process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            except OSError:
                return []
            try:
                said, _ = process.communicate(timeout=PATIENCE_SECS)
            except subprocess.TimeoutExpired:
                process.kill()
                self._hung = process
                return []
            return said.splitlines() if process.returncode == 0 else []


_asking = _Asking()


def _asked(query: str) -> list[str]:
    """The lines of nvidia-smi's answer; none where there is no such program, or it does not answer."""
    program = shutil.which("nvidia-smi")
    return [] if program is None else _asking.lines([program, query, "--format=csv,noheader,nounits"])


def _parsed(line: str) -> tuple[str, Device] | None:
    """(uuid, device) of "0, NVIDIA H200, 512, 143771, 37, GPU-8a…"; None for what is no such line."""
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) != 6 or not cells[0].isdigit():
        return None
    used, total, busy = map(_number, cells[2:5])
    return cells[5], Device(
        f"cuda:{cells[0]}",
        f"GPU {cells[0]}, {cells[1]}",
        None if used is None else int(used * MEGABYTE),
        None if total is None else int(total * MEGABYTE),
        None if busy is None else busy / 100,
    )


def _parsed_process(line: str) -> tuple[int, int | None, str] | None:
    """(pid, bytes, uuid of its GPU) of "48211, 21504, GPU-8a…"; None for what is no such line."""
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) != 3 or not cells[0].isdigit():
        return None
    used = _number(cells[1])
    return int(cells[0]), None if used is None else int(used * MEGABYTE), cells[2]


def _number(cell: str) -> float | None:
    """ "[N/A]" and "[Not Supported]" are no numbers."""
    return float(cell) if cell.replace(".", "", 1).isdigit() else None


def _tenant(pid: int, used_bytes: int | None) -> Tenant:
    """Whose process it is; of another container's pid, or one that has just ended, nothing is known."""
    try:
        process = psutil.Process(pid)
        user, is_mine = process.username(), process.uids().real == os.getuid()
    except (psutil.Error, KeyError):
        return Tenant(pid, used_bytes)
    try:
        run_dir = process.environ().get(RUN_DIR_VARIABLE, "") if is_mine else ""
    except (psutil.Error, OSError):
        run_dir = ""
    return Tenant(pid, used_bytes, user, Path(run_dir).name, is_mine)
