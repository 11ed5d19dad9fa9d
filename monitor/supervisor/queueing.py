"""Waiting for the parent run to end before its child starts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from monitor import control
from monitor.launch import generation_of, read_launch
from monitor.reader import RunReader
from monitor.status import status_of
from monitor.supervisor.stopping import KILL_AFTER_SECS

SLACK_SECS = 60.0
"""Beyond the parent's own grace and kill times: after that, something is wrong with it."""
LOOK_EVERY_SECS = 0.25
CHANGED_ITS_MIND_SECS = 3.0
"""A live parent that nobody is asking to stop for this long goes on: its stop was taken back."""


@dataclass(frozen=True)
class Waited:
    """How the waiting ended; `problem` says why the child must not start, if its own stop is not the reason."""

    may_start: bool
    problem: str = ""


def wait_for_end(parent_dir: Path, is_unwanted: Callable[[], bool]) -> Waited:
    """Returns when the parent has ended, or with the reason why the child must not start.

    `is_unwanted` tells whether the child itself has been asked to stop meanwhile.
    """
    launch = read_launch(parent_dir)
    patience = (launch.stop_grace_secs if launch else 60.0) * 2 + KILL_AFTER_SECS + SLACK_SECS
    reader = RunReader(parent_dir)
    began = time.monotonic()
    wanted_at = began
    while True:
        snapshot = reader.read(time.time())
        status = status_of(snapshot)
        if not status.live:
            return Waited(True)
        if is_unwanted():
            return Waited(False)
        tick = time.monotonic()
        if status.word == "stopping" or control.stop_wanted(
            parent_dir, generation_of(snapshot.state, snapshot.progress)
        ):
            wanted_at = tick
        if tick - wanted_at > CHANGED_ITS_MIND_SECS:
            return Waited(False, f"Not started: the stop of {parent_dir.name} was taken back, and it is running.")
        if tick - began > patience:
            return Waited(False, f"Not started: {parent_dir.name} has not ended after {patience:.0f} s.")
        time.sleep(LOOK_EVERY_SECS)
