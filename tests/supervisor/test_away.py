"""If it goes bad while I am away: real supervised runs that overfit, and what the policy does about them, once."""

import json
import os
import signal
import time
from pathlib import Path

import msgspec
import pytest

from monitor import launcher
from monitor.commands.cli import main
from monitor.diagnosis.away import ASKED_BY, act_of, policy_from, policy_of, words
from monitor.launcher import ensure_supervised, resume, start, status, stop
from monitor.run_dir import Away, control
from monitor.run_dir.errors import UsageError
from monitor.run_dir.launch import read_launch
from monitor.run_dir.reader import RunReader, list_runs
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
    wait_for(lambda: verdict_is_stop(run_dir), 60)
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
    state = wait_for_state(run_dir, "stopped", secs=60)
    assert state.stop is not None and (state.stop.stage, state.stop.asked_by) == ("asked", ASKED_BY)
    act = act_of(run_dir)
    assert act is not None and act.settled and (act.did, act.rule, act.child_id) == ("stop", "overfitting", None)
    assert act.line.startswith("Overfitting: val loss is")
    wait_for(lambda: is_over(run_dir))
    assert [answer.result for answer in control.answers(run_dir, 1)] == ["done"]
    resume(runs, "r")
    wait_for(lambda: len(RunReader(run_dir).read(time.time()).epochs) > 45, 60)
    wait_for(lambda: verdict_is_stop(run_dir))
    time.sleep(1.0)
    assert state_of(run_dir).state == "running"
    assert list_runs(runs) == ["r"]


def test_fix_starts_the_first_prescribed_child_and_that_one_starts_no_other(runs):
    with receiver() as box:
        box.go_up()
        (runs.parent / "vitalsigns.toml").write_text(box.settings(addresses=[f"json://127.0.0.1:{box.port}"]))
        run_dir = started(runs, OVERFITS, policy_from("fix", 5.0, "anna", 1.0))
        wait_for_state(run_dir, "stopped", secs=60)
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
        wait_for_state(runs / "r-2", "stopped", secs=60)
        wait_for(lambda: is_over(runs))
        second = act_of(runs / "r-2")
        assert second is not None and (second.did, second.child_id) == ("stop", None)
        assert list_runs(runs) == ["r", "r-2"]
        told = [message["message"] for message in box.taken if " r on " in message["title"]]
        assert any("By your away policy this run was asked to stop" in text and "r-2" in text for text in told)


def test_a_supervisor_killed_in_the_middle_leaves_it_to_the_next_and_there_is_one_child(runs):
    run_dir = started(runs, OVERFITS, policy_from("fix", 5.0, "anna", 1.0))
    wait_for(lambda: act_of(run_dir) is not None, 60)
    os.kill(state_of(run_dir).supervisor.pid, signal.SIGKILL)
    wait_for(lambda: status(run_dir).unsupervised or not status(run_dir).live)
    ensure_supervised(run_dir)
    wait_for(lambda: (act := act_of(run_dir)) is not None and act.settled, 60)
    act = act_of(run_dir)
    assert act is not None and act.child_id == "r-2"
    wait_for(lambda: not status(run_dir).live)
    assert list_runs(runs) == ["r", "r-2"]


def test_without_a_change_to_prescribe_it_is_stopped_and_said_why_there_is_no_child(runs):
    run_dir = started(runs, OVERFITS.replace("config=config", "config={}"), policy_from("fix", None, "anna", 1.0))
    wait_for_state(run_dir, "stopped", secs=60)
    wait_for(lambda: (act := act_of(run_dir)) is not None and act.settled)
    act = act_of(run_dir)
    assert act is not None and act.child_id is None and act.problem == "No change of settings is prescribed for it."
    assert list_runs(runs) == ["r"]


def test_a_child_of_the_policy_stops_when_its_budget_is_spent_unless_somebody_lifts_it(runs):
    child = Away(do="stop", budget_hours=2 / 3600, by_policy=True)
    run_dir = started(runs, LISTENS, child)
    wait_for_state(run_dir, "stopped", secs=60)
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
    wait_for(lambda: verdict_is_stop(run_dir), 60)
    time.sleep(1.0)
    assert state_of(run_dir).state == "running"
    assert main(["away", "r", "stop", "--runs", str(runs), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["policy"]["do"] == "stop"
    wait_for_state(run_dir, "stopped", secs=60)


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
