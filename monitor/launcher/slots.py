"""Who may use which device of this machine: one run per GPU, the others wait in line.

The line is made of the runs themselves: a queued run holds a ticket in its state.json, a run at work names its device
there. There is no other record that could be left behind: a dead process holds nothing and waits for nothing. Tickets
are drawn and devices taken under one lock beside the runs, so two supervisors never take the same one, and none
overtakes. Only the runs of one folder see each other.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from monitor.diagnosis.settings import settings_for
from monitor.launcher.devices import gpu_names
from monitor.run_dir import OPEN_STATES, STATE_FILE, Identity, QueuePlace, State, files, opening, processes
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.lives import is_copied
from monitor.run_dir.reader import list_runs
from monitor.run_dir.status import device_words

SLOTS_LOCK = ".slots.lock"
ANY_GPU = "cuda"
CPU = "cpu"
HEIRS_TICKET = 0
"""Of the child that takes its parent's device over; the others begin at 1."""
STARTED_STATES = OPEN_STATES - {"queued"}


@dataclass(frozen=True)
class Capacity:
    """How many runs each device takes at a time. `cpu` None: as many as come, so there is nothing to wait for."""

    gpus: tuple[str, ...] = ()
    per_gpu: int = 1
    cpu: int | None = None

    def of(self, slot: str) -> int | None:
        """How many runs this GPU, or the CPU, takes at a time; None: as many as come."""
        return self.cpu if slot == CPU else self.per_gpu

    def fitting(self, device: str) -> tuple[str, ...]:
        """The devices that fit the one that was asked for, the first choice first."""
        return self.gpus if device == ANY_GPU else (device,)


def capacity_for(device: str, visible: str | None, runs_dir: Path) -> Capacity:
    """What this machine has of a device. `visible`: CUDA_VISIBLE_DEVICES of the caller, which may allow only some.

    Raises RefusedError where any GPU is wanted and none is found, or one that is not there.
    """
    settings = settings_for(runs_dir).devices
    gpus = gpu_names() if device != CPU else ()
    if gpus and device not in (ANY_GPU, *gpus):
        known = " and ".join(name.removeprefix("cuda:") for name in gpus)
        raise RefusedError(f"There is no {device_words(device)} on this machine; nvidia-smi knows {known}.")
    allowed = {f"cuda:{each.strip()}" for each in (visible or "").split(",")}
    if device == ANY_GPU and visible is not None and all(name.removeprefix("cuda:").isdecimal() for name in allowed):
        gpus = tuple(name for name in gpus if name in allowed)
    if device == ANY_GPU and not gpus:
        raise RefusedError("Any GPU was requested, but nvidia-smi finds no usable one. Name one: --device 0.")
    return Capacity(gpus, settings.runs_per_gpu, settings.cpu_runs)


@dataclass(frozen=True)
class Standing:
    """Where a waiting run stands: 1 is next. `held_by`: the runs that work on the devices it waits for."""

    position: int
    held_by: tuple[str, ...]
    free: str | None = None
    """The device it may take now."""


def device_name(text: str) -> str:
    """The stored name of a device as a person writes it: "2" and "cuda:2" are cuda:2, "any" is cuda, "none" is "".

    Raises UsageError.
    """
    plain = text.strip().lower().removeprefix("cuda:").removeprefix("gpu")
    if plain.isdecimal():
        return f"cuda:{int(plain)}"
    named = {"any": ANY_GPU, "cuda": ANY_GPU, "": ANY_GPU, "cpu": CPU, "none": ""}
    if plain not in named or not text.strip():
        raise UsageError(f"--device {text}: must be the number of a GPU (such as 0), any, cpu, or none.")
    return named[plain]


