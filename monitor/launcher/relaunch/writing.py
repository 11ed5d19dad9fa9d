"""Changing options on a command line in the style in which it is written, as the script's parser takes them.

An option gets no more words than its script declares, and none that the parser would take for something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from monitor.launcher.relaunch.flags import (
    BOOLEANS,
    GLUED,
    LOOKS_LIKE_FLAG,
    NO_RULES,
    NUMBER,
    Flag,
    Rules,
    canonical,
    find_flags,
    given,
    is_count,
    off_names,
    takes_several,
    text_of,
)
from monitor.launcher.relaunch.hydra_words import hydra_text, with_word
from monitor.launcher.relaunch.launchers import is_notebook, own_words_begin
from monitor.launcher.relaunch.sacred import with_update
from monitor.launcher.relaunch.shell_variables import with_variable
from monitor.run_dir.errors import UsageError

NEEDS_JOINING = re.compile(r"-(?!\d+$|\d*\.\d+$)")
"""argparse takes such a value for an option: -inf, and -1e-05 too."""


OPEN = frozenset({"+", "*", "..."})
"""How many words an option takes, where it takes every word that follows."""


def with_value(argv: list[str], key: str, value: Any, rules: Rules = NO_RULES) -> list[str]:
    """`argv` with one option set: replaced where it stands, else added at the end in the same style.

    True and False switch a flag that stands alone on and off; None takes the option away.
    """
    flags = find_flags(argv, rules)
    mine = [flag for flag in flags if flag.key == canonical(key)]
    if not mine:
        if value is None:
            return argv
        new = _written(_new_name(key, flags), value, _style(flags, argv))
        return _with_words(argv, new)
    return replaced(argv, mine[-1], value, rules)


def replaced(argv: list[str], flag: Flag, value: Any, rules: Rules = NO_RULES) -> list[str]:
    """`argv` with another value for an option that was found in it."""
    before, rest = argv[: flag.first], argv[flag.last :]
    rule = rules.get(flag.key, NO_RULES)
    if flag.form == "cluster":
        kept = argv[flag.first] if value else argv[flag.first].replace(flag.name[1:], "", 1)
        return [*before, *([kept] if kept != "-" else []), *rest]
    if isinstance(value, bool) and not flag.joined and not {word.lower() for word in flag.values} & BOOLEANS:
        # It stands alone: the word after it is no value of its own.
        return [*before, *([flag.name] if value else []), *flag.values, *rest]
    style = replace(flag, form="apart") if takes_several(rule) and flag.form != "bare" else flag
    words = [] if value is None else _written(flag.name, value, style)
    if len(words) == 2 and NUMBER.fullmatch(words[1]) and rest and NUMBER.fullmatch(rest[0]) and not rules:
        words = ["=".join(words)]  # else the number that follows would be read as a second value
    is_open = rule.get("x-nargs") in OPEN or (len(words) == 1 and "x-nargs" in rule)
    if words and is_open and rest and rest[0] != "--" and not LOOKS_LIKE_FLAG.match(rest[0]):
        return _with_words([*before, *rest], words)  # else the word that follows would become its value
    return [*before, *words, *rest]


def with_option(argv: list[str], key: str, value: Any, rule: Mapping[str, Any], rules: Rules = NO_RULES) -> list[str]:
    """`with_value` for an option whose own name is known (`x-option` in its schema), and whether it takes a value.

    `x-switch`: "on" stands alone and switches on, "off" switches off, "pair" is `--name` or `--no-name`.
    `x-repeat`: it is given once for each of its values, `x-base`: to which the script adds what is given.
    `rules`: what is declared of the other options. Raises UsageError for a value that its parser would not take.
    """
    name = rule.get("x-option")
    if "x-hydra" in rule:
        return _for_hydra(argv, key, value, rules)
    if "x-sacred" in rule:
        return with_update(argv, key, value, rules)
    if "x-env" in rule:
        return with_variable(argv, key, value)
    if "x-place" in rule:
        return _with_place(argv, key, value, rule, rules)
    if not isinstance(name, str):
        return with_value(argv, key, value, rules)
    name_key = key if key in rules else canonical(name)
    rules = {name_key: rule, **rules}
    mine = [flag for flag in find_flags(argv, rules) if flag.key == name_key]
    if is_count(rule):
        spelled = mine[0].name if mine else name
        return _with_words(_without(argv, mine, rules), [spelled] * _times(value, rule))
    if rule.get("x-switch") and isinstance(value, bool):
        if mine and value is not mine[-1].off:
            return argv
        word = off_names(rule)[0] if not value and rule["x-switch"] != "on" else ""
        word = name if value and rule["x-switch"] != "off" else word
        return _with_words(_without(argv, mine, rules), [word] if word else [])
    if rule.get("x-repeat") and (isinstance(value, (list, tuple)) or value is None):
        form = _form_for(rule, mine, argv, rules)
        words = [word for each in _occurrences(value or [], rule) for word in _written(name, each, form)]
        return _with_words(_without(argv, mine, rules), words)
    value = _spelled(value, rule)
    if mine and mine[-1].off:
        argv, mine = _without(argv, mine, rules), []
    if mine:
        return replaced(argv, mine[-1], value, rules)
    words = [] if value is None else _written(name, value, _form_for(rule, mine, argv, rules))
    return _with_words(argv, words)


def _for_hydra(argv: list[str], key: str, value: Any, rules: Rules) -> list[str]:
    mine = [flag for flag in find_flags(argv, rules) if flag.key == key]
    if mine:
        return [*argv[: mine[-1].first], f"{mine[-1].name}={hydra_text(value)}", *argv[mine[-1].last :]]
    return with_word(argv, f"{key}={hydra_text(value)}")


def _without(argv: list[str], flags: Sequence[Flag], rules: Rules) -> list[str]:
    for flag in reversed(flags):
        argv = replaced(argv, flag, False if flag.form == "cluster" or not flag.values else None, rules)
    return argv


def _times(value: Any, rule: Mapping[str, Any]) -> int:
    """How often a counted option is given: a parser begins with its base, or with nothing once it is given."""
    if value is None:
        return 0
    base = rule.get("x-base")
    return max(value - base, 0) if base is not None else 0 if value == rule.get("default") else value


def _occurrences(value: Sequence[Any], rule: Mapping[str, Any]) -> list[Any]:
    """What a repeated option is given at each time."""
    added = list(value[len(rule.get("x-base", ())) :])
    several = rule.get("x-nargs")
    if not rule.get("x-flat") or not added:
        return added
    size = several if isinstance(several, int) else len(added)
    return [added[start : start + size] for start in range(0, len(added), size)]


def _with_place(argv: list[str], key: str, value: Any, rule: Mapping[str, Any], rules: Rules) -> list[str]:
    """A positional argument: where it stands, else behind the one before it, where no option can take it."""
    if NEEDS_JOINING.match(text_of(value)):
        raise UsageError(f"{key} {value}: the script would take it for an option.")
    places = [flag for flag in given(argv, {**rules, key: rule}) if flag.form == "place"]
    mine = [flag for flag in places if flag.key == key]
    if mine:
        return replaced(argv, mine[-1], value)
    begin = max((flag.last for flag in places), default=own_words_begin(argv))
    return [*argv[:begin], text_of(value), *argv[begin:]]


def _spelled(value: Any, rule: Mapping[str, Any]) -> Any:
    """A value as the script reads it: `bool("false")` would be true, and a list in one word is written as one."""
    if rule.get("x-empty") and isinstance(value, bool):
        return "true" if value else ""
    if rule.get("x-nargs") == "?" and value == "":
        return []
    in_one_word = "x-nargs" not in rule and "x-repeat" not in rule and str(rule.get("x-option")).startswith("-")
    if isinstance(value, (list, tuple)) and in_one_word:
        return str(list(value)) if rule.get("x-python") else json.dumps(value)
    return str(value) if rule.get("x-python") and (value is None or isinstance(value, bool)) else value


def _form_for(rule: Mapping[str, Any], mine: list[Flag], argv: list[str], rules: Rules) -> Flag:
    if mine:
        return replace(mine[0], form="apart") if takes_several(rule) else mine[0]
    name = str(rule["x-option"])
    if is_notebook(argv):
        return Flag("", name, (), 0, 0, "parameter")
    if not name.startswith("-"):
        return Flag("", name, (), 0, 0, "bare")
    style = _style([flag for flag in find_flags(argv, rules) if not flag.bare], argv)
    joined = bool(rule.get("x-joined")) or (style.joined and "x-nargs" not in rule and name.startswith("--"))
    return Flag("", name, (), 0, 0, "joined" if joined else "apart")


def _with_words(argv: list[str], new: list[str]) -> list[str]:
    """New options come last, but before what stands behind `--`."""
    begin = own_words_begin(argv)
    end = argv.index("--", begin) if "--" in argv[begin:] else len(argv)
    return [*argv[:end], *new, *argv[end:]]


def _style(flags: list[Flag], argv: list[str]) -> Flag:
    """The way most of this command's options are written; `--key value` when it has none."""
    if is_notebook(argv):
        return Flag("", "--x", ("",), 0, 0, "parameter")
    with_values = [flag for flag in flags if flag.values]
    for form in ("bare", "joined"):
        if sum(flag.form == form for flag in with_values) * 2 > len(with_values):
            return Flag("", "--x", ("",), 0, 0, form)
    joined = sum(flag.joined for flag in with_values) * 2 > len(with_values)
    return Flag("", "--x", ("",), 0, 0, "joined" if joined else "apart")


