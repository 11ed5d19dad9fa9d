"""An archive read once, for a verb of the command line: what is new there comes into the copy here."""

from __future__ import annotations

import io
import time
from concurrent.futures import ThreadPoolExecutor

from monitor.launcher.hosts import wire
from monitor.launcher.hosts.archive import WORKERS, ArchiveFeed, Store
from monitor.launcher.hosts.following import LOCK_FILE
from monitor.launcher.hosts.mirror import Mirror, want
from monitor.run_dir import words
from monitor.run_dir.errors import RefusedError, guarded
from monitor.run_dir.folders import Folder
from monitor.run_dir.launch import read_launch
from monitor.run_dir.processes import RunLock

WAIT_SECS = 20.0
"""So long the dashboard that follows the same archive has to bring a run."""


def bring(folder: Folder, run_id: str = "") -> str:
    """Reads what is new of all rows of an archive, and all of a run and its parent; returns the problems to print.

    Raises RefusedError with why it cannot be read.
    """
    mirror, lock = Mirror(folder.path.parent), RunLock(folder.path.parent, LOCK_FILE)
    try:
        lock.acquire()
    except RefusedError:
        return _along(folder, mirror, run_id)
    try:
        return _Straight(Store.at(folder.there), mirror).bring(run_id)
    except RefusedError as problem:
        heard_at = mirror.heard_at()
        since = f" Last read at {words.clock(heard_at, time.time())}." if heard_at is not None else ""
        raise RefusedError(f"{str(problem).rstrip('.')}.{since}") from None
    finally:
        lock.release()


class _Straight(ArchiveFeed):
    """Feeds without a pipe."""

    def __init__(self, store: Store, mirror: Mirror) -> None:
        super().__init__(store, io.BytesIO())
        self._mirror = mirror

    def bring(self, run_id: str) -> str:
        """What the list needs of every run, and all of `run_id` ("": of none) and its parent; returns the problems."""
        self._say_names(self._names_there())
        for have in self._mirror.have():
            self.take(have)
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda name: self.look_at(name, whole=name == run_id), self._names))
        launch = guarded(lambda: read_launch(self._mirror.place / "runs" / run_id), lambda _: None) if run_id else None
        if launch is not None and launch.parent is not None and launch.parent.run_id in self._names:
            self.look_at(launch.parent.run_id, whole=True)
        self._mirror.hear()
        return self.problem()

    def _hand_over(self, message: wire.FromThere, data: bytes) -> None:
        self._mirror.take(message, data)


def _along(folder: Folder, mirror: Mirror, run_id: str) -> str:
    """A dashboard of this user reads the same archive: a run is asked for there."""
    deadline = time.monotonic() + (WAIT_SECS if run_id and (folder.path / run_id).is_dir() else 0.0)
    before, same = -1, 0
    while time.monotonic() < deadline and same < 8:
        want(folder.path / run_id)
        time.sleep(0.25)
        size = sum(path.stat().st_size for path in (folder.path / run_id).rglob("*") if path.is_file())
        before, same = size, same + 1 if size == before else 0
    heard_at = mirror.heard_at()
    heard = f", last at {words.clock(heard_at, time.time())}" if heard_at is not None else ""
    return f"A dashboard of yours reads {folder.there}: shown is what it has read{heard}."
