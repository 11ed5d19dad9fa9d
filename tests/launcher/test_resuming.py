"""The plan of a resume: refused where nothing is left to do, and where it goes on; nothing is started here."""

import json
import sys

import msgspec
import pytest

from monitor.launcher.relaunch import resuming
from monitor.launcher.relaunch.code import CodeChange
from monitor.launcher.relaunch.resuming import make_resume_plan
from monitor.run_dir import (
    CHECKPOINTS_DIR,
    LAST_CHECKPOINT,
    LAUNCH_FILE,
    PROGRESS_FILE,
    RUN_FILE,
    STATE_FILE,
    Launch,
    Progress,
    Run,
    State,
    encode,
)
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import read_launch
from monitor.run_dir.seal import write_sealed

OURS = [sys.executable, "-m", "trainer", "--epochs", "9"]
THEIRS = ["python", "train.py", "--lr", "0.1"]


@pytest.fixture
def run_dir(runs_made, own_state):
    (runs_made / "a").mkdir()
    return runs_made / "a"


def launched(run_dir, argv, **fields):
    launch = Launch(**{"run_id": "a", "created_at": 1.0, "argv": argv, "cwd": str(run_dir.parent), **fields})
    assert write_sealed(run_dir, launch)
    return run_dir


def told(run_dir, **fields):
    """What the trainer says of itself."""
    (run_dir / PROGRESS_FILE).write_bytes(encode(Progress(heartbeat_at=1.0, **fields)))


def saved(run_dir, **about):
    folder = run_dir / CHECKPOINTS_DIR
    folder.mkdir()
    (folder / LAST_CHECKPOINT).write_bytes(b"weights")
    (folder / LAST_CHECKPOINT).with_suffix(".json").write_text(json.dumps(about))


@pytest.mark.parametrize(
    ("argv", "how", "why"),
    [
        (THEIRS, "import", "it was imported"),
        ([], "start", "it was imported"),
        (THEIRS, "attach", r"continue it where it was started, or start it again: python -m monitor restart a$"),
    ],
)
def test_a_run_that_was_not_started_from_here_is_refused(run_dir, argv, how, why):
    launched(run_dir, argv, how=how)
    with pytest.raises(RefusedError, match=why):
        make_resume_plan(run_dir)
    (run_dir / LAUNCH_FILE).unlink()
    with pytest.raises(RefusedError, match="is not known"):
        make_resume_plan(run_dir)


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        ({"epoch": 3, "position": 4, "steps_per_epoch": 10}, "Goes on with epoch 3, at step 5 of 10, in the same run."),
        ({"epoch": 3, "position": 0, "steps_per_epoch": 10}, "Goes on with epoch 3 in the same run."),
        ({"epoch": 3, "position": 10, "steps_per_epoch": 10}, "Goes on with epoch 4 in the same run."),
        ({"epoch": 3}, "Goes on from its last checkpoint in the same run."),
        ({}, "It saved no checkpoint: it begins with epoch 1 again, in the same run."),
    ],
)
def test_our_trainer_goes_on_where_its_last_checkpoint_is(run_dir, steps, line):
    launched(run_dir, OURS)
    if steps:
        saved(run_dir, **steps)
    plan = make_resume_plan(run_dir)
    assert plan.line.startswith(line)
    assert plan.command.endswith("--epochs 9 --resume") and plan.stranger == ""
    assert (plan.run_id, plan.cwd) == ("a", str(run_dir.parent)) and plan.surroundings


def test_of_a_foreign_script_it_is_not_said_that_it_goes_on(run_dir):
    launched(run_dir, THEIRS)
    same = "Starts the same command again in the same run; whether it goes on depends on the script."
    assert make_resume_plan(run_dir).line.startswith(same)
    told(run_dir, checkpoint_epoch=2.0)
    plan = make_resume_plan(run_dir)
    assert plan.line.startswith(f"{same} Its newest checkpoint is of epoch 2.") and plan.command.endswith("--lr 0.1")


