"""Every kind of option that a parser has: what a plan writes, the script's own parser takes, and reads as it was said.

Each case is a real script: the command of the plan is run, and what its parser made of it is set against the plan.
"""

import json
import shlex
import subprocess
import sys

import pytest

from monitor.launcher.relaunch.changing import changed
from monitor.launcher.relaunch.options import described
from monitor.run_dir.errors import UsageError
from monitor.run_dir.launch import Order, launch_of
from tests.launcher.test_parsers import command

ARGPARSE = """
import argparse, json
p = argparse.ArgumentParser()
p.add_argument("data", nargs="?")
p.add_argument("--epochs", type=int, default=3)
p.add_argument("-q", "--quiet", action="store_true")
p.add_argument("-v", "--verbose", action="count", default=0)
p.add_argument("-d", action="count")
p.add_argument("--level", action="count", default=2)
p.add_argument("--betas", nargs=2, type=float, default=[0.9, 0.99])
p.add_argument("--single", nargs=1, type=int)
p.add_argument("--schedule", nargs="+", type=int)
p.add_argument("--layers", nargs="*", type=int, default=[1])
p.add_argument("--rates", nargs="*", type=float)
p.add_argument("--resume", nargs="?", const="auto", default="none")
p.add_argument("--opts", nargs="+", choices=["a", "b", "c"])
p.add_argument("--shift", type=float, default=0.0)
p.add_argument("--no-aug", action="store_false", dest="aug")
p.add_argument("--nesterov", action="store_false")
p.add_argument("--amp", action="store_true", dest="half")
p.add_argument("--no-amp", action="store_false", dest="half")
p.add_argument("--ema", "--average", action=argparse.BooleanOptionalAction, default=True)
p.add_argument("--big", action="store_const", const=512, default=64, dest="width")
p.add_argument("--adam", action="store_const", const="adam", dest="optimizer")
p.add_argument("--lamb", action="store_const", const="lamb", dest="optimizer")
p.add_argument("--on-a", action="append_const", const="a", dest="on")
p.add_argument("--on-b", action="append_const", const="b", dest="on")
p.add_argument("--tag", action="append")
p.add_argument("--more", action="append", type=int, default=[7])
p.add_argument("--pair", action="append", nargs=2, type=int)
p.add_argument("--names", action="extend", nargs="+")
p.add_argument("--bool", type=bool, default=True)
p.add_argument("--maybe", type=bool, nargs="?", const=True, default=False)
p.add_argument("-V", action="version", version="1")
p.add_argument("--usage", action="help")
print(json.dumps(vars(p.parse_args())))
"""
"""Below: (words of the parent, changes, words of the child, what the script's parser says)."""
TAKEN = [
    ("-v -v d", {"v": "1"}, "d -v", {"verbose": 1, "data": "d"}),
    ("-vv d", {"v": "1"}, "d -v", {"verbose": 1}),
    ("-vvq d", {"verbose": "1"}, "-q d -v", {"verbose": 1, "quiet": True}),
    ("-vqv d", {"verbose": "0"}, "-q d", {"verbose": 0, "quiet": True}),
    ("-vvq d", {"quiet": "false"}, "-vv d", {"verbose": 2, "quiet": False}),
    ("d", {"verbose": "3"}, "d --verbose --verbose --verbose", {"verbose": 3}),
    ("-v -v d", {"v": "0"}, "d", {"verbose": 0}),
    ("-dd", {"d": "1"}, "-d", {"d": 1}),
    ("--level d", {"level": "4"}, "d --level --level", {"level": 4}),
    ("--level d", {"level": "2"}, "d", {"level": 2}),
    ("--betas .8 .9 d/", {"betas": "0.7 0.8"}, "--betas 0.7 0.8 d/", {"betas": [0.7, 0.8], "data": "d/"}),
    ("d/", {"betas": "[0.7, 0.8]"}, "d/ --betas 0.7 0.8", {"betas": [0.7, 0.8]}),
    ("d/", {"betas": "-1e-05 0.5"}, "d/ --betas -0.00001 0.5", {"betas": [-1e-05, 0.5]}),
    ("--shift -1", {"shift": "-1e-5"}, "--shift=-1e-05", {"shift": -1e-05}),
    ("--single 4 d", {"single": "5"}, "--single 5 d", {"single": [5]}),
    ("--schedule=4 d", {"schedule": "4 8"}, "d --schedule 4 8", {"schedule": [4, 8]}),
    ("d --schedule 4", {"schedule": "4,8,16"}, "d --schedule 4 8 16", {"schedule": [4, 8, 16]}),
    ("d --layers 4 5", {"layers": ""}, "d --layers", {"layers": []}),
    ("--layers 4 5 -q d", {"layers": ""}, "--layers -q d", {"layers": [], "quiet": True, "data": "d"}),
    ("d --rates", {"rates": "0.1"}, "d --rates 0.1", {"rates": [0.1]}),
    ("--resume x.pt d", {"resume": ""}, "d --resume", {"resume": "auto", "data": "d"}),
    ("d --resume", {"resume": "y.pt"}, "d --resume y.pt", {"resume": "y.pt"}),
    ("--opts a b -q", {"opts": "c"}, "--opts c -q", {"opts": ["c"]}),
    ("d", {"aug": "false"}, "d --no-aug", {"aug": False}),
    ("d --no-aug", {"aug": "true"}, "d", {"aug": True}),
    ("d", {"no_aug": "true"}, "d --no-aug", {"aug": False}),
    ("d --no-aug", {"no-aug": "true"}, "d --no-aug", {"aug": False}),
    ("d --no-aug", {"no_aug": "false"}, "d", {"aug": True}),
    ("d", {"--no-aug": ""}, "d --no-aug", {"aug": False}),
    ("d", {"nesterov": "false"}, "d --nesterov", {"nesterov": False}),
    ("d --nesterov", {"nesterov": "true"}, "d", {"nesterov": True}),
    ("d", {"half": "true"}, "d --amp", {"half": True}),
    ("d --amp", {"half": "false"}, "d --no-amp", {"half": False}),
    ("d --no-amp", {"amp": "true"}, "d --amp", {"half": True}),
    ("d --amp", {"no_amp": "true"}, "d --no-amp", {"half": False}),
    ("d", {"no_ema": "true"}, "d --no-ema", {"ema": False}),
    ("d --no-average", {"ema": "true"}, "d --ema", {"ema": True}),
    ("d", {"big": "true"}, "d --big", {"width": 512}),
    ("d --big", {"big": "false"}, "d", {"width": 64}),
    ("d --adam", {"adam": "false", "lamb": "true"}, "d --lamb", {"optimizer": "lamb"}),
    ("d --on-a", {"on_b": "true"}, "d --on-a --on-b", {"on": ["a", "b"]}),
    ("d --on-a --on-b", {"on_a": "false"}, "d --on-b", {"on": ["b"]}),
    ("d --tag a", {"tag": "b,c"}, "d --tag b --tag c", {"tag": ["b", "c"]}),
    ("d --more 8", {"more": "7 9"}, "d --more 9", {"more": [7, 9]}),
    ("d --pair 1 2", {"pair": "3 4"}, "d --pair 3 4", {"pair": [[3, 4]]}),
    ("d --pair 1 2", {"pair": "[[1, 2], [3, 4]]"}, "d --pair 1 2 --pair 3 4", {"pair": [[1, 2], [3, 4]]}),
    ("d --names a --names b c", {"names": "a d"}, "d --names a d", {"names": ["a", "d"]}),
    ("d", {"bool": "false"}, "d --bool ''", {"bool": False}),
    ("d --bool ''", {"bool": "true"}, "d --bool true", {"bool": True}),
    ("d --maybe", {"maybe": "false"}, "d --maybe ''", {"maybe": False}),
    ("--names a b -q", {"data": "d"}, "d --names a b -q", {"data": "d", "names": ["a", "b"]}),
]


