"""A process of our own that gets one job as JSON on its stdin, and answers on its stdout in its own time."""

from __future__ import annotations

import contextlib
import math
import os
import subprocess
import sys

import msgspec

from monitor.run_dir.processes import HOME
from monitor.run_dir.words import PACKAGE

PART_BYTES = 65_536


class OwnProcess:
    """Leads a process group of its own, and never blocks its caller. `output`: what has been heard so far."""

    def __init__(self, module: str, job: msgspec.Struct, most_bytes: float = math.inf) -> None:
        """`module`: its name below `monitor`. `most_bytes`: no more is read once `output` is longer.

        Raises OSError where no process can be started.
        """
        self.output, self.most_bytes = b"", most_bytes
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{PACKAGE}.{module}"],
            cwd=HOME,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        os.set_blocking(self._stdout.fileno(), False)
        # The pipe stays open: its end tells the process that its caller is gone.
        with contextlib.suppress(BrokenPipeError):
            self._stdin.write(msgspec.json.encode(job) + b"\n")
            self._stdin.flush()
        self.pid = self._process.pid

    def has_ended(self) -> bool:
        """Whether it has ended; its last output may still be in the pipe."""
        return self._process.poll() is not None

    def listen(self) -> None:
        """Takes in its output since the last call."""
        while len(self.output) <= self.most_bytes and (part := self._stdout.read(PART_BYTES)):
            self.output += part

    def kill(self) -> None:
        """Ends the process itself, where it has not ended; `close` comes next."""
        self._process.kill()

    def close(self) -> None:
        """Waits until it is gone, listens once more, and closes both pipes."""
        self._process.wait()
        self.listen()
        for pipe in (self._stdin, self._stdout):
            with contextlib.suppress(OSError):  # what was not written yet has no reader any more
                pipe.close()
