"""The engines there are, by the name that a JobOrder has."""

from __future__ import annotations

from monitor.launcher.engines import ray_jobs, slurm
from monitor.launcher.engines.engine import Engine
from monitor.run_dir.records import EngineName

ENGINES: dict[EngineName, Engine] = {"slurm": slurm, "ray": ray_jobs}
