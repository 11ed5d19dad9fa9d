"""Recycled pids, jumping clocks, and a run that goes on in a terminal: the state that is told stays true."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from monitor.launcher import resume, start, status, stop
from monitor.run_dir import PROGRESS_FILE, STATE_FILE, Progress, State, control, encode
from monitor.run_dir.launch import read_progress
from monitor.run_dir.processes import identify
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import status_of
from monitor.supervisor.statefile import StateFile
from monitor.supervisor.supervision import How, Supervision
from monitor.supervisor.trainer import Ending
from monitor.view.rows import RowBook
from tests import fake_runs
from tests.faults.mutate import furnished
from tests.faults.table import times
from tests.supervised import LISTENS, ROOT, script, wait_for, wait_for_state

DAY = 86_400.0


def test_a_pid_that_comes_back_as_a_strangers_is_never_taken_for_the_trainer_and_never_signalled(tmp_path, tell):
    """The kernel itself gives the pid away again, in a pid namespace of its own."""
    rounds = times(2, 60)
    inside = [sys.executable, "-m", "tests.faults.recycled", str(tmp_path / "runs"), str(rounds)]
    # A shell stays the namespace's first process and buries the orphans of killed supervisors.
    command = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", '"$@"; exit $?', "sh", *inside]
    if os.environ.get("VITALSIGNS_NO_MOUNT"):
        pytest.skip("VITALSIGNS_NO_MOUNT is set: a pid namespace needs the same rights, so no pid was recycled")
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, f"Recycling a pid needs root (unshare --pid): {done.stderr[-2000:]}"
    assert json.loads(done.stdout.splitlines()[-1])["wrong"] == []
    tell("pid reuse", "a killed trainer's pid given to a stranger by the kernel", rounds)


def test_a_run_that_goes_on_in_a_terminal_is_told_as_running_and_a_stop_reaches_it(runs):
    """state.json is the word of the supervisor before; the terminal's writer has none."""
    run_dir = runs / start(runs, script(runs.parent, LISTENS), run_id="run")
    wait_for_state(run_dir, "running")
    stop(run_dir)
    wait_for_state(run_dir, "stopped")
    text = LISTENS.replace("RunWriter(", f"RunWriter({str(run_dir)!r}, resume=True, ")
    wait_for(lambda: status(run_dir).word == "stopped" and not _is_held(run_dir))
    terminal = subprocess.Popen(script(runs.parent, text, "again.py"), cwd=ROOT)
    wait_for(lambda: (progress := read_progress(run_dir)) is not None and progress.generation == 2)
    assert (status(run_dir).word, status(run_dir).live) == ("running", True)
    assert status_of(RunReader(run_dir).read(time.time())).word == "running"
    assert RowBook(runs).rows(time.time())[0].state == "running"
    stop(run_dir)
    assert terminal.wait(60) == 0
    assert status(run_dir).word == status_of(RunReader(run_dir).read(time.time())).word == "stopped"
    resume(runs, run_dir.name)
    assert wait_for_state(run_dir, "running").generation == 3
    stop(run_dir)
    wait_for_state(run_dir, "stopped")


def _is_held(run_dir: Path) -> bool:
    from tests.supervised import is_locked

    return is_locked(run_dir)


@pytest.mark.parametrize(
    "word", ["finished", "failed", "stopped", "running", "stopping", "queued", "starting", "alive"]
)
def test_no_jump_of_the_clock_changes_what_a_run_is_doing(tmp_path, tell, word):
    jumps, seed = times(20, 2000), random.Random(word)
    run_dir = fake_runs.empty(tmp_path)
    furnished(run_dir, "running" if word == "alive" else word)
    if word == "alive":
        state = State(state="running", supervisor=identify(), trainer=identify(), updated_at=time.time())
        (run_dir / STATE_FILE).write_bytes(encode(state))
    reader, told = RunReader(run_dir), set()
    for _ in range(jumps):
        now = status_of(reader.read(time.time() + seed.choice((1.0, DAY, 1e4 * DAY)) * seed.uniform(-1, 1)))
        told.add((now.word, now.live, now.unsupervised))
        assert not re.search(r"-\d", now.evidence), now.evidence
    assert len(told) == 1
    assert next(iter(told))[1] == (word == "alive")
    tell("clock jumps", "a run read at jumping times tells one state; stop and cancel by a set clock", jumps)


