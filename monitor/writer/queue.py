"""The lines of a run on their way to the disk, and those that wait because it is full."""

from __future__ import annotations

import collections
from pathlib import Path

from monitor.run_dir import files

BACKLOG_RECORDS = 10_000


class RecordQueue:
    """The append-only files of one run, and the bounded backlog of lines that the disk would not take."""

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._files: dict[str, files.AppendFile] = {}
        self._backlog: collections.deque[tuple[str, bytes, bool]] = collections.deque()
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """Records that the disk has not taken yet."""
        return len(self._backlog)

    def put(self, file: str, line: bytes, *, sync: bool) -> OSError | None:
        """Writes what waits, then `line`. Returns the problem if `line` has to wait."""
        self._backlog.append((file, line, sync))
        problem = self.flush()
        while len(self._backlog) > BACKLOG_RECORDS:
            self._backlog.popleft()
            self.dropped += 1
        return problem

    def flush(self) -> OSError | None:
        """Writes what waits, oldest first. Returns the problem of the first record that the disk does not take."""
        while self._backlog:
            file, line, sync = self._backlog[0]
            if file not in self._files:
                self._files[file] = files.AppendFile(self._run_dir / file)
            try:
                self._files[file].append(line, sync=sync)
            except OSError as problem:
                return problem
            self._backlog.popleft()
        return None

    def sync(self) -> None:
        """What is on its way to the disk gets there. Raises OSError."""
        for file in self._files.values():
            file.sync()

    def close(self) -> None:
        """Closes the files; what waits stays unwritten."""
        for file in self._files.values():
            file.close()
