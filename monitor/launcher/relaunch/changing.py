"""Each changed value put where it belongs: an option of the script, a copy of its file of settings, or the launcher.

What is not understood stays byte for byte; a change for which no place is known is refused, with the nearest name and
the way to pass it all the same.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.launcher.relaunch.configs import changed_copy, named_by, resolved, settings_in
from monitor.launcher.relaunch.fields import checked_value
from monitor.launcher.relaunch.flags import (
    NO_RULES,
    Flag,
    Rules,
    canonical,
    find_flags,
    given,
    launcher_flags,
    off_names,
    text_of,
    value_of,
)
from monitor.launcher.relaunch.hydra_words import deleted_in, sweep_problem, with_word
from monitor.launcher.relaunch.launchers import own_words_begin, script_path
from monitor.launcher.relaunch.makefiles import not_a_variable
from monitor.launcher.relaunch.options import takes_no_words, with_defaults
from monitor.launcher.relaunch.outputs import IS_READ, is_output
from monitor.launcher.relaunch.overrides import replaced_words, with_word_within
from monitor.launcher.relaunch.signatures import literal, name_of
from monitor.launcher.relaunch.writing import replaced, with_option, with_value
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.imports import tree_of
from monitor.run_dir.launch import PLACEHOLDER, expand, is_own_trainer
from monitor.run_dir.makefile import is_make
from monitor.run_dir.one_word import is_closed

COPIES = "settings"
"""The folder of a run for the changed copies of files of settings."""


UNCHECKED = "This script does not state which values it accepts; they are passed on unchecked."


@dataclass(frozen=True)
class Command:
    """A command whose settings can be changed, and what is known of them: rules, and the values of the run."""

    argv: list[str]
    run_dir: Path
    cwd: Path
    rules: Rules = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Changed:
    """The new command. `values`: key → value as it was placed; `copies`: path in the child's folder → its text."""

    argv: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def changed(command: Command, changes: Mapping[str, Any], ours: Mapping[str, Any] | None = None) -> Changed:
    """The command with every change in its place; `ours` are the plan's own, which need no check.

    Raises UsageError, one line for each that has no place or is not allowed, RefusedError where a word would be lost.
    """
    if problem := sweep_problem(command.argv, command.rules):
        raise UsageError(problem)
    made = Changed(list(command.argv))
    in_files: dict[str, Any] = {}
    wrong: list[str] = []
    for name, value in changes.items():
        try:
            key, allowed = _allowed(made.argv, name, value, command)
            made.values[key] = allowed
            if "x-within" in command.rules.get(key, NO_RULES):
                made.argv = with_word_within(made.argv, key, allowed, command.rules)
                continue
            # A word of the command wins over the file.
            if "x-file" in command.rules.get(key, NO_RULES) and value_of(made.argv, key, command.rules) is None:
                in_files[key] = allowed
            else:
                _place(made, name, key, allowed, command)
        except UsageError as problem:
            wrong.append(str(problem))
    if wrong:
        raise UsageError("\n".join(wrong))
    for key, value in (ours or {}).items():
        made.argv = with_option(made.argv, key, value, command.rules.get(key, NO_RULES), command.rules)
        made.values[key] = value
    _refuse_rivals(command.argv, made.argv, command.rules)
    moved = _copy_files(made, in_files, command)
    refuse_lost_words(command.argv, made.argv, made.values.keys() | moved, command.rules)
    return made


def refuse_lost_words(before: list[str], after: list[str], changes: Collection[str], rules: Rules) -> None:
    """Raises RefusedError where a word of the parent's command would go that belongs to no changed option."""
    keys = {name for key in changes for name in (key, canonical(key), f"no_{canonical(key)}")}
    places = [Flag(word, word, (word,), n, n + 1) for n, word in enumerate(before)]
    flags = [*given(before, rules), *launcher_flags(before), *(place for place in places if place.key in changes)]
    own = Counter(word for f in flags if f.key in keys for word in before[f.first : f.last])
    own += Counter(word for word in before if deleted_in([word]) & keys) + replaced_words(before, keys, rules)
    lost = Counter(before) - Counter(after) - own
    if lost:
        words = " ".join(lost.elements())
        raise RefusedError(
            f"The new command would lose {words!r}, which belongs to no option that is changed. "
            "Start the child by hand: python -m monitor start -- COMMAND…"
        )


