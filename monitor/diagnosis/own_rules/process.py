"""One process that runs one file of rules: started with a job, listened to now and then, ended after its time."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

import msgspec

from monitor.diagnosis.own_rules.wire import CHECK_SECS, LATE, LOAD_SECS, Done, Loaded, Reply, RuleJob
from monitor.run_dir.processes import HOME
from monitor.run_dir.records import ready
from monitor.run_dir.words import PACKAGE

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
        self._job, self._said = job, b""
        self._loaded = False
        self._deadline = time.monotonic() + START_SECS + LOAD_SECS
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{PACKAGE}.diagnosis.own_rules.answering"],
            cwd=HOME,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        # The pipe stays open: its end tells the process that its caller is gone.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(msgspec.json.encode(job) + b"\n")
            self._process.stdin.flush()
        self.why, self.replies = "", list[Reply]()

    def is_over(self) -> bool:
        """Whether there is nothing more to wait for; what is left of the process is killed then."""
        ended = self._process.poll() is not None
        self._listen()
        late = time.monotonic() > self._deadline
        if not (ended or late or self._said.endswith(THE_END) or len(self._said) > self._most):
            return False
        self.end()
        self.replies = list(self._understood())
        if not any(isinstance(each, Loaded) for each in self.replies):
            self.why = self._no_rules(late)
        return True

    @property
    def _most(self) -> int:
        return MOST_BYTES * (1 + len(self._job.epochs) // 100)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while len(self._said) <= self._most and (part := self._process.stdout.read(65_536)):
            self._said += part
        if not self._loaded and b"\n" in self._said:
            self._loaded = True
            rules = next((len(each.rules) for each in self._understood() if isinstance(each, Loaded)), 0)
            checks = rules * len(self._job.epochs)
            self._deadline = time.monotonic() + START_SECS + (CHECK_SECS + GRACE_SECS) * checks

    def _understood(self) -> list[Reply]:
        found: list[Reply] = []
        for line in self._said.split(b"\n")[:-1]:
            with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
                found.append(msgspec.json.decode(line, type=ready(Reply)))
        return found

    def end(self) -> None:
        """Kills the process and closes its pipes."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._listen()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _no_rules(self, late: bool) -> str:
        if late:
            return f"loading it {LATE} {LOAD_SECS:g} s"
        if self._said:
            return "it wrote nonsense while it was loaded"
        return "it ended its process while it was loaded"