def environment_of(slot: str) -> dict[str, str]:
    """What makes a process see that device only; GPUs are counted as nvidia-smi counts them."""
    if slot == CPU:
        return {"CUDA_VISIBLE_DEVICES": ""}
    return {"CUDA_VISIBLE_DEVICES": slot.removeprefix("cuda:"), "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


class DeviceQueue:
    """The line before the devices of one machine, as one run folder sees it. Looks again cost what has changed."""

    def __init__(self, runs_dir: Path, capacity: Capacity) -> None:
        self._runs_dir = runs_dir
        self._capacity = capacity
        self._known: dict[str, tuple[tuple[int, ...], State | None]] = {}

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """No other process draws a ticket or takes a device meanwhile. Held for one look; raises OSError."""
        try:
            descriptor = opening.open_to_write(self._runs_dir / SLOTS_LOCK, os.O_RDWR)
        except opening.OddFileError as odd:
            raise OSError(errno.EINVAL, str(odd)) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def fitting(self, device: str) -> tuple[str, ...]:
        """See Capacity.fitting."""
        return self._capacity.fitting(device)

    def next_ticket(self) -> int:
        """One more than the highest ticket in use. Only under the lock."""
        return 1 + max((state.queue.ticket for state in self._others("").values() if state.queue), default=0)

    def has_heir(self, parent_id: str) -> bool:
        """Whether a child waits already that takes this run's device over. Only under the lock."""
        waiting = (state.queue for state in self._others("").values() if state.queue is not None)
        return any((place.after, place.ticket) == (parent_id, HEIRS_TICKET) for place in waiting)

    def standing(self, run_id: str, place: QueuePlace) -> Standing:
        """Where a queued run stands now."""
        others = self._others(run_id)
        fitting = self._capacity.fitting(place.device)
        ahead = [state.queue for state in others.values() if state.queue is not None and _waits(state)]
        ahead = [other for other in ahead if other.ticket < place.ticket]
        wanted = {slot for other in ahead for slot in self._capacity.fitting(other.device)}
        held = {slot: _holders(others, slot) for slot in fitting}
        free = [slot for slot in fitting if self._has_room(slot, len(held[slot])) and slot not in wanted]
        overlapping = [other for other in ahead if set(self._capacity.fitting(other.device)) & set(fitting)]
        holders = tuple(sorted({run for runs in held.values() for run in runs}))
        return Standing(1 + len(overlapping), holders, free[0] if free else None)

    def _has_room(self, slot: str, holders: int) -> bool:
        capacity = self._capacity.of(slot)
        return capacity is None or holders < capacity

    def _others(self, run_id: str) -> dict[str, State]:
        """The runs of this folder, but one, that wait or work on this machine."""
        known = {name: self._state(name) for name in list_runs(self._runs_dir)}
        self._known = {name: self._known[name] for name in known}
        return {
            name: state
            for name, state in known.items()
            if state is not None and name != run_id and (_waits(state) or (state.device and _works(state)))
        }

    def _state(self, name: str) -> State | None:
        path = self._runs_dir / name / STATE_FILE
        try:
            found = path.stat()
            stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
            if name not in self._known or self._known[name][0] != stamp:
                found_state = files.read_document(path, State)
                is_others = is_copied(path.parent, found_state)
                self._known[name] = (stamp, None if is_others else found_state)
        except files.UNREADABLE:
            self._known[name] = ((), None)
        return self._known[name][1]


def _waits(state: State) -> bool:
    return state.state == "queued" and state.queue is not None and _is_here(state.supervisor)


def _works(state: State) -> bool:
    # A supervisor that is still clearing up after its trainer keeps the device, too.
    return state.state in STARTED_STATES and (_is_here(state.trainer) or _is_here(state.supervisor))


def _is_here(identity: Identity | None) -> bool:
    """Whether a process lives on this machine; one in another container of it counts, though it cannot be seen."""
    if identity is None or identity.boot_id != processes.identify().boot_id:
        return False
    return processes.liveness(identity) != "gone"


def _holders(others: Mapping[str, State], slot: str) -> list[str]:
    return [name for name, state in others.items() if state.device == slot and state.state in STARTED_STATES]
