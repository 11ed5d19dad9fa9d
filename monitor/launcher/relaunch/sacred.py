"""The settings of a script that sacred runs: `train.py with lr=0.1 opt.decay=0`.

Read from `@ex.config` functions and `ex.add_config(…)`; what a function computes is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from monitor.launcher.relaunch.configs import rule_of
from monitor.launcher.relaunch.flags import Rules, find_flags
from monitor.launcher.relaunch.launchers import own_words_begin
from monitor.launcher.relaunch.signatures import literal, name_of

WITH = "with"


def of_sacred(node: ast.AST) -> Iterator[tuple[str, dict[str, Any]]]:
    """The settings that one function or call declares."""
    if isinstance(node, ast.FunctionDef) and any(name_of(each) == "config" for each in node.decorator_list):
        for line in node.body:
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                yield from _settings(line.targets[0].id, literal(line.value))
    elif isinstance(node, ast.Call) and name_of(node.func) == "add_config":
        for argument in node.args:
            yield from _settings("", literal(argument))
        for word in node.keywords:
            yield from _settings(str(word.arg), literal(word.value))


def _settings(name: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _settings(f"{name}.{key}" if name else str(key), inner)
    elif name and value is not None:
        yield name, {"x-option": name, "x-sacred": True, **rule_of(value), "default": value}


def with_update(argv: list[str], key: str, value: Any, rules: Rules) -> list[str]:
    """`argv` with one setting among the words behind `with`, as Python writes its value."""
    updates = [flag for flag in find_flags(argv, rules) if flag.form == "bare"]
    mine = [flag for flag in updates if flag.key == key]
    word = f"{key}={value}"
    if mine:
        return [*argv[: mine[-1].first], word, *argv[mine[-1].last :]]
    begin = own_words_begin(argv)
    if WITH not in argv[begin:]:
        return [*argv, WITH, word]
    place = updates[-1].last if updates else argv.index(WITH, begin) + 1
    return [*argv[:place], word, *argv[place:]]
