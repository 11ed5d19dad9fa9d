"""If it goes bad while I am away: real supervised runs that overfit, and what the policy does about them, once."""

import io
import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from monitor import launcher
from monitor.commands.cli import main
from monitor.diagnosis.away import ASKED_BY, act_of, policy_from, policy_of, words
from monitor.diagnosis.verdict import Diagnosis, Judged
from monitor.launcher import ensure_supervised, resume, start, status, stop
from monitor.rules.result import Finding
from monitor.run_dir import Away, AwayAct, Launch, Snapshot, State, StopStage, control, encode, files
from monitor.run_dir.errors import UsageError
from monitor.run_dir.launch import read_launch
from monitor.run_dir.reader import RunReader, list_runs
from monitor.supervisor.away import AwayKeeper
from tests.receiver import receiver
from tests.supervised import (
    LISTENS,
    is_over,
    script,
    state_of,
    wait_for,
    wait_for_state,
)

OVERFITS = """
import argparse, time
from monitor.run_dir import Floors
from monitor.writer import RunWriter

parser = argparse.ArgumentParser()
parser.add_argument("--augmentation", default="none")
parser.add_argument("--dropout", type=float, default=0.1)
parser.add_argument("--weight_decay", type=float, default=0.0)
parser.add_argument("--hidden_dim", type=int, default=512)
config = vars(parser.parse_args())
with RunWriter(epochs=1000, floors=Floors(wer_constant=0.912), config=config) as run:
    for epoch in range(1, 1001):
        turn = min(30, max(0, epoch - 10))
        run.log_epoch(epoch, train_loss=5.0 * 0.9**epoch, val_loss=2.0 + 0.12 * abs(epoch - 10),
                      val_wer=0.5 + 0.01 * turn, length_ratio=0.95, blank_ratio=0.84)
        time.sleep(0.005 if epoch < 40 else 0.2)
        if run.should_stop():
            break
"""
"""Whatever it is given: the verdict is STOP by epoch 40 or so."""

OVERFITS_LATER = OVERFITS.replace(
    "        time.sleep(0.005", "        while not Path('go').exists(): time.sleep(0.02)\n        time.sleep(0.005"
).replace("import argparse, time", "import argparse, time\nfrom pathlib import Path")
"""The same, but its second epoch waits until there is a file `go` in its folder."""


def started(runs: Path, text: str, away: Away | None) -> Path:
    return runs / start(runs, script(runs.parent, text), cwd=runs.parent, name="r", away=away)


def verdict_is_stop(run_dir: Path) -> bool:
    summary = run_dir / "summary.json"
    return summary.exists() and json.loads(summary.read_text())["verdict"] == "STOP"


def test_off_by_default_nothing_is_done(runs):
    run_dir = started(runs, OVERFITS, None)
    wait_for(lambda: verdict_is_stop(run_dir))
    time.sleep(1.0)
    assert act_of(run_dir) is None and state_of(run_dir).state == "running"
    assert policy_of(run_dir).do == "tell"
    assert main(["away", "r", "--runs", str(runs)]) == 0


def test_a_healthy_run_is_left_alone_whatever_the_policy(runs):
    run_dir = started(runs, LISTENS.replace("val_wer=0.9", "val_wer=0.5"), policy_from("stop", None, "anna", 1.0))
    wait_for(lambda: len(RunReader(run_dir).read(time.time()).epochs) > 60)
    assert act_of(run_dir) is None and status(run_dir).live


def test_stop_stops_it_once_through_the_door_and_the_run_can_be_resumed_without_being_stopped_again(runs):
    run_dir = started(runs, OVERFITS, policy_from("stop", None, "anna", 1.0))
    state = wait_for_state(run_dir, "stopped")
    assert state.stop is not None and (state.stop.stage, state.stop.asked_by) == ("asked", ASKED_BY)
    act = act_of(run_dir)
    assert act is not None and act.settled and (act.did, act.rule, act.child_id) == ("stop", "overfitting", None)
    assert act.line.startswith("Overfitting: val loss is")
    wait_for(lambda: is_over(run_dir))
    assert [answer.result for answer in control.answers(run_dir, 1)] == ["done"]
    resume(runs, "r")
    wait_for(lambda: len(RunReader(run_dir).read(time.time()).epochs) > 45)
    wait_for(lambda: verdict_is_stop(run_dir))
    time.sleep(1.0)
    assert state_of(run_dir).state == "running"
    assert list_runs(runs) == ["r"]


