"""Restarting real runs: warm or from scratch, with the environment of the first start, never what was not shown."""

import json
import os
import signal
import sys
from pathlib import Path

import msgspec
import pytest

from monitor import launcher
from monitor.commands.cli import main
from monitor.launcher import plan_restart, restart, restart_together, start, status
from monitor.launcher.relaunch.warm import checkpoint_about
from monitor.launcher.supervising import supervise
from monitor.run_dir import LAUNCH_FILE, LOG_FILE, audit, encode, files
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.launch import read_launch
from tests.supervised import FINISHES, LISTENS, ROOT, script, state_of, wait_for, wait_for_state

pytestmark = pytest.mark.usefixtures("runs_by_default")

SHOWS_ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)))"
SMALL = ["--epochs", "3", "--train_clips", "16", "--eval_clips", "8", "--batch_size", "8", "--hidden_dim", "32"]


def finished(runs: Path, command: list[str], run_id: str = "parent") -> Path:
    start(runs, command, run_id=run_id, cwd=runs.parent)
    wait_for_state(runs / run_id, "finished", secs=90)
    return runs / run_id


def environment_of(run_dir: Path) -> dict[str, str]:
    wait_for_state(run_dir, "finished")
    return json.loads((run_dir / LOG_FILE).read_text())


def test_a_child_runs_in_the_environment_of_the_first_start_with_the_secrets_of_this_server(runs, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    monkeypatch.setenv("WANDB_API_KEY", "old-secret")
    monkeypatch.setenv("CUDA_SECRET_KEY", "very-secret")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    finished(runs, script(runs.parent, SHOWS_ENVIRONMENT))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setenv("WANDB_API_KEY", "new-secret")
    plan = plan_restart(runs, "parent", {})
    (taken,) = [line for line in plan.surroundings if line.startswith("Taken from here, not stored: ")]
    assert "CUDA_SECRET_KEY" in taken and "WANDB_API_KEY" in taken and "secret" not in taken
    assert plan.surroundings[0].startswith("Python as it was: ")
    restart(plan, stop_parent=False)
    seen = environment_of(runs / "parent-2")
    assert (seen["CUDA_VISIBLE_DEVICES"], seen["WANDB_API_KEY"]) == ("3", "new-secret")
    assert "OMP_NUM_THREADS" not in seen, "a variable that decides the arithmetic came from the server"
    for name in ("parent", "parent-2"):
        kept = (runs / name / LAUNCH_FILE).read_text()
        assert not any(secret in kept for secret in ("old-secret", "new-secret", "very-secret"))


def test_a_secret_that_this_server_lacks_is_told_before_the_start(runs, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "secret")
    finished(runs, script(runs.parent, "pass"))
    monkeypatch.delenv("HF_TOKEN")
    assert (
        "Environment variables of the first start that are not set here: HF_TOKEN."
        in plan_restart(runs, "parent", {}).surroundings
    )


def test_a_plan_whose_parent_was_edited_meanwhile_is_not_carried_out(runs):
    finished(runs, script(runs.parent, "pass"))
    plan = plan_restart(runs, "parent", {})
    launch = read_launch(runs / "parent")
    (runs / "parent" / LAUNCH_FILE).unlink()
    files.create(runs / "parent" / LAUNCH_FILE, encode(msgspec.structs.replace(launch, argv=["touch", "gotcha"])))
    with pytest.raises(RefusedError, match="out of date: the command"):
        restart(plan, stop_parent=False)
    assert not (runs / "parent-2").exists()


def test_an_output_folder_that_holds_files_is_refused_and_an_empty_one_is_taken(runs):
    finished(runs, [*script(runs.parent, "pass"), "--save_dir", "ckpt/a"])
    (runs.parent / "ckpt" / "b").mkdir(parents=True)
    assert plan_restart(runs, "parent", {"save_dir": "ckpt/b"}).command.endswith("--save_dir ckpt/b")
    (runs.parent / "ckpt" / "b" / "best.pt").write_text("weights of another run")
    with pytest.raises(UsageError, match="save_dir ckpt/b: this folder holds files already"):
        plan_restart(runs, "parent", {"save_dir": "ckpt/b"})


def test_a_misspelt_key_of_a_foreign_script_is_told_with_the_nearest(runs):
    finished(runs, [*script(runs.parent, "pass"), "--hidden_dim", "64"])
    with pytest.raises(UsageError, match=r"hiden_dim: there is no such setting; nearest: hidden_dim\."):
        plan_restart(runs, "parent", {"hiden_dim": "32"})


def test_a_foreign_script_has_no_known_option_for_starting_weights_and_says_so(runs):
    finished(runs, script(runs.parent, FINISHES))
    with pytest.raises(UsageError, match="Which option of this script takes starting weights is not known"):
        plan_restart(runs, "parent", {}, start_from="best")
    assert plan_restart(runs, "parent", {}, start_from="scratch").diff == []
    with pytest.raises(UsageError, match="starts from scratch, best, last, not from middle"):
        plan_restart(runs, "parent", {}, start_from="middle")


def test_our_trainers_child_starts_warm_from_a_checkpoint_and_a_grandchild_from_scratch_again(runs, capsys):
    trainer = [sys.executable, "-m", "trainer", *SMALL, "--output_dir", "{run_dir}"]
    with pytest.raises(RefusedError, match=r"saved no best\.pt"):
        start(runs, trainer, run_id="early", cwd=ROOT)
        plan_restart(runs, "early", {}, start_from="best")
    start(runs, trainer, run_id="parent", cwd=ROOT)
    wait_for_state(runs / "parent", "finished", secs=120)
    assert main(["restart", "parent", "--from", "best", "--set", "epochs=1", "--yes", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    best = runs / "parent" / "checkpoints" / "best.pt"
    assert ["init_checkpoint", "", str(best)] in shown["diff"]
    assert f"--init_checkpoint {best}" in shown["command"]
    wait_for_state(runs / "parent-2", "finished", secs=120)
    link = read_launch(runs / "parent-2").parent
    assert link.how == "restart_warm"
    first = plan_restart(runs, "parent-2", {}, start_from="scratch")
    assert "--init_checkpoint" not in first.command
    assert plan_restart(runs, "parent-2", {}).command.count("--init_checkpoint") == 1
    misfit = plan_restart(runs, "parent", {"hidden_dim": 64}, start_from="last")
    assert "hidden_dim makes another network" in misfit.notes[-1]


def test_a_run_that_was_stopped_and_then_lost_goes_on_where_it_says_and_equals_the_unbroken_one(runs):
    options = ["--epochs", "4", *SMALL[2:], "--output_dir", "{run_dir}"]
    start(runs, [sys.executable, "-m", "trainer", *options, "--pace", "2.5"], run_id="cut", cwd=ROOT)
    wait_for(lambda: checkpoint_about(runs / "cut", "last").get("epoch", 0) >= 1, secs=120)
    launcher.stop(runs / "cut")
    wait_for_state(runs / "cut", "stopped")
    go_on(runs, "cut")
    before = checkpoint_about(runs / "cut", "last")["step"]
    wait_for(lambda: checkpoint_about(runs / "cut", "last")["step"] > before, secs=120)
    state = state_of(runs / "cut")
    os.kill(state.supervisor.pid, signal.SIGKILL)
    os.kill(state.trainer.pid, signal.SIGKILL)
    wait_for(lambda: launcher.status(runs / "cut").word == "lost")
    go_on(runs, "cut")
    start(runs, [sys.executable, "-m", "trainer", *options], run_id="whole", cwd=ROOT)
    for name in ("cut", "whole"):
        wait_for_state(runs / name, "finished", secs=120)
    assert state_of(runs / "cut").generation == 3
    assert losses(runs / "cut") == losses(runs / "whole")


def go_on(runs: Path, name: str) -> None:
    """Resumes as shown, and checks that it was said from which epoch."""
    plan = launcher.plan_resume(runs, name)
    about = checkpoint_about(runs / name, "last")
    ended = about["position"] >= about["steps_per_epoch"]
    assert plan.line.startswith(f"Goes on with epoch {about['epoch'] + ended}")
    assert plan.line.endswith("in the same run. Nothing is changed.")
    assert plan.command.endswith("--resume")
    launcher.resume(runs, name, plan=plan)


def losses(run_dir: Path) -> list[tuple]:
    """Every evaluation's figures, to the last bit; the last record of an epoch wins."""
    records = [json.loads(line) for line in (run_dir / "epochs.jsonl").read_text().splitlines()]
    by_epoch = {record["epoch"]: record for record in records}
    names = ("train_loss", "train_eval_loss", "val_loss", "val_wer", "grad_norm")
    return [tuple(by_epoch[epoch].get(name) for name in names) for epoch in sorted(by_epoch)]


def test_a_script_that_failed_starts_again_and_says_that_it_begins_anew(runs):
    once = "import pathlib, sys\nmark = pathlib.Path(sys.argv[1])\n"
    once += "if not mark.exists():\n    mark.write_text('')\n    raise SystemExit(3)\n"
    start(runs, [*script(runs.parent, once), str(runs.parent / "mark")], run_id="run")
    wait_for_state(runs / "run", "failed")
    plan = launcher.plan_resume(runs, "run")
    assert ", from the beginning as far as its code shows: no call in it loads a checkpoint." in plan.line
    assert plan.line.endswith(" Nothing is changed.")
    launcher.resume(runs, "run", plan=plan)
    wait_for_state(runs / "run", "finished")
    assert state_of(runs / "run").generation == 2


PATIENT_SECS = 120.0
"""Several interpreters start at once below; the machine may be busy."""


def picky(folder: Path) -> list[str]:
    """A live parent's command, whose own parser takes no rate above 1."""
    parser = (
        "import argparse\n"
        "def rate(text):\n"
        "    if float(text) > 1:\n        raise argparse.ArgumentTypeError('lr must be at most 1')\n"
        "    return float(text)\n"
        "p = argparse.ArgumentParser()\n"
        "p.add_argument('--lr', type=rate, default=0.1)\np.add_argument('--out', default='')\np.parse_args()\n"
    )
    return [*script(folder, parser + LISTENS), "--lr", "0.1"]


def planned(runs: Path, *changes: dict, **how) -> list:
    plans: list = []
    for each in changes:
        plans.append(plan_restart(runs, "parent", each, stop_parent=True, beside=plans, **how))
    return plans


def test_of_a_race_in_which_one_child_cannot_start_none_starts_and_the_parent_goes_on(runs, monkeypatch):
    start(runs, picky(runs.parent), run_id="parent", cwd=runs.parent)
    wait_for_state(runs / "parent", "running", secs=PATIENT_SECS)
    with pytest.raises(RefusedError, match="parent-2 and parent-3 would be the same run twice"):
        planned(runs, {"lr": 0.2}, {"lr": 0.2})
    unchanged = "parent-3 would be parent again, without a known change: give each child of a race a change"
    with pytest.raises(RefusedError, match=unchanged):
        planned(runs, {"lr": 0.2}, {"lr": 0.1})
    with pytest.raises(RefusedError, match=r"parent-2 and parent-3 would both write into [.]/ckpt"):
        planned(runs, {"lr": 0.2, "out": "ckpt"}, {"lr": 0.3, "out": "./ckpt"})
    with pytest.raises(
        RefusedError, match=r"(?s)parent-3 is refused, and with it the whole race.*at most 1.*parent goes on"
    ):
        restart_together(planned(runs, {"lr": 0.2}, {"lr": 3}), stop_parent=True)
    plans = planned(runs, {"lr": 0.2}, {"lr": 0.3})
    (runs / "parent-3").mkdir()
    with pytest.raises(RefusedError, match="parent-3 is refused, and with it the whole race"):
        restart_together(plans, stop_parent=True)
    (runs / "parent-3").rmdir()

    def fails_at_the_second(run_dir: Path, *flags: str) -> None:
        if run_dir.name == "parent-3":
            raise RefusedError("No process can be started.")
        supervise(run_dir, *flags)

    with monkeypatch.context() as full:
        full.setattr("monitor.launcher.restarting.supervise", fails_at_the_second)
        said = "parent-2 was taken out of the queue again, and parent goes on. parent-3: No process can be started."
        with pytest.raises(RefusedError, match=said):
            restart_together(planned(runs, {"lr": 0.2}, {"lr": 0.3}, {"lr": 0.4}), stop_parent=True)
    wait_for_state(runs / "parent-2", "stopped", secs=PATIENT_SECS)
    assert status(runs / "parent").word == "running" and state_of(runs / "parent").stop is None
    assert not (runs / "parent-4").exists()


def test_a_race_stops_the_parent_once_and_each_child_keeps_its_change(runs, capsys, monkeypatch):
    monkeypatch.setattr("monitor.commands.restart.LOOKED_AT_SECS", 0.5)
    start(runs, picky(runs.parent), run_id="parent", cwd=runs.parent)
    wait_for_state(runs / "parent", "running", secs=PATIENT_SECS)
    assert main(["restart", "parent", "--set", "lr=0.2", "--set", "lr=0.3", "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "Restart parent as parent-2:" in shown and "Restart parent as parent-3:" in shown
    apart, together = shown.split("For all 2:")
    assert apart.count("Runs: ") == 2 and "In: " not in apart and "parent is stopped first" not in apart
    assert together.count("parent is stopped first") == 1 and together.count("In: ") == 1
    assert main(["restart", "parent", "--set", "lr=0.2", "--set", "lr=0.3", "--judge-at", "50", "--yes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    children = [told, *told["others"]]
    assert [(each["child_id"], each["died"]) for each in children] == [("parent-2", ""), ("parent-3", "")]
    wait_for_state(runs / "parent", "stopped", secs=PATIENT_SECS)
    for name, lr in (("parent-2", "0.2"), ("parent-3", "0.3")):
        wait_for_state(runs / name, "running", secs=PATIENT_SECS)
        link = read_launch(runs / name).parent
        assert (link.run_id, link.changes["lr"][1], link.expected["epoch"]) == ("parent", lr, 50.0)
        assert state_of(runs / name).started_at >= state_of(runs / "parent").ended_at
    assert [entry.run_id for entry in audit.read(runs) if entry.verb == "stop"] == ["parent"]
    assert main(["ledger"]) == 0
    assert {"parent-2", "parent-3"} <= set(capsys.readouterr().out.split())


def test_children_whose_changes_stand_in_a_file_of_settings_alone_are_no_duplicates(runs):
    (runs.parent / "a.yaml").write_text("lr: 0.1\n")
    finished(runs, [*script(runs.parent, "pass"), "--config", "a.yaml"])
    plans = [plan_restart(runs, "parent", {"lr": 0.2})]
    plans.append(plan_restart(runs, "parent", {"lr": 0.3}, beside=plans))
    for run_id in restart_together(plans, stop_parent=False):
        wait_for_state(runs / run_id, "finished", secs=PATIENT_SECS)
    assert (runs / "parent-3" / "settings" / "a.yaml").read_text() == "lr: 0.3\n"
