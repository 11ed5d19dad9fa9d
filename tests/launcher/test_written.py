"""What a parent wrote outside of its folder is known from the disk, and named before a child writes over it."""

import os
import sys
import time
from zipfile import ZipFile

import pytest

from monitor.commands.cli import main
from monitor.launcher import plan_restart, plan_resume, resume, start, stop
from monitor.launcher.relaunch.warm import resume_option
from monitor.launcher.relaunch.written import files_since, newest_checkpoint
from monitor.run_dir import Run
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.launch import read_progress
from tests.fake_runs import read
from tests.supervised import end_everything, wait_for, wait_for_state

SAVES = """
import argparse
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, default=0.1)
p.add_argument("--save", default="model.pt")
p.add_argument("--epochs", type=int, default=3)
p.add_argument("--resume_from", default=None)
a = p.parse_args()
for e in range(1, a.epochs + 1):
    print(f"Epoch {e} train loss {3 / e:.3f} val loss {3.2 / e:.3f}", flush=True)
    open(a.save, "w").write(f"weights of lr {a.lr}")
HARD
"""


@pytest.fixture
def finished(tmp_path, monkeypatch):
    """A run of SAVES that has ended, and the folder of runs."""
    runs = tmp_path / "runs"
    monkeypatch.setenv("VITALSIGNS_RUNS", str(runs))

    def begin(more: str = "", *words: str):
        (tmp_path / "train.py").write_text(SAVES.replace("HARD", more))
        start(runs, [sys.executable, "train.py", *words], run_id="first", cwd=tmp_path)
        wait_for_state(runs / "first", "finished")
        return runs

    yield begin
    end_everything(runs)


def test_a_run_that_wrote_into_its_own_folder_only_warns_of_nothing(finished, tmp_path):
    runs = finished("", "--save", "{run_dir}/model.pt")
    old = tmp_path / "pretrained.pt"
    old.write_text("w")
    os.utime(old, (time.time() - 9999,) * 2)
    assert not [note for note in plan_restart(runs, "first", {"lr": "0.5"}).notes if "write over" in note]


def test_a_run_of_another_folder_of_runs_below_is_not_this_runs_output(finished, tmp_path):
    other = tmp_path / "more" / "b"
    runs = finished(
        f"import os; os.makedirs('{other}', exist_ok=True)\nfor n in ('run.json', 'summary.json'):"
        f" open(f'{other}/{{n}}', 'w').write('{{}}')"
    )
    assert (other / "summary.json").exists()
    assert not [note for note in plan_restart(runs, "first", {"lr": "0.5"}).notes if "summary.json" in note]


def test_a_file_that_a_default_names_is_named_with_the_way_to_avoid_it(finished):
    runs = finished()
    notes = plan_restart(runs, "first", {"lr": "0.5"}).notes
    assert (
        "first wrote model.pt while it ran, and the child would write over it. "
        "Avoid it with: --set save={run_dir}/model.pt" in notes
    )
    plan = plan_restart(runs, "first", {"lr": "0.5", "save": "{run_dir}/model.pt"})
    assert not [note for note in plan.notes if "write over" in note]


def test_a_file_that_no_setting_names_is_named_too(finished):
    runs = finished("open('best.bin', 'w').write('b')", "--save", "{run_dir}/model.pt")
    [note] = [note for note in plan_restart(runs, "first", {"lr": "0.5"}).notes if "write over" in note]
    assert note.startswith("best.bin was written while first ran, and none of its settings names it")


def test_a_finished_run_is_not_resumed(finished):
    runs = finished()
    with pytest.raises(
        RefusedError,
        match=r"first has completed all its 3 epochs\..*To train longer, restart it: .*restart first --set epochs=6",
    ):
        plan_resume(runs, "first")
    assert main(["resume", "first"]) == 5


def test_a_finished_run_that_counts_from_zero_is_not_resumed_either(finished, tmp_path):
    runs = finished("")
    zero = (
        "import sys\nfor e in range(3): print(f'Epoch {e}/3 train loss {3 / (e + 1):.2f} val loss {4 / (e + 1):.2f}')\n"
    )
    (tmp_path / "zero.py").write_text(zero)
    start(runs, [sys.executable, "zero.py", "--epochs", "3"], run_id="zero", cwd=tmp_path)
    wait_for_state(runs / "zero", "finished")
    with pytest.raises(RefusedError, match="A resume would start its command over in the same files"):
        plan_resume(runs, "zero")


def test_the_number_of_epochs_is_known_from_the_command(finished):
    runs = finished("", "--epochs", "4")
    wait_for(lambda: (progress := read_progress(runs / "first")) is not None and progress.epochs == 4)


