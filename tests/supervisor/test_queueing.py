"""The line before a device: first come, first served, by real supervisors; nobody overtakes, nobody shares."""

import json
import os
import shutil
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
from monitor.launcher.slots import HEIRS_TICKET, Capacity
from monitor.run_dir import LOG_FILE, Launch, State, control, encode, files
from monitor.run_dir.processes import identify
from monitor.supervisor import queueing
from monitor.supervisor.queueing import SLACK_SECS, DeviceWait, ParentWait, WaitResult
from monitor.supervisor.statefile import StateFile
from monitor.supervisor.stopping import KILL_AFTER_SECS
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
    wait_for(lambda: all(state_of(runs / name).state == "finished" for name in names))
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
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)

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


# The waiting by itself: one process, no clock that passes.


class Clock:
    """In place of `time`: sleeping lets it pass."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now

    time = monotonic

    def sleep(self, secs):
        self.now += secs


@pytest.fixture
def clock(monkeypatch):
    one = Clock()
    monkeypatch.setattr(queueing, "time", one)
    return one


@pytest.fixture
def parent(tmp_path, clock):
    """A parent run at work in this very process, with half a minute of grace."""
    run_dir = tmp_path / "runs" / "parent"
    run_dir.mkdir(parents=True)
    launch = Launch(run_id="parent", created_at=1.0, stop_grace_secs=30.0)
    files.replace(run_dir / "launch.json", encode(launch))
    note(run_dir, "running")
    return run_dir


def note(run_dir: Path, word: str, **fields) -> None:
    me = identify()
    state = State(state=word, supervisor=me, trainer=None if word == "queued" else me, **fields)
    run_dir.mkdir(parents=True, exist_ok=True)
    files.replace(run_dir / "state.json", encode(state))
    files.create(run_dir / "launch.json", encode(Launch(run_id=run_dir.name, created_at=1.0)))


def ask(run_dir: Path, verb: str) -> None:
    control.request(run_dir, verb, generation=1, asked_by="t", now=1.0)


def waited(wait: ParentWait, *, unwanted_after: int = 10**6, during=lambda look: None) -> WaitResult:
    looks = iter(range(10**6))

    def is_unwanted():
        look = next(looks)
        during(look)
        return look >= unwanted_after

    return wait.wait(is_unwanted)


def test_a_parent_that_has_ended_is_not_waited_for(parent, clock):
    note(parent, "stopped")
    assert waited(ParentWait(parent), unwanted_after=0) == WaitResult(True)
    assert clock.now == 1000.0


def test_a_parent_whose_folder_is_gone_leaves_a_child_that_says_why_it_did_not_start(parent):
    wait = ParentWait(parent)
    found = waited(wait, during=lambda look: look == 2 and shutil.rmtree(parent))
    assert not found.may_start and found.problem.startswith("Not started: Run 'parent' ")


def test_a_child_that_is_stopped_itself_waits_no_longer_and_has_no_problem(parent):
    assert waited(ParentWait(parent), unwanted_after=3) == WaitResult(False)


def test_the_child_starts_once_its_parent_has_ended(parent):
    wait = ParentWait(parent)
    ask(parent, "stop")
    assert waited(wait, during=lambda look: look == 4 and note(parent, "stopped")) == WaitResult(True)


def test_a_parent_of_which_no_stop_is_asked_is_waited_for_a_minute(parent, clock):
    assert "no stop of it was requested" in waited(ParentWait(parent)).problem
    assert 60.0 < clock.now - 1000.0 < 61.0


def test_a_stop_that_was_asked_before_the_child_came_and_withdrawn_is_none(parent, clock):
    ask(parent, "stop")
    ask(parent, "cancel")
    assert "no stop of it was requested" in waited(ParentWait(parent)).problem


def test_a_stop_that_is_taken_back_while_it_waits_ends_the_waiting_soon(parent, clock):
    wait = ParentWait(parent)
    ask(parent, "stop")
    found = waited(wait, during=lambda look: look == 4 and ask(parent, "cancel"))
    assert found == WaitResult(False, "Not started: the stop of parent was taken back, and it is running.")
    assert clock.now - 1000.0 < 6.0


def test_a_stop_that_was_withdrawn_before_it_was_read_was_asked_all_the_same(parent, clock):
    wait = ParentWait(parent)
    ask(parent, "stop")
    ask(parent, "cancel")
    assert "was taken back" in waited(wait).problem


def test_a_parent_that_does_not_end_is_given_up_after_twice_its_grace_and_more(parent, clock):
    wait = ParentWait(parent)
    ask(parent, "stop")
    patience = 2 * 30.0 + KILL_AFTER_SECS + SLACK_SECS
    assert waited(wait).problem == f"Not started: parent has not ended after {patience:.0f} s."
    assert 0 < clock.now - 1000.0 - patience < 1.0


def joins(run_dir: Path, device: str = "cuda:0", parent_dir: Path | None = None) -> DeviceWait:
    run_dir.mkdir()
    files.create(run_dir / "launch.json", encode(Launch(run_id=run_dir.name, created_at=1.0)))
    wait = DeviceWait(run_dir, StateFile(run_dir, State(state="starting"), lambda: 1.0), Capacity(("cuda:0", "cuda:1")))
    wait.join(device, parent_dir)
    return wait


def test_an_empty_line_is_joined_first_and_the_free_device_is_taken(tmp_path):
    one = joins(tmp_path / "one")
    assert (place(tmp_path / "one").ticket, state_of(tmp_path / "one").state) == (1, "queued")
    assert one.take()
    assert (state_of(tmp_path / "one").device, state_of(tmp_path / "one").state, place(tmp_path / "one")) == (
        "cuda:0",
        "starting",
        None,
    )


def test_who_comes_later_stands_behind_and_is_told_who_holds_the_device(tmp_path):
    note(tmp_path / "at-work", "running", device="cuda:0")
    one, two = joins(tmp_path / "one"), joins(tmp_path / "two")
    assert not one.take() and not two.take()
    assert (place(tmp_path / "one").position, place(tmp_path / "two").position) == (1, 2)
    assert place(tmp_path / "two").held_by == ["at-work"]
    note(tmp_path / "at-work", "finished", device="cuda:0")
    assert not two.take(), "nobody overtakes"
    assert one.take()


def test_another_device_is_another_line(tmp_path):
    note(tmp_path / "at-work", "running", device="cuda:0")
    assert joins(tmp_path / "one", "cuda:1").take()


def test_the_first_child_of_a_parent_takes_its_device_before_all_and_the_second_stands_joins(tmp_path):
    note(tmp_path / "parent", "running", device="cuda:1")
    joins(tmp_path / "early", "cuda")
    joins(tmp_path / "heir", "cuda", tmp_path / "parent")
    joins(tmp_path / "brother", "cuda", tmp_path / "parent")
    heir, brother = place(tmp_path / "heir"), place(tmp_path / "brother")
    assert (heir.device, heir.ticket, heir.after) == ("cuda:1", HEIRS_TICKET, "parent")
    assert (brother.device, brother.ticket, brother.after) == ("cuda", 2, "parent")


def test_a_child_that_wants_another_device_than_its_parents_inherits_nothing(tmp_path):
    note(tmp_path / "parent", "running", device="cuda:1")
    joins(tmp_path / "child", "cuda:0", tmp_path / "parent")
    assert (place(tmp_path / "child").device, place(tmp_path / "child").ticket) == ("cuda:0", 1)


def test_once_its_parent_has_ended_a_child_waits_for_the_device_alone(tmp_path):
    note(tmp_path / "parent", "running", device="cuda:0")
    child = joins(tmp_path / "child", "cuda", tmp_path / "parent")
    child.parent_has_ended()
    assert (place(tmp_path / "child").after, place(tmp_path / "child").ticket) == ("", HEIRS_TICKET)


def test_a_run_that_is_no_longer_wanted_leaves_the_waiting(tmp_path, clock):
    note(tmp_path / "at-work", "running", device="cuda:0")
    one = joins(tmp_path / "one")
    looks = iter([False, False, True])
    assert not one.wait(lambda: next(looks))
    assert state_of(tmp_path / "one").state == "queued"


def test_a_device_that_comes_free_while_it_waits_is_taken(tmp_path, clock):
    note(tmp_path / "at-work", "running", device="cuda:0")
    one = joins(tmp_path / "one")
    assert one.wait(lambda: note(tmp_path / "at-work", "stopped", device="cuda:0"))
