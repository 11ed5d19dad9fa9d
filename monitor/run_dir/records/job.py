"""The job of a cluster's engine: what is asked of it, where it is recorded, and the engine's last answer."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from monitor.run_dir.records.base import Record

JobId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{1,18}(?:_[0-9]{1,6})?\Z")]
"""Digits, and in a job array of SLURM "_" and the place in it: it becomes a word of a command. For Ray we choose it."""
EngineName = Literal["slurm", "ray"]


class JobOrder(Record, frozen=True, kw_only=True, omit_defaults=False):
    """What is asked of a cluster's engine for a run, in launch.json; `gpus` and `nproc` are per node.

    `options`: more options of sbatch, as they were given. `signal_secs`: how long before the time limit it warns.
    `address`: where Ray's job API is asked, http://host:port; the other fields but `gpus` and `nproc` are SLURM's.
    """

    engine: EngineName = "slurm"
    address: str = ""
    partition: str = ""
    gpus: int = 0
    time: str = ""
    nodes: int = 1
    nproc: int = 1
    options: list[str] = []
    signal_secs: int = 120


class JobPlace(Record, frozen=True, kw_only=True):
    """Which job of an engine a run is, in state.json; `restarts`: how often the engine had started it again."""

    engine: EngineName = "slurm"
    job_id: JobId
    submitted_at: float = 0.0
    restarts: int = 0


class JobSeen(Record, frozen=True, kw_only=True):
    """The engine's last answer about a job; kept in the user's own folder, never in a run's.

    `state`: its own word, such as PENDING; "" before the first answer, GONE where it no longer knows the job. `reason`:
    why it waits or ended, in its words. `said`: the last error message, from the engine's answer or the job's log.
    `cancelled_by`: the account that cancelled it, where the engine's accounting knows. `problem`: why it did not
    answer, since `problem_at`. `asks`: what it needs, in words, where the engine's reason does not name it. Times in
    UTC seconds; `starts_at` is an estimate.
    """

    engine: EngineName = "slurm"
    address: str = ""
    job_id: JobId
    run_dir: str = ""
    state: str = ""
    reason: str = ""
    asks: str = ""
    partition: str = ""
    nodes: str = ""
    exit_status: str = ""
    restarts: int = 0
    starts_at: float | None = None
    ended_at: float | None = None
    cancelled_by: str = ""
    said: str = ""
    problem: str = ""
    problem_at: float = 0.0