class Standing:
    """A trainer that stands still: remembers the signals it is sent."""

    def __init__(self) -> None:
        self.identity = identify()
        self.sent: list[int] = []

    def ended(self) -> Ending | None:
        return None

    def send(self, number: int) -> None:
        self.sent.append(number)

    def clear_leftovers(self) -> None:
        return None


def supervised(run_dir: Path, grace_secs: float) -> tuple[Supervision, Standing]:
    run_dir.mkdir()
    trainer = Standing()
    state_file = StateFile(run_dir, State(state="running", trainer=trainer.identity), time.time)
    _beat(run_dir, time.time())
    return Supervision(run_dir, state_file, trainer, How(grace_secs)), trainer


def _beat(run_dir: Path, at: float, phase: str = "training") -> None:
    aside = run_dir / "aside"
    aside.write_bytes(encode(Progress(heartbeat_at=at, phase=phase, listens=True, asks_secs=0.1)))  # type: ignore[arg-type]
    aside.replace(run_dir / PROGRESS_FILE)


@pytest.mark.parametrize("jump", [DAY, -DAY, 1e9, -1e9])
def test_a_stop_takes_its_time_whatever_the_clock_does(tmp_path, jump):
    supervision, trainer = supervised(tmp_path / "run", grace_secs=0.6)
    control.request(tmp_path / "run", "stop", generation=1, asked_by="", now=time.time())
    supervision.tick(time.time())
    began = time.monotonic()
    for _ in range(5):
        supervision.tick(time.time() + jump)
        assert trainer.sent == [] or time.monotonic() - began >= 0.6, "the grace period was cut short"
    wait_for(lambda: supervision.tick(time.time() + jump) or trainer.sent == [signal.SIGTERM])


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_a_stop_is_taken_back_also_where_the_clock_was_set_in_between(tmp_path, jump):
    run_dir = tmp_path / "run"
    supervision, trainer = supervised(run_dir, grace_secs=60.0)
    now = time.time()
    control.request(run_dir, "stop", generation=1, asked_by="", now=now)
    supervision.tick(now)
    assert control.stop_wanted(run_dir, 1)
    control.request(run_dir, "cancel", generation=1, asked_by="", now=now + jump)
    assert not control.stop_wanted(run_dir, 1), "the trainer must see that the stop was taken back"
    supervision.tick(now + jump)
    _beat(run_dir, now + jump + 0.1)
    supervision.tick(now + jump + 0.2)
    assert {each.verb: each.result for each in control.answers(run_dir, 1)} == {"stop": "refused", "cancel": "done"}
    control.request(run_dir, "stop", generation=1, asked_by="", now=now - 2 * DAY)
    assert control.stop_wanted(run_dir, 1)
    assert trainer.sent == []


def test_a_reboot_in_between_is_told_as_lost(tmp_path):
    run_dir = fake_runs.empty(tmp_path)
    furnished(run_dir, "running")
    before = msgspec.structs.replace(identify(), boot_id="the boot before")
    long_ago = State(state="running", supervisor=before, trainer=before, updated_at=time.time() - 1e7)
    progress = Progress(heartbeat_at=time.time() - 1e7, process=before)
    (run_dir / STATE_FILE).write_bytes(encode(long_ago))
    (run_dir / PROGRESS_FILE).write_bytes(encode(progress))
    assert (status(run_dir).word, status(run_dir).live) == ("lost", False)