def _allowed(argv: list[str], name: str, value: Any, command: Command) -> tuple[str, Any]:
    """(key, value) as the rules take them. Raises UsageError."""
    if isinstance(value, str) and "\0" in value:
        raise UsageError(f"{name}: a value holds a NUL character; that cannot stand on a command line.")
    key = _key(name, argv, command)
    if (turned := _switched_off_by(key, command.rules)) is not None:
        is_given = name.startswith("-") and value == ""
        return turned, is_given is False and not checked_value(name, value, {name: {"type": "boolean"}})
    if key not in command.rules:
        return key, _switched(argv, key, value, command)
    rule = command.rules[key]
    if value == "" and rule.get("x-nargs") == "?":
        return key, value
    allowed = checked_value(key, value, command.rules)
    _refuse_unreachable(key, allowed, rule)
    return key, allowed


def _switched_off_by(name: str, rules: Rules) -> str | None:
    """The setting that an option of this name switches off: aug for no_aug. None where it is a setting of its own."""
    if name in rules:
        return None
    off = [rule.get("x-switch") in ("off", "pair") or "x-off" in rule for rule in rules.values()]
    named = zip(rules.items(), off, strict=True)
    return next((k for (k, rule), can in named if can and name in map(canonical, off_names(rule))), None)


def _refuse_unreachable(key: str, value: Any, rule: Mapping[str, Any]) -> None:
    """Raises UsageError where no flag of the script gives a switch this value."""
    given, default = {"on": True, "off": False}.get(rule.get("x-switch", "")), rule.get("default")
    if given is not None and isinstance(value, bool) and isinstance(default, bool) and value not in (given, default):
        raise UsageError(
            f"{key} {text_of(value)}: this script has no flag for it; it is {text_of(default)} by default, and "
            f"{rule['x-option']} makes it {text_of(given)}."
        )


def _refuse_rivals(before: list[str], after: list[str], rules: Rules) -> None:
    """Raises UsageError where two flags that set the same value would stand in the new command."""
    of_dest: dict[str, set[str]] = {}
    for key, rule in rules.items():
        if rule.get("x-switch") == "on" and "x-dest" in rule:
            of_dest.setdefault(rule["x-dest"], set()).add(key)
    had, has = ({flag.key for flag in find_flags(argv, rules)} for argv in (before, after))
    for dest, keys in of_dest.items():
        if len(keys & has) > 1 and keys & has != keys & had:
            raise UsageError(
                f"{' and '.join(sorted(keys & has))}: both set {dest}; switch the other off with "
                f"{' or '.join(f'{key}=false' for key in sorted(keys & had))}."
            )


def _key(name: str, argv: list[str], command: Command) -> str:
    """The key that a name stands for: as it is on the command, else a declared one under another spelling."""
    key = canonical(name)
    if value_of(argv, key, command.rules) is not None:
        return key
    found = resolved(name, command.rules)
    ends_so = {flag.key for flag in find_flags(argv, command.rules) if flag.key.rpartition(".")[2] == key}
    return ends_so.pop() if found not in command.rules and len(ends_so) == 1 else found


def _place(made: Changed, name: str, key: str, value: Any, command: Command) -> None:
    argv, rules = made.argv, command.rules
    launcher = next((flag for flag in launcher_flags(argv) if flag.key == key), None)
    if key in rules:
        made.argv = with_option(argv, key, value, rules[key], rules)
        if rules[key].get("x-switch") == "off" and key in map(canonical, off_names(rules[key])):
            made.notes.append(f"{rules[key]['x-option']} makes {key} false: the script begins with true.")
    elif value_of(argv, key, rules) is not None:
        made.argv = with_value(argv, key, value, rules)
        made.notes += [] if rules else [UNCHECKED]
    elif launcher is not None:
        made.argv = replaced(argv, launcher, value)
        made.notes.append(f"{launcher.name} is an option of what starts the script, not of the script.")
    elif name.startswith(("-", "+", "~")) and takes_no_words(argv, command.cwd):
        raise UsageError(_no_place(name, value, argv, command))
    elif name.startswith(("-", "+", "~")):
        made.argv = _as_given(argv, name, value)
        made.notes.append(f"{name} is passed on unchecked.")
    elif is_output(key) or is_own_trainer(argv) or (key in command.config and not rules):
        made.argv = with_value(argv, key, value, rules)
        made.notes.append(UNCHECKED)
    else:
        raise UsageError(_no_place(name, value, argv, command))