def parsed(tmp_path, argv):
    done = subprocess.run([sys.executable, *argv[1:]], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("words", "changes", "expected", "said"), TAKEN)
def test_what_a_plan_writes_argparse_takes_and_reads_as_it_was_said(tmp_path, words, changes, expected, said):
    known = command(tmp_path, f"python train.py {words}", ARGPARSE)
    made = changed(known, changes)
    assert made.argv[2:] == shlex.split(expected)
    now = parsed(tmp_path, made.argv)
    assert {name: now[name] for name in said} == said
    # What is shown of the child is what its parser says, and nothing but what was to change has changed.
    shown = described(launch_of(Order(made.argv, tmp_path), "r", 0.0), tmp_path).config
    assert {name: shown[name] for name in made.values} == {
        name: value for name, value in made.values.items() if value not in (None, "")
    } | ({"resume": "auto"} if "auto" in said.values() else {})
    before = parsed(tmp_path, known.argv)
    assert {name for name in now if now[name] != before[name]} <= set(said)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("", {"verbose": 0, "d": 0, "level": 2, "aug": True, "nesterov": True, "amp": False, "ema": True}),
        ("-vv -d", {"verbose": 2, "d": 1}),
        ("--level", {"level": 3}),
        ("--no-aug --nesterov --no-amp", {"aug": False, "nesterov": False, "amp": False}),
        ("--big --adam --on-a", {"big": True, "adam": True, "lamb": False, "on_a": True, "on_b": False}),
        ("--resume", {"resume": "auto"}),
        ("--maybe", {"maybe": True}),
        ("--bool x", {"bool": True}),
        ("--tag a --more 8", {"tag": ["a"], "more": [7, 8]}),
        ("--pair 1 2 --names a b", {"pair": [[1, 2]], "names": ["a", "b"]}),
        ("--layers", {"layers": []}),
    ],
)
def test_a_setting_is_shown_as_the_script_has_it(tmp_path, words, shown):
    config = command(tmp_path, f"python train.py {words}", ARGPARSE).config
    assert {name: config[name] for name in shown} == shown
    real, dest = parsed(tmp_path, ["python", "train.py", *shlex.split(words)]), {"amp": "half"}
    flags = ("big", "adam", "lamb", "on_a", "on_b")
    assert {n: real[dest.get(n, n)] or 0 for n in shown if n not in flags} == {
        n: value or 0 for n, value in shown.items() if n not in flags
    }


