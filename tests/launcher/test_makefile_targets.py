"""A run that make starts: the settings of its script are known, changed by the Makefile's variables, and tried."""

import sys

import pytest

from monitor.launcher import plan_restart, start
from monitor.launcher.relaunch.options import described
from monitor.launcher.relaunch.written import newest_checkpoint
from monitor.run_dir.errors import UsageError
from monitor.run_dir.launch import Order, launch_of, read_launch
from tests.supervised import end_everything, wait_for_state

SCRIPT = """
import argparse, os
p = argparse.ArgumentParser()
p.add_argument("--learning-rate", type=float, default=0.1)
p.add_argument("--epochs", type=int, default=3)
p.add_argument("--out", default="results")
p.add_argument("--amp", action="store_true")
a = p.parse_args()
os.makedirs(a.out, exist_ok=True)
open(os.path.join(a.out, "last.pt"), "w").write(f"{a.learning_rate} {a.epochs}")
"""
MAKEFILE = f"""
PYTHON = {sys.executable}
RATE = 0.1
OUT = results
train:
\t$(PYTHON) train.py --learning-rate $(RATE) --epochs 7 --out $(OUT)
"""


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "train.py").write_text(SCRIPT)
    (folder / "Makefile").write_text(MAKEFILE)
    return tmp_path


def test_what_the_target_gives_its_script_is_known_beside_the_variables(project):
    order = Order(argv=["make", "-C", "project", "train", "RATE=0.5"], cwd=project)
    launch = described(launch_of(order, "train", 0.0), project / "runs" / "train")
    known = {key: launch.config[key] for key in ("learning_rate", "epochs", "amp", "RATE")}
    assert known == {"learning_rate": 0.5, "epochs": 7, "amp": False, "RATE": 0.5}
    assert set(launch.config_schema["properties"]) == {"PYTHON", "RATE", "OUT"}


def test_a_change_of_the_scripts_option_is_one_of_its_variable(project):
    runs = project / "runs"
    try:
        start(runs, ["make", "-s", "-C", "project", "train"], run_id="one", cwd=project)
        wait_for_state(runs / "one", "finished")
        plan = plan_restart(runs, "one", {"learning_rate": "0.5", "OUT": "{run_dir}/results"})
        assert plan.argv == ["make", "-s", "-C", "project", "train", "RATE=0.5", "OUT={run_dir}/results"]
        assert ("RATE", 0.1, 0.5) in plan.diff
        launch = read_launch(runs / "one")
        newest = newest_checkpoint(runs / "one", launch, launch.created_at)
        assert newest is not None and newest.path == project / "project" / "results" / "last.pt"
        assert not any("write over" in note for note in plan.notes)
        (note,) = [each for each in plan_restart(runs, "one", {"RATE": "0.2"}).notes if "write over" in each]
        assert note.endswith("Avoid it with: --set out={run_dir}/results")
        assert plan_restart(runs, "one", {"out": "{run_dir}/results"}).argv[-1] == "OUT={run_dir}/results"
        with pytest.raises(UsageError, match=r"epochs: Makefile gives it itself, in the line .*--epochs 7.* Change it"):
            plan_restart(runs, "one", {"epochs": "9"})
        with pytest.raises(UsageError, match=r"amp: the Makefile has no such variable; what it runs is: .*train\.py"):
            plan_restart(runs, "one", {"amp": "true"})
    finally:
        end_everything(runs)


def test_an_edit_of_the_script_or_of_the_makefile_is_a_change_of_the_code_and_prose_is_none(project):
    runs = project / "runs"
    try:
        start(runs, ["make", "-s", "-C", "project", "train"], run_id="one", cwd=project)
        wait_for_state(runs / "one", "finished")
        (project / "project" / "README.md").write_text("prose")
        assert plan_restart(runs, "one", {"RATE": "1"}).code.is_same
        (project / "project" / "Makefile").write_text(MAKEFILE.replace("--epochs 7", "--epochs 8"))
        changed = plan_restart(runs, "one", {"RATE": "1"}).code
        assert changed.is_same is False and changed.line.startswith("Makefile changed since the parent started")
        (project / "project" / "Makefile").write_text(MAKEFILE)
        (project / "project" / "train.py").write_text(SCRIPT + "\n# edited\n")
        assert "train.py changed since the parent started" in plan_restart(runs, "one", {"RATE": "1"}).code.line
    finally:
        end_everything(runs)
