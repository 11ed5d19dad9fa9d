"""Everything that belongs to a trainer: its process group and, for a kill, all it has started."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from monitor.run_dir import RUN_DIR_VARIABLE

log = logging.getLogger(__name__)

LEFTOVER_SECS = 2.0
"""How long leftovers of an ended trainer have between SIGTERM and SIGKILL."""


def members(group: int) -> list[int]:
    """Pids of the living (not zombie) processes in a process group."""
    return [pid for pid in psutil.pids() if _group_of(pid) == group and _is_living(pid)]


def leads(pid: int) -> bool:
    """Whether a process is the leader of its process group."""
    return _group_of(pid) == pid


def descendants(pid: int) -> list[int]:
    """Pids of all living processes below `pid`, also those that left its group (torchrun gives workers their own)."""
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True) if _is_living(child.pid)]
    except psutil.Error:
        return []


def left_behind(leader: int, run_dir: Path) -> list[int]:
    """The processes that an ended trainer has left running: its group, and those that bear the mark of its run in a
    group of their own.

    torchrun gives each worker a session; when torchrun itself is killed, nothing else ends them.
    """
    ours = {pid for pid in psutil.pids() if pid != os.getpid() and _is_living(pid) and works_for(pid, run_dir)}
    return sorted(ours | set(members(leader)))


def works_for(pid: int, run_dir: Path) -> bool:
    """Whether a process was started with this run directory in its environment: proof that it is ours."""
    try:
        return psutil.Process(pid).environ().get(RUN_DIR_VARIABLE) == str(run_dir.absolute())
    except (psutil.Error, OSError):
        return False


def is_held_open(path: Path, run_dir: Path) -> bool:
    """Whether a process that works for a run has a file open."""
    return any(_has_open(pid, path) for pid in psutil.pids() if works_for(pid, run_dir))


def _has_open(pid: int, path: Path) -> bool:
    try:
        return any(Path(each.path) == path.resolve() for each in psutil.Process(pid).open_files())
    except (psutil.Error, OSError):
        return False


def ignores(pids: Iterable[int], number: int) -> bool:
    """Whether every one of these processes ignores a signal, as what a script or nohup starts with & ignores Ctrl-C.

    False where that cannot be seen (no /proc), or none of them is there.
    """
    masks = [_ignored(pid) for pid in pids]
    return any(mask is not None for mask in masks) and all(mask >> number - 1 & 1 for mask in masks if mask is not None)


def _ignored(pid: int) -> int | None:
    """The signals that a process ignores, one bit each; None where there is no such process."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1], 16) for line in lines if line.startswith("SigIgn:")), None)


def send(pids: Iterable[int], number: int) -> None:
    """Sends a signal to each process; one that has gone meanwhile, or became another user's, is passed over."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
        except PermissionError:
            log.warning("process %d may not be signalled: it is another user's", pid)


def send_to_group(leader: int, number: int) -> None:
    """Sends a signal to a process group, as far as this user may."""
    try:
        os.killpg(leader, number)
    except ProcessLookupError:
        return
    except PermissionError:
        log.warning("process group %d may not be signalled: it is another user's", leader)


def clear(pids: list[int]) -> None:
    """Ends processes that their trainer left behind: SIGTERM, a short wait, SIGKILL."""
    send(pids, signal.SIGTERM)
    deadline = time.monotonic() + LEFTOVER_SECS
    while (left := [pid for pid in pids if _is_living(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    send(left, signal.SIGKILL)


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def _is_living(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
