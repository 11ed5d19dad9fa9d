"""The settings of a foreign script: the options of its parser, and those in the files that its command names.

Read from source and files; nothing is executed. Asking `--help` runs the script, so that is done only where the user
wants it (`start --read-help`), with a limit of time.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from monitor.launcher.relaunch.configs import named_by, rule_of, scalar, settings_in, settings_of_get_config, with_bases
from monitor.launcher.relaunch.fields import checked_value
from monitor.launcher.relaunch.flags import NO_RULES, Flag, Rules, find_flags, given, is_count
from monitor.launcher.relaunch.help_page import in_help
from monitor.launcher.relaunch.hydra import hydra_settings
from monitor.launcher.relaunch.hydra_words import unquoted
from monitor.launcher.relaunch.launchers import is_notebook, script_path
from monitor.launcher.relaunch.makefiles import of_makefile
from monitor.launcher.relaunch.overrides import words_within
from monitor.launcher.relaunch.parsers import Found, read_parsers
from monitor.launcher.relaunch.shell_variables import filled_in, variables_of
from monitor.launcher.relaunch.signatures import Properties, literal
from monitor.run_dir import Launch, Run
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.launch import environment_for, expand, is_own_trainer
from monitor.run_dir.makefile import is_make, recipe_of
from monitor.run_dir.one_word import words_of

HELP_SECS = 60.0
CONFIG_ENDINGS = frozenset({".yaml", ".yml", ".json", ".toml"})
PASSES_WORDS_ON = re.compile(r"\"?\$[@*]\"?|\"?\$\{@\}\"?")
TAKES_WORDS = re.compile(r"\$[@*#1-9]|\$\{[@*#!1-9]|\bgetopts?\b|\bshift\b")
SHELL_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)


def described(launch: Launch, run_dir: Path) -> Launch:
    """The launch with its script's settings, and the values they have in this command. Our own trainer tells its own.

    `run_dir`: what `{run_dir}` stands for in the command.
    """
    if is_own_trainer(launch.argv):
        return launch
    inner = msgspec.structs.replace(launch, argv=words_of(launch.argv))
    if is_make(inner.argv):
        return _of_make(launch, inner.argv, run_dir)
    script = script_path(inner.argv, Path(launch.cwd)) or (Path(launch.script) if launch.script else None)
    return _with(launch, _of_script(script, inner) if script else Found(), run_dir)


def _of_make(launch: Launch, argv: list[str], run_dir: Path) -> Launch:
    """The Makefile's variables, and the values that its target gives the script, which only they can change."""
    cwd = Path(launch.cwd)
    own = _with(launch, Found(of_makefile(argv, cwd)), run_dir)
    recipe = recipe_of(argv, cwd)
    if recipe is None:
        return own
    python = shutil.which(recipe.words[0], path=launch.environment.get("PATH")) or ""
    below = msgspec.structs.replace(launch, argv=recipe.words, cwd=str(recipe.folder), interpreter=python)
    return msgspec.structs.replace(own, config={**described(below, run_dir).config, **own.config})


def asked_for_help(launch: Launch, run_dir: Path) -> Launch:
    """The launch with the options that its command prints with --help; unchanged where it prints none in a minute."""
    done = _help_of(launch, run_dir)
    properties = in_help(done.stdout) if done is not None and done.returncode == 0 else {}
    known = launch.config_schema.get("properties", {})
    return _with(launch, Found({**properties, **known}), run_dir) if properties else launch


def _help_of(launch: Launch, run_dir: Path) -> subprocess.CompletedProcess[str] | None:
    """The command run with --help and without a device; None where it does not end within a minute."""
    command = [word for word in expand(words_of(launch.argv), run_dir) if word != "--help"]
    environment = {**environment_for(launch, run_dir, 1), "CUDA_VISIBLE_DEVICES": "", "COLUMNS": "400"}
    try:
        return subprocess.run(
            [*command, "--help"],
            cwd=launch.cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=HELP_SECS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def described_run(launch: Launch | None, run: Run | None = None) -> Run | None:
    """run.json with the settings that launch.json holds where the script has described none; None without either."""
    if launch is None or not (launch.config_schema or launch.config):
        return run
    if run is None:
        return Run(run_id=launch.run_id, config=launch.config, config_schema=launch.config_schema)
    if run.config_schema:
        return run
    return msgspec.structs.replace(run, config={**launch.config, **run.config}, config_schema=launch.config_schema)


def _of_script(script: Path, launch: Launch) -> Found:
    cwd = Path(launch.cwd)
    if script.suffix == ".ipynb":
        return Found(_of_notebook(script) if is_notebook(launch.argv) else {})
    if script.suffix != ".py":
        return Found(_of_shell(script, launch))
    found = read_parsers(script, cwd, launch.interpreter, launch.argv)
    if found.hydra is not None:
        found.properties |= hydra_settings(found.hydra, script, launch.argv, cwd, found.stores, found.definitions)
    return found


def _of_notebook(path: Path) -> Properties:
    """The names in the cell that is tagged "parameters"."""
    try:
        cells = json.loads(path.read_bytes()).get("cells", [])
        tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
        lines = [node for cell in tagged for node in ast.parse("".join(cell["source"])).body]
    except (OSError, ValueError, SyntaxError, AttributeError, KeyError, TypeError):
        return {}
    named = [
        (line.targets[0].id, literal(line.value))
        for line in lines
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)
    ]
    return {name: {"x-option": name, "default": value, **rule_of(value)} for name, value in named if value is not None}


