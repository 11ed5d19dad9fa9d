"""Attacks by processes: run directories that want something executed, signalled or loaded by whoever looks at them."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from monitor import launcher
from monitor.run_dir import (
    AWAY_ACT_FILE,
    AWAY_FILE,
    EPOCHS_FILE,
    LAUNCH_FILE,
    LOG_FILE,
    STATE_FILE,
    Away,
    Launch,
    Parent,
    State,
    control,
    encode,
    files,
    processes,
)
from monitor.run_dir.errors import MonitorError, RefusedError
from monitor.run_dir.launch import read_launch, read_state
from monitor.run_dir.processes import HOME
from monitor.run_dir.seal import note, write_sealed
from monitor.supervisor.main import main as supervise
from tests import kinds_of_runs
from tests.accounts import as_attacker, common_runs
from tests.fake_runs import healthy
from tests.served import serving
from tests.supervised import script, wait_for, wait_for_state

pytestmark = pytest.mark.usefixtures("runs_made", "own_state")
__all__ = ["common_runs"]


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


def looked_at(runs: Path, name: str) -> None:
    """By every way of looking, with the control link, too."""
    with serving(runs.parent, XDG_STATE_HOME=os.environ["XDG_STATE_HOME"]) as there:

        async def conversation(tab):
            await tab.send(json.dumps({"kind": "hello", "run": name}))
            while json.loads(await asyncio.wait_for(tab.recv(), 60))["kind"] not in ("frame", "problem"):
                pass
            await asyncio.sleep(1.0)

        for token in (there.look, there.control):
            there.talk(conversation, token=token)
            there.ask(f"/?run={name}", token=token)
        for verb in ("show", "check", "log", "list"):
            there.monitor(verb, *([name] if verb != "list" else []), "--runs", runs)


def test_looking_at_a_copied_run_executes_nothing(tmp_path, runs):
    """A copied run directory claims to be queued, so that a reader starts its command."""
    trap = tmp_path / "it_ran"
    copied(runs, ["touch", str(trap)], State(state="queued", generation=1))
    looked_at(runs, "copied")
    assert not trap.exists()


def test_a_sealed_launch_in_a_strangers_folder_executes_nothing(tmp_path, common_runs):
    """Another account copies a sealed launch.json into a run folder of its own, in the state queued."""
    trap = tmp_path / "it_ran"
    launcher.start(common_runs, ["sh", "-c", f"echo {{run_dir}} >> {trap}"], run_id="honest")
    wait_for_state(common_runs / "honest", "finished")
    sealed, bait = (common_runs / "honest" / LAUNCH_FILE).read_bytes(), common_runs / "latest"

    def plant():
        bait.mkdir()
        (bait / LAUNCH_FILE).write_bytes(sealed)
        (bait / STATE_FILE).write_bytes(encode(State(state="queued", generation=1)))

    as_attacker(plant)
    looked_at(common_runs, "latest")
    for flags in ([], ["--adopt"], ["--resume"]):
        assert supervise([str(bait), *flags]) == 5
    with pytest.raises(MonitorError):
        launcher.resume(common_runs, "latest")
    time.sleep(0.5)
    assert trap.read_text().splitlines() == [str(common_runs / "honest")]


@pytest.mark.parametrize("generation", [1, 99])
def test_an_archive_unpacked_over_a_run_starts_nothing_a_second_time(tmp_path, runs, generation):
    """An archive that is unpacked over a finished run says that the run is queued again."""
    trap = tmp_path / "it_ran"
    launcher.start(runs, ["sh", "-c", f"echo once >> {trap}"], run_id="honest")
    wait_for_state(runs / "honest", "finished")
    files.replace(runs / "honest" / STATE_FILE, encode(State(state="queued", generation=generation)))
    looked_at(runs, "honest")
    supervise([str(runs / "honest")])
    assert trap.read_text() == "once\n"


def test_looking_at_an_archive_with_a_stop_request_signals_nothing(tmp_path, runs):
    """An archive with the reader's own sealed launch names another process of his, and holds a stop request."""
    victim = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        launcher.start(runs, ["true"], run_id="honest")
        wait_for_state(runs / "honest", "finished")
        ended = read_state(runs / "honest")
        assert ended is not None and ended.trainer is not None
        gone = msgspec.structs.replace(ended.trainer, pid=2**22 - 1, start_ticks=1)
        running = State(state="running", generation=1, trainer=processes.identify(victim.pid), supervisor=gone)
        for run_dir in (runs / "honest", runs / "unpacked"):
            run_dir.mkdir(exist_ok=True)
            files.replace(run_dir / LAUNCH_FILE, (runs / "honest" / LAUNCH_FILE).read_bytes())
            files.replace(run_dir / STATE_FILE, encode(running))
            control.request(run_dir, "stop", generation=1, asked_by="victim", now=1.0)
            looked_at(runs, run_dir.name)
            assert supervise([str(run_dir), "--adopt"]) == 5
            named = "resume unpacked --trust-command" if run_dir.name == "unpacked" else None
            with pytest.raises(RefusedError, match=named):
                launcher.stop(run_dir)
                raise RefusedError("asked, and nobody there who would do it")
        time.sleep(1.0)
        assert victim.poll() is None
    finally:
        victim.kill()
        victim.wait()


