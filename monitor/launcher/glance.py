"""What one run is doing at this moment, from its small files."""

from __future__ import annotations

import time
from pathlib import Path

from monitor.diagnosis.glances import status_at
from monitor.run_dir import check_run_id, opening
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.launch import generation_of, read_launch, read_progress, read_state
from monitor.run_dir.status import Status


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
    return status_at(run_dir, read_state(run_dir), read_progress(run_dir), read_launch(run_dir), time.time())