def _new_name(key: str, flags: list[Flag]) -> str:
    if any(flag.form in ("bare", "parameter") for flag in [_style(flags, [])]):
        return canonical(key)
    long = [flag for flag in flags if flag.name.startswith("--")]
    dashed = any("-" in flag.name.lstrip("-") for flag in long)
    return "--" + (canonical(key).replace("_", "-") if dashed else canonical(key))


def _written(name: str, value: Any, style: Flag) -> list[str]:
    values = [text_of(item) for item in value] if isinstance(value, (list, tuple)) else [text_of(value)]
    if values and style.values[:1] in (("True",), ("False",)) and isinstance(value, bool):
        values = [str(value)]  # as it was written before
    if style.form == "parameter":
        return ["-p", name, str(value)]
    if style.form == "place":
        return values
    if style.form == "glued" and len(values) == 1 and GLUED.fullmatch(f"{name}{values[0]}"):
        return [f"{name}{values[0]}"]
    if style.bare or (style.joined and values) or (len(values) == 1 and NEEDS_JOINING.match(values[0])):
        joined = ",".join(values)
        return [f"{name}=[{joined}]" if style.bare and len(values) > 1 else f"{name}={joined}"]
    return [name, *(_apart(name, each) for each in values)]


def _apart(name: str, value: str) -> str:
    """One word of several, which cannot be joined to the option's name: a parser must not take it for an option."""
    if not NEEDS_JOINING.match(value):
        return value
    if NUMBER.fullmatch(value):
        return format(Decimal(value), "f")
    raise UsageError(f"{name} {value}: the script would take {value} for an option.")
