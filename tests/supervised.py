"""Small scripts to supervise, and how tests watch them: real processes, nothing heavier than the writer."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil

from monitor.run_dir import PROGRESS_FILE, RUN_DIR_VARIABLE, STATE_FILE, State, encode, files
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import read_progress, read_state
from monitor.run_dir.processes import RunLock

ROOT = Path(__file__).resolve().parent.parent

LISTENS = """
import sys, time
from monitor.writer import RunWriter

with RunWriter(epochs=10000, config={"lr": 0.1, "dropout": 0.3}) as run:
    for epoch in range(1, 10001):
        time.sleep(0.02)
        run.log_step(epoch, train_loss=1.0)
        run.log_epoch(epoch, train_loss=1.0, val_loss=1.5, val_wer=0.9)
        if run.should_stop():
            break
"""
"""Trains until it is asked to stop: left alone, for more than three minutes, so that a busy machine is in time."""

FINISHES = LISTENS.replace("10001", "4").replace("10000", "3")

SLOW_STEP = LISTENS.replace("time.sleep(0.02)", "time.sleep(0.9)")
"""Asks whether to stop about once a second: long enough to take a stop back."""

SILENT = "import time\nprint('at work', flush=True)\ntime.sleep(600)\n"
"""Somebody else's script: no writer, ends at Ctrl-C."""

STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, lambda *_: None)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
if os.fork() == 0:
    time.sleep(600)
print("ready", flush=True)
time.sleep(600)
"""
"""Takes Ctrl-C and does nothing, ignores SIGTERM, and has three children, one of them in a session of its own."""

LEAVES_A_CHILD = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"])
"""

FAILS = """
import sys
print("epoch 1", flush=True)
print("loading 10%\\rloading 90%\\r", end="", file=sys.stderr)
raise ValueError("no such corpus: phoenix2015")
"""


def script(folder: Path, text: str, name: str = "train.py") -> list[str]:
    """Writes a script and returns the command that runs it."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return [sys.executable, str(path)]


def wait_for(what: Callable[[], object], secs: float = 120.0) -> None:
    """Returns when `what()` is true; fails the test after `secs` (generous: the machine may be busy)."""
    deadline = time.monotonic() + secs
    while not what():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.03)


def is_locked(run_dir: Path) -> bool:
    """Whether some process holds the run's lock."""
    try:
        with RunLock(run_dir):
            return False
    except RefusedError:
        return True


def state_of(run_dir: Path) -> State:
    state = read_state(run_dir)
    assert state is not None
    return state


def wait_for_state(run_dir: Path, *words: str, secs: float = 120.0) -> State:
    wait_for(lambda: (state := read_state(run_dir)) is not None and state.state in words, secs)
    return state_of(run_dir)


def call_it_stopped(run_dir: Path) -> None:
    """Rewrites how a run ended: a run that has finished is not resumed."""
    state, progress = read_state(run_dir), read_progress(run_dir)
    if state is not None:
        files.replace(run_dir / STATE_FILE, encode(msgspec.structs.replace(state, state="stopped")))
    if progress is not None and progress.outcome is not None:
        files.replace(run_dir / PROGRESS_FILE, encode(msgspec.structs.replace(progress, outcome="stopped")))


def workers(run_dir: Path) -> list[psutil.Process]:
    """Every living process that was started for this run, whatever group or session it is in now."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = process.environ().get(RUN_DIR_VARIABLE) == str(run_dir)
            if mine and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def supervisors(runs_dir: Path) -> list[psutil.Process]:
    """Every living supervisor of a run below `runs_dir`."""
    found = []
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
            ours = "monitor.supervisor" in line and any(str(runs_dir) in word for word in line)
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def is_over(run_dir: Path) -> bool:
    """Whether no process works for this run any more, its supervisor included."""
    return not workers(run_dir) and not supervisors(run_dir)


def end_everything(runs_dir: Path) -> None:
    """After a test: kills what it left, supervisors first."""
    for process in supervisors(runs_dir):
        _kill(process.pid)
    for run_dir in runs_dir.iterdir() if runs_dir.is_dir() else []:
        for process in workers(run_dir):
            _kill(process.pid)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        return
