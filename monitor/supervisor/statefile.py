"""state.json, replaced whole by its one writer."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from monitor.run_dir import STATE_FILE, State, encode, files, held

log = logging.getLogger(__name__)


class StateFile:
    """The last state, and whether the disk has it yet: a full disk delays it, it never stops a run."""

    def __init__(self, run_dir: Path, first: State, clock: Callable[[], float]) -> None:
        self._path = run_dir / STATE_FILE
        self._clock = clock
        self._on_disk = self._complained = False
        self.state = first

    def update(self, **changes: Any) -> None:
        """Changes fields and tries to write. Raises nothing."""
        self.state = msgspec.structs.replace(self.state, **changes, updated_at=self._clock())
        self._on_disk = False
        self.flush()

    def update_or_raise(self, **changes: Any) -> None:
        """Like `update`, but raises OSError when the disk refuses: for what has to be recorded before going on."""
        self.state = msgspec.structs.replace(self.state, **changes, updated_at=self._clock())
        self._write()
        self._on_disk = True

    def forget(self) -> None:
        """There is no state any longer that we could tell. Raises nothing."""
        with contextlib.suppress(OSError):
            files.remove(self._path)

    def flush(self) -> bool:
        """Tries again to write what the disk has refused; True when it is up to date."""
        if self._on_disk:
            return True
        try:
            self._write()
        except OSError as problem:
            if not self._complained:
                log.warning("state.json not written yet, trying on (reported once): %s", problem)
            self._complained = True
            return False
        self._on_disk = True
        self._complained = False
        return True

    def _write(self) -> None:
        files.replace(self._path, encode(held.with_folder(self._path.parent, self.state)))
