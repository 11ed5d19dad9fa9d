"""Starting, restarting and resuming real runs: once, detached, as shown, and never over a parent's files."""

import dataclasses
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from monitor import launcher
from monitor.launcher import plan_restart, restart, resume, start, start_training, status, stop, training_command
from monitor.run_dir import LAUNCH_FILE, LOG_FILE, control, encode, processes
from monitor.run_dir.errors import RefusedError, UnreadableRunError, UsageError
from monitor.run_dir.launch import SUPERVISOR_LOG, command_of, read_launch, read_progress
from tests.supervised import (
    FINISHES,
    LISTENS,
    ROOT,
    SILENT,
    script,
    state_of,
    supervisors,
    wait_for,
    wait_for_state,
    workers,
)

ECHO = "import json, sys; print(json.dumps(sys.argv[1:]))"
"""Prints its arguments: what really ran."""


def arguments_seen(run_dir: Path) -> list[str]:
    wait_for_state(run_dir, "finished")
    return json.loads((run_dir / LOG_FILE).read_text())


def test_a_start_writes_down_what_it_started_before_it_runs(runs, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2")
    monkeypatch.setenv("WANDB_API_KEY", "secret-value")
    run_dir = runs / start(runs, [*script(runs.parent, ECHO), "--lr", "0.1"], asked_by="anna", cwd=runs.parent)
    launch = read_launch(run_dir)
    assert launch is not None
    assert launch.argv[2:] == ["--lr", "0.1"]
    assert (launch.asked_by, launch.how, launch.cwd) == ("anna", "start", str(runs.parent))
    assert launch.script == str(runs.parent / "train.py")
    assert launch.script_sha256 is not None
    assert "WANDB_API_KEY" in launch.environment_names
    assert launch.environment["CUDA_VISIBLE_DEVICES"] == "2"
    assert "secret-value" not in (run_dir / LAUNCH_FILE).read_text()


def test_seeds_are_one_run_each_with_its_number_in_the_command(runs):
    command = [*script(runs.parent, ECHO), "--seed", "{seed}", "--out={run_dir}/{seed}"]
    started = launcher.start_seeds(runs, command, 2, name="s", cwd=runs.parent)
    assert started == ["s-1", "s-2"]
    for seed, run_id in enumerate(started, 1):
        assert arguments_seen(runs / run_id) == ["--seed", str(seed), f"--out={runs / run_id}/{seed}"]
    with pytest.raises(RefusedError, match=r"a run s-1 in .* already; nothing was started\. Choose another --name"):
        launcher.start_seeds(runs, command, 3, name="s", cwd=runs.parent)
    assert sorted(each.name for each in runs.iterdir() if each.is_dir()) == started
    with pytest.raises(UsageError, match=r"--seeds needs \{seed\} in the command"):
        launcher.start_seeds(runs, [sys.executable, "train.py"], 2, cwd=runs.parent)


def test_where_one_seed_is_refused_those_before_it_are_named(runs, monkeypatch):
    begun = launcher.starting.start

    def second_refused(runs_dir, argv, **how):
        if how["run_id"] == "s-2":
            raise RefusedError("The disk is full.")
        return begun(runs_dir, argv, **how)

    monkeypatch.setattr(launcher.starting, "start", second_refused)
    with pytest.raises(RefusedError, match=r"^s-1 was started; s-2 was not\. The disk is full\.$"):
        launcher.start_seeds(runs, [*script(runs.parent, ECHO), "{seed}"], 3, name="s", cwd=runs.parent)
    assert [each.name for each in runs.iterdir() if each.is_dir()] == ["s-1"]


def test_the_edited_code_is_kept_with_the_run_up_to_a_bound(tmp_path, runs):
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    path = Path(script(tmp_path, "x = 1\n")[1])
    for words in (["init", "-q"], ["add", "train.py"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    path.write_text("x = 2\n" * 40_000)
    launch = read_launch(runs / start(runs, [sys.executable, str(path)], cwd=tmp_path))
    assert launch is not None
    assert launch.git_commit is not None
    assert launch.git_diff is not None
    assert "-x = 1" in launch.git_diff
    assert len(launch.git_diff) < 210_000
    assert "more characters left out" in launch.git_diff


def test_names_make_run_ids_and_a_taken_name_gets_a_number(runs):
    command = script(runs.parent, "pass")
    assert start(runs, command, name="My run!") == "My-run"
    assert start(runs, command, name="My run!") == "My-run-2"
    assert start(runs, command) == "train"


def test_the_same_run_id_starts_once_however_often_it_is_clicked(runs):
    command = script(runs.parent, LISTENS)

    def click(_: int) -> str:
        try:
            return start(runs, command, run_id="nonce")
        except RefusedError as refused:
            return str(refused)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(click, range(4)))
    assert answers.count("nonce") == 1
    assert len(supervisors(runs)) == 1
    assert all("already" in answer for answer in answers if answer != "nonce")


@pytest.mark.parametrize("bad", ["../up", "a/b", "", ".hidden", "x" * 101])
def test_a_run_id_that_is_no_plain_name_is_refused(runs, bad):
    with pytest.raises((UsageError, UnreadableRunError)):
        launcher.existing(runs, bad)


def test_nothing_to_start_is_a_usage_error(runs):
    with pytest.raises(UsageError, match="no command"):
        start(runs, [])


def test_a_runs_folder_that_cannot_be_written_is_refused_with_its_name(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RefusedError, match="file/runs cannot be written"):
        start(tmp_path / "file" / "runs", ["true"])


def test_a_run_outlives_the_application_that_started_it_and_leaves_it_no_zombie(runs):
    command = script(runs.parent, LISTENS)
    app = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path; from monitor.launcher import start\n"
            "print(start(Path(sys.argv[1]), sys.argv[2:], run_id='outlives'), flush=True); time.sleep(600)",
            str(runs),
            *command,
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert app.stdout is not None
    assert app.stdout.readline() == b"outlives\n"
    children = Path(f"/proc/{app.pid}/task/{app.pid}/children").read_text().split()
    assert children == []
    os.killpg(app.pid, signal.SIGKILL)
    app.wait()
    wait_for_state(runs / "outlives", "running")
    time.sleep(0.5)
    now = status(runs / "outlives")
    assert (now.word, now.unsupervised) == ("running", False)


def test_a_restart_with_a_change_runs_exactly_the_command_that_was_shown(runs):
    command = [*script(runs.parent, ECHO), "--lr", "0.1", "--output_dir", "{run_dir}", "--note", "two words"]
    start(runs, command, run_id="parent")
    wait_for_state(runs / "parent", "finished")
    plan = plan_restart(runs, "parent", {"lr": "0.2", "--hidden_dim": 64})
    assert plan.child_id == "parent-2"
    options = f"--lr 0.2 --output_dir {runs}/parent-2 --note 'two words' --hidden_dim 64"
    assert plan.command == f"{shlex.join(command[:2])} {options}"
    assert restart(plan, stop_parent=False, asked_by="anna") == "parent-2"
    assert arguments_seen(runs / "parent-2") == shlex.split(plan.command)[2:]
    launch = read_launch(runs / "parent-2")
    assert launch is not None
    assert launch.parent is not None
    assert (launch.parent.run_id, launch.how) == ("parent", "restart")
    assert launch.parent.changes == {"lr": ["0.1", "0.2"], "hidden_dim": [None, 64]}
    assert command_of(launch.argv, runs / "parent-2") == plan.command


def test_a_second_click_on_the_same_plan_starts_nothing(runs):
    start(runs, script(runs.parent, ECHO), run_id="parent")
    plan = plan_restart(runs, "parent", {})
    restart(plan, stop_parent=False)
    with pytest.raises(RefusedError, match="already"):
        restart(plan, stop_parent=False)


def test_a_second_request_that_was_made_before_the_child_is_the_same_one_however_long_it_took(runs):
    start(runs, script(runs.parent, LISTENS), run_id="parent")
    wait_for_state(runs / "parent", "running")
    restart(plan_restart(runs, "parent", {"lr": "0.2"}), stop_parent=False)
    wait_for_state(runs / "parent-2", "running")
    made = read_launch(runs / "parent-2").created_at
    late = dataclasses.replace(plan_restart(runs, "parent", {"lr": "0.2"}), asked_at=made - 3600)
    with pytest.raises(RefusedError, match="parent-2 is the same restart of parent, requested just now"):
        restart(late, stop_parent=False)
    assert restart(dataclasses.replace(late, asked_at=made + 11), stop_parent=False) == "parent-3"
    for run_id in ("parent", "parent-2", "parent-3"):
        stop(runs / run_id)
        wait_for_state(runs / run_id, "stopped")


def test_a_child_that_was_made_before_the_clock_was_set_back_is_not_in_the_way(runs):
    start(runs, script(runs.parent, LISTENS), run_id="parent")
    wait_for_state(runs / "parent", "running")
    restart(plan_restart(runs, "parent", {"lr": "0.2"}), stop_parent=False)
    wait_for_state(runs / "parent-2", "running")
    made = read_launch(runs / "parent-2")
    (runs / "parent-2" / LAUNCH_FILE).write_bytes(
        encode(msgspec.structs.replace(made, created_at=made.created_at + 3600))
    )
    assert restart(plan_restart(runs, "parent", {"lr": "0.2"}), stop_parent=False) == "parent-3"
    for run_id in ("parent", "parent-2", "parent-3"):
        stop(runs / run_id)
        wait_for_state(runs / run_id, "stopped")


def test_stop_parent_and_start_child_is_one_act_and_the_child_waits_for_the_end(runs):
    slow_to_save = LISTENS.replace("            break", "            time.sleep(1); break")
    start(runs, script(runs.parent, slow_to_save), run_id="parent")
    wait_for_state(runs / "parent", "running")
    restart(plan_restart(runs, "parent", {}), stop_parent=True)
    assert status(runs / "parent-2").word == "queued"
    assert workers(runs / "parent-2") == []
    wait_for_state(runs / "parent-2", "running")
    parent = state_of(runs / "parent")
    assert parent.state == "stopped"
    assert parent.ended_at is not None
    assert state_of(runs / "parent-2").started_at >= parent.ended_at


def test_a_queued_child_can_be_stopped_before_it_starts(runs):
    start(runs, script(runs.parent, LISTENS.replace("0.02", "8")), run_id="parent")
    wait_for(lambda: read_progress(runs / "parent") is not None)
    restart(plan_restart(runs, "parent", {}), stop_parent=True)
    stop(runs / "parent-2")
    state = wait_for_state(runs / "parent-2", "stopped")
    assert state.trainer is None


def test_a_queued_child_whose_supervisor_died_is_taken_up_again(runs):
    start(runs, script(runs.parent, LISTENS.replace("0.02", "8")), run_id="parent")
    wait_for(lambda: read_progress(runs / "parent") is not None)
    restart(plan_restart(runs, "parent", {}), stop_parent=True)
    os.kill(state_of(runs / "parent-2").supervisor.pid, signal.SIGKILL)
    # A dying process loses its command line before its life: what counts is that the next contact takes the child up.
    wait_for(lambda: launcher.ensure_supervised(runs / "parent-2"))
    wait_for_state(runs / "parent-2", "running")


def test_a_parent_is_not_stopped_for_a_child_that_cannot_begin(runs, monkeypatch):
    start(runs, script(runs.parent, LISTENS), run_id="parent")
    wait_for_state(runs / "parent", "running")

    def broken(_run_dir: Path, *_flags: str) -> None:
        raise RefusedError("no room for one more process")

    monkeypatch.setattr("monitor.launcher.restarting.supervise", broken)
    with pytest.raises(RefusedError, match="no room"):
        restart(plan_restart(runs, "parent", {}), stop_parent=True)
    assert status(runs / "parent").word == "running" and not control.stop_wanted(runs / "parent", 1)


def test_a_child_does_not_start_when_the_stop_of_its_parent_is_taken_back(runs):
    start(runs, script(runs.parent, LISTENS.replace("0.02", "4")), run_id="parent")
    wait_for_state(runs / "parent", "running")
    restart(plan_restart(runs, "parent", {}), stop_parent=True)
    launcher.cancel_stop(runs / "parent")
    state = wait_for_state(runs / "parent-2", "failed", "starting", "running")
    if status(runs / "parent").live:  # else the parent was quicker, and the child is right to run
        assert "was taken back" in (state.error or "")


def test_a_stopped_run_goes_on_as_the_next_generation_of_the_same_run(runs):
    start(runs, script(runs.parent, LISTENS.replace("RunWriter(", "RunWriter(resume=True, ")), run_id="run")
    wait_for_state(runs / "run", "running")
    stop(runs / "run")
    wait_for_state(runs / "run", "stopped")
    assert resume(runs, "run") == "run"
    wait_for_state(runs / "run", "running")
    assert state_of(runs / "run").generation == 2
    with pytest.raises(RefusedError, match="still running"):
        resume(runs, "run")
    stop(runs / "run")
    wait_for_state(runs / "run", "stopped")


def test_a_run_that_has_done_all_its_epochs_is_not_resumed_but_told_how_to_go_further(runs):
    start(runs, script(runs.parent, FINISHES), run_id="run")
    wait_for_state(runs / "run", "finished")
    with pytest.raises(
        RefusedError, match=r"completed all its 3 epochs.*A child of it begins anew: .*monitor restart run$"
    ):
        resume(runs, "run")


def test_a_foreground_run_of_a_terminal_is_stopped_resumed_and_restarted_like_any_other(runs):
    text = LISTENS.replace("RunWriter(", "RunWriter(sys.argv[2], resume=True, ")
    command = [*script(runs.parent, text), "--output_dir", str(runs / "hand")]
    terminal = subprocess.Popen(command, cwd=runs.parent)
    wait_for(lambda: (runs / "hand").exists() and status(runs / "hand").word == "running")
    stop(runs / "hand")
    assert terminal.wait(timeout=120) == 0
    assert status(runs / "hand").word == "stopped"
    first = launcher.generation(runs / "hand")
    resume(runs, "hand")
    wait_for_state(runs / "hand", "running")
    assert state_of(runs / "hand").generation == first + 1
    plan = plan_restart(runs, "hand", {})
    assert plan.command.endswith(f"--output_dir {runs}/hand-2")
    restart(plan, stop_parent=True)
    wait_for_state(runs / "hand-2", "running")
    assert state_of(runs / "hand").state == "stopped"


def test_a_run_directory_that_vanishes_ends_neither_trainer_nor_supervisor_in_a_fault(runs):
    run_dir = runs / start(runs, script(runs.parent, LISTENS.replace("range(1, 10001)", "range(1, 60)")), run_id="gone")
    wait_for_state(run_dir, "running")
    trainer = state_of(run_dir).trainer
    log = (run_dir / SUPERVISOR_LOG).open()
    shutil.rmtree(run_dir, ignore_errors=True)
    wait_for(lambda: processes.liveness(trainer) == "gone")
    wait_for(lambda: not supervisors(run_dir), secs=90)
    assert "Traceback" not in log.read()


def test_stopping_what_has_ended_is_refused_with_its_state(runs):
    start(runs, script(runs.parent, FINISHES), run_id="run")
    wait_for_state(runs / "run", "finished")
    with pytest.raises(RefusedError, match=r"not running \(finished\)"):
        stop(runs / "run")


def test_asking_twice_is_one_request(runs):
    deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" + SILENT
    start(runs, script(runs.parent, deaf), run_id="run", stop_grace_secs=2)
    wait_for(lambda: "at work" in (runs / "run" / LOG_FILE).read_text())
    assert stop(runs / "run", "anna") == stop(runs / "run", "ben")
    wait_for_state(runs / "run", "stopped")


def test_our_trainers_command_holds_the_options_and_the_placeholder():
    command = training_command({"preset": "broken", "dropout": 0.5, "epochs": "3"})
    assert " ".join(command[1:]) == "-m trainer --preset broken --dropout 0.5 --epochs 3 --output_dir {run_dir}"


def test_a_value_our_trainer_does_not_allow_is_told_at_its_field(runs):
    with pytest.raises(UsageError, match=r"dropout 1\.5: must be 0 to 0\.9"):
        start_training(runs, {"dropout": 1.5})
    with pytest.raises(UsageError, match="preset finest: must be one of broken"):
        start_training(runs, {"preset": "finest"})
    assert not runs.exists()
