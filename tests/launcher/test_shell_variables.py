"""Variables of a shell script, run for real: what the child is given, its training gets."""

import ast
import shlex
import subprocess
import sys

import pytest

from monitor.launcher.relaunch.changing import changed
from monitor.launcher.relaunch.shell_variables import filled_in, variables_of, with_variable
from monitor.run_dir.errors import UsageError
from tests.launcher.test_parsers import command

TRAIN = """
import argparse
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, default=0.5)
p.add_argument("--epochs", type=int, default=9)
p.add_argument("--width", type=int, default=1)
p.add_argument("--tag", default="")
p.add_argument("--seed", type=int, default=0)
print(vars(p.parse_args()))
"""
SCRIPT = """set -e
LR=${LR:-1e-3}
EPOCHS="${EPOCHS:=200}"
WIDTH=64
SEED=$((1 + 1))
API_KEY=${API_KEY:-none}
for DEPTH in 1 2; do echo $DEPTH; done
PYTHON train.py --lr $LR --epochs ${EPOCHS} --width $WIDTH --tag "${TAG-none}" --seed $SEED WORDS
"""


def known(tmp_path, words, passes=""):
    text = SCRIPT.replace("PYTHON", sys.executable).replace("WORDS", passes)
    return command(tmp_path, words, TRAIN, **{"train.sh": text})


def result(tmp_path, argv):
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True)
    return ast.literal_eval(done.stdout.splitlines()[-1])


def test_only_what_the_environment_can_set_is_a_setting(tmp_path):
    made = known(tmp_path, "bash train.sh")
    assert made.config == {"LR": 1e-3, "EPOCHS": 200, "TAG": "none"}
    with pytest.raises(UsageError, match=r"WIDTH: train\.sh ignores the words behind its name"):
        changed(made, {"WIDTH": "32"})


@pytest.mark.parametrize(
    ("words", "changes", "argv"),
    [
        ("bash train.sh", {"LR": "0.25"}, "env LR=0.25 bash train.sh"),
        ("bash train.sh", {"lr": "0.25", "EPOCHS": "3"}, "env EPOCHS=3 LR=0.25 bash train.sh"),
        ("env LR=0.125 bash train.sh", {"LR": "0.25"}, "env LR=0.25 bash train.sh"),
        ("env -u HOME bash train.sh", {"LR": "0.25"}, "env LR=0.25 env -u HOME bash train.sh"),
        ("nohup bash train.sh", {"TAG": "a b"}, "env 'TAG=a b' nohup bash train.sh"),
    ],
)
def test_a_variable_is_set_before_the_program(tmp_path, words, changes, argv):
    new = changed(known(tmp_path, words), changes).argv
    assert new == shlex.split(argv)
    got = result(tmp_path, new)
    for name, value in changes.items():
        assert str(got[name.lower()]) == value


def test_the_options_of_the_training_have_the_values_that_the_script_gives_them(tmp_path):
    made = known(tmp_path, "env LR=0.125 bash train.sh", '"$@"')
    told = {key: made.config.get(key) for key in ("lr", "epochs", "width", "tag", "seed")}
    assert told == {"lr": 0.125, "epochs": 200, "width": 64, "tag": "none", "seed": None}, "SEED is computed"
    assert {**result(tmp_path, made.argv), "seed": None} == told
    assert result(tmp_path, changed(made, {"width": "8", "LR": "0.25"}).argv)["width"] == 8


def test_what_was_set_where_it_was_started_counts(tmp_path, monkeypatch):
    monkeypatch.setenv("LR", "7")
    assert known(tmp_path, "bash train.sh").config["LR"] == 7


TEXT = """LR=${LR:-1e-3}
: ${STEPS:=5}
NAME="${NAME-none}"
WIDTH=64
TWICE=1
TWICE=2
SUM=$((1 + 1))
SECRET_TOKEN=${SECRET_TOKEN:-x}
export FULL=${LR}-b
LATE=${LATE:-1}
LATE=7
BOTH=${BOTH:-1}
BOTH=${BOTH:-2}
EMPTY=
read ANSWER
"""


def held_and_rules(words="bash train.sh", **environment):
    return variables_of(TEXT, words.split(), environment)


def test_a_variable_with_a_default_is_a_setting_with_its_kind():
    rules, held = held_and_rules()
    assert {name: rule["default"] for name, rule in rules.items()} == {"LR": 1e-3, "STEPS": 5, "NAME": "none"}
    assert (rules["STEPS"]["x-option"], rules["STEPS"]["x-env"]) == ("STEPS", True)
    assert "integer" in rules["STEPS"]["type"]
    assert not rules.keys() & {"SECRET_TOKEN", "LATE", "BOTH"}, "what is assigned twice is the script's own"
    assert held.pop("BOTH") == "1"
    assert held == {"LR": "1e-3", "STEPS": "5", "NAME": "none", "WIDTH": "64", "SECRET_TOKEN": "x"}


def test_the_command_wins_over_the_environment_and_that_over_the_default():
    assert held_and_rules(LR="7")[1]["LR"] == "7"
    rules, held = held_and_rules("env LR=0.5 bash train.sh", LR="7")
    assert held["LR"] == "0.5" and rules["LR"]["default"] == 0.5
    assert held_and_rules(WIDTH="1")[1]["WIDTH"] == "64", "the script sets it anew"


@pytest.mark.parametrize(
    ("word", "filled"),
    [
        ("--lr=$LR", "--lr=1"),
        ("${LR}x$N", "1x2"),
        ("${LR:-5}", "1"),
        ("${LR:=5}/$N", "1/2"),
        ("$LR$OTHER", "$LR$OTHER"),
        ("plain", "plain"),
        ("$5", "$5"),
    ],
)
def test_a_word_is_filled_in_where_all_its_variables_are_known(word, filled):
    assert filled_in(word, {"LR": "1", "N": "2"}) == filled


@pytest.mark.parametrize(
    ("words", "value", "expected"),
    [
        ("bash t.sh", 2, "env LR=2 bash t.sh"),
        ("bash t.sh", None, "bash t.sh"),
        ("env LR=1 A=b bash t.sh", 2, "env LR=2 A=b bash t.sh"),
        ("env LR=1 A=b bash t.sh", None, "env A=b bash t.sh"),
        ("/usr/bin/env A=b bash t.sh", 2, "/usr/bin/env LR=2 A=b bash t.sh"),
        ("env -i bash t.sh", 2, "env LR=2 env -i bash t.sh"),
        ("env LR=1 bash t.sh LR=5", True, "env LR=true bash t.sh LR=5"),
    ],
)
def test_a_variable_stands_before_the_program_once(words, value, expected):
    assert with_variable(words.split(), "LR", value) == expected.split()
