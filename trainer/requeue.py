"""Whether a cluster has put the same job back into its queue: then the same command goes on with the same run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from monitor.run_dir import LAUNCH_FILE, Launch, decode, files


def is_requeued(run_dir: Path, environment: Mapping[str, str]) -> bool:
    """Whether SLURM started this job again, and it was this very job that began the run in `run_dir`."""
    job = environment.get("SLURM_JOB_ID")
    if not job or environment.get("SLURM_RESTART_COUNT", "0") in ("", "0"):
        return False
    try:
        launch = decode(files.read_bytes(run_dir / LAUNCH_FILE) or b"", Launch)
    except (OSError, ValueError):
        return False
    return launch.scheduler.get("job_id") == job
