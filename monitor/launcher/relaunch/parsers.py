"""The options that a script's parser takes, read from its source: argparse, click, absl, or made of code.

Nothing is executed. Literals are taken, also in modules and packages beside the script; what is computed is left out,
and `is_whole` says so.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from monitor.launcher.relaunch.flags import canonical
from monitor.launcher.relaunch.imports import modules_of, tree_of
from monitor.launcher.relaunch.signatures import DIALECTS, Properties, literal, name_of, of_call, of_definition

MOST_FILES = 60
JSON_TYPES = {"int": "integer", "float": "number", "str": "string", "bool": "boolean", "BOOL": "boolean"}
JSON_TYPES |= {"INT": "integer", "FLOAT": "number", "STRING": "string", "IntRange": "integer", "FloatRange": "number"}
ABSL = {"DEFINE_integer": "integer", "DEFINE_float": "number", "DEFINE_string": "string", "DEFINE_enum": "string"}
ABSL |= {
    "DEFINE_bool": "boolean",
    "DEFINE_boolean": "boolean",
    "DEFINE_list": "string",
    "DEFINE_multi_integer": "array",
}
ABSL |= {"DEFINE_multi_string": "array", "DEFINE_multi_float": "array"}
OF_THE_PARSER = frozenset({"help", "version"})
CONFIGURATOR = re.compile(r"exec\(\s*open\(\s*['\"]configurator\.py")
"""Scripts whose settings are their own global names, given as `--name=value`."""


@dataclass
class Found:
    """The options of a script. `is_whole`: none of them was left out because it is computed."""

    properties: Properties = field(default_factory=dict)
    is_whole: bool = True
    places: int = 0
    hydra: ast.Call | None = None


def read_parsers(script: Path, cwd: Path) -> Found:
    """What the script and the code that it imports declare, in the order in which it stands there."""
    paths = list(islice(modules_of(script, cwd), MOST_FILES))
    trees = [tree if path == script else _imported_part(tree) for path in paths if (tree := tree_of(path))]
    definitions = {
        n.name: n for tree in reversed(trees) for n in ast.walk(tree) if isinstance(n, (ast.ClassDef, ast.FunctionDef))
    }
    found = Found()
    for path, tree in zip(paths, trees, strict=True):
        constants = _constants(tree)
        for name, rule in _of_tree(tree, definitions, constants, found):
            found.properties.setdefault(name, rule)
        if path == script and CONFIGURATOR.search(_source(path)):
            found.properties |= dict(_globals(constants))
    return found


def _of_tree(
    tree: ast.AST, definitions: Mapping[str, Any], constants: Mapping[str, Any], found: Found
) -> Iterator[tuple[str, dict[str, Any]]]:
    typer_app = any(isinstance(n, (ast.Import, ast.ImportFrom)) and "typer" in ast.unparse(n) for n in ast.walk(tree))
    nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.Call, ast.FunctionDef))]
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
        if isinstance(node, ast.Call):
            yield from _of_call(node, definitions, constants, found)
        elif typer_app and any(_decorates(each, "command", "callback") for each in node.decorator_list):
            yield from of_definition(node, DIALECTS["typer"], definitions).items()


def _of_call(
    call: ast.Call, definitions: Mapping[str, Any], constants: Mapping[str, Any], found: Found
) -> Iterator[tuple[str, dict[str, Any]]]:
    name = name_of(call.func)
    owner = name_of(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    if name in ("add_argument", "option", "argument"):
        key, rule = _option(call, constants, found)
        if key:
            yield key, rule
    elif name == "add_subparsers":
        found.places += 1
    elif name == "set_defaults":
        for word in call.keywords:
            if word.arg in found.properties and (value := literal(word.value)) is not None:
                found.properties[word.arg]["default"] = value
    elif name in ABSL:
        yield from _absl(call, ABSL[name])
    elif name == "main" and owner == "hydra":
        found.hydra = call
    elif name in DIALECTS and not (name in ("run", "cli") and owner not in ("typer", "tyro")):
        yield from of_call(call, name, definitions).items()


def _imported_part(tree: ast.AST) -> ast.AST:
    """A module without what it does only as a script of its own."""
    body = [
        node
        for node in getattr(tree, "body", [])
        if not (isinstance(node, ast.If) and "__name__" in ast.unparse(node.test))
    ]
    started = {
        name_of(n.func)
        for node in getattr(tree, "body", [])
        if node not in body
        for n in ast.walk(node)
        if isinstance(n, ast.Call)
    }
    return ast.Module([node for node in body if getattr(node, "name", "") not in started], [])


def _constants(tree: ast.AST) -> dict[str, Any]:
    """The literals that a module gives names to."""
    lines = [node for node in getattr(tree, "body", []) if isinstance(node, (ast.Assign, ast.AnnAssign))]
    named = [
        (target, line.value)
        for line in lines
        for target in (line.targets if isinstance(line, ast.Assign) else [line.target])
    ]
    return {t.id: v for t, node in named if isinstance(t, ast.Name) and (v := literal(node)) is not None}


def _globals(constants: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    for name, value in constants.items():
        if type(value) in kinds and not name.startswith("_"):
            rule = {"x-option": f"--{name}", "type": kinds[type(value)], "default": value}
            yield name, {**rule, "x-joined": True, "x-python": True}


def _absl(call: ast.Call, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    words = [literal(node) for node in call.args]
    if not words or not isinstance(words[0], str):
        return
    rule: dict[str, Any] = {"x-option": f"--{words[0]}", "x-names": [f"-{words[0]}"], "type": kind}
    if words[1:] and words[1] is not None:
        rule["default"] = ",".join(words[1]) if kind == "string" and isinstance(words[1], list) else words[1]
    else:
        rule["type"] = [kind, "null"]
    if name_of(call.func) == "DEFINE_enum" and isinstance(words[2] if words[2:] else None, list):
        rule["enum"] = words[2]
    if kind == "boolean":
        rule |= {"x-switch": "pair", "x-off": [f"--no{words[0]}"], "type": "boolean"}
    if kind == "array":
        rule["x-repeat"] = True
    explained = next((word for word in words[2:] if isinstance(word, str)), "")
    yield words[0], {**rule, **({"description": explained} if explained else {})}


def _option(call: ast.Call, constants: Mapping[str, Any], found: Found) -> tuple[str, dict[str, Any]]:
    """(key, rule) of one option or positional argument; an empty key for what is none."""
    names = [word for node in call.args if isinstance(word := literal(node), str)]
    named = {word.arg: word.value for word in call.keywords if word.arg}
    spelled = [part for name in names for part in name.split("/") if part.startswith("-")]
    off = [part for name in names if "/" in name for part in name.split("/")[1:]]
    on = [name for name in spelled if name not in off]
    if not names:
        found.is_whole = found.is_whole and not (name_of(call.func) == "add_argument" and call.args)
        return "", {}
    if not on:
        return _place(call, names, named, constants, found)
    first = next((name for name in on if name.startswith("--")), on[0])
    if canonical(first) in OF_THE_PARSER:
        return "", {}
    rule: dict[str, Any] = {"x-option": first, **_kind(named, constants)}
    if name_of(call.func) == "add_argument" and name_of(named.get("type")) == "bool":
        rule["x-empty"] = True  # for argparse every text but "" is true
    if others := [name for name in on if name != first]:
        rule["x-names"] = others
    if off:
        rule |= {"type": "boolean", "x-switch": "pair", "x-off": off}
    return canonical(first), rule | _about(named, constants)


def _place(
    call: ast.Call, names: list[str], named: Mapping[str, ast.expr], constants: Mapping[str, Any], found: Found
) -> tuple[str, dict[str, Any]]:
    """A positional argument: which one it is, where those before it take one word each."""
    if name_of(call.func) not in ("add_argument", "argument") or found.places < 0:
        return "", {}
    several = literal(named.get("nargs"))
    rule = {
        **_kind({k: v for k, v in named.items() if k != "nargs"}, constants),
        **_about(named, constants),
        "x-place": found.places,
    }
    found.places = -1 if several not in (None, 1, "?") else found.places + 1
    return ("", {}) if found.places < 0 else (canonical(names[0]), rule)


def _about(named: Mapping[str, ast.expr], constants: Mapping[str, Any]) -> dict[str, Any]:
    """Default, choices and help."""
    rule: dict[str, Any] = {}
    default = _value(named.get("default"), constants)
    if default is not None:
        rule["default"] = list(default) if isinstance(default, tuple) else default
    kind = named.get("type")
    choices = named.get("choices") or (
        kind.args[0] if isinstance(kind, ast.Call) and name_of(kind.func) == "Choice" and kind.args else None
    )
    allowed = _value(choices, constants)
    if isinstance(allowed, (list, tuple, set)):
        rule["enum"] = list(allowed)
    explained = literal(named.get("help"))
    if isinstance(explained, str):
        rule["description"] = explained.replace("%(default)s", str(default)).replace("%%", "%")
    return rule


def _value(node: ast.expr | None, constants: Mapping[str, Any]) -> Any:
    return constants.get(node.id) if isinstance(node, ast.Name) else literal(node)


def _kind(given: Mapping[str, ast.expr], constants: Mapping[str, Any]) -> dict[str, Any]:
    action = literal(given.get("action")) or name_of(given.get("action"))
    if action == "count" or literal(given.get("count")):
        return {"type": "integer", "default": 0, "x-nargs": 0}
    if action in ("store_true", "store_false") or literal(given.get("is_flag")):
        off = action == "store_false"
        return {"type": "boolean", "default": off, "x-switch": "off" if off else "on"}
    if action == "store_const":
        return {"x-switch": "on", "type": "boolean", "default": False}
    if action == "BooleanOptionalAction":
        return {"type": "boolean", "x-switch": "pair"}
    if action in ("append", "extend") or literal(given.get("multiple")):
        several = literal(given.get("nargs"))
        return {"type": "array", "x-repeat": True, **({"x-nargs": several} if several else {})}
    declared = given.get("type")
    name = name_of(declared.func) if isinstance(declared, ast.Call) else name_of(declared)
    kind = JSON_TYPES.get(name, "string" if declared is None else "")
    default = _value(given.get("default"), constants)
    if declared is None and default is not None and not isinstance(default, str):
        kind = ""
    several = literal(given.get("nargs"))
    if several is not None and several != "?":
        return {"type": "array", "x-nargs": several}
    own = {"x-nargs": "?"} if several == "?" else {}
    return {**own, **({"type": kind} if kind and (default is not None or "default" not in given) else _or_null(kind))}


def _or_null(kind: str) -> dict[str, Any]:
    return {"type": [kind, "null"]} if kind else {}


def _decorates(node: ast.expr, *names: str) -> bool:
    return name_of(node.func if isinstance(node, ast.Call) else node) in names


def _source(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
