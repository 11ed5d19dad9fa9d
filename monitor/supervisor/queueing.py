"""Waiting before a start: for the parent run to end, and for a device to be free."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from monitor.launcher.slots import HEIRS_TICKET, Capacity, DeviceQueue, Standing
from monitor.run_dir import QueuePlace, Snapshot, control
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.launch import generation_of, read_launch, read_state
from monitor.run_dir.processes import identify
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import Status, status_of
from monitor.supervisor.statefile import StateFile
from monitor.supervisor.stopping import KILL_AFTER_SECS

SLACK_SECS = 60.0
"""Beyond the parent's own grace and kill times: after that, something is wrong with it."""
LOOK_EVERY_SECS = 0.25
LOOK_AT_LINE_SECS = 0.5
CHANGED_ITS_MIND_SECS = 3.0
"""A live parent whose stop is no longer asked for since this long goes on: it was taken back."""
NEVER_ASKED_SECS = 60.0
"""The same where no stop was seen yet: it is asked for once the child waits, and may need a new supervisor first."""


@dataclass(frozen=True)
class WaitResult:
    """How the waiting ended; `problem` says why the child must not start, if its own stop is not the reason."""

    may_start: bool
    problem: str = ""


class ParentWait:
    """Waiting for the parent to end. Made before the child is reported as waiting: the parent is stopped after that."""

    def __init__(self, parent_dir: Path) -> None:
        launch = read_launch(parent_dir)
        self._parent_dir = parent_dir
        self._patience = (launch.stop_grace_secs if launch else 60.0) * 2 + KILL_AFTER_SECS + SLACK_SECS
        self._reader = RunReader(parent_dir)
        self._asked_before = control.newest(parent_dir, "stop")

    def wait(self, is_unwanted: Callable[[], bool]) -> WaitResult:
        """Returns when the parent has ended, or with the reason why the child must not start.

        `is_unwanted` tells whether the child itself has been asked to stop meanwhile.
        """
        name, began = self._parent_dir.name, time.monotonic()
        wanted_at: float | None = None
        while True:
            try:
                snapshot = self._reader.read(time.time())
            except UnreadableRunError as problem:
                return WaitResult(False, f"Not started: {problem}")
            status = status_of(snapshot)
            if not status.live:
                return WaitResult(True)
            if is_unwanted():
                return WaitResult(False)
            tick = time.monotonic()
            if self._is_stopping(snapshot, status) or (wanted_at is None and self._was_asked()):
                wanted_at = tick
            if wanted_at is not None and tick - wanted_at > CHANGED_ITS_MIND_SECS:
                return WaitResult(False, f"Not started: the stop of {name} was taken back, and it is running.")
            if wanted_at is None and tick - began > NEVER_ASKED_SECS:
                return WaitResult(False, f"Not started: {name} is running, and no stop of it was requested.")
            if tick - began > self._patience:
                return WaitResult(False, f"Not started: {name} has not ended after {self._patience:.0f} s.")
            time.sleep(LOOK_EVERY_SECS)

    def _is_stopping(self, snapshot: Snapshot, status: Status) -> bool:
        generation = generation_of(snapshot.state, snapshot.progress)
        return status.word == "stopping" or control.stop_wanted(self._parent_dir, generation)

    def _was_asked(self) -> bool:
        """Whether a stop came, even one that was withdrawn before it was read."""
        return control.newest(self._parent_dir, "stop") > self._asked_before


class DeviceWait:
    """One run in the line before a device: draws a ticket, writes its place to state.json, takes the device."""

    def __init__(self, run_dir: Path, state_file: StateFile, capacity: Capacity) -> None:
        self._run_id = run_dir.name
        self._state_file = state_file
        self._line = DeviceQueue(run_dir.parent, capacity)

    def join(self, device: str, parent_dir: Path | None) -> None:
        """Enters the line at its end; the first child that waits for its parent takes that one's place, before all.

        Raises OSError where the folder of the runs cannot be written.
        """
        with self._line.locked():
            place = QueuePlace(device=device, ticket=self._line.next_ticket())
            if parent_dir is not None:
                parent = read_state(parent_dir)
                inherits = parent is not None and parent.device in self._line.fitting(device)
                inherits = inherits and not self._line.has_heir(parent_dir.name)
                ticket = HEIRS_TICKET if inherits else place.ticket
                mine = parent.device if parent is not None and inherits else device
                place = QueuePlace(device=mine, ticket=ticket, after=parent_dir.name)
            self._state_file.update_or_raise(state="queued", queue=place, supervisor=identify())

    def parent_has_ended(self) -> None:
        """From now on it waits for the device alone."""
        place = self._state_file.state.queue
        assert place is not None
        self._state_file.update(queue=msgspec.structs.replace(place, after=""))

    def take(self) -> bool:
        """Takes the device if it is free and no run is before this one. Raises OSError where it cannot be recorded."""
        place = self._state_file.state.queue
        assert place is not None
        standing = self._line.standing(self._run_id, place)
        if standing.free is not None:
            with self._line.locked():
                standing = self._line.standing(self._run_id, place)
                if standing.free is not None:
                    self._state_file.update_or_raise(state="starting", device=standing.free, queue=None)
                    return True
        self._tell(place, standing)
        return False

    def wait(self, is_unwanted: Callable[[], bool]) -> bool:
        """True once it has the device; False when the run is no longer wanted."""
        while not self.take():
            if is_unwanted():
                return False
            time.sleep(LOOK_AT_LINE_SECS)
        return True

    def _tell(self, place: QueuePlace, standing: Standing) -> None:
        now = msgspec.structs.replace(place, position=standing.position, held_by=list(standing.held_by))
        if now != place:
            self._state_file.update(queue=now)
