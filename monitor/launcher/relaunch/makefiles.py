"""The settings of a Makefile: its variables, which a command changes as `make train LR=0.1`.

Where a target runs a plain `python script.py --lr $(LR)`, the script's own option is a name of that variable too.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from monitor.launcher.relaunch.configs import rule_of, scalar
from monitor.launcher.relaunch.flags import canonical, find_flags
from monitor.launcher.relaunch.signatures import Properties
from monitor.run_dir.makefile import Recipe, makefile_of, recipe_of, text_of

VARIABLE = re.compile(
    r"^(?:export\s+)?([A-Za-z_]\w*)\s*(?:\?|:{1,2})?=[ \t]*([^\n]*?)[ \t]*(?:#[^\n]*)?$", re.MULTILINE
)
ONE_REFERENCE = re.compile(r"\$(?:\((\w+)\)|\{(\w+)\})")


def of_makefile(argv: list[str], cwd: Path) -> Properties:
    """The variables that the Makefile sets and makes use of, with their values; those that it computes are left out."""
    text = text_of(makefile_of(argv, cwd)) or ""
    recipe = recipe_of(argv, cwd)
    options = {} if recipe is None else _options_of(recipe)
    found: Properties = {}
    for name, value in VARIABLE.findall(text):
        if "$" not in value and re.search(rf"\$[({{]{name}[)}}]", text):
            now = scalar(value) if value else ""
            named = {"x-dest": options[name]} if options.get(name, canonical(name)) != canonical(name) else {}
            found[name] = {"x-option": name, **rule_of(now), "default": now, **named}
    return found


def not_a_variable(name: str, argv: list[str], cwd: Path, hint: str) -> str:
    """Why a change has no place in a command of make, and where it has one."""
    recipe = recipe_of(argv, cwd)
    if recipe is None:
        return f"{name}: the Makefile has no such variable{hint}."
    if canonical(name) in {flag.key for flag in find_flags(_raw(recipe))}:
        return (
            f"{name}: {recipe.path.name} gives it itself, in the line {recipe.line.strip()!r}. Change it there, or "
            "make a variable of it there, and start it again."
        )
    return (
        f"{name}: the Makefile has no such variable{hint}; what it runs is: {shlex.join(recipe.words)}. "
        "Add the option to that line, or start that command itself, with it."
    )


def _options_of(recipe: Recipe) -> dict[str, str]:
    """Variable → the script's option whose whole value it is, where it is that of one."""
    found: dict[str, set[str]] = {}
    for flag in find_flags(_raw(recipe)):
        if len(flag.values) == 1 and (only := ONE_REFERENCE.fullmatch(flag.values[0])):
            found.setdefault(only[1] or only[2], set()).add(flag.key)
    return {name: keys.pop() for name, keys in found.items() if len(keys) == 1}


def _raw(recipe: Recipe) -> list[str]:
    """The words of the line as the Makefile has them, with its variables unfilled behind the script's name."""
    try:
        return shlex.split(recipe.line.strip().lstrip("@+-"))
    except ValueError:
        return []
