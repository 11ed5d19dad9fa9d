"""Attacks by processes: run directories that want something executed, signalled or loaded by whoever looks at them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from monitor import launcher
from monitor.run_dir import LAUNCH_FILE, STATE_FILE, Launch, Parent, State, encode, files, processes
from monitor.run_dir.errors import MonitorError, RefusedError
from monitor.run_dir.launch import read_launch
from monitor.run_dir.seal import sealed
from monitor.supervisor.main import main as supervise
from tests.fake_runs import healthy
from tests.served import serving

pytestmark = pytest.mark.usefixtures("runs_made", "own_state")


def copied(runs: Path, argv: list[str], state: State) -> Path:
    """A run directory that somebody else has made, beside the parent that it names."""
    healthy(runs)
    run_dir = runs / "copied"
    run_dir.mkdir(mode=0o700)
    parent = Parent(run_id="healthy")
    launch = Launch(run_id="copied", created_at=1.0, argv=argv, cwd="/", parent=parent, seal="0" * 64)
    files.create(run_dir / LAUNCH_FILE, encode(launch))
    files.replace(run_dir / STATE_FILE, encode(state))
    return run_dir


def test_looking_at_a_copied_run_executes_nothing(tmp_path, runs):
    """A copied run directory claims to be queued, so that a reader starts its command."""
    trap = tmp_path / "it_ran"
    copied(runs, ["touch", str(trap)], State(state="queued", generation=1))
    with serving(tmp_path) as there:

        async def conversation(tab):
            await tab.send(json.dumps({"kind": "hello", "run": "copied"}))
            while json.loads(await asyncio.wait_for(tab.recv(), 30))["kind"] not in ("frame", "problem"):
                pass
            await asyncio.sleep(1.0)

        there.talk(conversation, token=there.look)
        there.ask("/?run=copied", token=there.control)
        there.monitor("show", "copied", "--runs", runs)
    assert not trap.exists()


@pytest.mark.parametrize("act", ["resume", "restart"])
def test_a_copied_command_is_not_started_unasked(tmp_path, runs, act):
    """A copied run directory is resumed or restarted by a person who has not read its command."""
    trap = tmp_path / "it_ran"
    copied(runs, ["touch", str(trap)], State(state="failed", generation=1))
    with pytest.raises(RefusedError):
        if act == "resume":
            launcher.resume(runs, "copied")
        else:
            launcher.restart(launcher.plan_restart(runs, "copied", {}), stop_parent=False)
    time.sleep(0.5)
    assert not trap.exists()


@pytest.mark.parametrize("how", ["another's seal", "a folder that others may write"])
def test_a_run_cannot_name_somebody_elses_process_as_its_trainer(tmp_path, runs, how):
    """state.json names a process of the reader's own as the trainer, to have it signalled."""
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    try:
        state = State(state="running", generation=1, trainer=processes.identify(victim.pid))
        run_dir = copied(runs, ["true"], state)
        if how != "another's seal":
            launch = read_launch(run_dir)
            assert launch is not None
            files.replace(run_dir / LAUNCH_FILE, encode(sealed(msgspec.structs.replace(launch, seal=""))))
            run_dir.chmod(0o777)
        assert supervise([str(run_dir), "--adopt"]) == 5
        with pytest.raises(MonitorError):
            launcher.stop(run_dir)
            time.sleep(1.0)
            raise RefusedError("asked, and nobody there who would do it")
        assert victim.poll() is None
    finally:
        victim.kill()
        victim.wait()


class Payload:
    def __reduce__(self):
        return os.mkdir, (self.path,)

    def __init__(self, path: str) -> None:
        self.path = path


def test_a_checkpoint_that_carries_a_program_is_refused(tmp_path):
    """A checkpoint is a pickle that runs a program when it is loaded."""
    import torch

    from trainer import checkpoints

    trap = tmp_path / "it_ran"
    torch.save({"model": Payload(str(trap))}, tmp_path / "best.pt")
    with pytest.raises(MonitorError):
        checkpoints.load(tmp_path / "best.pt")
    assert not trap.exists()
