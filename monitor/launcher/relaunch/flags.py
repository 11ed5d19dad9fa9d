"""Changing options on a command line in the style in which it is written.

Understood: `--key value`, `--key=value`, `--key` alone, and `key=value` without dashes (Hydra);
dashes and underscores in a key mean the same.
How many words an option takes is what the script declares (`x-switch`, `x-nargs` in its schema). Where that is not
known it is one word, or a row of numbers: what follows may be a positional argument, and no such word is ever dropped.
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
NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
BOOLEANS = frozenset({"true", "false", "yes", "no", "on", "off", "0", "1"})

Rules = Mapping[str, Mapping[str, Any]]
"""Key of an option → what its script declares of it: the `properties` of a config schema."""
NO_RULES: Rules = {}


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


def find_flags(argv: list[str], rules: Rules = NO_RULES) -> list[Flag]:
    """Every long option of a command line, in order, each with the words that are its own."""
    found = []
    for index, word in enumerate(argv):
        bare = BARE_OVERRIDE.fullmatch(word)
        if word.startswith("--") and len(word) > 2:
            found.append(_long_flag(argv, index, rules))
        elif bare and index > 0 and not _belongs_to_flag(argv, index):
            found.append(Flag(bare[1], word[: bare.start(2) - 1], (bare[2],), index, index + 1, True, True))
    return found


def value_of(argv: list[str], key: str, rules: Rules = NO_RULES) -> str | None:
    """The value that wins for a key (the last one given), "true" for a flag alone, None if it is not given."""
    flags = [flag for flag in find_flags(argv, rules) if flag.key == canonical(key)]
    if not flags:
        return None
    return " ".join(flags[-1].values) if flags[-1].values else "true"


def with_value(argv: list[str], key: str, value: Any, rules: Rules = NO_RULES) -> list[str]:
    """`argv` with one option set: replaced where it stands, else added at the end in the same style.

    True and False switch a flag that stands alone on and off; None takes the option away.
    """
    flags = find_flags(argv, rules)
    mine = [flag for flag in flags if flag.key == canonical(key)]
    if not mine:
        return argv if value is None else [*argv, *_written(_new_name(key, flags), value, _style(flags))]
    last, rest = mine[-1], argv[mine[-1].last :]
    if isinstance(value, bool) and not last.joined and not {word.lower() for word in last.values} & BOOLEANS:
        # It stands alone: the word after it is no value of its own.
        return [*argv[: last.first], *([last.name] if value else []), *last.values, *rest]
    words = [] if value is None else _written(last.name, value, last)
    if len(words) == 2 and NUMBER.fullmatch(words[1]) and rest and NUMBER.fullmatch(rest[0]) and not rules:
        words = ["=".join(words)]  # else the number that follows would be read as a second value
    return [*argv[: last.first], *words, *rest]


def with_option(argv: list[str], key: str, value: Any, rule: Mapping[str, Any]) -> list[str]:
    """`with_value` for an option whose own name is known (`x-option` in its schema), and whether it takes a value.

    `x-switch`: "on" stands alone and switches on, "off" switches off, "pair" is `--name` or `--no-name`.
    """
    name, switch = rule.get("x-option"), rule.get("x-switch")
    if not isinstance(name, str):
        return with_value(argv, key, value)
    rules = {canonical(name): rule}
    if switch and isinstance(value, bool):
        off = f"--no-{name.removeprefix('--')}"
        bare = with_value(with_value(argv, name, None, rules), off, None, rules)
        if switch == "pair":
            return [*bare, name if value else off]
        return [*bare, name] if value == (switch == "on") else bare
    flags = find_flags(argv, rules)
    if value is None or any(flag.key == canonical(name) for flag in flags):
        return with_value(argv, name, value, rules)
    return [*argv, *_written(name, value, _style(flags))]


def text_of(value: Any) -> str:
    """A value as it is written on a command line: 1e-05 as Python reads it back, booleans in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _long_flag(argv: list[str], index: int, rules: Rules) -> Flag:
    name, equals, value = argv[index].partition("=")
    if equals:
        return Flag(canonical(name), name, (value,), index, index + 1, True)
    last = index + 1
    while last < len(argv) and not LOOKS_LIKE_FLAG.match(argv[last]) and argv[last] != "--":
        last += 1
    own = index + 1 + _own(argv[index + 1 : last], canonical(name), rules)
    return Flag(canonical(name), name, tuple(argv[index + 1 : own]), index, own, False)


def _own(following: list[str], key: str, rules: Rules) -> int:
    """How many of the words that follow an option are its own."""
    rule = rules.get(key) or {}
    if rule.get("x-switch") or rules.get(key.removeprefix("no_"), {}).get("x-switch") == "pair":
        return 0
    declared = rule.get("x-nargs")
    if isinstance(declared, int):
        return min(declared, len(following))
    if declared in ("*", "+"):
        return len(following)
    if rule.get("x-option") or declared == "?":
        return min(1, len(following))
    numbers = next((place for place, word in enumerate(following) if not NUMBER.fullmatch(word)), len(following))
    return max(min(1, len(following)), numbers)


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
