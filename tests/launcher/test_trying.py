"""A parent is stopped only for a child whose command gets past its parser."""

import json
import os
import re
import sys

import pytest

from monitor.commands.cli import main
from monitor.launcher import plan_restart, restart, start, status
from monitor.launcher.relaunch.trying import can_be_tried, parser_problem
from monitor.run_dir.errors import EXIT_OK, EXIT_REFUSED, EXIT_USAGE, RefusedError
from tests.supervised import end_everything, wait_for

TRAINS = """
import argparse, time
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float)
a = p.parse_args()
open("trained", "w").close()
time.sleep(600)
"""
CLICK = """
import click
@click.command()
@click.option("--lr", type=float)
def main(lr):
    open("trained", "w")
main()
"""


TYPER = """
import typer
def main(lr: float = 0.1):
    open("trained", "w")
typer.run(main)
"""
ABSL = """
from absl import app, flags
flags.DEFINE_float("lr", 0.1, "")
app.run(lambda _: open("trained", "w"))
"""


@pytest.mark.parametrize("source", [TRAINS, CLICK, TYPER, ABSL])
def test_a_command_is_run_up_to_its_parser_and_no_further(tmp_path, source):
    (tmp_path / "train.py").write_text(source)
    argv = [sys.executable, "-u", "train.py", "--lr", "0.1"]
    assert can_be_tried(argv, tmp_path)
    assert parser_problem(argv, tmp_path, {}, {}) == ""
    problem = parser_problem([*argv, "--learning", "3"], tmp_path, {}, {})
    assert "learning" in problem
    assert re.search("much|valid number", parser_problem([*argv[:-1], "much"], tmp_path, {}, {}))
    assert not (tmp_path / "trained").exists()


@pytest.mark.parametrize(
    ("before", "is_tried"),
    [
        ("nohup nice -n 5 stdbuf -oL env A=B python -u", True),
        ("time -v -o t.txt python", True),
        ("timeout -k 10 1h taskset -c 0,1 python", True),
        ("nohup accelerate launch --config_file a.yaml", None),
        ("uv run", True),
        ("uv run --with numpy python -u", True),
        ("uv run accelerate launch --cpu", True),
        ("env A=B conda run -n base --no-capture-output python", True),
        ("poetry run python", True),
        ("uv run --script", False),
        ("conda run -n base", False),
        ("srun -n 1 python", False),
        ("nohup srun -n 1 python", False),
        ("nice -n 5 docker run img python", False),
        ("singularity exec --nv img.sif python", False),
        ("python script.sh", False),
    ],
)
def test_behind_which_words_a_command_is_tried(tmp_path, monkeypatch, before, is_tried):
    (tmp_path / "train.py").write_text(TRAINS)
    program(monkeypatch, tmp_path, "accelerate", "") if is_tried is None else None
    program(monkeypatch, tmp_path, "python", "")
    assert can_be_tried([*before.split(), "train.py", "--lr", "1"], tmp_path) is (is_tried is not False)


