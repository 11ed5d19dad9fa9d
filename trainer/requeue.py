"""Whether a cluster has put the same job back into its queue: then the same command goes on with the same run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from monitor.run_dir import LAUNCH_FILE, Launch, files


def is_requeued(run_dir: Path, environment: Mapping[str, str]) -> bool:
    """Whether SLURM started this job again, and it was this very job that began the run in `run_dir`."""
    job = environment.get("SLURM_JOB_ID")
    if not job or environment.get("SLURM_RESTART_COUNT", "0") in ("", "0"):
        return False
    launch = files.read_document(run_dir / LAUNCH_FILE, Launch, files.UNREADABLE)
    return launch is not None and launch.scheduler.get("job_id") == job
