"""Settings of a file that a command overrides word by word behind one option or at its end.

`--cfg-options optim.lr=0.1 epochs=3` (OpenMMLab), `--opts SOLVER.BASE_LR 0.1` and the same without an option (yacs:
detectron2, Swin), `--gin_param train.lr=0.1` (gin). The words win over the file, and take values of keys that only a
file behind it names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitor.launcher.relaunch.flags import Rules, canonical, find_flags
from monitor.launcher.relaunch.launchers import own_words_begin
from monitor.run_dir.errors import UsageError

NAMES = frozenset({"opts", "opt", "options", "cfg_options", "override", "overrides", "modify_config", "set_cfgs"})
"""Names that scripts give to such an option or to their last positional arguments."""


@dataclass(frozen=True)
class Within:
    """Where such words stand: behind the option `name`, or at the end of the command (""). `pairs`: KEY VALUE.

    `quotes`: text stands in quotes there, as Python's does.
    """

    name: str
    pairs: bool
    quotes: bool = False

    @property
    def rule(self) -> dict[str, Any]:
        """What a rule says of a setting that is changed there."""
        return {"x-within": self.name, "x-pairs": self.pairs, **({"x-quotes": True} if self.quotes else {})}


@dataclass(frozen=True)
class Word:
    """One setting as it stands there: words `first` to `last` (exclusive) of argv; `prefix`: `--gin_param=`."""

    key: str
    value: str
    first: int
    last: int
    prefix: str = ""


def words_within(argv: list[str], within: Within, rules: Rules) -> list[Word]:
    """Every setting that the command overrides there, in order."""
    flags = find_flags(argv, rules)
    if within.name:
        mine = [flag for flag in flags if flag.key == canonical(within.name)]
        joined = [
            word for flag in mine if flag.form == "joined" for word in _joined(argv, [flag.first], f"{flag.name}=")
        ]
        if joined:
            return joined
        places = [n for flag in mine for n in range(flag.first + 1, flag.last)]
    else:
        places = _at_the_end(argv, {n for flag in flags for n in range(flag.first, flag.last)}, rules)
    return list(_pairs(argv, places) if within.pairs else _joined(argv, places))


def _at_the_end(argv: list[str], taken: Collection[int], rules: Rules) -> list[int]:
    declared = sum("x-place" in rule for rule in rules.values())
    rest = [n for n in range(own_words_begin(argv), len(argv)) if n not in taken and argv[n] != "--"]
    return rest[declared:]


def _pairs(argv: list[str], places: list[int]) -> Iterator[Word]:
    for key, value in zip(places[::2], places[1::2], strict=False):
        yield Word(argv[key], argv[value], key, value + 1)


def _joined(argv: list[str], places: list[int], prefix: str = "") -> Iterator[Word]:
    for place in places:
        key, sign, value = argv[place].removeprefix(prefix).partition("=")
        if sign:
            yield Word(key.strip(), value.strip(), place, place + 1, prefix)


def with_word_within(argv: list[str], key: str, value: Any, rules: Rules) -> list[str]:
    """`argv` with a setting of the file overridden; raises UsageError for a value that cannot be written there."""
    within = _within(rules[key])
    text = repr(value) if within.quotes and isinstance(value, str) and value[:1] not in "@%" else _text(value)
    if not within.name and text.startswith("-") and not within.pairs:
        raise UsageError(f"{key} {text}: the script would take it for an option.")
    new = [key, text] if within.pairs else [f"{key}={text}"]
    standing = words_within(argv, within, rules)
    mine = [word for word in standing if word.key == key]
    if standing and standing[-1].prefix:
        new = [f"{standing[-1].prefix}{new[0]}"]
    elif standing and not mine and "x-repeat" in rules.get(canonical(within.name), {}):
        new = [within.name, *new]
    if mine:
        return [*argv[: mine[-1].first], *new, *argv[mine[-1].last :]]
    if standing:
        return [*argv[: standing[-1].last], *new, *argv[standing[-1].last :]]
    return [*argv, within.name, *new] if within.name else [*argv, *new]


def replaced_words(argv: list[str], keys: Collection[str], rules: Rules) -> Counter[str]:
    """The words that may go where these settings are changed."""
    found: Counter[str] = Counter()
    for key in keys:
        rule: Mapping[str, Any] = rules.get(key, {})
        if "x-within" in rule:
            standing = words_within(argv, _within(rule), rules)
            found += Counter(w for word in standing if word.key == key for w in argv[word.first : word.last])
    return found


def _within(rule: Mapping[str, Any]) -> Within:
    return Within(rule["x-within"], rule["x-pairs"], "x-quotes" in rule)


def _text(value: Any) -> str:
    """A value as Python reads it: both parsers do."""
    return f"[{','.join(map(_text, value))}]" if isinstance(value, (list, tuple)) else str(value)
