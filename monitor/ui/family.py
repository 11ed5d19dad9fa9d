"""Who was started from whom in a folder of runs; a launch that has been read is not read again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from monitor.run_dir import LAUNCH_FILE
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.launch import read_launch
from monitor.run_dir.reader import list_runs

LOOK_SECS = 2.0
SOON_SECS = 0.2
"""How long a name without a run is remembered as such, however often it is asked for."""


class Origin(NamedTuple):
    """Where a run comes from: its parent, if it has one, and when its start was asked for (UTC seconds)."""

    parent: str | None
    started_at: float


class Family:
    """All runs of a folder with their origins, as of a look that is two seconds old at most."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._read: dict[str, tuple[int, Origin]] = {}
        self._children: dict[str, dict[str, float]] = {}
        self._looked_at = float("-inf")
        self._lock = threading.Lock()

    def parents(self, named: Iterable[str] = ()) -> dict[str, str | None]:
        """Every run id with its parent's. For a run that is named and not known the folder is looked at again."""
        with self._lock:
            self._look()
            if any(name not in self._read for name in named):
                self._look(SOON_SECS)
            return {run_id: origin.parent for run_id, (_, origin) in self._read.items()}

    def children(self, run_id: str) -> dict[str, float]:
        """Child → when its start was asked for, the first one first."""
        with self._lock:
            self._look()
            return dict(self._children.get(run_id, {}))

    def _look(self, again_secs: float | None = None) -> None:
        """Once for all who ask within two seconds: every open run asks at each of its own looks."""
        if time.monotonic() - self._looked_at <= (LOOK_SECS if again_secs is None else again_secs):
            return
        self._looked_at = time.monotonic()
        self._read = {name: self._origin(name) for name in self._names()}
        self._children = {}
        for name, (_, origin) in sorted(self._read.items(), key=lambda each: each[1][1].started_at):
            if origin.parent is not None:
                self._children.setdefault(origin.parent, {})[name] = origin.started_at

    def _names(self) -> list[str]:
        try:
            return list_runs(self._runs_dir)
        except MonitorError:
            return list(self._read)

    def _origin(self, name: str) -> tuple[int, Origin]:
        try:
            written = (self._runs_dir / name / LAUNCH_FILE).stat().st_mtime_ns
        except OSError:
            return 0, Origin(None, 0.0)
        known = self._read.get(name)
        return known if known is not None and known[0] == written else (written, _read(self._runs_dir / name))


def _read(run_dir: Path) -> Origin:
    """An unreadable launch makes its run an orphan, not the whole folder unusable."""
    try:
        launch = read_launch(run_dir)
    except (OSError, MonitorError):
        launch = None
    if launch is None or launch.parent is None:
        return Origin(None, 0.0)
    return Origin(launch.parent.run_id, launch.created_at)