def _as_given(argv: list[str], name: str, value: Any) -> list[str]:
    """With an option that a person has spelled out: `--lr=0.1`, `--amp=` for one that stands alone, Hydra's `~key=`."""
    if name.startswith(("+", "~")):
        return with_word(argv, name if value == "" and name[0] == "~" else f"{name}={value}")
    joined = any(flag.form == "joined" for flag in find_flags(argv))
    if value == "":
        return [*argv, name]
    return [*argv, f"{name}={value}"] if joined else [*argv, name, str(value)]


def _no_place(name: str, value: Any, argv: list[str], command: Command) -> str:
    known = {*command.rules, *command.config, *(flag.key for flag in find_flags(argv, command.rules))}
    known = set(command.rules) if is_make(argv) else known  # what its script takes is no variable
    ends_so = sorted(each for each in known if re.search(rf"[._]{re.escape(canonical(name))}$", each))
    near = ends_so or difflib.get_close_matches(name, sorted(known), n=1)
    hint = f"; nearest: {near[0]}" if near else ""
    if is_closed(argv):
        return f"{name}: the whole command is one word for a shell, in which nothing can be changed. Start it by hand."
    if takes_no_words(argv, command.cwd):
        return (
            f"{name}: {_script(argv)} ignores the words behind its name. Change the setting in that script, or start "
            "the command that it runs."
        )
    if is_make(argv):
        return not_a_variable(name, argv, command.cwd, hint)
    if any("x-sacred" in rule for rule in command.rules.values()):
        return f"{name}: there is no such setting{hint}."  # sacred refuses what no config names
    if constant := _constant(name, argv, command.cwd):
        return (
            f"{name}: no option of that name was found; {_script(argv)} sets it in its own code, {constant}. "
            "Change it there, and start it again."
        )
    is_hydra = any("x-hydra" in rule for rule in command.rules.values())
    spelled = f"++{name}={value}" if is_hydra else f"--{name}={value}"
    return (
        f"{name}: there is no such setting{hint}. To pass it anyway, write it as the script takes it: --set {spelled}"
    )


def _constant(name: str, argv: list[str], cwd: Path) -> str:
    """Where the script itself gives the name a plain value: `line 3: epochs = 5`; "" where it does not."""
    script = script_path(argv, cwd)
    tree = tree_of(script) if script is not None and script.suffix == ".py" else None
    for line in getattr(tree, "body", []):
        if isinstance(line, ast.Assign) and name_of(line.targets[0]) == name and literal(line.value) is not None:
            return f"line {line.lineno}: {ast.unparse(line)[:80]}"
    return ""


def _script(argv: list[str]) -> str:
    return Path(argv[own_words_begin(argv) - 1]).name


def _switched(argv: list[str], key: str, value: Any, command: Command) -> Any:
    """Text for a flag that stands alone on the command line switches it: `--amp` has no value to be given."""
    flags = [flag for flag in find_flags(argv, command.rules) if flag.key == key]
    return value == "true" if flags and not flags[-1].values and value in ("true", "false") else value


def _copy_files(made: Changed, in_files: Mapping[str, Any], command: Command) -> set[str]:
    """Copies changed files, and those in the parent's folder, for the child; returns which options name them."""
    argv = with_defaults(made.argv, command.rules)
    kept, moved = len(made.argv), set()
    for flag, path in named_by(expand(argv, command.run_dir), command.cwd, command.rules):
        mine = {key: value for key, value in in_files.items() if _file_of(key, command) == flag.values[-1]}
        mine = {**_own_places(path, command.run_dir), **mine}
        if not mine and not any(PLACEHOLDER in word for word in argv[flag.first : flag.last]):
            continue
        place = f"{COPIES}/{path.name}"
        made.copies[place] = changed_copy(path, mine) if mine else path.read_text(encoding="utf-8")
        argv = replaced(argv, flag, f"{PLACEHOLDER}/{place}", command.rules)
        moved.add(flag.key)
        kept = max(kept, flag.last)
    made.argv = argv[:kept]
    return moved


def _own_places(path: Path, parent_dir: Path) -> dict[str, Any]:
    """The places in the parent's folder that its own copy names for its outputs: the child's are in the child's."""
    folder = str(parent_dir.absolute())
    if not path.is_relative_to(folder):
        return {}
    named = {key: setting.value for key, setting in settings_in(path).items() if isinstance(setting.value, str)}
    return {
        key: value.replace(folder, PLACEHOLDER)
        for key, value in named.items()
        if f"{value}/".startswith(f"{folder}/") and not IS_READ.search(key)
    }


def _file_of(key: str, command: Command) -> str:
    """The file in which a setting stands, as the parent's command named it."""
    return expand([str(command.rules[key]["x-file"])], command.run_dir)[0]
