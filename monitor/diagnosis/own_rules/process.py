"""One process that runs one file of rules: started with a job, listened to now and then, ended after its time."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import msgspec

from monitor.diagnosis.own_rules.wire import CHECK_SECS, LATE, LOAD_SECS, Done, Loaded, Reply, RuleJob
from monitor.run_dir.own_process import OwnProcess
from monitor.run_dir.records import ready

START_SECS = 5.0
"""Until a process is there on a busy machine, beside what its rules take."""
GRACE_SECS = 2.0
"""Beside the deadline that the process itself keeps for each check."""
MOST_BYTES = 1 << 20
"""What a process may say, and as much again for each hundred evaluations."""
THE_END = msgspec.json.encode(Done()) + b"\n"


class RulesProcess:
    """Never blocks its caller. `replies` and `why` hold once `is_over`; `why`: that nothing is known of its rules."""

    def __init__(self, job: RuleJob) -> None:
        """Raises OSError where no process can be started."""
        self._job = job
        self._loaded = False
        self._deadline = time.monotonic() + START_SECS + LOAD_SECS
        most = MOST_BYTES * (1 + len(job.epochs) // 100)
        self._process = OwnProcess("diagnosis.own_rules.answering", job, most)
        self.why, self.replies = "", list[Reply]()

    def is_over(self) -> bool:
        """Whether there is nothing more to wait for; what is left of the process is killed then."""
        ended = self._process.has_ended()
        self._listen()
        late = time.monotonic() > self._deadline
        if not (ended or late or self._process.output.endswith(THE_END) or self._is_full()):
            return False
        self.end()
        self.replies = list(self._understood())
        if not any(isinstance(each, Loaded) for each in self.replies):
            self.why = self._no_rules(late)
        return True

    def _is_full(self) -> bool:
        return len(self._process.output) > self._process.most_bytes

    def _listen(self) -> None:
        self._process.listen()
        if not self._loaded and b"\n" in self._process.output:
            self._loaded = True
            rules = next((len(each.rules) for each in self._understood() if isinstance(each, Loaded)), 0)
            checks = rules * len(self._job.epochs)
            self._deadline = time.monotonic() + START_SECS + (CHECK_SECS + GRACE_SECS) * checks

    def _understood(self) -> list[Reply]:
        found: list[Reply] = []
        for line in self._process.output.split(b"\n")[:-1]:
            with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
                found.append(msgspec.json.decode(line, type=ready(Reply)))
        return found

    def end(self) -> None:
        """Kills the process and closes its pipes."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.close()

    def _no_rules(self, late: bool) -> str:
        if late:
            return f"loading it {LATE} {LOAD_SECS:g} s"
        if self._process.output:
            return "it wrote nonsense while it was loaded"
        return "it ended its process while it was loaded"
