"""Values checked against the config schema in run.json; errors name the field."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from typing import Any

from monitor.run_dir.errors import UsageError

WORDS = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "string": "text"}
YES = frozenset({"true", "yes", "on", "1"})
KEEPS_TYPE = frozenset({"x-file", "x-sacred"})
"""Where the kind of a number matters: a float in a file of settings stays one."""
WHOLE = re.compile(r"[-+]?\d{1,15}")
NO = frozenset({"false", "no", "off", "0"})


def checked(changes: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The changes with values of the right type. Raises UsageError, one line per field that is wrong.

    A run without a schema (a foreign script) takes any key and any value.
    """
    properties = schema.get("properties", {})
    good, wrong = {}, []
    for key, value in changes.items():
        name = key.lstrip("-").replace("-", "_")
        try:
            good[name] = checked_value(name, value, properties)
        except UsageError as problem:
            wrong.append(str(problem))
    if wrong:
        raise UsageError("\n".join(wrong))
    return good


def with_presets(schema: Mapping[str, Any], corpus: Any = None) -> dict[str, Any]:
    """The schema with the option `preset`, where it names presets (per corpus): only those may be chosen."""
    presets: Mapping[str, Any] = schema.get("presets", {})
    names = list(presets.get(corpus) or dict.fromkeys(name for known in presets.values() for name in known))
    if not names:
        return dict(schema)
    return {**schema, "properties": {**schema.get("properties", {}), "preset": {"type": "string", "enum": names}}}


def checked_value(key: str, value: Any, properties: Mapping[str, Any]) -> Any:
    """One value, converted from text where the schema says what it is. Raises UsageError naming value and range."""
    if not properties:
        return value
    if key not in properties:
        near = difflib.get_close_matches(key, list(properties), n=1)
        raise UsageError(f"{key}: there is no such setting" + (f"; nearest: {near[0]}." if near else "."))
    rule = properties[key]
    kinds = _kinds(rule)
    is_word = rule.get("default") in ("none", "null") and value == rule.get("default")
    if value is None or (
        isinstance(value, str) and value.lower() in ("none", "null") and "null" in kinds and not is_word
    ):
        if "null" in kinds or (value is None and not kinds):
            return None
        raise UsageError(f"{key}: must not be empty.")
    converted = _converted(key, value, kinds)
    if isinstance(converted, list):
        return _list(key, value, converted, rule)
    if isinstance(converted, float) and WHOLE.fullmatch(str(value).strip()) and not KEEPS_TYPE & rule.keys():
        converted = int(value)  # as it was typed: 2, never 2.0
    _check_range(key, converted, rule)
    return converted


def _list(key: str, given: Any, values: list[Any], rule: Mapping[str, Any]) -> list[Any]:
    """A list with as many values as its option takes, each of the right type."""
    items: Mapping[str, Any] = rule.get("items", {})
    if items.get("type") == "array" and not any(isinstance(each, list) for each in values):
        values = [values] if values else []  # given once
    is_repeated = "x-repeat" in rule
    if not is_repeated or rule.get("x-flat"):
        _check_length(key, given, len(values), rule.get("x-nargs"), is_repeated)
    elif "x-nargs" in rule:
        items = {**items, "x-nargs": rule["x-nargs"]}
    for each in values:
        _check_range(key, each, {"enum": rule.get("enum")})
    made = [checked_value(key, each, {key: items}) for each in values] if items else values
    base = list(rule.get("x-base", ()))
    if made[: len(base)] != base:
        raise UsageError(f"{key} {given}: the script adds what is given to {base}; the list must begin so.")
    return made


def _check_length(key: str, given: Any, length: int, nargs: Any, is_repeated: bool) -> None:
    least, most = (nargs, nargs) if isinstance(nargs, int) else (1 if nargs == "+" else 0, None)
    if is_repeated:
        fits, wanted = length % (least or 1) == 0, f"{least} values each time"
    else:
        fits = length >= least and (most is None or length <= most)
        wanted = f"{'' if most else 'at least '}{least} value{'' if least == 1 else 's'}"
    if not fits:
        shown = "" if given in ("", []) else f" {given}"
        raise UsageError(f"{key}{shown}: must be {wanted}, not {length}.")


def _kinds(rule: Mapping[str, Any]) -> list[str]:
    kind = rule.get("type", [])
    several = [kind] if isinstance(kind, str) else list(kind)
    return several + [k for option in rule.get("anyOf", []) for k in _kinds(option)]


def _converted(key: str, value: Any, kinds: list[str]) -> Any:
    for kind in kinds:
        try:
            return _as(kind, value)
        except (TypeError, ValueError):
            continue
    if not [kind for kind in kinds if kind != "null"]:
        return value
    expected = " or ".join(WORDS.get(kind, kind) for kind in kinds if kind != "null")
    raise UsageError(f"{key} {value}: must be {expected}.")


def _as(kind: str, value: Any) -> Any:
    """`value` as a JSON type; raises ValueError or TypeError if it is not one."""
    if kind == "boolean":
        return _boolean(value)
    if kind in ("integer", "number"):
        return _number(kind, value)
    if kind == "array":
        return value if isinstance(value, list) else _array(value)
    if kind == "string":
        return str(value)
    raise ValueError(kind)


def _boolean(value: Any) -> bool:
    word = str(value).lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValueError(value)


def _number(kind: str, value: Any) -> int | float:
    if isinstance(value, bool):
        raise ValueError(value)
    number = float(value)
    if number != number:
        raise ValueError(value)
    if number.is_integer() and kind == "integer":
        return int(number)
    if kind == "integer":
        raise ValueError(value)
    return value if isinstance(value, int) else number


def _array(value: Any) -> list[Any]:
    parsed = json.loads(value) if str(value).startswith("[") else str(value).replace(",", " ").split()
    if not isinstance(parsed, list):
        raise ValueError(value)
    return parsed


def _check_range(key: str, value: Any, rule: Mapping[str, Any]) -> None:
    allowed = rule.get("enum")
    if allowed and value not in allowed:
        raise UsageError(f"{key} {value}: must be one of {', '.join(map(str, allowed))}.")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    low, high = rule.get("minimum"), rule.get("maximum")
    above, below = rule.get("exclusiveMinimum"), rule.get("exclusiveMaximum")
    fits = (
        (low is None or value >= low)
        and (high is None or value <= high)
        and (above is None or value > above)
        and (below is None or value < below)
    )
    if not fits:
        raise UsageError(f"{key} {_short(value)}: must be {_range(low, high, above, below)}.")


def _range(low: Any, high: Any, above: Any, below: Any) -> str:
    """The range in words: "0 to 0.9", "at least 1", "more than 0 and at most 1"."""
    if low is not None and high is not None:
        return f"{_short(low)} to {_short(high)}"
    words = [
        f"{word} {_short(limit)}"
        for word, limit in (("at least", low), ("more than", above), ("at most", high), ("less than", below))
        if limit is not None
    ]
    return " and ".join(words)


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
