"""Changing options on a command line in the style in which it is written.

Understood: `--key value`, `--key=value`, `--key` alone, and `key=value` without dashes (Hydra);
dashes and underscores in a key mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LOOKS_LIKE_FLAG = re.compile(r"--?[A-Za-z]")
NEEDS_JOINING = re.compile(r"-(?!\d+$|\d*\.\d+$)")
"""argparse takes such a value for an option: -inf, and -1e-05 too."""
BARE_OVERRIDE = re.compile(r"\+{0,2}([A-Za-z_][\w.]*)=(.*)", re.DOTALL)


@dataclass(frozen=True)
class Flag:
    """One option found: words `first` to `last` (exclusive) of argv. `joined`: its value follows after `=`."""

    key: str
    name: str
    values: tuple[str, ...]
    first: int
    last: int
    joined: bool
    bare: bool = False


def canonical(key: str) -> str:
    """`--batch-size` and `batch_size` are one key."""
    return key.lstrip("-").replace("-", "_")


def find_flags(argv: list[str]) -> list[Flag]:
    """Every long option of a command line, in order."""
    found = []
    for index, word in enumerate(argv):
        bare = BARE_OVERRIDE.fullmatch(word)
        if word.startswith("--") and len(word) > 2:
            found.append(_long_flag(argv, index))
        elif bare and index > 0 and not _belongs_to_flag(argv, index):
            found.append(Flag(bare[1], word[: bare.start(2) - 1], (bare[2],), index, index + 1, True, True))
    return found


def value_of(argv: list[str], key: str) -> str | None:
    """The value that wins for a key (the last one given), "true" for a flag alone, None if it is not given."""
    flags = [flag for flag in find_flags(argv) if flag.key == canonical(key)]
    if not flags:
        return None
    return " ".join(flags[-1].values) if flags[-1].values else "true"


def with_value(argv: list[str], key: str, value: Any) -> list[str]:
    """`argv` with one option set: replaced where it stands, else added at the end in the same style.

    True and False switch a flag that stands alone on and off; None takes the option away.
    """
    flags = find_flags(argv)
    mine = [flag for flag in flags if flag.key == canonical(key)]
    if not mine:
        return argv if value is None else [*argv, *_written(_new_name(key, flags), value, _style(flags))]
    last = mine[-1]
    alone = not last.values and isinstance(value, bool)
    words = [] if value is None or (alone and not value) else [last.name] if alone else _written(last.name, value, last)
    return [*argv[: last.first], *words, *argv[last.last :]]


def with_option(argv: list[str], key: str, value: Any, rule: Mapping[str, Any]) -> list[str]:
    """`with_value` for an option whose own name is known (`x-option` in its schema), and whether it takes a value.

    `x-switch`: "on" stands alone and switches on, "off" switches off, "pair" is `--name` or `--no-name`.
    """
    name, switch = rule.get("x-option"), rule.get("x-switch")
    if not isinstance(name, str):
        return with_value(argv, key, value)
    if switch and isinstance(value, bool):
        off = f"--no-{name.removeprefix('--')}"
        bare = with_value(with_value(argv, name, None), off, None)
        if switch == "pair":
            return [*bare, name if value else off]
        return [*bare, name] if value == (switch == "on") else bare
    flags = find_flags(argv)
    if value is None or any(flag.key == canonical(key) for flag in flags):
        return with_value(argv, key, value)
    return [*argv, *_written(name, value, _style(flags))]


def text_of(value: Any) -> str:
    """A value as it is written on a command line: 1e-05 as Python reads it back, booleans in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _long_flag(argv: list[str], index: int) -> Flag:
    name, equals, value = argv[index].partition("=")
    if equals:
        return Flag(canonical(name), name, (value,), index, index + 1, True)
    last = index + 1
    while last < len(argv) and not LOOKS_LIKE_FLAG.match(argv[last]) and argv[last] != "--":
        last += 1
    return Flag(canonical(name), name, tuple(argv[index + 1 : last]), index, last, False)


def _belongs_to_flag(argv: list[str], index: int) -> bool:
    """Whether a `key=value` word is the value of the option before it (`--define a=b`)."""
    before = argv[index - 1]
    return before.startswith("--") and "=" not in before


def _style(flags: list[Flag]) -> Flag:
    """The way most of this command's options are written; `--key value` when it has none."""
    plain = Flag("", "--x", ("",), 0, 0, False)
    with_values = [flag for flag in flags if flag.values]
    if not with_values:
        return plain
    joined = sum(flag.joined for flag in with_values) * 2 > len(with_values)
    bare = sum(flag.bare for flag in with_values) * 2 > len(with_values)
    return Flag("", "--x", ("",), 0, 0, joined, bare)


def _new_name(key: str, flags: list[Flag]) -> str:
    style = _style(flags)
    if style.bare:
        return canonical(key)
    dashed = any("-" in flag.name.lstrip("-") for flag in flags)
    return "--" + (canonical(key).replace("_", "-") if dashed else canonical(key))


def _written(name: str, value: Any, style: Flag) -> list[str]:
    values = [text_of(item) for item in value] if isinstance(value, (list, tuple)) else [text_of(value)]
    if style.joined or (len(values) == 1 and NEEDS_JOINING.match(values[0])):
        return [f"{name}={','.join(values)}"]
    return [name, *values]
