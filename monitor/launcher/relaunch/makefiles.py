"""The settings of a Makefile: its variables, which a command changes as `make train LR=0.1`."""

from __future__ import annotations

import re
from pathlib import Path

from monitor.launcher.relaunch.configs import rule_of, scalar
from monitor.launcher.relaunch.flags import find_flags
from monitor.launcher.relaunch.launchers import own_words_begin
from monitor.launcher.relaunch.signatures import Properties

FILES = ("GNUmakefile", "makefile", "Makefile")
VARIABLE = re.compile(
    r"^(?:export\s+)?([A-Za-z_]\w*)\s*(?:\?|:{1,2})?=[ \t]*([^\n]*?)[ \t]*(?:#[^\n]*)?$", re.MULTILINE
)
MAKE = frozenset({"make", "gmake"})


def is_make(argv: list[str]) -> bool:
    """Whether make starts the script."""
    begin = own_words_begin(argv)
    return bool(begin) and Path(argv[begin - 1]).name in MAKE


def of_makefile(argv: list[str], cwd: Path) -> Properties:
    """The variables that the Makefile sets and makes use of, with their values; those that it computes are left out."""
    given = {flag.name: flag.values[-1] for flag in find_flags(argv) if flag.values}
    folder = cwd / given.get("-C", given.get("--directory", "."))
    named = given.get("-f", given.get("--file", given.get("--makefile")))
    path = folder / named if named else next((folder / name for name in FILES if (folder / name).is_file()), None)
    try:
        text = path.read_text(encoding="utf-8", errors="replace") if path is not None else ""
    except OSError:
        return {}
    found: Properties = {}
    for name, value in VARIABLE.findall(text):
        if "$" not in value and re.search(rf"\$[({{]{name}[)}}]", text):
            now = scalar(value) if value else ""
            found[name] = {"x-option": name, **rule_of(now), "default": now}
    return found
