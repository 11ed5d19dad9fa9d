"""Who is alive, and who may write.

A pid alone is no identity: pids are recycled, and another host's or container's pid means nothing here.
A process is the same one if host boot, pid namespace, pid and raw start ticks agree, and it is not a zombie.
Wall-clock start times are not used: they move when the clock is set.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

from monitor.run_dir import held
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.records import LOCK_FILE, Identity, Liveness

HOME = Path(__file__).resolve().parent.parent.parent
"""The folder of `monitor`, `trainer` and app.py, where our own processes are started: no file of a user lies there."""
ON_LINUX = sys.platform.startswith("linux")
DEAD_STATES = "ZXx"


def identify(pid: int | None = None) -> Identity:
    """The identity of a living process (default: this one). Raises ProcessLookupError if there is none."""
    pid = os.getpid() if pid is None else pid
    found = _state_and_start(pid)
    if found is None:
        raise ProcessLookupError(f"no process {pid}")
    return Identity(
        host=os.uname().nodename,
        boot_id=_boot_id(),
        pid_namespace=_pid_namespace(),
        pid=pid,
        start_ticks=found[1],
    )


def liveness(identity: Identity, heard_at: float | None = None) -> Liveness:
    """Whether that very process is alive. "unknown" where it cannot be judged from this host and namespace.

    `heard_at`: when it last wrote (UTC seconds); it distinguishes a reboot from another machine of the same name.
    """
    if identity.boot_id != _boot_id():
        return "gone" if _was_here_before_a_reboot(identity, heard_at) else "unknown"
    if identity.pid_namespace != _pid_namespace():
        return "unknown"
    found = _state_and_start(identity.pid)
    if found is None or found[0] in DEAD_STATES or found[1] != identity.start_ticks:
        return "gone"
    return "alive"


def _was_here_before_a_reboot(identity: Identity, heard_at: float | None) -> bool:
    """Whether a process of another boot was one of this machine: then nothing of it lives on.

    A host name alone proves little: containers and cloned machines share theirs over a shared disk.
    What was heard of after this machine came up did not go down with it.
    """
    same_place = identity.host == os.uname().nodename and identity.pid_namespace == _pid_namespace()
    return same_place and (heard_at is None or heard_at < _booted_at())


def _booted_at() -> float:
    """When this machine came up, UTC seconds by its clock of now."""
    if ON_LINUX:
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    import psutil

    return float(psutil.boot_time())


def _boot_id() -> str:
    if ON_LINUX:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    import psutil  # here: only systems without /proc need it, and it costs the writer's import

    return str(int(psutil.boot_time()))


def _pid_namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink()) if ON_LINUX else ""
    except OSError:
        return ""


def _state_and_start(pid: int) -> tuple[str, int] | None:
    """(state letter, start ticks since boot), or None if there is no such process."""
    if not ON_LINUX:
        return _state_and_start_elsewhere(pid)
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command name may hold spaces and parentheses: fields are counted after the last one.
    fields = text[text.rfind(")") + 2 :].split()
    return fields[0], int(fields[19])


def _state_and_start_elsewhere(pid: int) -> tuple[str, int] | None:
    import psutil

    try:
        process = psutil.Process(pid)
        letter = "Z" if process.status() == psutil.STATUS_ZOMBIE else "S"
        return letter, int(process.create_time() * 100)
    except psutil.NoSuchProcess:
        return None


_held: weakref.WeakSet[RunLock] = weakref.WeakSet()


class RunLock:
    """The one writer of a run directory: an flock that neither a forked nor an exec'd child keeps.

    `name`: another file of the run, for a lock of its own, such as that of the alerts.
    """

    def __init__(self, run_dir: Path, name: str = LOCK_FILE) -> None:
        self.path = run_dir / name
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Takes the lock. Raises RefusedError at once where another process holds it."""
        name, folder = held.spot(self.path)
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise RefusedError(
                f"{self.path.parent} is being written by another process. Wait until it ends, or choose another folder."
            ) from None
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        _held.add(self)

    def release(self) -> None:
        """Gives the lock up at once; nothing where it is not held."""
        if self._descriptor is not None:
            # Unlocked explicitly: closing is not enough while a child that is just being started holds a copy.
            with contextlib.suppress(OSError):
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            self.close_copy()

    def close_copy(self) -> None:
        """Closes this process's copy of the open file; the lock stays where another one holds a copy."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> RunLock:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """One process at a time does what is inside; the others wait. On a disk without locks there is no waiting."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _close_copies_in_child() -> None:
    # A forked child shares the open file, and with it the lock: closing its copy leaves the parent's lock intact.
    for lock in list(_held):
        lock.close_copy()


os.register_at_fork(after_in_child=_close_copies_in_child)
