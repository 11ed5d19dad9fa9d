"""sacred: settings of `@ex.config` functions and of `add_config`, and a change among the words behind `with`."""

import ast
import shlex

import pytest

from monitor.launcher.relaunch.sacred import of_sacred, with_update


def settings(source):
    return {key: rule["default"] for node in ast.walk(ast.parse(source)) for key, rule in of_sacred(node)}


def test_what_a_config_function_assigns_is_a_setting_and_what_it_computes_is_none():
    lines = ["'help'", "lr = 0.5", "half = lr / 2", "opt = {'name': 'sgd', 'in': {'n': 1}}", "a.b = 1"]
    source = "\n    ".join(["@ex.config\ndef cfg():", *lines])
    assert settings(source) == {"lr": 0.5, "opt.name": "sgd", "opt.in.n": 1}
    assert settings("def cfg():\n    lr = 0.5\n") == {}
    assert settings("@ex.named_config\ndef cfg():\n    lr = 0.5\n") == {}


def test_add_config_takes_words_and_dictionaries():
    assert settings("ex.add_config({'lr': 1, 'opt': {'n': 2}}, amp=True, none=None)") == {
        **{"lr": 1, "opt.n": 2, "amp": True}
    }
    assert settings("ex.add_config('conf.yaml')\nadd_artifact(lr=1)") == {}


def test_a_setting_is_known_as_sacreds_with_its_kind():
    ((key, rule),) = of_sacred(ast.parse("ex.add_config(lr=0.5)", mode="eval").body)
    assert (key, rule["x-option"], rule["x-sacred"], rule["type"]) == ("lr", "lr", True, "number")


RULES = {key: {"x-option": key, "x-sacred": True} for key in ("lr", "opt.decay", "amp")}


@pytest.mark.parametrize(
    ("words", "key", "value", "expected"),
    [
        ("", "lr", 0.2, "with lr=0.2"),
        ("main -u", "lr", 0.2, "main -u with lr=0.2"),
        ("with lr=0.1 amp=True", "lr", 0.2, "with lr=0.2 amp=True"),
        ("with lr=0.1 lr=0.3", "lr", 0.2, "with lr=0.1 lr=0.2"),
        ("with lr=0.1 -u", "amp", False, "with lr=0.1 amp=False -u"),
        ("main with", "opt.decay", None, "main with opt.decay=None"),
        ("with conf.yaml", "lr", [1, 2], "with 'lr=[1, 2]' conf.yaml"),
    ],
)
def test_a_change_stands_among_the_words_behind_with(words, key, value, expected):
    argv = ["python", "train.py", *shlex.split(words)]
    assert with_update(argv, key, value, RULES) == ["python", "train.py", *shlex.split(expected)]


def test_a_word_with_before_the_script_is_another_programs():
    argv = ["env", "with", "python", "train.py", "lr"]
    assert with_update(argv, "lr", 1, RULES)[-2:] == ["with", "lr=1"]
