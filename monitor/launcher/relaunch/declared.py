"""What one call of argparse's `add_argument`, or of click's `option` and `argument`, declares, as a rule of a schema.

Beside JSON Schema's own words a rule says how the option is written: `x-option` and `x-names` its spellings, `x-dest`
the script's name for its value, `x-place` which positional argument it is, `x-nargs` how many words it takes, `x-const`
its value without a word, `x-switch` that it takes none, `x-repeat` that it is given once for each value, `x-base` what
the script adds to.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from monitor.launcher.relaunch.flags import canonical
from monitor.launcher.relaunch.signatures import literal, name_of

JSON_TYPES = {"int": "integer", "float": "number", "str": "string", "bool": "boolean", "BOOL": "boolean"}
JSON_TYPES |= {"INT": "integer", "FLOAT": "number", "STRING": "string", "IntRange": "integer", "FloatRange": "number"}
NARGS = {"REMAINDER": "...", "ONE_OR_MORE": "+", "ZERO_OR_MORE": "*", "OPTIONAL": "?"}
SHOWN_AND_OVER = frozenset({"help", "version"})
"""Actions, and usual names, of options after which the script ends."""
COUNTED = {"type": "integer", "x-nargs": 0}

Named = Mapping[str, ast.expr]
Constants = Mapping[str, Any]


def declared_option(call: ast.Call, constants: Constants) -> tuple[str, dict[str, Any]]:
    """(key, rule) of an option; an empty key for a positional argument and for what ends the script.

    A flag that switches off is known by the name of its value: `--no-aug` with dest="aug" is the setting aug.
    """
    spelled = [part.strip() for name in _names(call) for part in name.split("/") if part.strip().startswith("-")]
    off = [part.strip() for name in _names(call) for part in name.split("/")[1:]]
    on = [name for name in spelled if name not in off]
    named = {word.arg: word.value for word in call.keywords if word.arg}
    names = on or off
    if not names:
        return "", {}
    first = next((name for name in names if name.startswith("--")), names[0])
    rule: dict[str, Any] = {"x-option": first, **_kind(call, named, constants)}
    if canonical(first) in SHOWN_AND_OVER or rule.pop("action", "") in SHOWN_AND_OVER:
        return "", {}
    if others := [name for name in names if name != first]:
        rule["x-names"] = others
    if off:
        rule |= {"type": "boolean", **({"x-switch": "pair", "x-off": off} if on else {"x-switch": "off"})}
    if rule.get("x-switch") == "pair" and not off:
        rule["x-off"] = [f"--no-{name[2:]}" for name in names if name.startswith("--")]
    rule |= _about(named, constants, rule)
    dest = _dest(call, named)
    if dest and dest != canonical(first) and literal(named.get("action")) != "append_const":
        rule["x-dest"] = dest
    return (dest if dest and rule.get("x-switch") == "off" else canonical(first)), rule


def declared_place(call: ast.Call, constants: Constants) -> tuple[str, dict[str, Any], bool]:
    """(key, rule, whether it takes one word) of a positional argument."""
    named = {word.arg: word.value for word in call.keywords if word.arg}
    several = _nargs(named, constants)
    rule = _kind(call, {k: v for k, v in named.items() if k != "nargs"}, constants)
    return canonical(_names(call)[0]), {**rule, **_about(named, constants, rule)}, several in (None, 1, "?")


def merged(rule: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any] | None:
    """One setting of two flags that set the same value, one to true and one to false; None for any other two."""
    on, off = (rule, other) if rule.get("x-switch") == "on" else (other, rule)
    if (on.get("x-switch"), off.get("x-switch")) != ("on", "off"):
        return None
    default = {"default": rule["default"]} if "default" in rule else {}
    off_names = [off["x-option"], *off.get("x-names", ())]
    return {**on, "x-switch": "pair", "x-off": off_names, **default}


def _names(call: ast.Call) -> list[str]:
    return [word for node in call.args if isinstance(word := literal(node), str)]


def _dest(call: ast.Call, named: Named) -> str:
    """The script's own name for the value, where it is given."""
    if (dest := literal(named.get("dest"))) is not None:
        return str(dest)
    bare = [name for name in _names(call) if name.isidentifier()]
    return bare[0] if bare and name_of(call.func) == "option" else ""