def test_a_child_can_go_on_from_the_newest_checkpoint_by_the_scripts_own_option(finished):
    runs = finished("", "--save", "{run_dir}/model.pt")
    plan = plan_restart(runs, "first", {}, start_from="last")
    assert plan.argv[-2:] == ["--resume_from", str(runs / "first" / "model.pt")]


@pytest.mark.parametrize(
    ("key", "is_one"),
    [
        ("resume", True),
        ("resume_from_checkpoint", True),
        ("trainer.ckpt_path", True),
        ("init_from", True),
        ("load_from", True),
        ("results", False),
        ("presume", False),
        ("checkpoint_every", False),
    ],
)
def test_which_options_name_a_checkpoint_to_go_on_from(key, is_one):
    run = Run(run_id="r", config_schema={"properties": {key: {"x-option": f"--{key}"}}})
    assert bool(resume_option(run)) == is_one
    switch = Run(run_id="r", config_schema={"properties": {key: {"x-option": f"--{key}", "x-switch": "on"}}})
    assert resume_option(switch) == ""


def test_a_folder_made_since_is_looked_into_however_deep_it_lies(tmp_path):
    begun = time.time() - 100
    new, old = tmp_path / "logs/train/runs/2026-01-01_10-00-00/csv/version_0", tmp_path / "data/a/b/c/d"
    for folder in (new, old):
        folder.mkdir(parents=True)
        (folder / "metrics.csv").write_text("epoch\n")
    for folder in (old, *list(old.parents)[:4]):
        os.utime(folder, (begun - 100,) * 2)
    assert [written.path for written in files_since(tmp_path, begun, 3)] == [new / "metrics.csv"]
    assert list(files_since(tmp_path, 0.0, 3)) == []


SHORT = """
import argparse, pathlib
p = argparse.ArgumentParser()
p.add_argument("--lr", "-l", type=float, default=0.1)
p.add_argument("--work-dir", "-o", default="out")
a = p.parse_args()
pathlib.Path(a.work_dir).mkdir(exist_ok=True)
(pathlib.Path(a.work_dir) / "model.pt").write_text("weights")
print("Epoch 1 train loss 3.0 val loss 3.2")
"""


def test_an_output_folder_given_by_its_short_name_is_neither_lost_nor_used_twice(tmp_path):
    (tmp_path / "train.py").write_text(SHORT)
    runs = tmp_path / "runs"
    try:
        start(runs, [sys.executable, "train.py", "-o", "mine"], run_id="first", cwd=tmp_path)
        wait_for_state(runs / "first", "finished")
        with pytest.raises(UsageError, match="work_dir mine: the child would overwrite the files of first"):
            plan_restart(runs, "first", {"lr": "0.5"})
        with pytest.raises(UsageError, match=r"work_dir \./mine: must differ"):
            plan_restart(runs, "first", {"work_dir": "./mine"})
        made = plan_restart(runs, "first", {"lr": "0.5", "work_dir": "other"})
        assert made.argv[1:] == ["train.py", "-o", "other", "--lr", "0.5"]
        child = plan_restart(runs, "first", {"work_dir": "{run_dir}/out"})
        assert child.argv[1:] == ["train.py", "-o", "{run_dir}/out"]
    finally:
        end_everything(runs)


GOES_ON = """
import argparse, pathlib, sys, time
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, default=0.1)
p.add_argument("--resume", "-r", action="store_true")
a = p.parse_args()
saved = pathlib.Path("checkpoint/ckpt.pth")
first = int(saved.read_text()) + 1 if a.resume else 0
for e in range(first, 1000):
    print(f"Epoch {e} train loss {3 / (e + 1):.3f} val loss {3.2 / (e + 1):.3f}", flush=True)
    saved.parent.mkdir(exist_ok=True)
    saved.write_text(str(e))
    time.sleep(0.05)
"""
CONFIGURED = """
import time
out_dir = "out"
init_from = "scratch"  # or "resume"
lr = 0.1
exec(open("configurator.py").read())
import os
os.makedirs(out_dir, exist_ok=True)
first = int(open(out_dir + "/ckpt.pt").read()) + 1 if init_from == "resume" else 0
assert init_from in ("scratch", "resume")
for e in range(first, 1000):
    print(f"Epoch {e} train loss {3 / (e + 1):.3f} val loss {3.2 / (e + 1):.3f}", flush=True)
    open(out_dir + "/ckpt.pt", "w").write(str(e))
    time.sleep(0.05)
"""
CONFIGURATOR = """
import sys
for word in sys.argv[1:]:
    name, value = word[2:].split("=")
    globals()[name] = value if isinstance(globals()[name], str) else type(globals()[name])(value)
"""


