"""Whether memory and disk suffice, known before a start where an earlier run has shown what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from monitor.launcher.devices import Device, Machine, Tenant
from monitor.run_dir import RUN_FILE, STEPS_FILE, Run, Step, files, words
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.launch import read_launch, read_progress
from monitor.run_dir.reader import list_runs

STEPS_TAIL_BYTES = 1 << 20
CHECKPOINTS_KEPT = 4
"""last, best, best by loss, and the one that is being written beside them."""


@dataclass(frozen=True)
class Need:
    """What a run needed. `memory_bytes`: the peak on its device, as its own steps tell it. None: not known."""

    run_id: str
    device: str = ""
    memory_bytes: int | None = None
    checkpoint_bytes: int | None = None


def need_of(run_dir: Path) -> Need:
    """What a run has shown to need so far."""
    progress = read_progress(run_dir)
    # A peak is repeated in every later step.
    steps = files.last_records(run_dir / STEPS_FILE, STEPS_TAIL_BYTES, Step)
    return Need(
        run_dir.name,
        _device_of(run_dir),
        max((step.device_memory_bytes or 0 for step in steps), default=0) or None,
        progress.checkpoint_bytes if progress is not None else None,
    )


def need_of_script(runs_dir: Path, script: str | None) -> Need | None:
    """What the newest run of the same script needed; None where none is known."""
    newest: tuple[float, Path] | None = None
    for run_id in list_runs(runs_dir) if script else []:
        try:
            launch = read_launch(runs_dir / run_id)
        except (MonitorError, OSError):
            continue
        if launch is not None and launch.script == script and (newest is None or launch.created_at > newest[0]):
            newest = (launch.created_at, runs_dir / run_id)
    return need_of(newest[1]) if newest is not None else None


def headroom_notes(need: Need | None, machine: Machine, asked: str) -> list[str]:
    """What a person should know before the start, one sentence each; empty where all is well or nothing is known.

    `asked`: the device that was asked for, else that of the run whose need is known.
    """
    device = _device(machine, asked or (need.device if need is not None else ""))
    return [*_memory_notes(need, device), *_disk_notes(need, machine)]


def _memory_notes(need: Need | None, device: Device | None) -> list[str]:
    if device is None or device.free_bytes is None:
        return []
    name = device.label.split(",")[0]
    free = f"{name} has {words.size(device.free_bytes)} of {words.size(device.total_bytes or 0)} free"
    own = sum(tenant.used_bytes or 0 for tenant in device.tenants if need is not None and tenant.run == need.run_id)
    others = [_whose(tenant) for tenant in device.tenants if need is None or tenant.run != need.run_id]
    holds = f" {', '.join(others)}." if others else ""
    if need is None or need.memory_bytes is None or need.memory_bytes <= device.free_bytes:
        return [f"{free}.{holds}"] if others else []
    back = f" {need.run_id} gives {words.size(own)} back when it ends." if own else ""
    lead = f"{free}, and {need.run_id} used up to {words.size(need.memory_bytes)}"
    if need.memory_bytes <= device.free_bytes + own:
        return [f"{lead}: enough only once it has ended.{back}{holds}"]
    return [f"{lead}: it will probably run out of memory.{back}{holds}"]


def _whose(tenant: Tenant) -> str:
    who = tenant.run or (f"{tenant.user}'s process {tenant.pid}" if tenant.user else f"process {tenant.pid}")
    return f"{who} has {words.size(tenant.used_bytes)}" if tenant.used_bytes is not None else f"{who} is there"


def _disk_notes(need: Need | None, machine: Machine) -> list[str]:
    if need is None or not need.checkpoint_bytes or machine.disk_free_bytes is None:
        return []
    fit = machine.disk_free_bytes // need.checkpoint_bytes
    if fit >= CHECKPOINTS_KEPT:
        return []
    size = words.size(need.checkpoint_bytes)
    return [
        f"The disk of the runs has room for {fit} checkpoints of {size} ({words.size(machine.disk_free_bytes)} free); "
        f"a run needs room for {CHECKPOINTS_KEPT}."
    ]


def _device(machine: Machine, name: str) -> Device | None:
    """The device that was asked for; for any GPU, the one with the most free memory."""
    gpus = [device for device in machine.devices if device.name in machine.gpus]
    if name == "cuda" and gpus:
        return max(gpus, key=lambda device: device.free_bytes or 0)
    return machine.device(name)


def _device_of(run_dir: Path) -> str:
    run = files.read_document(run_dir / RUN_FILE, Run, files.UNREADABLE)
    return (run.environment.device if run is not None else None) or ""
