"""The forms in which training scripts take their settings: each is read from source, and changed word by word."""

import shlex
from pathlib import Path

import pytest

from monitor.launcher.relaunch.changing import Command, changed
from monitor.launcher.relaunch.options import described
from monitor.launcher.relaunch.parsers import read_parsers
from monitor.run_dir.errors import UsageError
from monitor.run_dir.launch import Order, launch_of

ARGPARSE = """
import argparse
p = argparse.ArgumentParser()
p.add_argument("data")
p.add_argument("-b", "--batch-size", "--bs", type=int, default=256)
p.add_argument("-lr", type=float, default=0.1)
p.add_argument("-j", "--workers", type=int, default=4)
p.add_argument("-v", "--verbose", action="store_true")
p.add_argument("-q", "--quick", action="store_true")
p.add_argument("--ema", action=argparse.BooleanOptionalAction, default=True)
p.add_argument("--tag", action="append")
p.add_argument("--steps", nargs="+", type=int)
p.add_argument("--fp16", type=bool, default=True)
p.add_argument("--opt", choices=["sgd", "adam"], default="sgd")
"""
CLICK = """
import click
@click.command()
@click.argument("data")
@click.option("--learning-rate", "-l", type=click.FLOAT, default=0.1)
@click.option("--shout/--no-shout", default=True)
@click.option("--opt", type=click.Choice(["sgd", "adam"]), default="sgd")
@click.option("--tag", "-t", multiple=True)
@click.option("--size", nargs=2, type=int)
def main(**_): ...
"""
TYPER = """
from typing import Annotated
import typer
app = typer.Typer()
@app.command()
def main(data: str, batch_size: int = 8, amp: bool = False, lr: Annotated[float, typer.Option("--lr", "-l")] = 0.1):
    ...
app()
"""
ABSL = """
from absl import app, flags
flags.DEFINE_float("lr", 0.1, "step size")
flags.DEFINE_boolean("amp", False, "half")
flags.DEFINE_enum("opt", "sgd", ["sgd", "adam"], "which")
"""
FIRE = """
import fire
def train(data, lr=0.1, amp=False, layers=(1, 2)):
    ...
fire.Fire(train)
"""
DATACLASSES = """
from dataclasses import dataclass, field
from typing import Optional
from transformers import HfArgumentParser
@dataclass
class ModelArguments:
    model_name: str = field(default="base", metadata={"help": "which"})
    dropout: Optional[float] = field(default=None)
    freeze: bool = False
@dataclass
class Training(ModelArguments):
    learning_rate: float = 5e-5
parser = HfArgumentParser((Training,))
"""
NAMED_GROUP = DATACLASSES.replace(
    "parser = HfArgumentParser((Training,))",
    """def make_parser(prog=None):
    kinds = (ModelArguments, Training)
    return HfArgumentParser(kinds)
make_parser()""",
)
GLOBALS = """
batch_size = 12
learning_rate = 6e-4
compile = True
out = batch_size * 2
exec(open('configurator.py').read())
"""
JSONARGPARSE = """
from dataclasses import dataclass
from jsonargparse import CLI
@dataclass
class Optim:
    lr: float = 0.1
def main(optim: Optim, epochs: int = 5, amp: bool = False): ...
CLI(main)
"""
SEVERAL = {
    "typer": """
import typer
app = typer.Typer()
@app.command()
def train(data: str, lr: float = 0.1, epochs: int = 3): ...
@app.command("score")
def evaluate(model_checkpoint: str, batch: int = 7): ...
app()
""",
    "click": """
import click
@click.group()
def cli(): ...
@cli.command()
@click.argument("model_checkpoint")
@click.option("--batch", default=7)
def evaluate(**_): ...
@cli.command("train")
@click.argument("data")
@click.option("--lr", default=0.1)
@click.option("--epochs", default=3)
def train_command(**_): ...
cli()
""",
    "argparse": """
import argparse
commands = argparse.ArgumentParser().add_subparsers(dest="what")
p = commands.add_parser("train", aliases=["fit"])
p.add_argument("data")
p.add_argument("--lr", type=float, default=0.1)
p.add_argument("--epochs", type=int, default=3)
p = commands.add_parser("evaluate")
p.add_argument("model_checkpoint")
p.add_argument("--batch", type=int, default=7)
""",
}
"""Scripts with a sub-command beside the one that trains."""


