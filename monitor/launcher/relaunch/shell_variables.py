"""Variables that a shell script takes from its environment where they are set there: `LR=${LR:-1e-3}`.

A change is written as `env LR=0.1 bash train.sh`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.launcher.relaunch.configs import rule_of, scalar
from monitor.launcher.relaunch.flags import launcher_flags, text_of
from monitor.launcher.relaunch.signatures import Properties
from monitor.run_dir.launch import SECRET

WITH_DEFAULT = re.compile(r"\$\{([A-Za-z_]\w*):?[-=]([^}$`]*)\}")
ASSIGNED = re.compile(
    r"^\s*(?:export\s+|readonly\s+|local\s+)?([A-Za-z_]\w*)\+?=([^\n;&|]*)|\b(?:for|read)\s+([A-Za-z_]\w*)", re.M
)
REFERENCE = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?::?[-=][^}]*)?\}|([A-Za-z_]\w*))")


def variables_of(text: str, argv: list[str], environment: Mapping[str, str]) -> tuple[Properties, dict[str, str]]:
    """(name → rule of each variable with a default, name → what each variable of the script holds for this command).

    Left out: what is assigned more than once, or to what the script computes.
    """
    given = {flag.key: flag.text for flag in launcher_flags(argv)}
    defaults: dict[str, str] = {}
    for name, default in WITH_DEFAULT.findall(text):
        defaults.setdefault(name, default)
    assigned = [(name or other, value.strip().strip("\"'")) for name, value, other in ASSIGNED.findall(text)]
    times = Counter(name for name, _ in assigned if name)
    held = {name: given.get(name, environment.get(name, default.strip("\"'"))) for name, default in defaults.items()}
    for name, value in assigned:
        if not (WITH_DEFAULT.fullmatch(value) and name in value):
            held.pop(name, None)
            defaults.pop(name, None)
            if times[name] == 1 and value and not set(value) & set("$`("):
                held[name] = value
    rules: Properties = {}
    for name in (name for name in defaults if times[name] <= 1 and SECRET.search(name) is None):
        value = scalar(held[name])
        rules[name] = {
            "x-option": name,
            "x-env": True,
            **rule_of(value),
            "default": held[name] if value is None else value,
        }
    return rules, held


def filled_in(word: str, held: Mapping[str, str]) -> str:
    """A word of the script with what its variables hold; unchanged where that is not known of one."""
    names = {one or other for one, other in REFERENCE.findall(word)}
    return REFERENCE.sub(lambda match: held[match[1] or match[2]], word) if names <= held.keys() else word


def with_variable(argv: list[str], name: str, value: Any) -> list[str]:
    """`argv` with a variable set before the program; without it for None."""
    standing = [flag for flag in launcher_flags(argv) if flag.form == "bare" and flag.key == name]
    words = [] if value is None else [f"{name}={text_of(value)}"]
    if standing:
        return [*argv[: standing[-1].first], *words, *argv[standing[-1].last :]]
    if Path(argv[0]).name == "env" and not argv[1].startswith("-"):
        return [argv[0], *words, *argv[1:]]
    return ["env", *words, *argv] if words else argv