@pytest.mark.parametrize(
    ("source", "added"),
    [(GOES_ON, "--resume"), (CONFIGURED, "--init_from=resume")],
    ids=["switch", "configurator"],
)
def test_a_resume_takes_the_scripts_own_switch_once_there_is_a_checkpoint(tmp_path, source, added):
    (tmp_path / "train.py").write_text(source)
    (tmp_path / "configurator.py").write_text(CONFIGURATOR)
    runs = tmp_path / "runs"
    try:
        start(runs, [sys.executable, "train.py", "--lr=0.2"], run_id="first", cwd=tmp_path)
        wait_for(lambda: len(read(runs / "first").epochs) > 3)
        stop(runs / "first")
        wait_for_state(runs / "first", "stopped")
        reached = read(runs / "first").epochs[-1].epoch
        plan = plan_resume(runs, "first")
        assert plan.command.endswith(f"train.py --lr=0.2 {added}")
        assert f"with {added}, the script's own way to go on" in plan.line and "ckpt.p" in plan.line
        resume(runs, "first", plan=plan)
        wait_for(lambda: read(runs / "first").epochs[-1].epoch > reached + 1)
        again = [record.epoch for record in read(runs / "first").epochs if record.generation == 2]
        assert again[0] >= reached
    finally:
        end_everything(runs)


def test_without_a_checkpoint_a_resume_is_the_same_command(tmp_path):
    (tmp_path / "train.py").write_text(GOES_ON.replace("    saved.write_text(str(e))\n", ""))
    runs = tmp_path / "runs"
    try:
        start(runs, [sys.executable, "train.py"], run_id="first", cwd=tmp_path)
        wait_for(lambda: len(read(runs / "first").epochs) > 1)
        stop(runs / "first")
        wait_for_state(runs / "first", "stopped")
        assert plan_resume(runs, "first").command.endswith("train.py")
    finally:
        end_everything(runs)


OF_FOLDERS = {
    "transformers": ["model.safetensors", "optimizer.pt", "trainer_state.json", "training_args.bin"],
    "accelerate": ["model.safetensors", "optimizer.bin", "random_states_0.pkl", "scheduler.bin"],
    "torch": [".metadata", "__0_0.distcp", "rank_0.pt"],
    "deepspeed": ["global_step9/mp_rank_00_model_states.pt", "latest", "zero_to_fp32.py"],
    "pretrained": ["config.json", "model-00001-of-00002.safetensors"],
}


@pytest.mark.parametrize("kind", OF_FOLDERS)
def test_a_checkpoint_that_is_a_folder_is_named_as_one(kind, tmp_path):
    for folder in ("step_1", "step_2"):
        for name in OF_FOLDERS[kind]:
            path = tmp_path / "runs" / "r" / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x")
            os.utime(path, (1000.0 + (folder == "step_2"),) * 2)
    assert newest_checkpoint(tmp_path / "runs" / "r", None, 0.0).path == tmp_path / "runs" / "r" / "step_2"


def test_single_files_in_one_folder_are_single_checkpoints(tmp_path):
    for epoch, name in enumerate(["epoch_1.pt", "optimizer.pt", "model.pt"]):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (1000.0 + epoch,) * 2)
    assert newest_checkpoint(tmp_path, None, 0.0).path == tmp_path / "model.pt"


def test_an_archive_and_a_pickle_that_hold_a_model_are_checkpoints_and_data_is_none(tmp_path):
    """Stable-Baselines3 saves a zip archive; others pickle the whole network."""
    for name, inside in (("ppo_cart.zip", "policy.optimizer.pth"), ("clips.zip", "clips/1.wav")):
        with ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(inside, "x" * 100_000)
    assert newest_checkpoint(tmp_path, None, 0.0).path == tmp_path / "ppo_cart.zip"
    (tmp_path / "broken.zip").write_text("PK")
    (tmp_path / "features.pkl").write_text("x")
    assert newest_checkpoint(tmp_path, None, 0.0).path == tmp_path / "ppo_cart.zip"
    for name in ("train.bin", "chunk-0-0.bin", "000012.tar", "test_features.h5"):
        (tmp_path / name).write_text("x")
    assert newest_checkpoint(tmp_path, None, 0.0).path == tmp_path / "ppo_cart.zip"
    for second, name in enumerate(
        ["training_args_1.bin", "val_best.h5", "network-000100.pkl", "model.pkl", "dqn.cleanrl_model"]
    ):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (time.time() + 10 + second,) * 2)
        assert newest_checkpoint(tmp_path, None, 0.0).path == tmp_path / name
