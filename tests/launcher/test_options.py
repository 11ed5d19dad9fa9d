"""The options of somebody's script: read from its source, never by running it, unless that is asked for."""

import sys

import pytest

from monitor.launcher import plan_restart, start
from monitor.launcher.relaunch.choices import choices
from monitor.launcher.relaunch.help_page import in_help
from monitor.launcher.relaunch.options import asked_for_help, described, described_run
from monitor.launcher.relaunch.writing import with_option
from monitor.run_dir.errors import UsageError
from monitor.run_dir.launch import Order, launch_of
from tests.supervised import end_everything, wait_for_state

SCRIPT = """
import argparse
from pathlib import Path
import options_of_the_model

Path("touched").write_text("this script was run")
p = argparse.ArgumentParser()
p.add_argument("data")
p.add_argument("--learning-rate", "--lr", type=float, default=1e-3, help="step size, 100%% of it (default %(default)s)")
p.add_argument("--epochs", type=int, default=60)
p.add_argument("--optimizer", choices=["sgd", "adam"], default="adam")
p.add_argument("--amp", action="store_true")
p.add_argument("--no_augment", action="store_false", dest="augment")
p.add_argument("--ema", action=argparse.BooleanOptionalAction, default=True)
p.add_argument("--milestones", type=int, nargs="+", default=[30, 50])
p.add_argument("--workers", type=int, default=4 * 2)
p.add_argument("--resume", type=Path)
p.add_argument("-q")
options_of_the_model.add_to(p)
if __name__ == "__main__":
    print(p.parse_args())
"""
MODULE = 'def add_to(p):\n    p.add_argument("--dropout", type=float, default=0.3)\n'


@pytest.fixture
def script(tmp_path):
    (tmp_path / "options_of_the_model.py").write_text(MODULE)
    path = tmp_path / "train.py"
    path.write_text(SCRIPT)
    return path


def launch(script, *words):
    order = Order([sys.executable, str(script), *words], script.parent)
    return described(launch_of(order, "run", 0.0), script.parent)


def test_a_script_without_a_parser_has_only_the_options_of_its_command(tmp_path):
    path = tmp_path / "train.py"
    path.write_text("import sys\nprint(sys.argv)\n")
    found = launch(path, "--lr", "0.1", "--fast")
    assert (found.config, found.config_schema) == ({"lr": "0.1", "fast": True}, {})


@pytest.mark.parametrize("text", ["def broken(:\n", "\0", "x = " + "(" * 5000, ""])
def test_a_script_that_cannot_be_parsed_has_no_options(tmp_path, text):
    path = tmp_path / "train.py"
    path.write_text(text)
    assert launch(path).config_schema == {}


def test_types_choices_defaults_and_help_are_read_without_running_the_script(script):
    found = launch(script, "corpus", "--learning-rate", "0.01", "--amp")
    properties = found.config_schema["properties"]
    assert properties["learning_rate"] == {
        "x-option": "--learning-rate",
        "x-names": ["--lr"],
        "type": "number",
        "default": 0.001,
        "description": "step size, 100% of it (default 0.001)",
    }
    assert properties["optimizer"]["enum"] == ["sgd", "adam"]
    assert properties["milestones"] == {
        "x-option": "--milestones",
        "type": "array",
        "x-nargs": "+",
        "items": {"type": "integer"},
        "default": [30, 50],
    }
    assert "default" not in properties["workers"]
    assert (properties["q"]["x-option"], properties["data"]["x-place"]) == ("-q", 0)
    assert found.config == {
        "data": "corpus",
        "learning_rate": 0.01,
        "epochs": 60,
        "optimizer": "adam",
        "amp": True,
        "augment": True,
        "ema": True,
        "milestones": [30, 50],
        "dropout": 0.3,
    }
    assert not (script.parent / "touched").exists()


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("learning_rate", 0.1, ["--learning-rate", "0.1"]),
        ("amp", True, ["--amp"]),
        ("amp", False, []),
        ("augment", False, ["--no_augment"]),
        ("augment", True, []),
        ("ema", False, ["--no-ema"]),
        ("milestones", [10, 20], ["--milestones", "10", "20"]),
    ],
)
def test_a_change_is_written_as_the_script_takes_it(script, key, value, words):
    rule = launch(script).config_schema["properties"][key]
    assert with_option(["python", "train.py"], key, value, rule) == ["python", "train.py", *words]


def test_a_restart_is_checked_against_what_the_source_tells(script, tmp_path):
    runs = tmp_path / "runs"
    start(runs, [sys.executable, str(script), "corpus"], run_id="first", cwd=tmp_path)
    try:
        wait_for_state(runs / "first", "finished")
        plan = plan_restart(runs, "first", {"learning_rate": "0.1", "amp": "true"})
        assert plan.argv[2:] == ["corpus", "--learning-rate", "0.1", "--amp"]
        assert plan.diff == [("learning_rate", 0.001, 0.1), ("amp", False, True)]
        with pytest.raises(UsageError, match="optimizer rmsprop: must be one of sgd, adam"):
            plan_restart(runs, "first", {"optimizer": "rmsprop"})
    finally:
        end_everything(runs)


def test_help_is_asked_only_on_request_and_its_page_is_read(script, tmp_path):
    script.write_text(SCRIPT.replace('p.add_argument("--epochs"', 'make = p.add_argument\nmake("--epochs"'))
    known = launch(script, "corpus")
    assert "epochs" not in known.config_schema["properties"]
    asked = asked_for_help(known, tmp_path / "runs" / "run")
    assert asked.config_schema["properties"]["epochs"]["x-option"] == "--epochs"
    assert asked.config_schema["properties"]["learning_rate"]["type"] == "number"


def test_a_help_page_tells_names_choices_and_defaults():
    page = """usage: train.py [-h] [--lr LR]
options:
  -h, --help            show this help message and exit
  --lr LR               step size (default: 0.001)
  -e, --epochs EPOCHS   how long
                        (default: 60)
  --optimizer {sgd,adam}
                        which (default: adam)
  --amp                 half precision (default: False)
"""
    assert in_help(page) == {
        "lr": {"x-option": "--lr", "description": "step size (default: 0.001)", "default": 0.001, "type": "number"},
        "epochs": {
            "x-option": "--epochs",
            "x-names": ["-e"],
            "description": "how long (default: 60)",
            "default": 60,
            "type": "integer",
        },
        "optimizer": {
            "x-option": "--optimizer",
            "description": "which (default: adam)",
            "enum": ["sgd", "adam"],
            "default": "adam",
        },
        "amp": {
            "x-option": "--amp",
            "description": "half precision (default: False)",
            "type": "boolean",
            "default": False,
            "x-switch": "on",
        },
    }


def test_the_folder_that_a_script_takes_by_default_must_be_another_one_for_the_child(tmp_path):
    path = tmp_path / "train.py"
    path.write_text(
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--out', default='out')\np.parse_args()\n"
    )
    runs = tmp_path / "runs"
    start(runs, [sys.executable, str(path)], run_id="first", cwd=tmp_path)
    try:
        wait_for_state(runs / "first", "finished")
        with pytest.raises(UsageError, match="the child would overwrite the files of first"):
            plan_restart(runs, "first", {})
        assert plan_restart(runs, "first", {"out": "{run_dir}"}).argv[2:] == ["--out", "{run_dir}"]
        offered = choices(runs / "first", launch(path), described_run(launch(path)))
        assert [(choice.key, choice.now, choice.proposed != "out") for choice in offered] == [("out", "out", True)]
    finally:
        end_everything(runs)
