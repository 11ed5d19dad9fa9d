"""fastcore's `@call_parse`: each parameter of the function is an option, one without a default a positional argument.

`lr: float = 0.1` is `--lr`; a truth value is a switch, `bool_arg` takes a word. Older versions write `--batch_size` and
take `Param("help", float)` as annotation; newer ones `--batch-size`, `--no-x` for what is true, and `-r` for `Resume`.
"""

from __future__ import annotations

import ast
import copy
from typing import Any

from monitor.launcher.relaunch.environment import site_packages
from monitor.launcher.relaunch.signatures import Definitions, Dialect, Properties, literal, name_of, of_definition

SWITCHES = frozenset({"store_true", "store_false", "bool"})
NEWER = "replace('_', '-')"
"""What the source of a version with dashes holds."""


def has_dashes(interpreter: str) -> bool:
    """Whether the installed fastcore writes `--batch-size`; so it is assumed where none is found."""
    places = (folder / "fastcore" / "script.py" for folder in site_packages(interpreter))
    try:
        found = next((path.read_text(encoding="utf-8") for path in places if path.is_file()), NEWER)
    except (OSError, ValueError):
        return True
    return NEWER in found


def of_call_parse(function: ast.FunctionDef, definitions: Definitions, *, dashes: bool) -> Properties:
    """The options of a function that is decorated so."""
    plain = copy.deepcopy(function)
    named = [*plain.args.posonlyargs, *plain.args.args, *plain.args.kwonlyargs]
    kinds: dict[str, tuple[str, str]] = {}
    for each in named:
        kind, said = _unwrapped(each.annotation)
        kinds[each.arg] = (name_of(kind), said)
        each.annotation = kind if name_of(kind) not in SWITCHES | {"bool_arg"} else ast.Name("bool")
    found = of_definition(plain, Dialect(dashes=dashes, places=True), definitions)
    return dict(_rule(name, rule, *kinds[name], dashes=dashes) for name, rule in found.items())


def _unwrapped(annotation: ast.expr | None) -> tuple[ast.expr | None, str]:
    """(type, help) of `Param("help", float)` and `Annotated[float, "help"]`; any other annotation as it is."""
    if isinstance(annotation, ast.Call) and name_of(annotation.func) == "Param":
        given = dict(zip(("help", "type"), annotation.args, strict=False))
        given |= {word.arg: word.value for word in annotation.keywords if word.arg}
        return given.get("type"), str(literal(given.get("help")) or "")
    if isinstance(annotation, ast.Subscript) and name_of(annotation.value) == "Annotated":
        parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        return parts[0], next((text for part in parts[1:] if isinstance(text := literal(part), str)), "")
    return annotation, ""


def _rule(name: str, rule: dict[str, Any], kind: str, said: str, *, dashes: bool) -> tuple[str, dict[str, Any]]:
    rule = {**rule, **({"description": said} if said else {})}
    if kind in SWITCHES and "x-place" in rule:  # a truth value needs no default
        own = name.replace("_", "-") if dashes else name
        rule = {key: value for key, value in rule.items() if key != "x-place"} | {"x-option": f"--{own}"}
    if "x-option" not in rule:
        return name, rule
    option = str(rule["x-option"])
    short = next((letter for letter in name if letter.isupper()), "") if dashes else ""
    if short:
        option = option.lower()
        rule |= {"x-option": option, "x-names": [f"-{short.lower()}"], "x-dest": name}
    if kind not in SWITCHES:
        return name, {key: value for key, value in rule.items() if key != "x-joined"}
    is_off = kind == "store_false" or (kind == "bool" and dashes and rule.get("default") is True)
    if is_off and kind == "bool":
        rule["x-option"] = f"--no-{option.removeprefix('--')}"
    rule = {key: value for key, value in rule.items() if key != "x-joined"}
    return name, {**rule, "type": "boolean", "default": is_off, "x-switch": "off" if is_off else "on"}