@pytest.mark.parametrize(
    ("words", "changes", "problem"),
    [
        ("-v -v", {"v": "much"}, "verbose much: must be a whole number"),
        ("-v", {"v": "-1"}, "verbose -1: must be at least 0"),
        ("--level", {"level": "1"}, "level 1: must be at least 2"),
        ("--betas .8 .9 d/", {"betas": "0.7 0.8 0.9"}, "betas 0.7 0.8 0.9: must be 2 values, not 3"),
        ("--betas .8 .9 d/", {"betas": "0.7"}, "betas 0.7: must be 2 values, not 1"),
        ("--betas .8 .9 d/", {"betas": "0.7 x"}, "betas x: must be a number"),
        ("d", {"single": "1 2"}, "single 1 2: must be 1 value, not 2"),
        ("--schedule 4 --epochs 3", {"schedule": ""}, "schedule: must be at least 1 value, not 0"),
        ("--schedule 4 --epochs 3", {"schedule": "1.5"}, "schedule 1.5: must be a whole number"),
        ("d", {"opts": "a z"}, "opts z: must be one of a, b, c"),
        ("d", {"pair": "1 2 3"}, "pair .*: must be 2 values, not 3"),
        ("d", {"more": "9"}, "more 9: the script adds what is given to .7.; the list must begin so"),
        ("--adam", {"lamb": "true"}, "adam and lamb: both set optimizer; switch the other off with adam=false"),
        ("d", {"big": "512"}, "big 512: must be true or false"),
        ("d", {"no_aug": "x"}, "no_aug x: must be true or false"),
        ("d", {"names": "-x y"}, "the script would take -x for an option"),
        ("d", {"data": "-x"}, "data -x: the script would take it for an option"),
        ("d", {"V": "2"}, "there is no such setting"),
        ("d", {"usage": "true"}, "there is no such setting"),
    ],
)
def test_what_argparse_would_not_take_is_refused_in_words(tmp_path, words, changes, problem):
    with pytest.raises(UsageError, match=problem):
        changed(command(tmp_path, f"python train.py {words}", ARGPARSE), changes)


