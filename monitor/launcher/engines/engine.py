"""What every engine can do; `registry.py` names them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from monitor.run_dir import GENERATION_VARIABLE, RUN_DIR_VARIABLE, JobOrder, JobSeen, Launch
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import RAY_JOB_VARIABLE

PATIENCE_SECS = 20.0
"""How long an engine may take for an answer."""


class Engine(Protocol):
    """A module with these functions. Each raises RefusedError, one sentence, where the engine refuses or is silent.

    `after`: the number of the job of the run's parent, which has to end first; "" for none.
    """

    def script(self, run_dir: Path, launch: Launch, after: str) -> str:
        """What is submitted, for a person to read."""

    def asks(self, order: JobOrder) -> str:
        """What a job needs, in words, where the engine's own reason for waiting does not say it; "" elsewhere."""

    def submit(self, run_dir: Path, launch: Launch, after: str) -> str:
        """Submits the run and returns the job's number. Its script lies in the run's folder already."""

    def leave(self, job: str, order: JobOrder) -> None:
        """Takes a job that still waits out of the queue."""

    def nudge(self, job: str, order: JobOrder, hard: bool) -> None:
        """Signals the supervisor of a job that does not answer a stop; with `hard` ends the job."""

    def asked(self, known: Sequence[JobSeen], now: float) -> dict[str, JobSeen]:
        """Number → what the engine says now of these jobs, all of one address; without those that it knows no more."""

    def removal(self, seen: JobSeen) -> str:
        """The command with which a person ends a job."""


def clean_environment() -> Mapping[str, str]:
    """This process's environment without the marks of a run and of a job: one that submits another hands none on."""
    dropped = (RUN_DIR_VARIABLE, GENERATION_VARIABLE, RAY_JOB_VARIABLE)
    return {
        k: v for k, v in os.environ.items() if k not in dropped and (not k.startswith("SLURM_") or k == "SLURM_CONF")
    }


def digits(job: str) -> str:
    """A job's number, which becomes a word of a command or of an address. Raises RefusedError for anything else."""
    if not re.fullmatch(r"[0-9]+(?:_[0-9]+)?", job):
        raise RefusedError(f"{job[:40]!r} is no job number.")
    return job
