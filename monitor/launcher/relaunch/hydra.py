"""The settings of a Hydra script: its config file, and those that its defaults list names, which become its groups."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from monitor.launcher.relaunch.configs import rule_of, settings_in
from monitor.launcher.relaunch.signatures import Properties, literal

OPTIONS = {"config_name": ("--config-name", "-cn"), "config_path": ("--config-path", "-cp")}
DEFAULTS = re.compile(r"^defaults:[^\n]*\n((?:[ \t]*-[^\n]*\n?|[ \t]*#[^\n]*\n|\s*\n)+)", re.MULTILINE)
CHOICE = re.compile(r"-\s*(?:override\s+)?([\w/@.]+)\s*:\s*([\w./-]+)")
DEEPEST = 3


def hydra_settings(call: ast.Call, script: Path, argv: list[str]) -> Properties:
    """Dotted name → rule, for a script with this `@hydra.main(…)`; a change is written as `name=value`."""
    given = {word.arg: literal(word.value) for word in call.keywords}
    named = {key: _on_command(argv, words) or given.get(key) for key, words in OPTIONS.items()}
    if not isinstance(named["config_name"], str):
        return {}
    folder = script.parent / str(named["config_path"] or "")
    overrides = dict(word.lstrip("+").partition("=")[::2] for word in argv if "=" in word and not word.startswith("-"))
    found: Properties = {}
    for key, value in _values(folder, named["config_name"].removesuffix(".yaml"), "", overrides, 0):
        found[key] = {"x-option": key, **rule_of(value), **({} if value is None else {"default": value})}
    return found


def _values(folder: Path, name: str, group: str, overrides: dict[str, str], depth: int) -> Iterator[tuple[str, Any]]:
    path = folder / group / f"{name}.yaml"
    prefix = f"{group.replace('/', '.')}." if group else ""
    for key, setting in settings_in(path).items():
        if key != "defaults" and not key.startswith("hydra."):
            yield f"{prefix}{key}", setting.value
    try:
        listed = DEFAULTS.search(path.read_text(encoding="utf-8", errors="replace")) if depth < DEEPEST else None
    except OSError:
        return
    for choice in CHOICE.finditer(listed[1] if listed else ""):
        inner = choice[1].partition("@")[0]
        if not inner.startswith("hydra"):
            chosen = overrides.get(inner, choice[2])
            yield inner, chosen
            yield from _values(folder, chosen, f"{group}/{inner}".strip("/"), overrides, depth + 1)


def _on_command(argv: list[str], words: tuple[str, ...]) -> str | None:
    for index, word in enumerate(argv):
        name, equals, value = word.partition("=")
        if name in words:
            return value if equals else argv[index + 1] if index + 1 < len(argv) else None
    return None