CLICK = """
import click, json
@click.command()
@click.option("--aug/--no-aug", default=True)
@click.option(" /--no-ema", "ema", default=True)
@click.option("--no-mix", "mix", is_flag=True, flag_value=False, default=True)
@click.option("-v", "--verbose", count=True)
@click.option("--size", type=(int, float))
@click.option("--point", nargs=2, type=int)
@click.option("--tag", multiple=True, default=["z"])
@click.option("--pair", nargs=2, multiple=True, type=int)
@click.option("--fast", "speed", flag_value="fast", default="slow")
@click.argument("data", required=False)
def main(**named):
    print(json.dumps(named))
main()
"""
TYPER = """
import json
from typing import Annotated, List, Tuple
import typer
app = typer.Typer()
@app.command()
def main(
    data: Annotated[str, typer.Argument()] = "d",
    aug: bool = True,
    ema: Annotated[bool, typer.Option(" /--no-ema")] = True,
    amp: Annotated[bool, typer.Option("--amp", "-a")] = False,
    betas: Tuple[float, float] = (0.9, 0.99),
    tag: List[str] = ["z"],
):
    print(json.dumps(dict(data=data, aug=aug, ema=ema, amp=amp, betas=betas, tag=tag)))
app()
"""


@pytest.mark.parametrize(
    ("source", "words", "changes", "said"),
    [
        (CLICK, "--aug d", {"no_aug": "true"}, {"aug": False, "data": "d"}),
        (CLICK, "--no-aug", {"no_aug": "false"}, {"aug": True}),
        (CLICK, "", {"ema": "false"}, {"ema": False}),
        (CLICK, "--no-ema", {"ema": "true"}, {"ema": True}),
        (CLICK, "", {"no_mix": "true"}, {"mix": False}),
        (CLICK, "--no-mix", {"mix": "true"}, {"mix": True}),
        (CLICK, "-vv d", {"v": "1"}, {"verbose": 1, "data": "d"}),
        (CLICK, "-vv d", {"verbose": "0"}, {"verbose": 0, "data": "d"}),
        (CLICK, "--size 1 2 d", {"size": "3 0.5"}, {"size": [3, 0.5], "data": "d"}),
        (CLICK, "--point 1 2 d", {"point": "3 4"}, {"point": [3, 4], "data": "d"}),
        (CLICK, "", {"tag": "a b"}, {"tag": ["a", "b"]}),
        (CLICK, "--pair 1 2", {"pair": "[[1, 2], [3, 4]]"}, {"pair": [[1, 2], [3, 4]]}),
        (CLICK, "", {"fast": "true"}, {"speed": "fast"}),
        (TYPER, "e --aug", {"no_aug": "true"}, {"aug": False, "data": "e"}),
        (TYPER, "", {"ema": "false", "amp": "true"}, {"ema": False, "amp": True}),
        (TYPER, "-a", {"amp": "false"}, {"amp": False}),
        (TYPER, "", {"betas": "0.8 0.9"}, {"betas": [0.8, 0.9]}),
        (TYPER, "--tag a e", {"tag": "b c"}, {"tag": ["b", "c"], "data": "e"}),
    ],
)
def test_click_and_typer_take_what_a_plan_writes(tmp_path, source, words, changes, said):
    known = command(tmp_path, f"python train.py {words}", source)
    made = changed(known, changes)
    now = parsed(tmp_path, made.argv)
    assert {name: now[name] for name in said} == said
    before = parsed(tmp_path, known.argv)
    assert {name for name in now if now[name] != before[name]} <= set(said)


@pytest.mark.parametrize(
    ("source", "changes", "problem"),
    [
        (CLICK, {"point": "1 2 3"}, "point 1 2 3: must be 2 values, not 3"),
        (CLICK, {"size": "1"}, "size 1: must be 2 values, not 1"),
        (TYPER, {"betas": "0.8"}, "betas 0.8: must be 2 values, not 1"),
    ],
)
def test_click_and_typer_get_no_more_words_than_they_declare(tmp_path, source, changes, problem):
    with pytest.raises(UsageError, match=problem):
        changed(command(tmp_path, "python train.py", source), changes)
