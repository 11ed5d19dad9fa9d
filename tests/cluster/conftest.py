"""A real SLURM of two nodes on this machine for the tests marked `slurm`; ensure_slurm.sh starts and stops it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from monitor import launcher
from monitor.launcher.engines import queues, slurm
from monitor.launcher.engines.submitting import job_order
from monitor.run_dir.status import Status
from tests.browser.conftest import FLAGS, SYSTEM_BROWSERS, Dashboard, tab  # noqa: F401 - a fixture
from tests.supervised import ROOT, script, state_of, wait_for

SCRIPT = ROOT / "scripts" / "ensure_slurm.sh"
PATIENT_SECS = 150.0
"""A job starts in a second on an idle machine; the machine may be busy."""
PATIENT_MS = 1000 * PATIENT_SECS


TRAINS_ON = """
import os, sys, time
from pathlib import Path
from monitor.writer import RunWriter

with RunWriter(epochs=40, config={"lr": 0.1}) as run:
    saved = Path(os.environ["VITALSIGNS_RUN_DIR"], "saved.txt")
    first = int(saved.read_text()) + 1 if saved.exists() else 1
    for epoch in range(first, 41):
        time.sleep(float(sys.argv[1 if first == 1 else -1]))
        run.log_epoch(epoch, train_loss=1.0, val_loss=1.5, val_wer=0.9)
        saved.write_text(str(epoch))
        if run.should_stop():
            break
"""
"""Continues where its last start has ended, as with checkpoints. Words: seconds of an epoch, at first and later."""


class OneWorkerAnEngine(LoadScopeScheduling):
    """Of two workers one has SLURM and the other Ray. Groups by mark (`xdist_group`) are not seen with pytest 9.2."""

    def _split_scope(self, nodeid: str) -> str:
        return "ray" if "/test_ray" in nodeid else "slurm"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return OneWorkerAnEngine(config, log)


@dataclass
class Cluster:
    folder: Path
    no_accounting: str = ""
    """Why it has none."""

    def run(self, *command: str) -> str:
        """What one of SLURM's programs prints."""
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=PATIENT_SECS)
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout.strip()

    def other_conf(self, name: str, pattern: str, value: str) -> str:
        """The path of a slurm.conf in which one thing is otherwise, for who submits and looks."""
        path = self.folder / name / "slurm.conf"
        path.parent.mkdir(exist_ok=True)
        path.write_text(re.sub(pattern, value, (self.folder / "slurm.conf").read_text()))
        return str(path)

    def pid(self, daemon: str) -> int:
        return int((self.folder / f"{daemon}.pid").read_text())

    def kill(self, daemon: str) -> None:
        """Ends a daemon as a crash does."""
        pid = self.pid(daemon)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not Path(f"/proc/{pid}").exists())

    def wait_until_saved(self, job: str) -> None:
        """Returns once the controller has written down what it knows of a job, as it does every few seconds.

        One that crashes before that knows nothing of it later, and has it ended on its node or started twice.
        """
        mark = f"saved-{time.time_ns()}"
        self.run("scontrol", "update", f"JobId={job}", f"Comment={mark}")
        wait_for(lambda: mark.encode() in (self.folder / "state" / "job_state").read_bytes(), PATIENT_SECS)

    def start_controller(self, *options: str) -> None:
        subprocess.run(["slurmctld", *options, "-f", str(self.folder / "slurm.conf")], check=True, timeout=PATIENT_SECS)
        ping = ["scontrol", "ping"]
        wait_for(lambda: subprocess.run(ping, capture_output=True, timeout=PATIENT_SECS).returncode == 0, PATIENT_SECS)

    def forget_the_jobs(self) -> None:
        """The controller knows no job any more, as it does MinJobAge after a job's end."""
        self.kill("slurmctld")
        self.start_controller("-c")
        wait_for(lambda: self._is_idle("n1") and self._is_idle("n2"), PATIENT_SECS)

    def start_accounting(self) -> None:
        where = {**os.environ, "MYSQL_UNIX_PORT": str(self.folder / "db" / "socket")}
        subprocess.run(["slurmdbd"], check=True, timeout=60, env=where)
        wait_for(
            lambda: subprocess.run(["sacct"], capture_output=True, timeout=PATIENT_SECS).returncode == 0, PATIENT_SECS
        )

    @contextlib.contextmanager
    def with_setting(self, line: str) -> Iterator[None]:
        """One more line of slurm.conf for the controller, for a while."""
        path = self.folder / "slurm.conf"
        before = path.read_text()
        try:
            path.write_text(f"{before}{line}\n")
            self.run("scontrol", "reconfigure")
            yield
        finally:
            path.write_text(before)
            self.run("scontrol", "reconfigure")

    def start_node(self, node: str) -> None:
        subprocess.run(["slurmd", "-N", node, "-f", str(self.folder / "slurm.conf")], check=True, timeout=PATIENT_SECS)
        wait_for(lambda: self._is_idle(node), PATIENT_SECS)

    def _is_idle(self, node: str) -> bool:
        resume = ["scontrol", "update", f"NodeName={node}", "State=RESUME"]
        subprocess.run(resume, capture_output=True, timeout=PATIENT_SECS)  # refused once it has come back by itself
        return "idle" in self.run("sinfo", "-h", "-p", "main", "-n", node, "-o", "%t").split()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    # Not below the usual folder of tests: the path of munge's socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
    done = subprocess.run(["sh", str(SCRIPT), sys.executable, str(folder)], capture_output=True, text=True, timeout=300)
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"NOT TRIED: {done.stderr.strip().splitlines()[-1]}")  # a SLURM that does not start is none of ours
    os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
    lacks = [line for line in done.stderr.splitlines() if "without accounting" in line]
    try:
        yield Cluster(folder, *lacks)
    finally:
        subprocess.run(["scancel", "--me"], capture_output=True, timeout=PATIENT_SECS)
        subprocess.run(["sh", str(SCRIPT), "--stop", str(folder)], timeout=PATIENT_SECS)
        os.environ.pop("SLURM_CONF")
        shutil.rmtree(folder, ignore_errors=True)


