"""Runs inside a pid namespace of its own, as root: makes the kernel give a dead trainer's pid to a stranger.

Prints one JSON line: how often the pid came back, and what was found wrong.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from monitor.launcher import ensure_supervised, start, status, stop
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import read_state
from monitor.run_dir.processes import liveness
from monitor.supervisor.trainer import FoundTrainer
from tests.supervised import LISTENS, script, wait_for, wait_for_state

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
TRIES = 200


def stranger_with(pid: int) -> subprocess.Popen[bytes]:
    """A process that has nothing to do with us and has this pid."""
    for _ in range(TRIES):
        Path("/proc/sys/kernel/ns_last_pid").write_text(str(pid - 1))
        process = subprocess.Popen(SLEEP, start_new_session=True)
        if process.pid == pid:
            return process
        process.kill()
        process.wait()
    raise RuntimeError(f"pid {pid} did not come back")


def round_of(runs: Path, number: int) -> list[str]:
    """A run whose supervisor and trainer died, and a stranger under the trainer's pid. Returns what is wrong."""
    run_dir = runs / start(runs, script(runs.parent, LISTENS), run_id=f"run{number}")
    wait_for_state(run_dir, "running")
    state = read_state(run_dir)
    os.kill(state.supervisor.pid, signal.SIGKILL)
    os.kill(state.trainer.pid, signal.SIGKILL)
    wait_for(lambda: not Path(f"/proc/{state.trainer.pid}").exists())
    time.sleep(0.02)  # start times count in hundredths of a second
    stranger = stranger_with(state.trainer.pid)
    wrong = []
    if liveness(state.trainer) != "gone":
        wrong.append("the stranger is taken for the trainer")
    if (status(run_dir).word, status(run_dir).live) != ("lost", False):
        wrong.append(f"status: {status(run_dir)}")
    if ensure_supervised(run_dir):
        wrong.append("a supervisor adopted the stranger")
    try:
        stop(run_dir)
        wrong.append("a stop was taken for a run that is gone")
    except RefusedError:
        pass
    found = FoundTrainer(state.trainer, run_dir)
    found.send(signal.SIGKILL)
    found.clear_leftovers()
    time.sleep(0.05)
    if stranger.poll() is not None:
        wrong.append("the stranger was killed")
    stranger.kill()
    stranger.wait()
    return wrong


def main() -> None:
    runs, rounds = Path(sys.argv[1]), int(sys.argv[2])
    wrong = []
    for number in range(rounds):
        wrong += round_of(runs, number)
    print(json.dumps({"rounds": rounds, "wrong": wrong}))


if __name__ == "__main__":
    main()