def test_fix_starts_the_first_prescribed_child_and_that_one_starts_no_other(runs):
    with receiver() as box:
        box.go_up()
        (runs.parent / "vitalsigns.toml").write_text(box.settings(addresses=[f"json://127.0.0.1:{box.port}"]))
        run_dir = started(runs, OVERFITS, policy_from("fix", 5.0, "anna", 1.0))
        wait_for_state(run_dir, "stopped")
        wait_for(lambda: (runs / "r-2" / "launch.json").exists())
        launch = read_launch(runs / "r-2")
        assert launch is not None and launch.parent is not None
        assert (launch.parent.run_id, launch.asked_by) == ("r", ASKED_BY)
        assert launch.parent.changes["augmentation"] == ["none", "strong"]
        assert launch.parent.expected["prescription"]
        assert launch.away is not None
        assert (launch.away.do, launch.away.by_policy, launch.away.budget_hours) == ("stop", True, 5.0)
        wait_for(lambda: (act := act_of(run_dir)) is not None and act.settled and act.child_id == "r-2")
        # The child goes the same way: it is stopped, and that is the end of it.
        wait_for_state(runs / "r-2", "stopped")
        wait_for(lambda: is_over(runs))
        second = act_of(runs / "r-2")
        assert second is not None and (second.did, second.child_id) == ("stop", None)
        assert list_runs(runs) == ["r", "r-2"]
        told = [message["message"] for message in box.taken if " r on " in message["title"]]
        assert any("By your away policy this run was asked to stop" in text and "r-2" in text for text in told)


def test_a_supervisor_killed_in_the_middle_leaves_it_to_the_next_and_there_is_one_child(runs):
    run_dir = started(runs, OVERFITS, policy_from("fix", 5.0, "anna", 1.0))
    wait_for(lambda: act_of(run_dir) is not None)
    os.kill(state_of(run_dir).supervisor.pid, signal.SIGKILL)
    wait_for(lambda: status(run_dir).unsupervised or not status(run_dir).live)
    ensure_supervised(run_dir)
    wait_for(lambda: (act := act_of(run_dir)) is not None and act.settled)
    act = act_of(run_dir)
    assert act is not None and act.child_id == "r-2"
    wait_for(lambda: not status(run_dir).live)
    assert list_runs(runs) == ["r", "r-2"]


def test_without_a_change_to_prescribe_it_is_stopped_and_said_why_there_is_no_child(runs):
    run_dir = started(runs, OVERFITS.replace("config=config", "config={}"), policy_from("fix", None, "anna", 1.0))
    wait_for_state(run_dir, "stopped")
    wait_for(lambda: (act := act_of(run_dir)) is not None and act.settled)
    act = act_of(run_dir)
    assert act is not None and act.child_id is None and act.problem == "No change of settings is prescribed for it."
    assert list_runs(runs) == ["r"]


def test_a_child_of_the_policy_stops_when_its_budget_is_spent_unless_somebody_lifts_it(runs):
    child = Away(do="stop", budget_hours=2 / 3600, by_policy=True)
    run_dir = started(runs, LISTENS, child)
    wait_for_state(run_dir, "stopped")
    act = act_of(run_dir)
    assert act is not None and (act.rule, act.did) == ("", "stop") and "budget of 0.000555556 h is spent" in act.line
    child = msgspec.structs.replace(child, budget_hours=10 / 3600)  # time enough to lift it on a busy machine
    lifted = runs / start(runs, script(runs.parent, LISTENS), cwd=runs.parent, name="lifted", away=child)
    assert main(["away", "lifted", "tell", "--runs", str(runs)]) == 0
    wait_for(lambda: (began := state_of(lifted).started_at) is not None and time.time() > began + 11.5)
    assert status(lifted).word == "running" and act_of(lifted) is None