def program(monkeypatch, folder, name, text):
    """A program of this name that is found first."""
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "bin" / name).write_text(text)
    (folder / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")


def test_a_script_for_which_uv_installs_packages_of_its_own_is_not_tried(tmp_path):
    (tmp_path / "train.py").write_text(f"# /// script\n# dependencies = ['rich']\n# ///\n{TRAINS}")
    assert not can_be_tried(["uv", "run", "train.py"], tmp_path)
    assert can_be_tried([sys.executable, "train.py"], tmp_path)


def test_a_command_in_an_image_is_said_not_to_be_tried(tmp_path, monkeypatch):
    (tmp_path / "train.py").write_text(TRAINS)
    program(monkeypatch, tmp_path, "docker", f'#!/bin/sh\nshift 2\nexec {sys.executable} "$@"\n')
    runs = tmp_path / "runs"
    try:
        start(runs, ["docker", "run", "img", "train.py", "--lr", "1"], run_id="parent", cwd=tmp_path)
        wait_for(lambda: (tmp_path / "trained").exists())
        said = "Its Python is in an image: the command is not tried before parent is stopped."
        assert said in plan_restart(runs, "parent", {"lr": 2}, stop_parent=True).notes
        assert said not in plan_restart(runs, "parent", {"lr": 2}).notes
    finally:
        end_everything(runs)


NEEDS_A = TRAINS.replace("a = p.parse", "import os\nassert os.environ['A'] == 'B=C'\na = p.parse")
STAND_IN = f"""#!{sys.executable}
import os, subprocess, sys
code = subprocess.call([{sys.executable!r}, *sys.argv[sys.argv.index("python") + 1 :]])
if code:
    print("ERROR conda.cli.main_run:execute(49): `conda run python` failed.", file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(
    "before", [["nohup", "env", "A=B=C", sys.executable], ["env", "A=B=C", "conda", "run", "python"]]
)
def test_a_command_is_tried_behind_its_wrappers_and_below_what_chooses_its_environment(tmp_path, monkeypatch, before):
    (tmp_path / "train.py").write_text(NEEDS_A)
    program(monkeypatch, tmp_path, "conda", STAND_IN)
    assert parser_problem([*before, "-u", "train.py", "--lr", "0.1"], tmp_path, {}, {}) == ""
    assert "much" in parser_problem([*before, "-m", "train", "--lr", "much"], tmp_path, {}, {})
    assert not (tmp_path / "trained").exists()


GROUP = """
import click
@click.group()
def cli(): ...
@cli.command()
@click.option("--lr", type=float)
def train(lr):
    open("trained", "w")
cli()
"""


def test_the_command_below_a_group_is_tried_too(tmp_path):
    (tmp_path / "train.py").write_text(GROUP)
    argv = [sys.executable, "train.py", "train", "--lr", "0.1"]
    assert parser_problem(argv, tmp_path, {}, {}) == ""
    assert "--rate" in parser_problem([*argv, "--rate", "3"], tmp_path, {}, {})
    assert not (tmp_path / "trained").exists()


HYDRA = """
import hydra
@hydra.main(version_base=None, config_path=".", config_name="c")
def main(cfg):
    open("trained", "w")
main()
"""


def test_a_hydra_command_is_composed_and_no_further(tmp_path):
    (tmp_path / "train.py").write_text(HYDRA)
    (tmp_path / "c.yaml").write_text("lr: 0.1\n")
    argv = [sys.executable, "train.py", "lr=0.2"]
    assert can_be_tried(argv, tmp_path)
    assert parser_problem(argv, tmp_path, {}, {}) == ""
    assert "Could not override 'rate'" in parser_problem([*argv, "rate=1"], tmp_path, {}, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.yaml", "train.py"]


STAND_INS = {
    "fastcore/script.py": """
import argparse, sys
def call_parse(func=None, nested=False):
    if func is None:
        return lambda inner: call_parse(inner, nested)
    def run():
        parser = argparse.ArgumentParser()
        for name, kind in func.__annotations__.items():
            parser.add_argument(f"--{name}", type=kind)
        return func(**vars(parser.parse_args()))
    return run() if sys._getframe(1).f_globals["__name__"] == "__main__" else run
""",
    "tap.py": """
import argparse
class Tap(argparse.ArgumentParser):
    def parse_args(self, args=None):
        for name, kind in type(self).__annotations__.items():
            self.add_argument(f"--{name}", type=kind)
        found = super().parse_args(args)
        self.process_args(found)
    def process_args(self, found): ...
""",
    "simple_parsing.py": """
import argparse
def parse(config):
    parser = argparse.ArgumentParser()
    for name, kind in config.__annotations__.items():
        parser.add_argument(f"--{name}", type=kind)
    return config(**vars(parser.parse_args()))
""",
    "draccus/argparsing.py": """
import argparse
class ArgumentParser:
    def __init__(self, config):
        self.parser = argparse.ArgumentParser()
        for name, kind in config.__annotations__.items():
            self.parser.add_argument(f"--{name}", type=kind)
    def parse_args(self):
        found, unknown = self.parser.parse_known_args()
        if unknown:
            self.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found
def parse(config):
    return ArgumentParser(config).parse_args()
""",
    "draccus/__init__.py": "from draccus.argparsing import parse",
}
"""What each package does with the words of a command, in short: how its parser is reached is as in the package."""
MORE_PARSERS = {
    "call_parse": "from fastcore.script import *\n@call_parse\ndef main(lr: float = 1e-2):\n    open('trained', 'w')\n",
    "call_parse of a module": "from steps import main\nmain()\n",
    "tap": "from tap import Tap\nclass A(Tap):\n    lr: float = 0.1\nA().parse_args()\nopen('trained', 'w')\n",
    "simple_parsing": "import simple_parsing\nfrom dataclasses import dataclass\n"
    "@dataclass\nclass C:\n    lr: float = 0.1\n"
    "simple_parsing.parse(C)\nopen('trained', 'w')\n",
    "draccus": "import draccus\nclass C:\n    lr: float = 0.1\ndraccus.parse(C)\nopen('trained', 'w')\n",
}


@pytest.fixture
def packages(tmp_path):
    """The variables of a start whose PYTHONPATH holds the stand-ins."""
    for place, text in STAND_INS.items():
        (tmp_path / "packages" / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "packages" / place).write_text(text)
    return {"PYTHONPATH": str(tmp_path / "packages")}


@pytest.mark.parametrize("name", MORE_PARSERS)
def test_parsers_that_are_built_on_argparse_are_stopped_at_their_own_end(tmp_path, packages, name):
    here = tmp_path / "project"
    here.mkdir()
    (here / "train.py").write_text(MORE_PARSERS[name])
    (here / "steps.py").write_text(MORE_PARSERS["call_parse"])
    argv = [sys.executable, "train.py", "--lr", "0.2"]
    assert can_be_tried(argv, here)
    assert parser_problem(argv, here, packages, {}) == ""
    assert "unrecognized arguments: --rate 1" in parser_problem([*argv, "--rate", "1"], here, packages, {})
    assert "'much'" in parser_problem([*argv[:-1], "much"], here, packages, {})
    assert not (here / "trained").exists()


def test_what_tap_checks_behind_its_options_is_tried_too(tmp_path, packages):
    checks = "    def process_args(self, found):\n        if found.lr > 1: raise ValueError('lr is above 1')\n"
    source = MORE_PARSERS["tap"].replace("A().", checks + "A().")
    (tmp_path / "train.py").write_text(source)
    assert (
        parser_problem([sys.executable, "train.py", "--lr", "2"], tmp_path, packages, {}) == "ValueError: lr is above 1"
    )


HUGGING_FACE = """
from dataclasses import dataclass
from transformers import HfArgumentParser
@dataclass
class Arguments:
    lr: float = 0.1
HfArgumentParser(Arguments).parse_args_into_dataclasses()
open("trained", "w")
"""


@pytest.mark.frameworks
def test_a_command_of_hugging_face_is_run_up_to_its_dataclasses(tmp_path):
    (tmp_path / "train.py").write_text(HUGGING_FACE)
    argv = [sys.executable, "train.py", "--lr", "0.2"]
    assert can_be_tried(argv, tmp_path)
    assert parser_problem(argv, tmp_path, {}, {}) == ""
    assert "--rate" in parser_problem([*argv, "--rate", "1"], tmp_path, {}, {})
    assert not (tmp_path / "trained").exists()


@pytest.mark.parametrize(
    "words",
    ["PYTHON -m package.train", "TORCHRUN --nproc_per_node 2 package/train.py",
     "PYTHON -m torch.distributed.run --nproc_per_node 2 package/train.py"],
)  # fmt: skip
def test_below_a_launcher_and_as_a_module_the_scripts_own_parser_is_tried(tmp_path, words):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "train.py").write_text(TRAINS)
    launchers = tmp_path / "bin"
    launchers.mkdir()
    (launchers / "torchrun").write_text("#!/bin/sh\nexit 3\n")
    (launchers / "torchrun").chmod(0o755)
    (launchers / "python").symlink_to(sys.executable)
    argv = words.replace("PYTHON", sys.executable).replace("TORCHRUN", str(launchers / "torchrun")).split()
    assert can_be_tried(argv, tmp_path)
    assert parser_problem([*argv, "--lr", "0.1"], tmp_path, {}, {}) == ""
    assert "--learning" in parser_problem([*argv, "--learning", "3"], tmp_path, {}, {})
    assert not (tmp_path / "trained").exists()


def test_what_fails_without_its_launcher_is_no_fault_of_the_command(tmp_path):
    (tmp_path / "train.py").write_text("import os\nos.environ['MASTER_ADDR']\n" + TRAINS)
    argv = [sys.executable, "-m", "torch.distributed.run", "train.py", "--lr", "0.1"]
    assert can_be_tried(argv, tmp_path)
    assert parser_problem(argv, tmp_path, {}, {}) == ""


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import sys, time\ntime.sleep(600)\n", "train.py"),
        ("import configargparse\nconfigargparse.ArgParser().parse_args()\n", "train.py"),
        ("from steps import main\nimport time\ntime.sleep(600)\n", "train.py"),
        ("from fastcore.script import *\n@call_parse(nested=True)\ndef main(lr: float = 1): ...\n", "train.py"),
        ("def call_parse(f): f()\n@call_parse\ndef main(): ...\n", "train.py"),
        (
            "class P(argparse.ArgumentParser):\n    def parse_args(self): ...\nimport argparse\nP().parse_args()\n",
            "train.py",
        ),
    ],
)
def test_what_would_not_stop_at_its_parser_is_not_tried(tmp_path, source, words):
    (tmp_path / "train.py").write_text(source)
    (tmp_path / "steps.py").write_text("from fastcore.script import *\n@call_parse\ndef main(lr: float = 1): ...\n")
    assert not can_be_tried([sys.executable, *words.split()], tmp_path)


def test_a_live_parent_goes_on_where_the_childs_parser_refuses(tmp_path):
    (tmp_path / "train.py").write_text(TRAINS)
    runs = tmp_path / "runs"
    try:
        start(runs, [sys.executable, "train.py", "--lr", "0.1"], run_id="first", cwd=tmp_path)
        wait_for(lambda: (tmp_path / "trained").exists())
        plan = plan_restart(runs, "first", {"--bogus": "1"}, stop_parent=True)
        assert "Before first is stopped, the command is run up to its parser, without a device." in plan.notes
        with pytest.raises(
            RefusedError, match=r"unrecognized arguments: --bogus 1\nfirst goes on; nothing was stopped"
        ):
            restart(plan, stop_parent=True)
        assert status(runs / "first").live and not (runs / "first-2").exists()
    finally:
        end_everything(runs)


DIES = TRAINS.replace("open(", "if a.lr == 3: raise ValueError('no such rate')\nopen(")


def test_a_child_that_dies_at_once_says_so_and_how_its_parent_goes_on(tmp_path, capsys):
    runs = tmp_path / "runs"
    (tmp_path / "train.py").write_text(DIES)
    start(runs, [sys.executable, "-u", "train.py", "--lr", "0.1"], run_id="parent", cwd=tmp_path)
    try:
        wait_for(lambda: (tmp_path / "trained").exists())
        assert main(["restart", "parent", "--set", "lr=3", "--yes", "--runs", str(runs)]) == EXIT_REFUSED
        said = capsys.readouterr().out.replace("\n", " ")
        assert "parent-2: failed. ValueError: no such rate. parent was stopped for it. To go on with parent" in said
        again = "Starts the same command again in the same run, from the beginning as far as its code shows: no call"
        assert f": python -m monitor resume parent --runs {runs}. {again}" in said
        assert main(["show", "parent-2", "--runs", str(runs)]) == EXIT_OK
        assert (
            f"\nTo go on with parent: python -m monitor resume parent --runs {runs}. Starts" in capsys.readouterr().out
        )
        assert main(["compare", "parent", "parent-2", "--runs", str(runs)]) == EXIT_OK
        beside = capsys.readouterr().out.strip()
        assert beside.endswith("They have no evaluated epoch in common."), "no empty table, and nothing is to come"
        assert main(["resume", "parent", "--runs", str(runs)]) == EXIT_OK
        wait_for(lambda: status(runs / "parent").word == "running")
        assert main(["restart", "parent", "--set", "lr=3.0", "--yes", "--json", "--runs", str(runs)]) == EXIT_REFUSED
        said = capsys.readouterr().out
        assert json.loads(said[said.index("{") :])["died"].startswith("failed. ValueError: no such rate. parent was")
    finally:
        end_everything(runs)


SAVES_SLOWLY = DIES.replace(
    "time.sleep(600)",
    """try:
    time.sleep(600)
except KeyboardInterrupt:
    time.sleep(20)""",
)


def test_a_child_that_waits_for_a_parent_that_saves_slowly_is_said_to_wait(tmp_path, capsys, monkeypatch):
    assert "time.sleep(20)" in SAVES_SLOWLY
    monkeypatch.setattr("monitor.commands.restart.LOOKED_AT_SECS", 1.0)
    runs = tmp_path / "runs"
    (tmp_path / "train.py").write_text(SAVES_SLOWLY)
    start(runs, [sys.executable, "-u", "train.py", "--lr", "0.1"], run_id="parent", cwd=tmp_path)
    try:
        wait_for(lambda: (tmp_path / "trained").exists())
        assert main(["restart", "parent", "--set", "lr=0.2", "--yes", "--runs", str(runs)]) == EXIT_OK
        said = capsys.readouterr().out.replace("\n", " ")
        assert "parent-2: queued. It waits for parent to end. Whether it starts is seen with: " in said
        assert f"python -m monitor show parent-2 --runs {runs}" in said
    finally:
        end_everything(runs)


def test_an_unknown_option_before_the_command_is_not_taken_for_a_program(tmp_path, capsys):
    assert main(["start", "--runs", str(tmp_path), "--name", "mine", "--yes", "--", "python", "t.py"]) == EXIT_USAGE
    assert "start has no option --yes. Options come before --" in capsys.readouterr().err.replace("\n", " ")
    assert list(tmp_path.iterdir()) == []
