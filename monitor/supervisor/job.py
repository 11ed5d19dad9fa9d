"""A supervisor inside a job: which job it is, why the engine ends it, and whether the run goes back into the queue."""

from __future__ import annotations

import logging
import os
import re
import time
from pathlib import Path

from monitor.launcher.engines import slurm
from monitor.run_dir import JOB_LOG_FILE, JobPlace, State, files, job_words, processes
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import job_of, read_state
from monitor.run_dir.records import EngineName
from monitor.supervisor.statefile import StateFile

log = logging.getLogger(__name__)

CLUSTER_WARNING = "the cluster (SIGUSR1)"
TIME_LIMIT = "the cluster (time limit)"
PUT_BACK = (CLUSTER_WARNING, TIME_LIMIT)
"""Stops after which the run is to go on: no person has asked for them."""
LEAST_SECS = 10.0
"""A run that was stopped so soon after its start would be started and stopped again and again."""
CAUSE = re.compile(rb"slurmstepd.*\*\*\* (?:JOB|STEP) .* CANCELLED AT \S+(?: DUE TO ([A-Z ]+?))? \*\*\*")
LOG_TAIL_BYTES = 8192


def number() -> str:
    """This job's number; "" outside of a job."""
    return job_of(os.environ).get("job_id", "").removeprefix(job_words.SUBMISSION)


def restarts() -> int:
    """How often the engine has started this job again."""
    text = job_of(os.environ).get("restarts", "")
    return int(text) if text.isdecimal() else 0


def _is_in_ray() -> bool:
    """Whether this job is one of Ray's, which puts no job back and writes no cause of its SIGTERM."""
    return job_of(os.environ).get("kind") == "ray"


def state_of(generation: int, last: State | None) -> State:
    """The first state of a generation that starts in this job."""
    submitted = last.job.submitted_at if last is not None and last.job is not None else 0.0
    return State(state="starting", generation=generation, supervisor=processes.identify(), job=_place(submitted))


def _place(submitted_at: float) -> JobPlace:
    engine: EngineName = "ray" if _is_in_ray() else "slurm"
    return JobPlace(engine=engine, job_id=number(), submitted_at=submitted_at, restarts=restarts())


def ended_by(run_dir: Path) -> str:
    """Who has sent SIGTERM to the job: the engine writes the cause into the job's log first."""
    lines = files.last_lines(run_dir / JOB_LOG_FILE, LOG_TAIL_BYTES)
    causes = [found[1] for line in lines if (found := CAUSE.search(line))]
    cause = causes[-1].decode().lower() if causes and causes[-1] else "scancel" if causes else "SIGTERM"
    return f"the cluster ({cause})"


def put_back(state_file: StateFile) -> None:
    """Requeues the job of a run that the engine's warning or its time limit has stopped: it goes on as the same run."""
    state = state_file.state
    if _is_in_ray() or state.state != "stopped" or state.stop is None or state.stop.asked_by not in PUT_BACK:
        return
    if state.started_at is not None and time.time() - state.started_at < LEAST_SECS:
        log.warning("not requeued: it was stopped within %.0f s of its start", LEAST_SECS)
        return
    # Before it is asked for: the engine ends this process as it puts the job back.
    state_file.update(
        state="queued",
        generation=state.generation + 1,
        supervisor=None,
        trainer=None,
        stop=None,
        ended_at=None,
        exit_code=None,
        signal=None,
        job=_place(time.time()),
    )
    try:
        slurm.requeue(number())
    except RefusedError as problem:
        log.warning("not requeued: %s", problem)
        state_file.update(**{name: getattr(state, name) for name in state.__struct_fields__ if name != "updated_at"})


def exit_code(run_dir: Path) -> int:
    """Of the job: 1 where its run has failed, so that the engine and what depends on the job know it."""
    state = read_state(run_dir)
    return int(state is not None and state.state == "failed")