WRITES_ON = """
import os, sys, time
from monitor.writer import RunWriter

with RunWriter(config={"lr": 0.1}) as run:
    for epoch in range(1, 10_000):
        time.sleep(0.05)
        run.log_epoch(epoch, train_loss=1.0, val_loss=1.5)
        run.log_probe("test", {"wer": 0.5})
        if run.should_stop():
            break
"""


def test_looking_at_a_copy_with_an_away_policy_stops_and_starts_nothing(tmp_path, runs):
    """A copied run directory, bad enough for STOP, says that it is to be stopped and restarted while nobody watches."""
    launcher.start(runs, script(tmp_path, "import time\ntime.sleep(120)"), run_id="honest")
    trainer = wait_for_state(runs / "honest", "running").trainer
    bait = tmp_path / "unpacked" / "runs" / "honest"
    shutil.copytree(runs / "honest", bait, ignore=shutil.ignore_patterns("*.lock"))
    shutil.copy(kinds_of_runs.ctc_broken(tmp_path / "made") / EPOCHS_FILE, bait)
    files.replace(bait / AWAY_FILE, encode(Away(do="stop_and_fix", budget_hours=1.0)))
    before = sorted(path.name for path in bait.parent.iterdir())
    looked_at(bait.parent, "honest")
    assert processes.liveness(trainer) == "alive" and not (bait / AWAY_ACT_FILE).exists()
    after = {path.name for path in bait.parent.iterdir()}
    assert after - {"audit.jsonl"} == set(before) and read_state(runs / "honest").state == "running"


def test_a_live_run_whose_folder_is_swapped_for_a_link_is_written_where_it_was(tmp_path, common_runs):
    """Another account moves the folder of a live run away and puts a link to a folder of the owner's in its place."""
    run_dir, moved, own = common_runs / "live", common_runs / "moved", tmp_path / "own"
    own.mkdir()
    launcher.start(common_runs, script(tmp_path, WRITES_ON), run_id="live")
    wait_for(lambda: (run_dir / EPOCHS_FILE).exists())

    def swap():
        run_dir.rename(moved)
        run_dir.symlink_to(own)

    as_attacker(swap)
    before = (moved / EPOCHS_FILE).stat().st_size
    wait_for(lambda: (moved / EPOCHS_FILE).stat().st_size > before + 500)
    control.request(moved, "stop", generation=1, asked_by="me", now=1.0)
    wait_for_state(moved, "stopped")
    assert not list(own.iterdir())
    assert "could not be judged" not in (moved / "supervisor.log").read_text()


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


@pytest.mark.parametrize("how", ["another's seal", "nothing was started", "another trainer was started"])
def test_a_run_cannot_name_somebody_elses_process_as_its_trainer(tmp_path, runs, how):
    """state.json names a process of the reader's own as the trainer, to have it signalled."""
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    try:
        state = State(state="running", generation=1, trainer=processes.identify(victim.pid))
        run_dir = copied(runs, ["true"], state)
        if how != "another's seal":
            launch = read_launch(run_dir)
            assert launch is not None
            write_sealed(run_dir, launch, anew=True)
            if how == "another trainer was started":
                other = processes.identify()
                note(read_launch(run_dir), run_dir, started=1, trainer=other)
        assert supervise([str(run_dir), "--adopt"]) == 5
        if how == "another's seal":
            launcher.stop(run_dir)  # a request, which nobody takes up
        else:  # who waited for that process would wait for as long as it lives
            with pytest.raises(RefusedError, match=f"names process {victim.pid}, which was not started for this run"):
                launcher.stop(run_dir)
        time.sleep(1.0)
        assert victim.poll() is None
    finally:
        victim.kill()
        victim.wait()


LOOKALIKES = ("msgspec", "psutil", "calendar", "token", "torch", "pathlib", "typer", "select", "random", "streamlit")


@pytest.mark.parametrize("verb", ["list", "show", "start", "serve"])
def test_a_module_in_the_current_folder_is_not_executed(tmp_path, runs, verb):
    """The current folder holds files called like the modules that the program and its helpers import."""
    here, trap = tmp_path / "anybodys", tmp_path / "it_ran"
    here.mkdir()
    for name in LOOKALIKES:
        (here / f"{name}.py").write_text(f"import os\nos.mkdir({str(trap)!r})\n")
    healthy(runs)
    words = {"show": ["healthy"], "start": ["--run-id", "r", "--", "true"], "serve": ["--json"]}.get(verb, [])
    program = [sys.executable, "-m", "monitor"]
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    where = ["--runs", str(runs)]
    asked = [*where, *words] if verb == "start" else [*words, *where]
    done = subprocess.run([*program, verb, *asked], cwd=here, env=environment, capture_output=True, text=True)
    if verb == "serve":
        subprocess.run([*program, "serve", "--stop", *where], cwd=here, env=environment, check=True)
    if verb == "start":
        wait_for_state(runs / "r", "finished")
    assert done.returncode == 0, done.stderr
    assert not trap.exists()


def test_a_script_of_the_current_folder_imports_its_own_modules_as_always(tmp_path, runs, monkeypatch):
    """Not an attack: the trainer's own command keeps its search path."""
    (tmp_path / "token.py").write_text("print('the script has its own', flush=True)\n")
    monkeypatch.chdir(tmp_path)
    launcher.start(runs, script(tmp_path, "import token\n"), run_id="r")
    wait_for_state(runs / "r", "finished")
    assert "the script has its own" in (runs / "r" / LOG_FILE).read_text()


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