def command(folder: Path, words: str, source: str = "", **files: str) -> Command:
    """A command as its run keeps it, with what is known of its script."""
    for name, text in {"train.py": source, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    run_dir = folder / "runs" / "r"
    launch = described(launch_of(Order(shlex.split(words), folder), "r", 0.0), run_dir)
    return Command(launch.argv, run_dir, folder, launch.config_schema.get("properties", {}), launch.config)


CHANGES = [
    (ARGPARSE, "d -b 8 -j0", {"batch_size": "16"}, "d -b 16 -j0"),
    (ARGPARSE, "d -b8 -j0", {"bs": "16", "workers": "2"}, "d -b16 -j2"),
    (ARGPARSE, "d -b=8", {"b": "16"}, "d -b=16"),
    (ARGPARSE, "-lr 0.1 d", {"lr": "0.2"}, "-lr 0.2 d"),
    (ARGPARSE, "--batch 8 d", {"batch-size": "16"}, "--batch 16 d"),
    (ARGPARSE, "d", {"lr": "1e-05"}, "d -lr 1e-05"),
    (ARGPARSE, "-vq d", {"quick": "false"}, "-v d"),
    (ARGPARSE, "-v d", {"verbose": "false"}, "d"),
    (ARGPARSE, "d --no-ema", {"ema": "true"}, "d --ema"),
    (ARGPARSE, "d", {"ema": "false"}, "d --no-ema"),
    (ARGPARSE, "d --tag a --tag=b -j 1", {"tag": "c,d"}, "d -j 1 --tag c --tag d"),
    (ARGPARSE, "--steps 1 2 -b 8 d", {"steps": "3 4 5"}, "--steps 3 4 5 -b 8 d"),
    (ARGPARSE, "d", {"fp16": "false"}, "d --fp16 ''"),
    (ARGPARSE, "-b 8 d -v", {"data": "e"}, "-b 8 e -v"),
    (ARGPARSE, "-b 8 -- d", {"workers": "1"}, "-b 8 --workers 1 -- d"),
    (CLICK, "d -l 0.1", {"learning_rate": "0.2"}, "d -l 0.2"),
    (CLICK, "d --no-shout", {"shout": "true"}, "d --shout"),
    (CLICK, "-t a d -t b", {"tag": "c"}, "d --tag c"),
    (CLICK, "--size 3 4 d", {"size": "5 6"}, "--size 5 6 d"),
    (TYPER, "d -l 0.1", {"lr": "0.2", "batch_size": "4"}, "d -l 0.2 --batch-size 4"),
    (TYPER, "d --amp", {"amp": "false"}, "d --no-amp"),
    (ABSL, "--lr=0.1 --amp", {"lr": "0.2", "amp": "false"}, "--lr=0.2 --noamp"),
    (ABSL, "-lr 0.1 --noamp", {"lr": "0.2", "amp": "true"}, "-lr 0.2 --amp"),
    (FIRE, "d --lr 0.1", {"lr": "0.2"}, "d --lr 0.2"),
    (FIRE, "d --amp=True", {"amp": "false"}, "d --amp=False"),
    (FIRE, "d", {"amp": "true"}, "d --amp=True"),
    (DATACLASSES, "--learning_rate 1e-4", {"dropout": "0.3"}, "--learning_rate 1e-4 --dropout 0.3"),
    (DATACLASSES, "--freeze", {"freeze": "false"}, "--freeze False"),
    (DATACLASSES, "--freeze True --model_name x", {"freeze": "false"}, "--freeze False --model_name x"),
    (
        GLOBALS,
        "config/a.py --batch_size=8",
        {"batch_size": "4", "compile": "false"},
        "config/a.py --batch_size=4 --compile=False",
    ),
    (JSONARGPARSE, "--optim.lr 0.1", {"lr": "0.2", "amp": "true"}, "--optim.lr 0.2 --amp=true"),
]


@pytest.mark.parametrize(("source", "words", "changes", "expected"), CHANGES)
def test_a_setting_is_changed_as_its_parser_takes_it(tmp_path, source, words, changes, expected):
    made = changed(command(tmp_path, f"python train.py {words}", source), changes)
    assert made.argv[2:] == shlex.split(expected)


@pytest.mark.parametrize(
    ("source", "words", "key", "value"),
    [
        (ARGPARSE, "d -b 8 -j0", "batch_size", 8),
        (ARGPARSE, "d -b 8 -j0", "workers", 0),
        (ARGPARSE, "d -vq", "quick", True),
        (ARGPARSE, "d --no-ema", "ema", False),
        (ARGPARSE, "d --tag a --tag b", "tag", ["a", "b"]),
        (ARGPARSE, "d --fp16 false", "fp16", True),
        (ARGPARSE, "d", "data", "d"),
        (CLICK, "d --no-shout", "shout", False),
        (TYPER, "d", "batch_size", 8),
        (ABSL, "--noamp", "amp", False),
        (DATACLASSES, "", "model_name", "base"),
        (NAMED_GROUP, "--freeze", "learning_rate", 5e-5),
        (GLOBALS, "--compile=False", "compile", False),
        (JSONARGPARSE, "", "optim.lr", 0.1),
    ],
)
def test_the_value_that_a_run_has_is_the_one_of_its_command_else_the_default(tmp_path, source, words, key, value):
    assert command(tmp_path, f"python train.py {words}", source).config[key] == value


def test_a_setting_that_stands_in_the_code_alone_is_refused_with_its_line(tmp_path):
    known = command(tmp_path, "python train.py", "import keras\nepochs, rate = 3, 0.1\nbatch_size = 64\n")
    said = r"^batch_size: no option .*; train\.py sets it in its own code, line 3: batch_size = 64\. Change it there"
    with pytest.raises(UsageError, match=said):
        changed(known, {"batch_size": "8"})
    with pytest.raises(UsageError, match="there is no such setting"):
        changed(known, {"size": "8"})


def test_choices_are_checked_for_argparse_click_and_absl(tmp_path):
    for source in (ARGPARSE, CLICK, ABSL):
        with pytest.raises(UsageError, match="opt rmsprop: must be one of sgd, adam"):
            changed(command(tmp_path, "python train.py d", source), {"opt": "rmsprop"})


def test_a_parser_in_a_package_beside_the_script_is_read(tmp_path):
    files = {"helpers/__init__.py": "from .options import get", "helpers/options.py": ARGPARSE}
    known = command(tmp_path, "python train.py d", "import helpers", **files)
    assert changed(known, {"batch_size": "8"}).argv[2:] == ["d", "--batch-size", "8"]


def test_the_options_of_an_imported_modules_own_main_are_none_of_the_scripts(tmp_path):
    tool = """
import argparse
def main():
    p = argparse.ArgumentParser(); p.add_argument('--speed')
if __name__ == '__main__':
    main()
"""
    found = command(
        tmp_path,
        "python train.py",
        "import tool\nimport argparse\nargparse.ArgumentParser().add_argument('--lr')",
        **{"tool.py": tool},
    )
    assert set(found.rules) == {"lr"}


LAUNCHERS = [
    (
        "torchrun --nproc_per_node 2 train.py d --workers 1",
        {"workers": "3"},
        "torchrun --nproc_per_node 2 train.py d --workers 3",
    ),
    (
        "accelerate launch --workers 9 train.py d",
        {"workers": "3"},
        "accelerate launch --workers 9 train.py d --workers 3",
    ),
    ("deepspeed --num_gpus 2 train.py d -b 8", {"batch_size": "3"}, "deepspeed --num_gpus 2 train.py d -b 3"),
    ("env X=1 python train.py d", {"lr": "3"}, "env X=1 python train.py d -lr 3"),
    ("srun -n 1 uv run train.py d", {"lr": "3"}, "srun -n 1 uv run train.py d -lr 3"),
    ("torchrun --nproc_per_node 2 train.py d", {"nproc_per_node": "1"}, "torchrun --nproc_per_node 1 train.py d"),
    ("env X=1 python train.py d", {"X": "2"}, "env X=2 python train.py d"),
    ("bash train.sh d -b 8", {"batch_size": "4"}, "bash train.sh d -b 4"),
    ("bash train.sh d", {"workers": "4"}, "bash train.sh d --workers 4"),
]


@pytest.mark.parametrize(("words", "changes", "expected"), LAUNCHERS)
def test_the_words_of_a_launcher_are_not_the_scripts(tmp_path, words, changes, expected):
    made = command(tmp_path, words, ARGPARSE, **{"train.sh": 'export X=1\nexec python train.py -j 2 "$@"\n'})
    assert "X" not in made.config and "nproc_per_node" not in made.config
    assert changed(made, changes).argv == shlex.split(expected)


def test_what_a_shell_script_gives_to_the_python_script_is_the_value_now(tmp_path):
    made = command(
        tmp_path, "bash train.sh d", ARGPARSE, **{"train.sh": 'python train.py -j 2 \\\n  --opt adam "$@"\n'}
    )
    assert (made.config["workers"], made.config["opt"], made.config["data"]) == (2, "adam", "d")


def test_a_shell_script_that_passes_no_words_on_takes_no_change(tmp_path):
    made = command(tmp_path, "bash train.sh", ARGPARSE, **{"train.sh": "python train.py d\n"})
    with pytest.raises(UsageError, match="ignores the words behind"):
        changed(made, {"workers": "4"})


@pytest.mark.parametrize(
    ("words", "changes", "expected"),
    [
        (
            "python launch.py --procs 2 train.py --lr 0.1",
            {"procs": "1"},
            "python launch.py --procs 1 train.py --lr 0.1",
        ),
        ("python other.py --fast train.py", {"fast": "false"}, "python other.py train.py"),
        ("python other.py --lr 0.1 data/corpus", {"lr": "0.2"}, "python other.py --lr 0.2 data/corpus"),
        ("python other.py -lr 0.1 -x3 data", {"lr": "0.2", "x": "4"}, "python other.py -lr 0.2 -x4 data"),
    ],
)
def test_a_script_is_never_the_value_of_an_option_that_is_not_known(tmp_path, words, changes, expected):
    made = command(tmp_path, words, "", **{"launch.py": "", "other.py": ""})
    assert changed(made, changes).argv == shlex.split(expected)


def test_a_command_inside_a_shells_word_is_not_taken_apart(tmp_path):
    with pytest.raises(UsageError, match="one word for a shell"):
        changed(command(tmp_path, "bash -c 'python train.py --lr 0.1 | tee log'"), {"lr": "0.2"})


NOTEBOOK = """{"cells": [
  {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": ["lr = 0.1\\n", "amp = True"]}
]}"""


def test_papermills_parameters_are_the_notebooks_settings(tmp_path):
    made = command(tmp_path, "papermill in.ipynb {run_dir}/out.ipynb -p lr 0.2", **{"in.ipynb": NOTEBOOK})
    assert made.config == {"lr": 0.2, "amp": True}
    expected = "papermill in.ipynb {run_dir}/out.ipynb -p lr 0.3 -p amp False"
    assert changed(made, {"lr": "0.3", "amp": "false"}).argv == shlex.split(expected)


SACRED = """
from sacred import Experiment
ex = Experiment("x")
@ex.config
def cfg():
    lr = 0.5
    model = "small"
    opt = {"name": "sgd", "decay": 0.1}
    half = lr / 2
ex.add_config({"extra": 3}, amp=True)
@ex.automain
def main(lr, model, opt): ...
"""
GIN = """
import argparse, gin
@gin.configurable
def train(lr=0.5, epochs=9, opt="sgd"): ...
p = argparse.ArgumentParser()
p.add_argument("--gin_file", action="append", default=[])
p.add_argument("--gin_param", action="append", default=[])
a = p.parse_args()
gin.parse_config_files_and_bindings(a.gin_file, a.gin_param)
"""
FILE = {"base.gin": "# all\ntrain.lr = 0.25\ntrain.epochs = 3  # few\ntrain.opt = 'sgd'\n"}


def test_what_sacred_and_gin_declare_is_known_with_its_value_now(tmp_path):
    known = command(tmp_path, "python train.py with lr=0.125 opt.decay=0", SACRED)
    shown = {"lr": 0.125, "model": "small", "opt.name": "sgd", "opt.decay": 0.0, "extra": 3, "amp": True}
    assert known.config == shown, "half is computed"
    known = command(tmp_path, "python train.py --gin_file=base.gin --gin_param 'train.lr = 0.125'", GIN, **FILE)
    assert {"train.lr": 0.125, "train.epochs": 3, "train.opt": "sgd"}.items() <= known.config.items()


@pytest.mark.parametrize(
    ("source", "words", "changes", "expected"),
    [
        (SACRED, "", {"lr": "0.2"}, "with lr=0.2"),
        (SACRED, "-u", {"lr": "0.2"}, "-u with lr=0.2"),
        (SACRED, "with lr=0.1 -u", {"lr": "0.2", "decay": "0"}, "with lr=0.2 opt.decay=0.0 -u"),
        (SACRED, "main with", {"amp": "false"}, "main with amp=False"),
        (GIN, "--gin_file base.gin", {"lr": "0.2"}, "--gin_file base.gin --gin_param train.lr=0.2"),
        (GIN, "--gin_param train.lr=1", {"train.lr": "0.2"}, "--gin_param train.lr=0.2"),
        (
            GIN,
            "--gin_file=base.gin --gin_param=train.lr=1",
            {"opt": "adam"},
            """--gin_file=base.gin --gin_param=train.lr=1 "--gin_param=train.opt='adam'" """,
        ),
        (
            GIN,
            "--gin_file base.gin --gin_param train.lr=1",
            {"epochs": "5"},
            "--gin_file base.gin --gin_param train.lr=1 --gin_param train.epochs=5",
        ),
        ("", "--gin.train.lr=1 data", {"lr": "0.2"}, "--gin.train.lr=0.2 data"),
    ],
)
def test_a_change_is_written_as_sacred_and_gin_take_it(tmp_path, source, words, changes, expected):
    made = changed(command(tmp_path, f"python train.py {words}", source, **FILE), changes)
    assert made.argv[2:] == shlex.split(expected)
    assert not made.copies


def test_what_no_config_of_sacred_names_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"^epoch_count: there is no such setting\.$"):
        changed(command(tmp_path, "python train.py", SACRED), {"epoch_count": "3"})


