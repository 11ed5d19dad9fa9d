"""A private Ray of two nodes, which ensure_ray.sh starts, and its jobs, for the tests marked `ray`."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

from monitor import launcher
from monitor.launcher.engines import ray_jobs
from tests.cluster.conftest import Looks
from tests.supervised import ROOT, script

SCRIPT = ROOT / "scripts" / "ensure_ray.sh"


@dataclass
class RayCluster:
    folder: Path
    address: str

    def ensure(self, *words: str) -> str:
        done = subprocess.run(["sh", str(SCRIPT), *words], capture_output=True, text=True, timeout=400)
        assert done.returncode == 0, done.stderr.strip()
        return done.stdout.strip()

    def session(self, name: str) -> list[psutil.Process]:
        """Every process of the head or of the node, but for what jobs have started."""
        leader = int((self.folder / f"{name}.pid").read_text())
        found = []
        for process in psutil.process_iter():
            try:
                found += [process] if os.getsid(process.pid) == leader else []
            except ProcessLookupError:
                continue
        return found

    def kill(self, name: str) -> None:
        """Ends a node as a power cut does."""
        processes = self.session(name)
        # All at once: what still runs would tell Ray of the ones that died before it.
        for each in (signal.SIGSTOP, signal.SIGKILL):
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(each)

    def ask(self, verb: str, path: str, body: object = None):
        return ray_jobs.call(self.address, verb, path, body, 30.0)


@dataclass
class Jobs(Looks):
    """Submits runs to the cluster and looks at them."""

    cluster: RayCluster
    runs: Path
    folder: Path

    def submit(self, text: str, *words: str, name: str = "demo", gpus: int = 0) -> Path:
        order = ray_jobs.job_order(f"ray://{self.cluster.address.removeprefix('http://')}", gpus, 1)
        command = [*script(self.folder, text), *words]
        return self.runs / launcher.start(self.runs, command, name=name, job=order, cwd=self.folder)

    def in_ray(self, run_dir: Path) -> dict:
        return self.cluster.ask("GET", f"/api/jobs/vitalsigns-{self.number(run_dir)}")
