"""The options of a help page, as argparse and click print it: names, choices, and the defaults that it gives."""

from __future__ import annotations

import re
from typing import Any

from monitor.launcher.relaunch.flags import canonical
from monitor.launcher.relaunch.signatures import Properties

OF_THE_PARSER = frozenset({"help", "version"})
LINE = re.compile(r"^\s{1,8}(-{1,2}\w.*?)(?:\s{2,}(\S.*))?$")
SPELLING = re.compile(r"(-{1,2}[\w-]+)(?:[ =](\{[^}]*\}|\S.*))?$")
CHOICES = re.compile(r"[{\[]([\w.|,-]+)[}\]]$")
DEFAULT = re.compile(r"[(\[]default:? ([^)\];]*)[)\];]")


def in_help(text: str) -> Properties:
    """Key → rule of each option on the page."""
    found: Properties = {}
    key = ""
    for line in text.splitlines():
        if match := LINE.match(line):
            key, rule = _option(match[1], match[2] or "")
            if key and key not in OF_THE_PARSER:
                found[key] = rule
        elif key in found and line.startswith(" " * 10):
            found[key]["description"] = f"{found[key]['description']} {line.strip()}".strip()
    for rule in found.values():
        default = DEFAULT.search(rule["description"])
        if default and default[1] not in ("None", "False", "True", ""):
            _set_default(rule, default[1])
    return found


def _option(names: str, description: str) -> tuple[str, dict[str, Any]]:
    """(key, rule) from such as `-e EPOCHS, --epochs EPOCHS` or click's `--amp / --no-amp`."""
    on, _, off = names.partition(" / ")
    spelled = [match for part in re.split(r", (?=-)", on) if (match := SPELLING.match(part.strip()))]
    if not spelled:
        return "", {}
    words = [match[1] for match in spelled]
    option = next((word for word in words if word.startswith("--")), words[0])
    others = [word for word in words if word != option]
    offs = [off.strip()] if off else [word for word in others if word == f"--no-{option[2:]}"]
    rule: dict[str, Any] = {"x-option": option, "description": description, **_kind(spelled[-1][2], offs)}
    if more := [word for word in others if word not in offs]:
        rule["x-names"] = more
    return canonical(option), rule


def _kind(metavar: str | None, off: list[str]) -> dict[str, Any]:
    if off:
        return {"type": "boolean", "x-switch": "pair", "x-off": off}
    if metavar is None:
        return {"type": "boolean", "default": False, "x-switch": "on"}
    if choices := CHOICES.match(metavar):
        return {"enum": re.split(r"[,|]", choices[1])}
    words = metavar.split()
    if metavar.endswith("...]"):
        return {"type": "array", "x-nargs": "*" if metavar.startswith("[") else "+"}
    if metavar.startswith("[") and metavar.endswith("]") and len(words) == 1:
        return {"x-nargs": "?"}
    return {"type": "array", "x-nargs": len(words)} if len(set(words)) == 1 < len(words) else {}


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
