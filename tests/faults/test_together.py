"""Two dashboards and the command line press the same button at once, and every click is a double click."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from monitor.launcher import plan_restart, resume, start, status, stop
from monitor.run_dir import CONTROL_DIR, control
from monitor.run_dir.launch import read_launch
from monitor.run_dir.reader import list_runs
from tests.faults.table import times
from tests.supervised import LISTENS, ROOT, script, state_of, supervisors, wait_for, wait_for_state, workers

ROUNDS = times(1, 25)

PRESS = """
import os, sys, threading, time
from pathlib import Path
from monitor import launcher
from monitor.run_dir.errors import MonitorError

runs, verb, run_id, gate = Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4])
plan = launcher.plan_restart(runs, run_id, {"lr": "0.2"}) if verb == "restart" else None

def say(*words):
    # In one call: two clicks speak at once.
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

def press():
    try:
        if verb == "restart":
            say("did", launcher.restart(plan, stop_parent=True))
        elif verb == "resume":
            say("did", launcher.resume(runs, run_id))
        else:
            say("did", launcher.stop(runs / run_id).number)
    except MonitorError as refusal:
        say("refused", refusal)

print("ready", flush=True)
while not gate.exists():
    time.sleep(0.001)
clicks = [threading.Thread(target=press) for _ in range(2)]
for click in clicks: click.start()
for click in clicks: click.join()
"""
"""A dashboard's side of a button: waits at the gate, then is clicked twice."""


def press_at_once(runs: Path, verb: str, run_id: str, command_line: list[str]) -> list[str]:
    """What two dashboards with a double click each, and two terminals, are told."""
    gate = runs.parent / f"gate-{time.monotonic_ns()}"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    pages = [
        subprocess.Popen(
            [sys.executable, "-c", PRESS, str(runs), verb, run_id, str(gate)],
            cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    for page in pages:
        assert page.stdout.readline() == "ready\n"
    command = [sys.executable, "-m", "monitor", *command_line, "--runs", str(runs), "--json"]
    terminals = [
        subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    time.sleep(0.25)
    gate.touch()
    said = [line for page in pages for line in page.communicate(timeout=90)[0].splitlines()]
    for terminal in terminals:
        out, err = terminal.communicate(timeout=90)
        assert terminal.returncode in (0, 5), err
        said.append(f"did {json.loads(out)}" if terminal.returncode == 0 else f"refused {err}")
    return said


def started(runs: Path, name: str) -> Path:
    command = [*script(runs.parent, LISTENS), "--lr", "0.1"]
    run_dir = runs / start(runs, command, run_id=name)
    wait_for_state(run_dir, "running")
    return run_dir


def test_many_stops_at_once_are_one_stop(runs, tell):
    for number in range(ROUNDS):
        run_dir = started(runs, f"run-a{number}")
        said = press_at_once(runs, "stop", run_dir.name, ["stop", run_dir.name])
        wait_for_state(run_dir, "stopped")
        asked = [path.name for path in (run_dir / CONTROL_DIR).iterdir() if "request" in path.name]
        assert asked == ["1-stop-1.request.json"], said
        assert all(line.startswith("did") or "not running" in line for line in said), said
        assert [(each.number, each.result) for each in control.answers(run_dir, 1)] == [(1, "done")]
        wait_for(lambda run_dir=run_dir: not workers(run_dir) and not supervisors(run_dir))
    tell("buttons at once", "stop from two pages (double clicks) and two terminals: one stop", 6 * ROUNDS)


def test_many_restarts_at_once_are_one_child(runs, tell):
    for number in range(ROUNDS):
        run_dir = started(runs, f"run-b{number}x")
        verb = ["restart", run_dir.name, "--set", "lr=0.2", "--yes"]
        said = press_at_once(runs, "restart", run_dir.name, verb)
        child = runs / f"{run_dir.name}-2"
        wait_for_state(run_dir, "stopped")
        wait_for_state(child, "running")
        children = [name for name in list_runs(runs) if name.startswith(f"{run_dir.name}-")]
        assert children == [child.name], said
        assert sum(line.startswith("did") for line in said) == 1, said
        assert read_launch(child).parent.run_id == run_dir.name
        assert len(supervisors(child)) == 1 and len(workers(child)) == 1
        stop(child)
        wait_for_state(child, "stopped")
    tell("buttons at once", "restart from two pages (double clicks) and two terminals: one child", 6 * ROUNDS)


def test_many_resumes_at_once_are_one_generation(runs, tell):
    run_dir = started(runs, "run-c")
    for number in range(ROUNDS):
        stop(run_dir)
        wait_for_state(run_dir, "stopped")
        wait_for(lambda: not supervisors(run_dir))
        said = press_at_once(runs, "resume", run_dir.name, ["resume", run_dir.name])
        wait_for_state(run_dir, "running")
        assert state_of(run_dir).generation == number + 2, said
        assert sum(line.startswith("did") for line in said) == 1, said
        assert len(supervisors(run_dir)) == 1 and len(workers(run_dir)) == 1
    stop(run_dir)
    wait_for_state(run_dir, "stopped")
    tell("buttons at once", "resume from two pages (double clicks) and two terminals: one generation", 6 * ROUNDS)


def test_stop_and_restart_pressed_at_once_leave_one_parent_stopped_and_one_child(runs, tell):
    for number in range(ROUNDS):
        run_dir = started(runs, f"run-d{number}x")
        press_at_once(runs, "restart", run_dir.name, ["stop", run_dir.name])
        child = runs / f"{run_dir.name}-2"
        wait_for_state(run_dir, "stopped")
        wait_for_state(child, "running")
        assert len([name for name in list_runs(runs) if name.startswith(f"{run_dir.name}-")]) == 1
        asked = [path.name for path in (run_dir / CONTROL_DIR).iterdir() if "request" in path.name]
        assert asked == ["1-stop-1.request.json"]
        assert not status(run_dir).live and status(child).live
        stop(child)
        wait_for_state(child, "stopped")
    tell("buttons at once", "stop in two terminals while two pages restart: one stop, one child", 6 * ROUNDS)


def test_the_same_restart_may_be_made_again_once_the_first_has_ended(runs):
    run_dir = started(runs, "run-e")
    stop(run_dir)
    wait_for_state(run_dir, "stopped")
    from monitor.launcher import restart

    first = restart(plan_restart(runs, run_dir.name, {"lr": "0.3"}), stop_parent=False)
    wait_for_state(runs / first, "running")
    stop(runs / first)
    wait_for_state(runs / first, "stopped")
    assert restart(plan_restart(runs, run_dir.name, {"lr": "0.3"}), stop_parent=False) == "run-e-3"
    assert resume(runs, first) == first
