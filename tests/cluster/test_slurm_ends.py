"""How the cluster ends a run of a real SLURM before its time: its limit, preemption, and nobody left to answer."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor import launcher
from monitor.diagnosis.failures import failure_of
from monitor.run_dir import JOB_LOG_FILE
from monitor.run_dir.launch import read_state
from monitor.run_dir.reader import RunReader
from monitor.supervisor.job import LEAST_SECS
from tests.cluster.conftest import PATIENT_SECS, TRAINS_ON, Jobs
from tests.supervised import LISTENS, state_of, wait_for

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(900)]

ATTACH, DETACH, ANY_KIND = 16, 17, 0x40000000
"""Of ptrace, and of waitpid for a process that is traced."""
LONG_AT_FIRST = ("5.0", "0.05")
"""A busy scheduler takes most of a minute to preempt, and the run must not have finished by then."""
ALL_EPOCHS = list(range(1, 41))


def epochs_of(run_dir: Path) -> list[float]:
    return [each.epoch for each in RunReader(run_dir).read(0.0).epochs]


def takes_n1(jobs: Jobs) -> Path:
    return jobs.submit(LISTENS, name="urgent", partition="urgent", sbatch="--exclusive --nodelist=n1")


def gives_n1_back(jobs: Jobs, urgent: Path) -> None:
    launcher.stop(urgent, "anna")
    jobs.wait_for(urgent, "stopped")


@contextlib.contextmanager
def deaf(jobs: Jobs, run_dir: Path) -> Iterator[None]:
    """Its supervisor takes no signal but SIGKILL, as one that hangs on a disk. (SIGSTOP ends with SLURM's SIGCONT.)"""
    jobs.wait_for_epochs(run_dir)
    pid, system = state_of(run_dir).supervisor.pid, ctypes.CDLL(None, use_errno=True)
    assert system.ptrace(ATTACH, pid, 0, 0) == 0, os.strerror(ctypes.get_errno())
    os.waitpid(pid, ANY_KIND)

    def hears_its_end() -> None:
        # The end of a traced process is told to who traces it, and only then to SLURM.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, ANY_KIND)

    threading.Thread(target=hears_its_end, daemon=True).start()
    try:
        yield
    finally:
        system.ptrace(DETACH, pid, 0, 0)


def ended(jobs: Jobs, run_dir: Path) -> str:
    """What is said of a run that nobody was left to write the end of."""
    said = jobs.wait_for(run_dir, "failed", "stopped", "lost")
    assert said.word == "failed" and read_state(run_dir).state in ("starting", "running")  # derived, not stored
    failure = failure_of(RunReader(run_dir).read(0.0))
    assert failure.name == "scheduler" and failure.happened
    return said.evidence


def test_a_time_limit_and_preemption_put_back_or_stop_and_fail_only_a_run_that_is_deaf(jobs):
    # Beside each other: a time limit is a minute at least, and a busy scheduler takes most of one to preempt.
    limited = jobs.submit(TRAINS_ON, "1.6", "0.1", name="limited", limit="1", sbatch="--nodelist=n2")
    late = jobs.submit(LISTENS, name="late", limit="1", sbatch="--nodelist=n2")
    with deaf(jobs, late):
        is_preempted(jobs)
        job = jobs.number(limited)
        jobs.wait_for(limited, "queued")
        jobs.cluster.run("scontrol", "update", f"JobId={job}", "TimeLimit=5")
        jobs.start_now(limited)
        assert (state_of(limited).generation, state_of(limited).job.restarts) == (2, 1)
        jobs.wait_for(limited, "finished")
        assert jobs.number(limited) == job and epochs_of(limited) == ALL_EPOCHS
        assert "(TIMEOUT): it reached its time limit" in ended(jobs, late)


def is_preempted(jobs: Jobs) -> None:
    back = jobs.submit(TRAINS_ON, *LONG_AT_FIRST, name="back", sbatch="--nodelist=n1")
    heard = jobs.submit(TRAINS_ON, *LONG_AT_FIRST, name="heard", partition="spare", sbatch="--nodelist=n1")
    unheard = jobs.submit(LISTENS, name="unheard", partition="spare", sbatch="--nodelist=n1")
    with deaf(jobs, unheard):
        for run_dir in (back, heard):
            jobs.wait_for_epochs(run_dir, 1)
        again, first = jobs.number(back), jobs.number(heard)
        urgent = takes_n1(jobs)
        jobs.wait_for(back, "queued")
        jobs.wait_for(heard, "stopped")
        assert "(PREEMPTED): another job of a higher priority took its place" in ended(jobs, unheard)
    assert "SIGTERM, after a stop by the cluster (preemption)." in jobs.status(heard).evidence
    assert "DUE TO PREEMPTION" in (heard / JOB_LOG_FILE).read_text()
    assert jobs.cluster.run("squeue", "-h", "-o", "%T", "--states=all", "-j", first) == "PREEMPTED"

    jobs.wait_for(urgent, "running")
    gives_n1_back(jobs, urgent)
    launcher.resume(jobs.runs, "heard", "anna")
    jobs.start_now(back)
    for run_dir in (back, heard):
        jobs.wait_for(run_dir, "finished")
        assert state_of(run_dir).generation == 2 and epochs_of(run_dir) == ALL_EPOCHS
    assert jobs.number(back) == again and jobs.number(heard) != first


def test_where_the_warning_comes_before_preemption_the_run_saves_and_is_queued_whatever_the_partition_does(jobs):
    with jobs.cluster.with_setting("SlurmctldParameters=preempt_send_user_signal"):
        runs = [
            jobs.submit(TRAINS_ON, *LONG_AT_FIRST, name=name, partition=name, sbatch="--nodelist=n1")
            for name in ("main", "spare")
        ]
        for run_dir in runs:
            jobs.wait_for_epochs(run_dir, 1)
            wait_for(lambda: time.time() - state_of(run_dir).started_at > LEAST_SECS, PATIENT_SECS)  # noqa: B023
        numbers = [jobs.number(run_dir) for run_dir in runs]
        urgent = takes_n1(jobs)
        for run_dir in runs:
            jobs.wait_for(run_dir, "queued")
            assert state_of(run_dir).generation == 2
        jobs.wait_for(urgent, "running")
        gives_n1_back(jobs, urgent)
        for run_dir in runs:
            jobs.start_now(run_dir)
            jobs.wait_for(run_dir, "finished")
            assert epochs_of(run_dir) == ALL_EPOCHS
        assert [jobs.number(run_dir) for run_dir in runs] == numbers
