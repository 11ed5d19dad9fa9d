"""One job under way: a process of its own, asked for its results now and then, ended when it takes too long."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import msgspec

from monitor.run_dir.processes import HOME
from monitor.run_dir.words import PACKAGE
from monitor.supervisor.notify.letters import Delivery, Job, deliveries_in

LONGEST_SECS = 60.0


class Courier:
    """Never blocks its caller: `poll` says what there is to say at this moment."""

    def __init__(self, job: Job, longest_secs: float = LONGEST_SECS) -> None:
        """Raises OSError where no process can be started."""
        self._job = job
        self._deadline = time.monotonic() + longest_secs
        self._said = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{PACKAGE}.supervisor.notify.post"],
            cwd=HOME,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        # The pipe stays open: its end tells the sending process that its caller is gone.
        self._process.stdin.write(msgspec.json.encode(job) + b"\n")
        self._process.stdin.flush()

    def poll(self) -> list[Delivery] | None:
        """The result of each letter, once the process has ended or its time is over; None until then."""
        late = time.monotonic() > self._deadline
        if self._process.poll() is None and not late:
            self._listen()
            return None
        if late:
            self._process.kill()
            self._process.wait()
        self._listen()
        self._close()
        known = {done.to: done for done in deliveries_in(self._said)}
        why = "it took too long" if late else "the sending process ended early"
        return [known.get(letter.to, Delivery(letter.to, False, why)) for letter in self._job.letters]

    def wait(self) -> list[Delivery]:
        """The same for a caller that has nothing else to do."""
        while (found := self.poll()) is None:
            time.sleep(0.05)
        return found

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while part := self._process.stdout.read():
            self._said += part

    def _close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue  # what was not written yet has no reader any more