class Looks:
    """Looks at submitted runs, each look a new one."""

    def number(self, run_dir: Path) -> str:
        place = state_of(run_dir).job
        assert place is not None
        return place.job_id

    def status(self, run_dir: Path) -> Status:
        queues.look()
        return launcher.status(run_dir)

    def wait_for(self, run_dir: Path, *words: str) -> Status:
        """Returns once the run is so, by what is written and what the engine says."""
        deadline = time.monotonic() + PATIENT_SECS
        while (said := self.status(run_dir)).word not in words:
            assert time.monotonic() < deadline, said
            time.sleep(0.1)
        return said

    def wait_for_words(self, run_dir: Path, pattern: str) -> None:
        """Returns once its evidence says so; a test that fails shows what it says instead."""
        deadline = time.monotonic() + PATIENT_SECS
        while not re.search(pattern, said := self.status(run_dir).evidence):
            assert time.monotonic() < deadline, said
            time.sleep(0.2)

    def wait_for_epochs(self, run_dir: Path, lines: int = 3) -> None:
        file = run_dir / "epochs.jsonl"
        wait_for(lambda: file.exists() and len(file.read_bytes().splitlines()) >= lines, PATIENT_SECS)
        # Epochs of milliseconds are there before its supervisor has looked once: what a test does next would find,
        # or leave behind, a run that is starting.
        wait_for(lambda: state_of(run_dir).state != "starting", PATIENT_SECS)


@dataclass
class Jobs(Looks):
    """Submits runs to the cluster and looks at them."""

    cluster: Cluster
    runs: Path
    folder: Path

    def submit(self, text: str, *words: str, name: str = "demo", limit: str = "5", sbatch: str = "", **asked) -> Path:
        # A file for each run of a test: one that is put back starts its own again.
        file = "train.py" if name == "demo" else f"{name}.py"
        order = job_order(asked.get("partition", "main"), asked.get("gpus", 0), limit, 1, 1, sbatch)
        return self.runs / launcher.start(
            self.runs, [*script(self.folder, text, file), *words], name=name, job=order, cwd=self.folder
        )

    def start_now(self, run_dir: Path) -> None:
        """SLURM lets a job that was put back wait two minutes; the test does not."""
        wait_for(lambda: self.status(run_dir).word == "queued", PATIENT_SECS)
        before = state_of(run_dir).job.restarts
        now = ["scontrol", "update", f"JobId={self.number(run_dir)}", "StartTime=now"]

        # Again where need be: the last step of putting it back sets those two minutes anew. No more often: a change of
        # a job makes the scheduler begin again.
        deadline = time.monotonic() + PATIENT_SECS + 120.0  # if nothing hastens it, it waits those two minutes
        while state_of(run_dir).job.restarts <= before:
            seen = self.cluster.run("squeue", "-h", "-o", "%T %r", "-j", self.number(run_dir))
            if seen.endswith("BeginTime"):
                subprocess.run(now, capture_output=True, timeout=PATIENT_SECS)
            elif "held" in seen.lower():
                # Started before its node had put the last start away: SLURM holds it, which two minutes prevent.
                self.cluster.run("scontrol", "release", self.number(run_dir))
            else:
                # For the same reason its node may be drained; refused where it is not.
                resume = ["scontrol", "update", "NodeName=n1,n2", "State=RESUME"]
                subprocess.run(resume, capture_output=True, timeout=PATIENT_SECS)
            shown = self.cluster.run("scontrol", "show", "job", self.number(run_dir))
            assert time.monotonic() < deadline, f"{shown}\n{self.cluster.run('sinfo')}\n{self.cluster.run('squeue')}"
            time.sleep(1.0)


@pytest.fixture
def jobs(
    cluster: Cluster, runs: Path, own_state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Jobs]:
    monkeypatch.setattr(queues, "ASK_EVERY_SECS", 0.0)
    monkeypatch.setattr(slurm, "PATIENCE_SECS", PATIENT_SECS)
    yield Jobs(cluster, runs, tmp_path)
    cluster.run("scancel", "--me")
    cluster.run("scancel", "--me", "--signal=KILL")
    wait_for(lambda: not cluster.run("squeue", "--me", "-h"), PATIENT_SECS)


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Of one test alone: while one is open, no other test of the process can run a loop of asyncio."""
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, SYSTEM_BROWSERS)), playwright.chromium.executable_path)
        if not Path(path).exists():
            pytest.skip("NOT TRIED: the page of a cluster's run needs Chromium (scripts/ensure_browser.sh)")
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@contextlib.contextmanager
def on_the_page(runs: Path) -> Iterator[Dashboard]:
    """Served by a real server, which sees what this test sees of the network and of the engines."""
    there = Dashboard(runs, dict(os.environ))
    there.runs.mkdir(exist_ok=True)
    there.serve()
    yield there
    there.stop_serving()