@pytest.mark.parametrize("kind", SEVERAL)
def test_of_several_sub_commands_only_the_named_ones_options_are_settings(kind, tmp_path):
    known = command(tmp_path, "python train.py train corpus --lr 0.2", SEVERAL[kind])
    assert known.config == {"data": "corpus", "lr": 0.2, "epochs": 3}
    made = changed(known, {"data": "other", "epochs": "9"})
    assert shlex.join(made.argv) == "python train.py train other --lr 0.2 --epochs 9"


def test_a_script_with_one_command_is_called_without_its_name(tmp_path):
    source = "import typer\napp = typer.Typer()\n@app.command()\ndef train(data: str, lr: float = 0.1): ...\napp()\n"
    assert command(tmp_path, "python train.py train", source).config == {"data": "train", "lr": 0.1}


FASTCORE = """
from fastcore.script import *
@call_parse
def main(
    data: str,  # where it lies
    lr: float = 1e-2,
    batch_size: int = 32,
    amp: bool = False,
    one_cycle: bool_arg = True,
    shuffle: bool = True,
    Resume: Param("checkpoint", str) = None,
    loud: Annotated[store_true, "tell more"] = False,
): ...
"""


@pytest.mark.parametrize(
    ("words", "changes", "expected"),
    [
        ("d --lr 0.1", {"lr": "2"}, "d --lr 2"),
        ("d", {"batch_size": "8", "amp": "true"}, "d --batch-size 8 --amp"),
        ("d --amp --loud", {"amp": "false", "one_cycle": "false"}, "d --loud --one-cycle false"),
        ("d", {"shuffle": "false"}, "d --no-shuffle"),
        ("d -r a.pth", {"resume": "b.pth", "data": "e"}, "e -r b.pth"),
    ],
)
def test_the_parameters_of_fastcores_call_parse_are_options(tmp_path, words, changes, expected):
    made = command(tmp_path, f"python train.py {words}", FASTCORE)
    assert changed(made, changes).argv[2:] == shlex.split(expected)


def test_an_older_fastcore_writes_underscores(tmp_path):
    package = tmp_path / "env" / "lib" / "python3.11" / "site-packages" / "fastcore"
    package.mkdir(parents=True)
    (package / "script.py").write_text("def call_parse(func): ...")
    (tmp_path / "train.py").write_text(FASTCORE)
    found = read_parsers(tmp_path / "train.py", tmp_path, str(tmp_path / "env" / "bin" / "python")).properties
    assert found["batch_size"]["x-option"] == "--batch_size" and found["Resume"]["x-option"] == "--Resume"
    assert found["Resume"]["description"] == "checkpoint"
    assert (found["amp"]["x-switch"], found["loud"]["x-switch"]) == ("on", "on")
