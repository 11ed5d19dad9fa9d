"""What one run is doing at this moment, from its small files."""

from __future__ import annotations

import time
from pathlib import Path

from monitor.run_dir import Snapshot, check_run_id, opening, processes
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.launch import generation_of, read_launch, read_progress, read_state
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import Status, last_heard_at, state_in_force, status_of


def existing(runs_dir: Path, run_id: str) -> Path:
    """The folder of a run id. Raises UsageError for what is no id, UnreadableRunError if there is no such run.

    A link that leads out of the folder of runs is no run of it.
    """
    run_dir = runs_dir / check_run_id(run_id)
    if not run_dir.is_dir() or not opening.is_within(runs_dir, run_dir):
        raise UnreadableRunError(f"There is no run {run_id} in {runs_dir}.")
    return run_dir


def generation(run_dir: Path) -> int:
    """Which start of this run is the current one."""
    return generation_of(read_state(run_dir), read_progress(run_dir))


def status(run_dir: Path) -> Status:
    """The run's status at this moment, from its small files only (a lost run's evidence names its last epoch)."""
    state, progress = read_state(run_dir), read_progress(run_dir)
    in_force = state_in_force(state, progress)
    trainer = in_force.trainer if in_force else progress.process if progress else None
    supervisor = in_force.supervisor if in_force else None
    heard_at = last_heard_at(state, progress)
    glance = Snapshot(
        run_dir=str(run_dir),
        run_id=run_dir.name,
        read_at=time.time(),
        launch=read_launch(run_dir),
        progress=progress,
        state=state,
        trainer_liveness=processes.liveness(trainer, heard_at) if trainer else None,
        supervisor_liveness=processes.liveness(supervisor, heard_at) if supervisor else None,
        follower_liveness=processes.liveness(progress.follower) if progress and progress.follower else None,
    )
    found = status_of(glance)
    return found if found.word != "lost" else status_of(RunReader(run_dir).read(time.time()))
