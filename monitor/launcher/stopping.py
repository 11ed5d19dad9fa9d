"""Requests to a live run: stop, cancel, hurry, wait."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from monitor.launcher.engines import submitting
from monitor.launcher.glance import generation, status
from monitor.launcher.supervising import ensure_supervised, refuse_unsealed
from monitor.run_dir import OPEN_STATES, STATE_FILE, Request, Verb, control, processes
from monitor.run_dir.audit import audited, by_run_dir
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import read_launch, read_progress, read_state
from monitor.run_dir.seal import fact_of
from monitor.run_dir.words import monitor_line


@audited("stop", by_run_dir)
def stop(run_dir: Path, asked_by: str = "") -> Request:
    """Asks a run to stop: the step is finished, a checkpoint saved. Asking twice is one request.

    Where a full disk takes no request, a signal informs its supervisor, and the request returned has the number 0.
    Raises RefusedError when the run is not live, where neither a request nor a signal can reach its supervisor, or
    where its command has no valid seal.
    """
    refuse_unstoppable(run_dir)
    if not ensure_supervised(run_dir):
        _refuse_another_process(run_dir)
        if status(run_dir).unsupervised and not _listens(run_dir):
            refuse_unsealed(run_dir, read_launch(run_dir))
    now, which = time.time(), generation(run_dir)
    try:
        asked = control.request(run_dir, "stop", generation=which, asked_by=asked_by, now=now)
        if _waits_for_an_engine(run_dir):
            submitting.leave_queue(run_dir)
        return asked
    except RefusedError:
        fact = fact_of(read_launch(run_dir), run_dir)
        supervisor = fact.supervisor if fact is not None else None
        if supervisor is None or processes.liveness(supervisor) != "alive":
            raise
        os.kill(supervisor.pid, signal.SIGUSR2)
        return Request(verb="stop", generation=which, number=0, asked_at=now, asked_by=asked_by)


def _refuse_another_process(run_dir: Path) -> None:
    """Raises RefusedError where state.json names a process that was not started for the run: it is none's to end.

    What a supervisor of the run, as far as this user knows of one, may be about to write is waited for.
    """
    state, fact = read_state(run_dir), fact_of(read_launch(run_dir), run_dir)
    if state is None or state.trainer is None or state.job is not None or fact is None:
        return
    if fact.supervisor is not None and processes.liveness(fact.supervisor) != "gone":
        return
    if (fact.trainer, fact.started) != (state.trainer, state.generation):
        raise RefusedError(
            f"{STATE_FILE} of {run_dir.name} names process {state.trainer.pid}, which was not started for this run: "
            "it is neither signalled nor waited for."
        )


def _waits_for_an_engine(run_dir: Path) -> bool:
    state = read_state(run_dir)
    return state is not None and state.job is not None and status(run_dir).word == "queued"


def _is_unheard(run_dir: Path) -> bool:
    """Whether a stop was asked for of a run in a job whose supervisor has not taken it up."""
    state = read_state(run_dir)
    return state is not None and state.job is not None and state.state in OPEN_STATES and state.stop is None


def _listens(run_dir: Path) -> bool:
    progress = read_progress(run_dir)
    return progress is not None and progress.listens


def refuse_unstoppable(run_dir: Path) -> None:
    """Raises RefusedError for a run that has ended, and for one whose process is not known."""
    now = status(run_dir)
    if not now.live:
        raise RefusedError(f"{run_dir.name} is not running ({now.word}): there is nothing to stop.")
    if now.word == "followed":
        raise RefusedError(
            f"{run_dir.name} is only followed: which process trains it is not known. Stop it where it was started, "
            f"or name its process: {monitor_line('attach', '--stop', run_dir.name)}, then attach LOG --pid PID"
        )


@audited("cancel", by_run_dir)
def cancel_stop(run_dir: Path, asked_by: str = "") -> Request:
    """Cancels a stop while that is still possible; the answer says whether it was."""
    if not status(run_dir).live:
        raise RefusedError(f"{run_dir.name} has ended; its stop cannot be cancelled.")
    ensure_supervised(run_dir)
    return control.request(run_dir, "cancel", generation=generation(run_dir), asked_by=asked_by, now=time.time())


@audited("hurry", by_run_dir)
def hurry_stop(run_dir: Path, asked_by: str = "") -> Request:
    """Sends the next signal of a stop now: SIGTERM, after that SIGKILL. Raises RefusedError where no stop waits.

    Where the supervisor in a job has not taken the stop up, its engine first signals it, then ends the job.
    """
    before = control.newest(run_dir, "hurry")
    asked = _about_a_stop(run_dir, "hurry", asked_by)
    if _is_unheard(run_dir):
        submitting.nudge(run_dir, hard=before >= (asked.generation, 1))
    return asked


@audited("wait", by_run_dir)
def more_time(run_dir: Path, asked_by: str = "") -> Request:
    """Gives a stop more time: its present stage begins anew. Raises RefusedError where no stop waits."""
    return _about_a_stop(run_dir, "wait", asked_by)


def _about_a_stop(run_dir: Path, verb: Verb, asked_by: str) -> Request:
    now = status(run_dir)
    state = read_state(run_dir)
    if state is None and now.live:
        raise RefusedError(
            f"{run_dir.name} was started in a terminal and has no supervisor that could signal it. "
            "Press Ctrl-C there, or send the signal by hand."
        )
    if now.word != "stopping" and not (now.live and control.stop_wanted(run_dir, generation(run_dir))):
        raise RefusedError(f"No stop of {run_dir.name} is under way ({now.word}).")
    ensure_supervised(run_dir)
    return control.request(run_dir, verb, generation=generation(run_dir), asked_by=asked_by, now=time.time())
