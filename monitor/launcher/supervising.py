"""A run's supervisor: started beside us, or become; started anew when a run has lost its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from monitor.run_dir import (
    GENERATION_VARIABLE,
    OPEN_STATES,
    RUN_DIR_VARIABLE,
    Launch,
    processes,
)
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import read_launch, read_progress, read_state
from monitor.run_dir.lives import is_mirrored
from monitor.run_dir.processes import HOME
from monitor.run_dir.seal import is_from_here, unverified_command_warning
from monitor.run_dir.words import PACKAGE, monitor_line

BEGIN_TIMEOUT_SECS = 60.0


def supervise(run_dir: Path, *flags: str) -> None:
    """Starts a detached supervisor and waits until it has begun. Raises RefusedError with what it says."""
    command = [sys.executable, "-m", f"{PACKAGE}.supervisor", str(run_dir.absolute()), "--detach", *flags]
    # A trainer that starts another run must not hand its own mark on: what bears it ends with that trainer.
    environment = {k: v for k, v in os.environ.items() if k not in (RUN_DIR_VARIABLE, GENERATION_VARIABLE)}
    try:
        done = subprocess.run(
            command,
            cwd=HOME,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BEGIN_TIMEOUT_SECS,
        )
    except subprocess.TimeoutExpired:
        raise RefusedError(f"The supervisor of {run_dir.name} did not start in {BEGIN_TIMEOUT_SECS:.0f} s.") from None
    if done.returncode:
        raise RefusedError(done.stderr.strip() or f"The supervisor of {run_dir.name} ended with {done.returncode}.")


def become_supervisor(run_dir: Path, *flags: str) -> NoReturn:
    """Turns this process into the run's supervisor, until the run has ended: signals of a cluster reach it at once."""
    os.chdir(HOME)
    os.execv(sys.executable, [sys.executable, "-m", f"{PACKAGE}.supervisor", str(run_dir), *flags])


def ensure_supervised(run_dir: Path) -> bool:
    """Starts an adopting supervisor if a run has lost its own; returns whether one was started.

    Only for a caller that may control the run: reading alone executes and signals nothing. The usual answer costs one
    small file. Two callers at once start one: the second finds the run's lock held.
    """
    if is_mirrored(run_dir):
        return False
    state = read_state(run_dir)
    if state is None:
        return _ensure_followed(run_dir)
    if state.state not in OPEN_STATES or state.job is not None:
        return False  # a job's supervisor begins and ends on its node
    if state.supervisor is not None and processes.liveness(state.supervisor) != "gone":
        return False
    if not _is_worth_adopting(run_dir):
        return False
    try:
        supervise(run_dir, "--adopt")
    except RefusedError:
        return False
    return True


def refuse_unsealed(run_dir: Path, launch: Launch | None) -> None:
    """Raises RefusedError, with the command that seals it anew, for a run whose launch has no valid seal."""
    if launch is None or is_from_here(launch, run_dir):
        return
    command = monitor_line("resume", run_dir.name, "--trust-command", "--runs", run_dir.parent)
    raise RefusedError(f"{unverified_command_warning(launch)} To take it over, and to seal it anew: {command}")


def _ensure_followed(run_dir: Path) -> bool:
    """Follows a log again whose follower was killed; one whose following was ended is left alone."""
    progress = read_progress(run_dir)
    if progress is None or progress.follower is None or progress.phase == "ended":
        return False
    if processes.liveness(progress.follower) != "gone":
        return False
    launch = read_launch(run_dir)
    if launch is None or launch.how != "attach" or not is_from_here(launch, run_dir):
        return False
    try:
        supervise(run_dir, "--follow")
    except RefusedError:
        return False
    return True


def _is_worth_adopting(run_dir: Path) -> bool:
    """A trainer that lives, one that left its outcome unseen, or a start that never came to a trainer."""
    state, progress = read_state(run_dir), read_progress(run_dir)
    if state is None or not is_from_here(read_launch(run_dir), run_dir):
        return False
    if state.trainer is None:
        return True
    liveness = processes.liveness(state.trainer)
    if liveness == "gone":
        left_outcome = progress is not None and progress.generation == state.generation and progress.outcome is not None
        return left_outcome or (state.stop is not None and state.stop.stage != "asked")
    return liveness == "alive"