def _about(named: Named, constants: Constants, kind: Mapping[str, Any]) -> dict[str, Any]:
    """Default, choices and help."""
    rule: dict[str, Any] = {}
    default = _value(named.get("default"), constants)
    if default is not None and (isinstance(default, bool) or not kind.get("x-switch")):
        rule["default"] = list(default) if isinstance(default, tuple) else default
    declared = named.get("type")
    choices = named.get("choices") or (
        declared.args[0]
        if isinstance(declared, ast.Call) and name_of(declared.func) == "Choice" and declared.args
        else None
    )
    allowed = _value(choices, constants)
    if isinstance(allowed, (list, tuple, set, dict, range)) and not kind.get("x-switch"):
        rule |= _each({"enum": list(allowed)}, kind)
    explained = literal(named.get("help"))
    if isinstance(explained, str):
        rule["description"] = explained.replace("%(default)s", str(default)).replace("%%", "%")
    return rule


def _each(limit: Mapping[str, Any], kind: Mapping[str, Any]) -> dict[str, Any]:
    """A limit of the value, or of each value of a list."""
    items = kind.get("items")
    if kind.get("type") != "array":
        return dict(limit)
    return {"items": {**items, **_each(limit, items)} if items else dict(limit)}


def _value(node: ast.expr | None, constants: Constants) -> Any:
    return constants.get(node.id) if isinstance(node, ast.Name) else literal(node)


def _nargs(named: Named, constants: Constants) -> Any:
    """How many words: a number, "+", "*", "?" or "..."; None for one. click's type=(str, int) takes two."""
    node = named.get("nargs")
    if node is None:
        kind = named.get("type")
        return len(kind.elts) if isinstance(kind, ast.Tuple) else None
    return NARGS.get(name_of(node)) or _value(node, constants)


def _kind(call: ast.Call, named: Named, constants: Constants) -> dict[str, Any]:
    action = literal(named.get("action")) or name_of(named.get("action"))
    default, several = _value(named.get("default"), constants), _nargs(named, constants)
    if action in SHOWN_AND_OVER:
        return {"action": action}
    if action == "count":  # argparse adds to the default
        base = default if isinstance(default, int) else 0
        return {**COUNTED, "default": base, "minimum": base, "x-base": base}
    if literal(named.get("count")):
        return {**COUNTED, "default": 0, "minimum": min(int(default or 0), 1)}
    is_off = action == "store_false" or (literal(named.get("flag_value")) is False and "is_flag" in named)
    if action in ("store_true", "store_false") or literal(named.get("is_flag")):
        return {"type": "boolean", "default": is_off, "x-switch": "off" if is_off else "on"}
    if action in ("store_const", "append_const") or "flag_value" in named or several == 0:
        return {"x-switch": "on", "type": "boolean", "default": False}
    if action == "BooleanOptionalAction":
        return {"type": "boolean", "x-switch": "pair"}
    if action in ("append", "extend") or literal(named.get("multiple")):
        return _repeated(action, _one(named), several, default)
    if several is not None and several != "?":
        return {"type": "array", "x-nargs": several, **_items(_one(named))}
    return _single(call, named, constants, several)


def _repeated(action: str, one: dict[str, Any], several: Any, default: Any) -> dict[str, Any]:
    words = {"x-nargs": several} if several is not None else {}
    item = {"type": "array", **_items(one)} if several is not None and action != "extend" else one
    flat = {"x-flat": True} if action == "extend" else {}
    # argparse adds to the default, click takes its place.
    base = {"x-base": list(default)} if action and isinstance(default, (list, tuple)) and default else {}
    return {"type": "array", "x-repeat": True, **words, **flat, **base, **_items(item)}


def _items(one: dict[str, Any]) -> dict[str, Any]:
    return {"items": one} if one else {}


def _one(named: Named) -> dict[str, Any]:
    """The type of each of several words."""
    declared = named.get("type")
    name = name_of(declared.func) if isinstance(declared, ast.Call) else name_of(declared)
    kind = JSON_TYPES.get(name, "")
    return {"type": kind} if kind and kind != "boolean" else {}


def _single(call: ast.Call, named: Named, constants: Constants, several: Any) -> dict[str, Any]:
    declared, default = named.get("type"), _value(named.get("default"), constants)
    name = name_of(declared.func) if isinstance(declared, ast.Call) else name_of(declared)
    kind = JSON_TYPES.get(name, "string" if declared is None else "")
    if declared is None and default is not None and not isinstance(default, str):
        # click makes the type of the default, argparse leaves text.
        kind = JSON_TYPES.get(type(default).__name__, "") if name_of(call.func) in ("option", "argument") else ""
    own: dict[str, Any] = {"x-nargs": "?"} if several == "?" else {}
    if several == "?" and (const := _value(named.get("const"), constants)) is not None:
        own["x-const"] = const
    if name_of(call.func) == "add_argument" and name == "bool":
        own["x-empty"] = True  # for argparse every text but "" is true
    if not kind:
        return own
    return {**own, "type": kind if default is not None or "default" not in named else [kind, "null"]}
