"""The options of a foreign script, read from its source: names, types, choices, defaults and help.

Nothing is executed. What stands as a literal in a call of `add_argument` (argparse) or `option` (click) is taken, also
in modules beside the script that it imports; what is computed is left out. Asking `--help` runs the script, so that is
done only where the user wants it (`start --read-help`), with a limit of time.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from monitor.launcher.relaunch.fields import checked_value
from monitor.launcher.relaunch.flags import canonical, find_flags
from monitor.launcher.relaunch.imports import tree_of
from monitor.run_dir import Launch, Run
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.launch import environment_for, expand, is_own_trainer

MOST_FILES = 20
HELP_SECS = 60.0
JSON_TYPES = {"int": "integer", "float": "number", "str": "string", "bool": "boolean"}
OF_THE_PARSER = frozenset({"help", "version"})
HELP_LINE = re.compile(r"^\s{1,8}(?:-\w(?: \S+)?, )?--([\w-]+)(?:[ =](\{[^}]*\}|[^\s,]\S*(?: \S+)*?))?(?:\s{2,}(.*))?$")
HELP_DEFAULT = re.compile(r"\(default:? ([^)]*)\)")

Properties = dict[str, dict[str, Any]]


def described(launch: Launch) -> Launch:
    """The launch with its script's options, and the values they have in this command. Our own trainer tells its own."""
    if is_own_trainer(launch.argv):
        return launch
    properties = _in_source(Path(launch.script)) if launch.script else {}
    return _with(launch, properties)


def asked_for_help(launch: Launch, run_dir: Path) -> Launch:
    """The launch with the options that its command prints with --help; unchanged where it prints none in a minute."""
    command = [word for word in expand(launch.argv, run_dir) if word != "--help"]
    environment = {**environment_for(launch, run_dir, 1), "CUDA_VISIBLE_DEVICES": "", "COLUMNS": "400"}
    try:
        done = subprocess.run(
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
        return launch
    properties = in_help(done.stdout) if done.returncode == 0 else {}
    return _with(launch, {**properties, **launch.config_schema.get("properties", {})}) if properties else launch


def described_run(launch: Launch | None) -> Run | None:
    """What launch.json tells in place of a run.json that a script has not written; None where it tells no options."""
    if launch is None or not (launch.config_schema or launch.config):
        return None
    return Run(run_id=launch.run_id, config=launch.config, config_schema=launch.config_schema)


def _with(launch: Launch, properties: Properties) -> Launch:
    config = {key: rule["default"] for key, rule in properties.items() if rule.get("default") is not None}
    for flag in find_flags(launch.argv, properties):
        if not flag.bare or flag.key in properties or flag.joined:
            config[flag.key] = _value(flag.key, " ".join(flag.values) if flag.values else True, properties)
    schema = {"type": "object", "properties": properties} if properties else {}
    return msgspec.structs.replace(launch, config=config, config_schema=schema)


def _value(key: str, given: Any, properties: Properties) -> Any:
    rule = properties.get(key, {})
    if given is True and rule.get("x-switch") == "off":
        return False
    try:
        return checked_value(key, given, properties) if key in properties else given
    except MonitorError:
        return given


def _in_source(script: Path) -> Properties:
    found: Properties = {}
    for path in _files(script):
        for call in _calls(path):
            name, rule = _option(call)
            if name and name not in found:
                found[name] = rule
    return found


def _files(script: Path) -> Iterator[Path]:
    """The script, then the modules beside it that it imports, and theirs."""
    waiting, seen = [script], {script}
    while waiting and len(seen) <= MOST_FILES:
        path = waiting.pop(0)
        yield path
        for name in _imported(path):
            other = script.parent / Path(*name.split(".")).with_suffix(".py")
            if other not in seen and other.is_file():
                seen.add(other)
                waiting.append(other)


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _calls(path: Path) -> Iterator[ast.Call]:
    calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda call: call.lineno):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in ("add_argument", "option"):
            yield call


def _option(call: ast.Call) -> tuple[str, dict[str, Any]]:
    """(key, rule) of one long option; an empty key for what is none."""
    names = [word for node in call.args if isinstance(word := _literal(node), str)]
    long = next((name for name in names if name.startswith("--") and len(name) > 2), "")
    if not long or canonical(long) in OF_THE_PARSER:
        return "", {}
    given = {word.arg: word.value for word in call.keywords if word.arg}
    rule: dict[str, Any] = {"x-option": long, **_kind(given)}
    default = _literal(given.get("default"))
    if default is not None:
        rule["default"] = default
    choices = _literal(given.get("choices"))
    if isinstance(choices, (list, tuple)):
        rule["enum"] = list(choices)
    explained = _literal(given.get("help"))
    if isinstance(explained, str):
        rule["description"] = explained.replace("%(default)s", str(default)).replace("%%", "%")
    return canonical(long), rule


def _kind(given: Mapping[str, ast.expr]) -> dict[str, Any]:
    action = _literal(given.get("action")) or _name(given.get("action"))
    if action == "count":
        return {"type": "integer", "default": 0, "x-nargs": 0}
    if action in ("store_true", "store_false") or _literal(given.get("is_flag")):
        off = action == "store_false"
        return {"type": "boolean", "default": off, "x-switch": "off" if off else "on"}
    if action == "BooleanOptionalAction":
        return {"type": "boolean", "x-switch": "pair"}
    kind = JSON_TYPES.get(_name(given.get("type")), "string" if "type" not in given else "")
    default = _literal(given.get("default"))
    if not kind or (kind == "string" and "type" not in given and default is not None and not isinstance(default, str)):
        kind = ""
    several = _literal(given.get("nargs"))
    if several is not None and several != "?":
        return {"type": "array", "x-nargs": several}
    return {"type": kind} if kind and (default is not None or "default" not in given) else _or_null(kind)


def _or_null(kind: str) -> dict[str, Any]:
    return {"type": [kind, "null"]} if kind else {}


def _name(node: ast.expr | None) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _literal(node: ast.expr | None) -> Any:
    try:
        value = ast.literal_eval(node) if node is not None else None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    plain = (str, int, float, bool, list, tuple)
    return value if isinstance(value, plain) and value == value else None


def in_help(text: str) -> Properties:
    """The options of a help page as argparse prints it: names, choices and the defaults that it tells."""
    found: Properties = {}
    key = ""
    for line in text.splitlines():
        match = HELP_LINE.match(line)
        if match:
            key = canonical(match[1])
            if key not in OF_THE_PARSER:
                found[key] = {"x-option": f"--{match[1]}", "description": match[3] or "", **_help_kind(match[2])}
        elif key in found and line.startswith(" " * 10):
            found[key]["description"] = f"{found[key]['description']} {line.strip()}".strip()
    for rule in found.values():
        default = HELP_DEFAULT.search(rule["description"])
        if default and default[1] not in ("None", "False", "True", ""):
            _set_default(rule, default[1])
    return found


def _help_kind(metavar: str | None) -> dict[str, Any]:
    if metavar is None:
        return {"type": "boolean", "default": False, "x-switch": "on"}
    if metavar.startswith("{"):
        return {"enum": metavar.strip("{}").split(",")}
    return {}


def _set_default(rule: dict[str, Any], text: str) -> None:
    for kind, make in (("integer", int), ("number", float)):
        try:
            rule["default"] = make(text)
        except ValueError:
            continue
        if "enum" not in rule:
            rule["type"] = kind
        return
    rule["default"] = text
