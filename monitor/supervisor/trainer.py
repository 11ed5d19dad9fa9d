"""The trainer process as its supervisor sees it: one that it started, or one that it found running."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from monitor.run_dir import Identity, processes
from monitor.supervisor import group


@dataclass(frozen=True)
class Ending:
    """How a process ended. Both None: it is gone, and how it ended is not known."""

    exit_code: int | None = None
    signal: int | None = None


class Trainer(Protocol):
    """`identity`: which process it is, with its start time; the pid alone may be another's later."""

    identity: Identity

    def ended(self) -> Ending | None:
        """How it ended; None while it runs."""

    def send(self, number: int) -> None:
        """Sends a signal to it and to what it has started; nothing where it has ended."""

    def ignores(self, number: int) -> bool:
        """Whether it and everything that it has started ignores a signal: sending that would only cost time."""

    def clear_leftovers(self) -> None:
        """Ends what it has left running. Call once, after it has ended."""


class OwnTrainer:
    """A trainer that this supervisor started: its exit code can be waited for."""

    def __init__(self, identity: Identity, run_dir: Path) -> None:
        self.identity = identity
        self._pid = identity.pid
        self._run_dir = run_dir

    def ended(self) -> Ending | None:
        """How it ended, or None while it runs. The process stays a zombie, so its pid cannot be given away yet."""
        seen = os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if seen is None:
            return None
        if seen.si_code == os.CLD_EXITED:
            return Ending(exit_code=seen.si_status)
        return Ending(signal=seen.si_status)

    def send(self, number: int) -> None:
        """Signals the whole group; a kill also reaches what has left the group."""
        outside = group.descendants(self._pid) if number == signal.SIGKILL else []
        group.send_to_group(self._pid, number)
        group.send(outside, number)

    def ignores(self, number: int) -> bool:
        """Asks its process group, and what has left that group."""
        return group.ignores({*group.members(self._pid), *group.descendants(self._pid)}, number)

    def clear_leftovers(self) -> None:
        """Ends what it has left running, then releases the pid. Call once, after `ended`."""
        group.clear(group.left_behind(self._pid, self._run_dir))
        os.waitpid(self._pid, 0)


class FoundTrainer:
    """A trainer whose supervisor has died: watched by its identity, its exit code is not ours to see."""

    def __init__(self, identity: Identity, run_dir: Path) -> None:
        self.identity = identity
        self._run_dir = run_dir

    def ended(self) -> Ending | None:
        """Whether it is gone; how it ended only its parent could know."""
        return Ending() if processes.liveness(self.identity) == "gone" else None

    def send(self, number: int) -> None:
        """To its whole group only where it leads that group."""
        if self.ended():
            return
        pid = self.identity.pid
        outside = group.descendants(pid) if number == signal.SIGKILL else []
        if group.leads(pid):
            group.send_to_group(pid, number)
        else:
            # It stands below a wrapper, and the group may hold strangers.
            outside.append(pid)
        group.send(outside, number)

    def ignores(self, number: int) -> bool:
        """Asks it and its descendants: the group may not be its own."""
        return group.ignores([self.identity.pid, *group.descendants(self.identity.pid)], number)

    def clear_leftovers(self) -> None:
        """Ends what it has left running. The pid may be another's by now, so each process must prove it is ours."""
        left = group.left_behind(self.identity.pid, self._run_dir)
        group.clear([pid for pid in left if group.works_for(pid, self._run_dir)])
