"""The finished runs of a folder that a run may be set beside; of each only its curve is kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from monitor.diagnosis import normal
from monitor.diagnosis.comparison import validation_set
from monitor.run_dir import EPOCHS_FILE, RUN_FILE, Run, Snapshot, files
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.reader import RunReader, list_runs

MOST_RUNS = 20
MOST_LOOKED_AT = 500
"""The newest runs of a folder; older ones are not looked at."""


class EarlierBook:
    """Reads a finished run once; again only where its records or what it is set beside have changed."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._known: dict[tuple[object, ...], normal.Path | None] = {}
        self._lock = threading.Lock()

    def beside(self, snapshot: Snapshot) -> normal.Normal:
        """The run beside the newest finished ones that were measured on its validation set."""
        if not normal.has_known_set(snapshot):
            return normal.beside_earlier(snapshot, [])
        with self._lock:
            found = []
            for path in self._paths(snapshot):
                found.append(path)
                if len(found) == MOST_RUNS:
                    break
        return normal.beside_earlier(snapshot, found)

    def _paths(self, snapshot: Snapshot) -> Iterator[normal.Path]:
        for changed, name, size in sorted(self._dated(list_runs(self._runs_dir)), reverse=True)[:MOST_LOOKED_AT]:
            key = (name, changed, size, *normal.alike(snapshot))
            if key not in self._known:
                self._known[key] = self._read(name, snapshot)
            if (path := self._known[key]) is not None:
                yield path

    def _dated(self, names: Iterable[str]) -> Iterator[tuple[int, str, int]]:
        for name in names:
            try:
                found = (self._runs_dir / name / EPOCHS_FILE).stat()
            except OSError:
                continue
            yield found.st_mtime_ns, name, found.st_size

    def _read(self, name: str, snapshot: Snapshot) -> normal.Path | None:
        """None for a run that is not comparable or cannot be read; run.json alone tells that of most."""
        folder = self._runs_dir / name
        try:
            if validation_set(files.read_document(folder / RUN_FILE, Run, files.UNREADABLE)) != validation_set(
                snapshot.run
            ):
                return None
            return normal.path_of(RunReader(folder).read(time.time()), snapshot)
        except (MonitorError, OSError):
            return None