def _of_shell(path: Path, launch: Launch) -> Properties:
    """The variables that a shell script takes from its environment, and the options of the Python script to which it
    passes its own words on, with the values it gives."""
    cwd = Path(launch.cwd)
    try:
        text = SHELL_COMMENT.sub("", path.read_text(encoding="utf-8", errors="replace")).replace("\\\n", " ")
    except OSError:
        return {}
    variables, held = variables_of(text, launch.argv, os.environ)
    for line in text.splitlines():
        try:
            words = shlex.split(line) if PASSES_WORDS_ON.search(line) else []
        except ValueError:
            continue
        script = script_path(words, cwd) or script_path(words, path.parent)
        if script is not None and script.suffix == ".py":
            rules = read_parsers(script, cwd, words=words).properties
            words = [filled_in(word, held) for word in words]
            for key, flags in _by_key(given(words, rules)).items():
                rule = rules.get(key, {})
                if any("$" in value or "`" in value for flag in flags for value in flag.values):
                    rule.pop("default", None)  # what the script computes is not known
                elif key in rules:
                    rule["default"] = _value_now(flags, rule)
            return {**variables, **rules}
    return variables


def takes_no_words(argv: list[str], cwd: Path) -> bool:
    """Whether the command is a shell script that makes no use of the words behind its name."""
    script = script_path(argv, cwd)
    if script is None or script.suffix not in (".sh", ".bash"):
        return False
    try:
        return not TAKES_WORDS.search(SHELL_COMMENT.sub("", script.read_text(encoding="utf-8", errors="replace")))
    except OSError:
        return False


def _by_key(flags: Iterable[Flag]) -> dict[str, list[Flag]]:
    found: dict[str, list[Flag]] = {}
    for flag in flags:
        found.setdefault(flag.key, []).append(flag)
    return found


def _with(launch: Launch, found: Found, run_dir: Path) -> Launch:
    words = words_of(launch.argv)
    argv = expand(words, run_dir)
    properties = dict(found.properties)
    in_files = _in_files(argv, Path(launch.cwd), properties, found)
    for key, rule in in_files.items():
        if key not in properties:
            properties[key] = rule
        elif found.file_first and "default" in rule:
            properties[key] = {**properties[key], "default": rule["default"]}
    if found.file_only and in_files and not find_flags(argv, properties):
        only = next(iter(in_files.values()))["x-file"]
        properties = {key: {**rule, "x-file": only} for key, rule in properties.items()}
    config = {key: rule["default"] for key, rule in properties.items() if rule.get("default") is not None}
    for key, flags in _by_key(given(words, properties)).items():
        config[key] = _value_now(flags, properties.get(key, NO_RULES))
    schema = {"type": "object", "properties": properties} if properties else {}
    return msgspec.structs.replace(launch, config=config, config_schema=schema)


def _in_files(argv: list[str], cwd: Path, rules: Properties, about: Found) -> Properties:
    """The settings in the files that the command, or a default of the script, names; `x-file`: the file.

    `x-within`: the option behind which a word of the command overrides it.
    """
    found: Properties = {}
    within, dotted = about.within, about.dotted
    read = settings_in if within is None else with_bases
    more = {} if within is None else within.rule
    for flag, path in named_by(with_defaults(argv, rules), cwd, rules):
        if flag.key in dotted:
            for key, setting in settings_of_get_config(path).items():
                name = f"{flag.key}.{key}"
                found[name] = {"x-option": f"--{name}", "x-joined": True, **rule_of(setting.value)}
                found[name] |= {} if setting.value is None else {"default": setting.value}
            continue
        for key, setting in read(path).items():
            default = {} if setting.value is None else {"default": setting.value}
            found.setdefault(key, {**rule_of(setting.value), **default, "x-file": flag.values[-1], **more})
    for word in words_within(argv, within, rules) if within is not None else []:
        value = scalar(word.value) if word.value else ""
        found[word.key] = {**rule_of(value), **found.get(word.key, {}), "default": value, **more}
    return found


def with_defaults(argv: list[str], rules: Rules) -> list[str]:
    """The command with the file of settings that its script takes where none is given."""
    named = {flag.key for flag in given(argv, rules)}
    for key, rule in rules.items():
        default = rule.get("default")
        if key not in named and str(rule.get("x-option", "")).startswith("-") and isinstance(default, str):
            argv = [*argv, f"{rule['x-option']}={default}"] if Path(default).suffix in CONFIG_ENDINGS else argv
    return argv


def _value_now(flags: Sequence[Flag], rule: Mapping[str, Any]) -> Any:
    """The value of an option that is given so (the last one counts), as its script takes it."""
    if is_count(rule):
        return rule.get("x-base", 0) + len(flags)
    if not rule.get("x-repeat"):
        return _value(flags[-1], rule)
    flat = bool(rule.get("x-flat"))
    several = {"x-nargs": rule["x-nargs"]} if "x-nargs" in rule else {}
    once = {"type": "array", "x-nargs": "*", "items": rule.get("items", {})} if flat else rule.get("items", {})
    each = [_value(flag, {**once, **several}) for flag in flags]
    return [*rule.get("x-base", ()), *([one for values in each for one in values] if flat else each)]


def _value(flag: Flag, rule: Mapping[str, Any]) -> Any:
    """The value of an option as its script takes it; the text itself where that is not known."""
    if not flag.values and "x-const" in rule:
        return rule["x-const"]
    if rule.get("x-empty") and not (rule.get("x-nargs") == "?" and not flag.values):
        return bool(flag.values and flag.values[0])
    if not flag.values:
        return [] if rule.get("type") == "array" and "x-nargs" in rule else not flag.off
    if not rule:
        return flag.text
    if "x-hydra" in rule:
        flag = replace(flag, values=tuple(map(unquoted, flag.values)))
    try:
        given_as = list(flag.values) if rule.get("type") == "array" and "x-nargs" in rule else flag.text
        return checked_value(flag.key, given_as, {flag.key: rule})
    except MonitorError:
        return flag.text
