"""The line before a device: first come, first served, by real supervisors; nobody overtakes, nobody shares."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from monitor.launcher import (
    ensure_supervised,
    plan_restart,
    restart,
    restart_together,
    resume,
    start,
    status,
    stop,
    supervise,
)
from monitor.run_dir import LOG_FILE
from tests.launcher.test_devices import fake_nvidia_smi
from tests.supervised import ROOT, script, state_of, supervisors, wait_for, wait_for_state, workers

SAYS = """
import os, time
print("sees", repr(os.environ.get("CUDA_VISIBLE_DEVICES")), os.environ.get("CUDA_DEVICE_ORDER"), flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def no_device_is_given(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def started(runs: Path, name: str, device: str = "cuda:2", text: str = SAYS) -> Path:
    return runs / start(runs, script(runs.parent, text, f"{name}.py"), run_id=name, device=device)


def place(run_dir: Path):
    return state_of(run_dir).queue


def at_work(run_dir: Path) -> bool:
    log = run_dir / LOG_FILE
    return log.exists() and "sees" in log.read_text()


def test_without_a_device_nothing_waits_and_nothing_is_set(runs):
    first, second = started(runs, "a", ""), started(runs, "b", "")
    wait_for(lambda: at_work(first) and at_work(second))
    assert (second / LOG_FILE).read_text() == "sees None None\n"


def test_on_the_processor_as_many_run_as_come_unless_somebody_limits_them(runs):
    first, second = started(runs, "a", "cpu"), started(runs, "b", "cpu")
    wait_for(lambda: at_work(first) and at_work(second))
    assert (second / LOG_FILE).read_text() == "sees '' None\n"


def test_a_busy_gpu_makes_a_line_with_positions_and_the_next_one_starts_when_it_is_free(runs):
    first, second, third = (started(runs, name) for name in "abc")
    wait_for(lambda: at_work(first))
    assert (first / LOG_FILE).read_text() == "sees '2' PCI_BUS_ID\n"
    wait_for(lambda: place(third) is not None and place(third).position == 2)
    assert status(second).evidence == "Waits for GPU 2, which a has. Position 1."
    assert status(third).word == "queued"
    stop(first)
    wait_for(lambda: at_work(second))
    assert (state_of(second).device, place(second)) == ("cuda:2", None)
    wait_for(lambda: place(third).position == 1 and place(third).held_by == ["b"])
    assert not at_work(third)


def test_a_queued_run_that_is_stopped_leaves_the_line_and_the_others_move_up(runs):
    _, second, third = (started(runs, name) for name in "abc")
    wait_for(lambda: place(third) is not None and place(third).position == 2)
    stop(second, "anna")
    assert wait_for_state(second, "stopped").trainer is None
    wait_for(lambda: place(third).position == 1)


def test_any_free_gpu_will_do(runs, monkeypatch, tmp_path):
    fake_nvidia_smi(tmp_path / "bin", monkeypatch)
    first, second, third = (started(runs, name, "cuda") for name in "abc")
    wait_for(lambda: at_work(first) and at_work(second))
    assert {state_of(first).device, state_of(second).device} == {"cuda:0", "cuda:1"}
    assert status(third).evidence == "Waits for a GPU, which a and b have. Position 1."
    stop(second)
    wait_for(lambda: at_work(third))
    assert state_of(third).device == state_of(second).device


def test_eight_supervisors_at_once_share_two_places_in_the_order_of_their_tickets(runs, tmp_path):
    """Each run notes when it begins and ends; never do more than two overlap, and nobody overtakes."""
    (tmp_path / "vitalsigns.toml").write_text("[devices]\ncpu_runs = 2\n")
    brief = "import sys, time\nopen(sys.argv[1], 'a').write(f'+ {sys.argv[2]}\\n')\ntime.sleep(0.3)\n"
    brief += "open(sys.argv[1], 'a').write(f'- {sys.argv[2]}\\n')\n"
    journal = tmp_path / "journal.txt"
    command = script(tmp_path, brief, "brief.py")
    names = [f"r{number}" for number in range(8)]
    for name in names:
        start(runs, [*command, str(journal), name], run_id=name, device="cpu")
    wait_for(lambda: all(state_of(runs / name).state == "finished" for name in names), secs=60)
    events = [line.split() for line in journal.read_text().splitlines()]
    together = [sum(1 if sign == "+" else -1 for sign, _ in events[: count + 1]) for count in range(len(events))]
    assert max(together) <= 2
    # Both places may be given within one moment, so two neighbours may write their first line in either order.
    order = [name for sign, name in events if sign == "+"]
    assert all(abs(order.index(name) - number) <= 1 for number, name in enumerate(names))


def test_starts_in_one_moment_never_share_a_device(runs, tmp_path):
    def begin(name: str) -> Path:
        return started(runs, name)

    with ThreadPoolExecutor(6) as pool:
        folders = list(pool.map(begin, "abcdef"))
    while folders:
        wait_for(lambda: at_most_one(folders) and in_line(folders) == [*range(1, len(folders))])
        (busy,) = filter(at_work, folders)
        stop(busy)
        wait_for_state(busy, "stopped")
        folders.remove(busy)


def at_most_one(folders: list[Path]) -> bool:
    """Whether one is at work; fails the test where there are two."""
    busy = list(filter(at_work, folders))
    assert len(busy) < 2, busy
    return bool(busy)


def in_line(folders: list[Path]) -> list[int]:
    """The positions of those that wait, in order."""
    return sorted(queue.position for queue in map(place, folders) if queue is not None)


def test_the_command_line_tells_the_place_in_the_line_and_what_is_known_before(runs, tmp_path):
    def monitor(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "monitor", *map(str, words)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)

    first = started(runs, "a")
    wait_for(lambda: at_work(first))
    command = ["--", *script(tmp_path, SAYS, "second.py")]
    done = monitor("start", "--runs", runs, "--run-id", "b", "--device", "2", *command)
    assert done.returncode == 0, done.stderr
    assert "Waits for GPU 2, which a has. Position 1. It starts when that is free." in done.stderr
    assert "Queued b. Waits for GPU 2" in done.stdout
    assert "Leave the queue: python -m monitor stop b" in done.stdout
    assert "b: queued. Waits for GPU 2, which a has. Position 1." in monitor("show", runs / "b").stdout
    plan = json.loads(monitor("restart", runs / "a", "--device", "3", "--dry-run", "--json").stdout)
    assert plan["device"] == "cuda:3"
    assert monitor("stop", runs / "b").stdout.startswith("b: stopped.")
    assert monitor("start", "--runs", runs, "--device", "tpu", *command).returncode == 64


def test_a_dead_waiter_holds_nobody_up_and_comes_back_to_its_place(runs):
    _, second, third = (started(runs, name) for name in "abc")
    wait_for(lambda: place(third) is not None and place(third).position == 2)
    os.kill(state_of(second).supervisor.pid, signal.SIGKILL)
    wait_for(lambda: place(third).position == 1)
    assert status(second).word == "lost"
    assert ensure_supervised(second)
    wait_for(lambda: place(third).position == 2)
    assert status(second).word == "queued"


def test_a_run_whose_supervisor_died_keeps_its_device(runs):
    first = started(runs, "a")
    wait_for(lambda: at_work(first))
    os.kill(state_of(first).supervisor.pid, signal.SIGKILL)
    second = started(runs, "b")
    wait_for(lambda: place(second) is not None)
    time.sleep(1.2)
    assert status(second).word == "queued"
    os.kill(state_of(first).trainer.pid, signal.SIGKILL)
    wait_for(lambda: at_work(second))


def test_a_child_that_stops_its_parent_takes_its_place_before_all_others(runs):
    parent, other = started(runs, "a"), started(runs, "b")
    wait_for(lambda: at_work(parent))
    assert any("Waits for GPU 2, which a has. Position 2." in note for note in plan_restart(runs, "a", {}).notes)
    elsewhere = plan_restart(runs, "a", {}, device="cuda:3", stop_parent=True)
    assert not any("GPU" in note for note in elsewhere.notes)
    plan = plan_restart(runs, "a", {}, stop_parent=True)
    assert plan.device == "cuda:2"
    assert "Takes GPU 2 over from a when that has ended." in plan.notes
    assert not any("Waits" in note or "Position" in note for note in plan.notes)
    child = runs / restart(plan, stop_parent=True)
    wait_for(lambda: at_work(child))
    assert state_of(child).device == "cuda:2"
    assert status(other).word == "queued"


def test_of_several_children_the_first_takes_the_parents_place_and_the_others_stand_in_line(runs):
    parent, other = started(runs, "a"), started(runs, "b")
    wait_for(lambda: at_work(parent), 120)
    plans = [plan_restart(runs, "a", {"--lr": "1"}, stop_parent=True)]
    plans.append(plan_restart(runs, "a", {"--lr": "2"}, stop_parent=True, beside=plans))
    assert "Takes GPU 2 over from a when that has ended." in plans[0].notes
    assert any("Waits for GPU 2" in note for note in plans[1].notes)
    first, second = (runs / name for name in restart_together(plans, stop_parent=True))
    wait_for(lambda: at_work(first), 120)
    wait_for(lambda: place(second).position == 2 and place(second).held_by == [first.name], 120)
    stop(first)
    wait_for(lambda: at_work(other), 120)  # it was there before them
    assert not at_work(second)
    stop(other)
    wait_for(lambda: at_work(second), 120)


def test_a_child_takes_its_parents_place_however_long_its_own_supervisor_takes_to_begin(runs, monkeypatch):
    parent, other = started(runs, "a"), started(runs, "b")
    wait_for(lambda: at_work(parent))

    def slowly(run_dir: Path, *flags: str) -> None:
        time.sleep(2.0)  # the one in line would have seen the parent go four times by now
        supervise(run_dir, *flags)

    monkeypatch.setattr("monitor.launcher.restarting.supervise", slowly)
    child = runs / restart(plan_restart(runs, "a", {}, stop_parent=True), stop_parent=True)
    wait_for(lambda: at_work(child))
    assert (state_of(child).device, status(other).word) == ("cuda:2", "queued")


def test_a_child_beside_its_living_parent_waits_for_the_device_and_not_for_a_stop(runs):
    parent = started(runs, "a")
    wait_for(lambda: at_work(parent))
    child = runs / restart(plan_restart(runs, "a", {}), stop_parent=False)
    wait_for(lambda: place(child) is not None and place(child).held_by == ["a"])
    elsewhere = runs / restart(plan_restart(runs, "a", {}, device="cuda:3"), stop_parent=False)
    wait_for(lambda: at_work(elsewhere))
    assert status(child).word == "queued"
    stop(parent)
    wait_for(lambda: at_work(child))


def test_a_resumed_run_waits_in_line_like_any_other(runs):
    first = started(runs, "a")
    wait_for(lambda: at_work(first))
    stop(first)
    wait_for_state(first, "stopped")
    second = started(runs, "b")
    wait_for(lambda: at_work(second))
    resume(runs, "a")
    assert (status(first).word, state_of(first).generation) == ("queued", 2)
    stop(second)
    wait_for(lambda: (first / LOG_FILE).read_text().count("sees") == 2)


def test_a_gpu_that_is_not_there_leaves_a_failed_run_that_says_why(runs, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    run_dir = started(runs, "a", "cuda")
    assert "nvidia-smi finds no usable one" in (state_of(run_dir).error or "")
    wait_for(lambda: not workers(run_dir) and not supervisors(run_dir))
