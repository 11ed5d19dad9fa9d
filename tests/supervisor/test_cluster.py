"""A run in a job of a cluster: a fake sbatch that starts, warns and requeues as SLURM does; real processes beneath."""

import os
import signal
import subprocess
import sys

import pytest

from monitor.run_dir.launch import job_of, read_launch
from tests.supervised import LISTENS, ROOT, script, state_of, wait_for, wait_for_state

SBATCH = """#!/bin/sh
# Submits a job script: numbers it, and runs it in a session of its own with what SLURM tells a job.
export SLURM_JOB_ID=4711 SLURMD_NODENAME=node7 SLURM_JOB_PARTITION=gpu
setsid /bin/sh "$1" >>"$FAKE_SLURM/job.out" 2>&1 &
echo $! >"$FAKE_SLURM/job.pid"
echo "Submitted batch job 4711"
"""
JOB = """#!/bin/sh
#SBATCH --requeue --signal=B:USR1@120 --open-mode=append
exec {python} -m monitor start --foreground --runs {runs} --run-id job-$SLURM_JOB_ID -- {command}
"""


@pytest.fixture
def submit(tmp_path, runs, monkeypatch):
    """`submit(text, restarts)` hands a job script with this training to the fake `sbatch`; returns the job's pid."""
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "sbatch").write_text(SBATCH)
    (fake / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_SLURM", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def submit(text, restarts=0):
        job = tmp_path / "job.sh"
        job.write_text(JOB.format(python=sys.executable, runs=runs, command=" ".join(script(tmp_path, text))))
        told = subprocess.run(
            ["sbatch", str(job)],
            env={**os.environ, "SLURM_RESTART_COUNT": str(restarts)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert told.stdout == "Submitted batch job 4711\n"
        return int((tmp_path / "job.pid").read_text())

    return submit


def test_outside_of_a_cluster_there_is_no_job():
    assert job_of({"PATH": "/bin"}) == {}


def test_a_job_keeps_its_number_with_the_run_and_stays_until_the_run_has_ended(submit, runs):
    submit(LISTENS.replace("10001", "6").replace("10000", "5"))
    wait_for(lambda: (runs / "job-4711" / "state.json").exists())
    wait_for_state(runs / "job-4711", "finished")
    launch = read_launch(runs / "job-4711")
    assert launch.scheduler == {
        "kind": "slurm",
        "job_id": "4711",
        "node": "node7",
        "partition": "gpu",
        "restarts": "0",
    }


def test_a_warning_of_the_cluster_is_a_stop_and_a_requeued_job_is_the_same_run(submit, runs):
    job = submit(LISTENS)
    run_dir = runs / "job-4711"
    wait_for(lambda: (run_dir / "epochs.jsonl").exists())
    wait_for(lambda: state_of(run_dir).supervisor.pid == job)  # the job is its own supervisor: no process between
    os.kill(state_of(run_dir).trainer.pid, signal.SIGUSR1)  # without B: the warning reaches every process
    os.kill(job, signal.SIGUSR1)
    state = wait_for_state(run_dir, "stopped")
    assert (state.stop.asked_by, state.stop.stage, state.exit_code) == ("the cluster (SIGUSR1)", "asked", 0)

    submit(LISTENS, restarts=1)
    wait_for(lambda: state_of(run_dir).generation == 2)
    wait_for_state(run_dir, "running")
    assert [run.name for run in runs.iterdir() if run.is_dir()] == ["job-4711"]


def test_another_job_does_not_take_a_run_that_is_not_its_own(submit, runs, tmp_path, monkeypatch):
    submit(LISTENS.replace("10001", "3").replace("10000", "2"))
    wait_for(lambda: (runs / "job-4711" / "state.json").exists())
    wait_for_state(runs / "job-4711", "finished")
    command = [sys.executable, "-m", "monitor", "start", "--foreground", "--runs", str(runs), "--run-id", "job-4711"]
    done = subprocess.run(
        [*command, "--", sys.executable, "-c", "1"],
        env={**os.environ, "SLURM_JOB_ID": "4712"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 5
    assert "There is a run job-4711" in done.stderr