def test_the_scripts_own_switch_is_taken_where_a_checkpoint_lies_on_disk(run_dir):
    schema = {"properties": {"resume": {"type": "boolean", "x-option": "--resume", "x-switch": "on"}}}
    launched(run_dir, THEIRS, config={"resume": False}, config_schema=schema)
    assert make_resume_plan(run_dir).command.endswith("--lr 0.1")
    (run_dir / "last.ckpt").write_bytes(b"weights")
    plan = make_resume_plan(run_dir)
    assert plan.command.endswith("--lr 0.1 --resume")
    assert "with --resume, the script's own way to go on. Newest checkpoint on disk: " in plan.line
    assert str(run_dir / "last.ckpt") in plan.line


def test_an_option_for_a_checkpoint_is_offered_for_a_child(run_dir):
    rule = {"type": "string", "x-option": "--resume_from"}
    launched(run_dir, THEIRS, config_schema={"properties": {"resume_from": rule}})
    (run_dir / "last.ckpt").write_bytes(b"weights")
    line = make_resume_plan(run_dir).line
    assert (
        "To go on from it in a child: python -m monitor restart a --from last (sets resume_from); "
        "a resume may write over it."
    ) in line


def finished(run_dir, argv, epoch, config):
    launched(run_dir, argv)
    (run_dir / RUN_FILE).write_bytes(encode(Run(run_id="a", config=config)))
    told(run_dir, outcome="finished", epoch=epoch)
    return run_dir


@pytest.mark.parametrize(
    ("argv", "epoch", "config", "said"),
    [
        (OURS, 9, {"epochs": 9}, "all its 9 epochs. .* To train longer, restart it: .* a --set epochs=18$"),
        (["python", "t.py"], 8, {"epochs": 9}, "all its 9 epochs"),
        (["python", "t.py"], 8, {"max_duration": "9ep"}, "--set max_duration=18ep$"),
        (["python", "t.py"], 3, {}, "ended by itself, with exit code 0. .* A child of it begins anew: .* restart a$"),
    ],
)
def test_a_run_that_has_done_all_is_refused_with_the_way_to_train_longer(run_dir, argv, epoch, config, said):
    finished(run_dir, argv, epoch, config)
    with pytest.raises(RefusedError, match=said):
        make_resume_plan(run_dir)


@pytest.mark.parametrize(("argv", "epoch"), [(OURS, 8), (["python", "t.py"], 7)])
def test_one_that_ended_before_its_last_epoch_may_go_on(run_dir, argv, epoch):
    finished(run_dir, argv, epoch, {"epochs": 9})
    assert make_resume_plan(run_dir).run_id == "a"


def test_the_supervisors_word_that_it_has_finished_counts_too(run_dir):
    launched(run_dir, ["python", "t.py"])
    (run_dir / STATE_FILE).write_bytes(encode(State(state="stopped")))
    assert make_resume_plan(run_dir)
    (run_dir / STATE_FILE).write_bytes(encode(State(state="finished")))
    with pytest.raises(RefusedError, match="has finished"):
        make_resume_plan(run_dir)


def test_a_command_that_is_not_this_users_own_is_shown_and_its_code_is_not_looked_at(run_dir, monkeypatch):
    launched(run_dir, THEIRS)
    strange = msgspec.structs.replace(read_launch(run_dir), argv=["curl", "evil"])
    (run_dir / LAUNCH_FILE).write_bytes(encode(strange))
    monkeypatch.setattr(resuming, "code_since", lambda *_: pytest.fail("git was asked"))
    plan = make_resume_plan(run_dir)
    assert plan.stranger and plan.surroundings == () and plan.command == "curl evil"
    assert plan.code.is_same is None and plan.line.endswith("Its code was not looked at.")


def test_a_plan_is_another_one_where_the_launch_differs(run_dir):
    launched(run_dir, THEIRS)
    before = make_resume_plan(run_dir).fingerprint
    assert make_resume_plan(run_dir).fingerprint == before
    (run_dir / LAUNCH_FILE).unlink()
    launched(run_dir, [*THEIRS, "--seed", "1"])
    assert make_resume_plan(run_dir).fingerprint != before


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (CodeChange(True), "Nothing is changed."),
        (CodeChange(True, "git is as it was."), "git is as it was. Nothing else is changed."),
        (CodeChange(False, "a.py changed."), "a.py changed. It goes on with the new code."),
        (CodeChange(None, "Not known."), "Not known."),
    ],
)
def test_what_changed_in_the_code_is_said(code, said):
    assert resuming._what_changed(code) == said
