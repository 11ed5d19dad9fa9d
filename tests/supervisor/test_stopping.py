"""Stopping what does not want to stop: real processes that ignore, fork, hang or hold workers; no orphan is left."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from monitor.commands.looking import look_at
from monitor.commands.show import lines
from monitor.launcher import hurry_stop, more_time, start, status, stop
from monitor.run_dir import EPOCHS_FILE, LOG_FILE, control
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.reader import RunReader
from monitor.view.shapes.state import StopShown
from monitor.view.state import status_shown, stop_shown
from tests.supervised import (
    LISTENS,
    ROOT,
    SILENT,
    STUBBORN,
    is_over,
    script,
    state_of,
    supervisors,
    wait_for,
    wait_for_state,
    workers,
)

HANGS = """
import ctypes, signal
signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP})
print("ready", flush=True)
ctypes.CDLL(None).sleep(600)
"""
"""In native code, with every signal blocked: no Python of it will run again."""

DEAF = """
from monitor.writer import RunWriter
import time

run = RunWriter(epochs=9)
run.log_epoch(1, train_loss=1.0)
print("ready", flush=True)
time.sleep(600)
"""
"""Says that it listens, and hangs in its second epoch."""

SAVES_ON_SIGTERM = """
import pathlib, signal, sys, time
def save(*_):
    while not pathlib.Path(sys.argv[1], "go").exists():
        time.sleep(0.05)
    pathlib.Path(sys.argv[1], "last.pt").write_bytes(b"weights")
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
print("ready", flush=True)
time.sleep(600)
"""
"""Leaves in its own time when it is terminated; Ctrl-C would end it without a save."""

SAVES_ON_CTRL_C = """
import pathlib, sys, time
try:
    print("ready", flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    pathlib.Path(sys.argv[1], "last.pt").write_bytes(b"weights")
"""

LOADS = """
import torch
from torch.utils.data import DataLoader, Dataset

class Endless(Dataset):
    def __len__(self):
        return 10**9
    def __getitem__(self, number):
        return torch.zeros(4)

if __name__ == "__main__":
    for number, batch in enumerate(DataLoader(Endless(), batch_size=64, num_workers=2)):
        if number == 3:
            print("ready", flush=True)
"""
"""A real DataLoader with two worker processes."""

ENDLESS_RANK = """
import os, time
print("ready", os.environ["RANK"], flush=True)
time.sleep(600)
"""


def ready(runs: Path, text: str, *words: str, times: int = 1, **how) -> Path:
    run_dir = runs / start(runs, [*script(runs.parent, text), *words], **how)
    wait_for(lambda: (run_dir / LOG_FILE).read_text().count("ready") >= times)
    return run_dir


NO_STOP = StopShown(
    text="",
    timed=False,
    by="",
    asked_at=0.0,
    at=0.0,
    of_secs=None,
    answered=False,
    can_cancel=False,
    cancelled=False,
    next="",
    hurry="",
)


def stage_of(run_dir: Path) -> StopShown:
    return stop_shown(RunReader(run_dir).read(time.time())) or NO_STOP


def test_a_trainer_that_hangs_in_native_code_with_all_signals_blocked_is_killed(runs):
    run_dir = ready(runs, HANGS, stop_grace_secs=0.5)
    stop(run_dir)
    hurry_stop(run_dir)
    wait_for(lambda: stage_of(run_dir).next == "SIGKILL")
    hurry_stop(run_dir)
    assert wait_for_state(run_dir, "stopped").signal == signal.SIGKILL
    wait_for(lambda: is_over(run_dir))


IGNORES_CTRL_C = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""
"""As what a script starts with &, or nohup."""


def test_a_process_that_ignores_ctrl_c_gets_sigterm_at_once_and_not_after_the_grace(runs):
    run_dir = ready(runs, IGNORES_CTRL_C, stop_grace_secs=300.0)
    stop(run_dir)
    state = wait_for_state(run_dir, "stopped")
    assert (state.signal, state.stop.stage) == (signal.SIGTERM, "terminated")


def test_a_wrapper_that_ignores_ctrl_c_does_not_hide_a_trainer_that_saves_at_it(runs):
    command = f"trap '' INT; {sys.executable} {runs.parent}/inner.py {runs.parent} & wait $!"
    handler = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    script(runs.parent, handler + SAVES_ON_CTRL_C, "inner.py")
    run_dir = runs / start(runs, ["sh", "-c", command], name="wrapped", cwd=runs.parent)
    wait_for(lambda: "ready" in (run_dir / LOG_FILE).read_text())
    stop(run_dir)
    wait_for_state(run_dir, "stopped")
    assert (runs.parent / "last.pt").exists()
    wait_for(lambda: state_of(run_dir).saved == str(runs.parent / "last.pt"))
    assert status_shown(RunReader(run_dir).read(time.time())).left == "checkpoint last.pt on disk"
    assert f"Newest checkpoint on disk: {runs.parent / 'last.pt'}." in lines(look_at(run_dir))


def test_of_a_stopped_script_without_a_checkpoint_that_is_said_and_nothing_before_the_disk_was_looked_at(runs):
    run_dir = ready(runs, SILENT.replace("at work", "ready"))
    stop(run_dir)
    wait_for_state(run_dir, "stopped")
    wait_for(lambda: state_of(run_dir).saved == "")
    seen = RunReader(run_dir).read(time.time())
    assert status_shown(seen).left == "no checkpoint found on disk"
    before = msgspec.structs.replace(seen.state, saved=None)
    assert status_shown(msgspec.structs.replace(seen, state=before)).left == ""


def test_a_script_that_saves_on_sigterm_is_stopped_with_it_and_the_stage_says_so(runs):
    run_dir = ready(runs, SAVES_ON_SIGTERM, str(runs.parent), stop_with="TERM")
    stop(run_dir)
    wait_for(lambda: stage_of(run_dir).text == "Sent SIGTERM, waiting for exit")
    (runs.parent / "go").touch()
    state = wait_for_state(run_dir, "stopped")
    assert (state.exit_code, state.stop.stage) == (0, "interrupted")
    assert (runs.parent / "last.pt").exists()


def test_a_trainer_that_does_not_answer_is_waited_for_until_somebody_hurries_it(runs):
    run_dir = ready(runs, DEAF, stop_grace_secs=300)
    stop(run_dir, "anna")
    wait_for_state(run_dir, "stopping")
    stage = stage_of(run_dir)
    assert (stage.text, stage.by, stage.answered, stage.can_cancel) == ("Asked to stop", "anna", False, True)
    assert (stage.of_secs, stage.next) == (300.0, "SIGTERM")
    began = time.monotonic()
    hurry_stop(run_dir, "ben")
    state = wait_for_state(run_dir, "stopped")
    assert time.monotonic() - began < 100, "it must not have waited for the grace period of 300 s"
    assert (state.signal, state.stop.stage, state.stop.asked_by) == (signal.SIGTERM, "terminated", "anna")
    # The state says "stopped" a moment before the stop is answered.
    both = {"stop": "done", "hurry": "done"}
    wait_for(lambda: {given.verb: given.result for given in control.answers(run_dir, 1)} == both)


def test_more_time_counts_the_stage_anew_and_hurrying_never_takes_a_stop_back(runs):
    run_dir = ready(runs, DEAF, stop_grace_secs=300)
    stop(run_dir)
    first = wait_for_state(run_dir, "stopping").stop
    time.sleep(0.05)
    more_time(run_dir)
    wait_for(lambda: state_of(run_dir).stop.stage_at > first.stage_at)
    assert state_of(run_dir).stop.stage == "asked"
    assert control.stop_wanted(run_dir, 1), "the trainer must still be told to stop"


def test_hurrying_what_nobody_stops_is_refused(runs):
    run_dir = ready(runs, DEAF)
    with pytest.raises(RefusedError, match=r"No stop of .* is under way"):
        hurry_stop(run_dir)


def test_a_script_that_saves_on_ctrl_c_gets_ctrl_c_first_and_has_saved(runs, tmp_path):
    run_dir = ready(runs, SAVES_ON_CTRL_C, str(tmp_path))
    stop(run_dir)
    state = wait_for_state(run_dir, "stopped")
    assert state.stop.stage == "interrupted"
    assert (tmp_path / "last.pt").read_bytes() == b"weights"


@pytest.mark.slow
def test_a_data_loader_with_workers_is_stopped_with_all_of_them(runs):
    run_dir = ready(runs, LOADS)
    assert len(workers(run_dir)) >= 3
    stop(run_dir)
    wait_for_state(run_dir, "stopped")
    wait_for(lambda: is_over(run_dir))


def torchrun(runs: Path) -> Path:
    command = script(runs.parent, ENDLESS_RANK)
    argv = [command[0], "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", *command[1:]]
    run_dir = runs / start(runs, argv, name="ranks", stop_grace_secs=2)
    wait_for(lambda: (run_dir / LOG_FILE).read_text().count("ready") == 2, secs=90)
    return run_dir


@pytest.mark.slow
def test_torchrun_is_stopped_with_its_workers_which_have_sessions_of_their_own(runs):
    run_dir = torchrun(runs)
    stop(run_dir)
    wait_for_state(run_dir, "stopped")
    wait_for(lambda: is_over(run_dir))


@pytest.mark.slow
def test_workers_of_a_killed_torchrun_are_no_orphans(runs):
    run_dir = torchrun(runs)
    os.kill(state_of(run_dir).trainer.pid, signal.SIGKILL)
    assert wait_for_state(run_dir, "failed").signal == signal.SIGKILL
    wait_for(lambda: is_over(run_dir))


def test_what_a_run_starts_as_a_run_of_its_own_outlives_it(runs, tmp_path):
    inner = script(tmp_path, SILENT, "inner.py")
    order = ["-m", "monitor", "start", "--runs", str(runs), "--run-id", "inner", "--", *inner]
    outer = f"import subprocess, sys\nsubprocess.run([sys.executable, *{order!r}], check=True)"
    run_dir = runs / start(runs, script(tmp_path, outer, "outer.py"), run_id="outer")
    wait_for_state(run_dir, "finished")
    wait_for(lambda: not workers(run_dir) and not supervisors(run_dir))
    assert status(runs / "inner").live
    stop(runs / "inner")
    wait_for_state(runs / "inner", "stopped")


def monitor(*words: object, code: int = 0) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "monitor", *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout, done.stderr


def test_several_runs_are_stopped_by_one_command_and_one_that_has_ended_keeps_no_other_running(runs, tmp_path):
    for name, text in (("a", LISTENS), ("b", SILENT)):
        start(runs, script(tmp_path, text, f"{name}.py"), run_id=name)
    ended = start(runs, script(tmp_path, "pass", "c.py"), run_id="c")
    wait_for_state(runs / ended, "finished")
    wait_for(lambda: (runs / "a" / EPOCHS_FILE).exists() and "at work" in (runs / "b" / LOG_FILE).read_text())
    said, warned = monitor("stop", "a", "b", "c", "--runs", runs, code=5)
    assert {name: state_of(runs / name).state for name in "abc"} == {"a": "stopped", "b": "stopped", "c": "finished"}
    assert "c is not running (finished)" in said
    assert "b: This script cannot be asked to save. It gets Ctrl-C" in warned
    wait_for(lambda: is_over(runs / "a") and is_over(runs / "b"))


def test_a_second_person_is_told_who_asked_first(runs):
    run_dir = ready(runs, STUBBORN, stop_grace_secs=300)
    stop(run_dir, "anna")
    wait_for_state(run_dir, "stopping")
    _, warned = monitor("stop", run_dir, "--no-wait")
    assert "anna asked for this stop" in warned
    _, warned = monitor("stop", run_dir, "--dry-run")
    said = json.loads(monitor("stop", run_dir, "--dry-run", "--json")[0])["runs"][0]
    assert said["asked"].startswith("anna asked for this stop")
    monitor("stop", run_dir, "--hurry", "--json")
    wait_for(lambda: stage_of(run_dir).next == "SIGKILL")
    monitor("stop", run_dir, "--hurry")
    wait_for_state(run_dir, "stopped")
    monitor("stop", run_dir, "--hurry", "--cancel", code=64)