def test_the_policy_can_be_changed_while_the_run_goes_on(runs, capsys):
    run_dir = started(runs, OVERFITS_LATER, policy_from("stop", None, "anna", 1.0))
    launcher.set_policy(run_dir, policy_from("tell", None, "anna", 2.0))
    (runs.parent / "go").touch()
    wait_for(lambda: verdict_is_stop(run_dir))
    time.sleep(1.0)
    assert state_of(run_dir).state == "running"
    assert main(["away", "r", "stop", "--runs", str(runs), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["policy"]["do"] == "stop"
    wait_for_state(run_dir, "stopped")


def test_a_person_who_stops_it_first_is_not_overtaken(runs):
    run_dir = started(runs, OVERFITS_LATER, policy_from("stop", None, "anna", 1.0))
    stop(run_dir, "anna")
    (runs.parent / "go").touch()
    state = wait_for_state(run_dir, "stopped")
    assert state.stop is not None and state.stop.asked_by == "anna" and act_of(run_dir) is None


@pytest.mark.parametrize(("do", "hours"), [("kill", None), ("stop", 3.0), ("fix", 0.0), ("fix", -1.0), ("tell", 1.0)])
def test_a_wish_that_means_nothing_is_refused(do, hours):
    with pytest.raises(UsageError):
        policy_from(do, hours, "anna", 1.0)


def test_the_words_say_what_will_be_done():
    assert words(Away()) == "tell me only"
    assert words(policy_from("fix", None, "", 0.0)) == "stop it and start the first prescribed change, for 12 h at most"
    assert words(Away(do="stop", by_policy=True, budget_hours=5)) == "stop it, at the latest after 5 h"


# The keeper by itself: what it decides from one judgement, without a process of a run.

BAD = Finding(rule="gap", title="t", severity="critical", line="It overfits.", onset=3.0, fired=4.0)
RUNNING = State(state="running", started_at=1000.0)
STOP = Diagnosis(verdict="STOP", severity="critical", reason="", worst=BAD)


class MakesAChild:
    """In place of the process that makes the child: `says` on its stdout, once it `has_ended`."""

    returncode = 3

    def __init__(self, says: bytes = b"", *, has_ended: bool = True):
        self.stdout, self.has_ended, self.was_killed = io.BytesIO(says), has_ended, False

    def poll(self):
        return self.returncode if self.has_ended else None

    def kill(self):
        self.was_killed = True

    def wait(self):
        return self.returncode


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The folder of a run; no process is started for it."""
    run_dir = tmp_path / "runs" / "one"
    run_dir.mkdir(parents=True)
    none = SimpleNamespace(Popen=lambda *_, **__: MakesAChild(), DEVNULL=None, PIPE=None)
    monkeypatch.setattr("monitor.supervisor.away.subprocess", none)
    return run_dir


def policy(run_dir: Path, **fields) -> None:
    files.replace(run_dir / "away.json", encode(Away(**fields)))


def considered(run_dir: Path, diagnosis: Diagnosis = STOP, now: float = 2000.0, **fields) -> AwayKeeper:
    keeper = AwayKeeper(run_dir, 1)
    seen = Snapshot(**({"run_dir": str(run_dir), "run_id": "one", "read_at": now, "state": RUNNING} | fields))
    keeper.consider(seen, Judged((), diagnosis), now)
    return keeper


def asked(run_dir: Path) -> list[str]:
    return [request.verb for request in control.pending(run_dir, 1)]


@pytest.mark.parametrize(
    ("do", "diagnosis", "fields"),
    [
        ("tell", STOP, {}),
        ("stop", replace(STOP, verdict="LOOK"), {}),
        ("stop", replace(STOP, as_of=3.0), {}),  # the word stands its time, the signs are weaker by now
        ("stop", replace(STOP, worst=None), {}),
        ("stop", STOP, {"state": None}),
        ("stop", STOP, {"state": State(state="queued")}),
        ("stop", STOP, {"state": State(state="finished")}),
        ("stop", STOP, {"state": State(state="running", stop=StopStage())}),
    ],
)
def test_nothing_is_written_down_or_asked_for_where_there_is_no_reason(kept, do, diagnosis, fields):
    policy(kept, do=do)
    keeper = considered(kept, diagnosis, **fields)
    assert (asked(kept), act_of(kept), keeper.is_busy, keeper.tick(2000.0)) == ([], None, False, False)


def test_a_stop_is_written_down_asked_for_once_and_settled(kept):
    policy(kept, do="stop")
    considered(kept)
    considered(kept)
    act = act_of(kept)
    assert asked(kept) == ["stop"]
    assert (act.did, act.rule, act.line, act.settled, act.at) == ("stop", "gap", "It overfits.", True, 2000.0)


def test_a_stop_that_was_answered_is_not_asked_for_again(kept):
    policy(kept, do="stop")
    considered(kept)
    [request] = control.pending(kept, 1)
    control.answer(kept, request, "done", "", 2001.0)
    considered(kept)
    assert asked(kept) == []


def test_a_child_of_the_policy_is_stopped_and_never_starts_another(kept):
    policy(kept, do="stop_and_fix", by_policy=True)
    considered(kept)
    assert (act_of(kept).did, asked(kept)) == ("stop", ["stop"])


def test_a_child_that_was_made_is_noted_and_its_maker_stops_the_parent(kept):
    policy(kept, do="stop_and_fix")
    keeper = considered(kept)
    assert (keeper.is_busy, act_of(kept).settled, asked(kept)) == (True, False, [])
    keeper._process = MakesAChild(b'{"child_id": "two"}')
    assert keeper.tick(2001.0)
    assert (act_of(kept).child_id, act_of(kept).settled, asked(kept), keeper.is_busy) == ("two", True, [], False)


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (b'{"problem": "No change is prescribed."}', "No change is prescribed."),
        (b"Traceback", "The process that makes it ended with code 3."),
        (b"", "The process that makes it ended with code 3."),
    ],
)
def test_without_a_child_the_run_is_stopped_all_the_same(kept, says, why):
    policy(kept, do="stop_and_fix")
    keeper = considered(kept)
    keeper._process = MakesAChild(says)
    assert keeper.tick(2001.0)
    assert (asked(kept), act_of(kept).problem, act_of(kept).child_id) == (["stop"], why, None)


def test_a_maker_is_waited_for_and_killed_when_it_takes_too_long(kept):
    policy(kept, do="stop_and_fix")
    keeper = considered(kept)
    keeper._process = late = MakesAChild(has_ended=False)
    keeper._deadline = time.monotonic() + 100
    assert not keeper.tick(2001.0) and keeper.is_busy
    keeper._deadline = time.monotonic() - 1
    assert keeper.tick(2002.0)
    assert late.was_killed and late.stdout.closed
    assert (asked(kept), act_of(kept).problem) == (["stop"], "Making it took longer than 180 s.")


def test_what_was_meant_in_an_earlier_start_is_not_done_to_the_resumed_run(kept):
    policy(kept, do="stop")
    files.create(kept / "away_act.json", encode(AwayAct(did="stop", generation=7)))
    considered(kept)
    assert (asked(kept), act_of(kept).settled) == ([], True)
    assert "resumed by hand" in act_of(kept).problem


def test_a_spent_budget_stops_a_child_of_the_policy_alone(kept):
    quiet, hour = replace(STOP, verdict="KEEP GOING"), 1000.0 + 3600
    child = Away(do="stop", budget_hours=1.0, by_policy=True)
    for away, now, said in (
        (Away(do="stop", budget_hours=1.0), hour, []),
        (child, hour - 1, []),
        (child, hour, ["stop"]),
    ):
        files.replace(kept / "launch.json", encode(Launch(run_id="one", created_at=1.0, away=away)))
        considered(kept, quiet, now)
        assert asked(kept) == said
    assert act_of(kept).line == "Its time budget of 1 h is spent."


def test_a_budget_that_somebody_lifted_stops_nothing(kept):
    child = Away(do="stop", budget_hours=1.0, by_policy=True)
    files.replace(kept / "launch.json", encode(Launch(run_id="one", created_at=1.0, away=child)))
    policy(kept, do="tell")
    considered(kept, replace(STOP, verdict="KEEP GOING"), 1e6)
    assert asked(kept) == []
