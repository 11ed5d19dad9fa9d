"""Which options stand on a command line, and which words are their own.

Understood: `--key value`, `--key=value`, `-k value`, `-kvalue`, `--key` alone, `key=value` without dashes (Hydra) and
`-p key value` (papermill); dashes and underscores in a key mean the same.
How many words an option takes is what the script declares (`x-switch`, `x-nargs` in its schema). Where that is not
known it is one word, or a row of numbers: what follows may be a positional argument, and no such word is ever dropped.
Only the script's own words are looked at: those of a launcher are none of its settings (`launchers`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from monitor.launcher.relaunch.launchers import is_notebook, is_program, own_words_begin

LOOKS_LIKE_FLAG = re.compile(r"--?[A-Za-z]")
BARE_OVERRIDE = re.compile(r"\+{0,2}([A-Za-z_][\w.@/]*)=(.*)", re.DOTALL)
NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
GLUED = re.compile(rf"(-[A-Za-z])({NUMBER.pattern})")
BOOLEANS = frozenset({"true", "false", "yes", "no", "on", "off", "0", "1"})
PARAMETER = frozenset({"-p", "--parameters", "-r", "--parameters_raw"})
"""papermill's options for one parameter."""

Rules = Mapping[str, Mapping[str, Any]]
"""Key of an option → what its script declares of it: the `properties` of a config schema."""
NO_RULES: Rules = {}
Form = Literal["apart", "joined", "bare", "glued", "cluster", "parameter", "place"]
"""How an option is written: `--k v`, `--k=v`, `k=v`, `-kv`, a switch in `-abc`, `-p k v`, a positional argument."""


@dataclass(frozen=True)
class Flag:
    """One option found: words `first` to `last` (exclusive) of argv. `off`: it is written as `--no-name`."""

    key: str
    name: str
    values: tuple[str, ...]
    first: int
    last: int
    form: Form = "apart"
    off: bool = False

    @property
    def bare(self) -> bool:
        """Whether it is written `k=v`, as Hydra takes it."""
        return self.form == "bare"

    @property
    def joined(self) -> bool:
        """Whether name and value are one word, with = between them."""
        return self.form in ("joined", "bare")

    @property
    def text(self) -> str:
        """Its value as it stands on the command line; "true" or "false" for one that stands alone."""
        return " ".join(self.values) if self.values else "false" if self.off else "true"


def canonical(key: str) -> str:
    """`--batch-size` and `batch_size` are one key."""
    return key.lstrip("-").replace("-", "_")


def find_flags(argv: list[str], rules: Rules = NO_RULES) -> list[Flag]:
    """Every option among the script's own words, in order, each with the words that are its own."""
    begin = own_words_begin(argv)
    if is_notebook(argv):
        return list(_parameters(argv, begin))
    return [*_options(argv, begin, rules)]


def given(argv: list[str], rules: Rules = NO_RULES) -> list[Flag]:
    """The same with the positional arguments that the script declares (`x-place`: which of them)."""
    flags = find_flags(argv, rules)
    places = {rule["x-place"]: key for key, rule in rules.items() if "x-place" in rule}
    taken = {index for flag in flags for index in range(flag.first, flag.last)}
    rest = [i for i in range(own_words_begin(argv), len(argv)) if i not in taken and argv[i] != "--"]
    found = [Flag(places[n], argv[i], (argv[i],), i, i + 1, "place") for n, i in enumerate(rest) if n in places]
    return [*flags, *found]


def value_of(argv: list[str], key: str, rules: Rules = NO_RULES) -> str | None:
    """The value that wins for a key (the last one given), "true" for a flag alone, None if it is not given."""
    flags = [flag for flag in given(argv, rules) if flag.key == canonical(key)]
    if not flags:
        return None
    rule = rules.get(flags[-1].key, NO_RULES)
    return " ".join(flag.text for flag in flags) if rule.get("x-repeat") else flags[-1].text


def launcher_flags(argv: list[str]) -> list[Flag]:
    """The options of what starts the script: `--nproc_per_node 2` of torchrun, `LR=0.1` of env."""
    begin = own_words_begin(argv)
    words = argv[:begin]
    named = [
        Flag(m[1], m[1], (m[2],), i, i + 1, "bare") for i, w in enumerate(words) if (m := BARE_OVERRIDE.fullmatch(w))
    ]
    return [*named, *(flag for flag in _options(words, 1, NO_RULES) if not flag.bare)]


def is_count(rule: Mapping[str, Any]) -> bool:
    """Whether an option is counted: `-v -v` or `-vv` is 2."""
    return rule.get("x-nargs") == 0 and rule.get("type") == "integer"


def _stands_alone(rule: Mapping[str, Any]) -> bool:
    """Whether an option takes no word at all."""
    return bool(rule.get("x-switch")) or rule.get("x-nargs") == 0


def takes_several(rule: Mapping[str, Any]) -> bool:
    """Whether an option may take more than one word."""
    return rule.get("x-nargs", "?") not in ("?", 0)


def off_names(rule: Mapping[str, Any]) -> list[str]:
    """The spellings that switch an option off."""
    if rule.get("x-switch") == "off":
        return [str(rule["x-option"]), *rule.get("x-names", ())]
    names = rule.get("x-off")
    return list(names) if names else [f"--no-{str(rule.get('x-option', '')).removeprefix('--')}"]


def text_of(value: Any) -> str:
    """A value as it is written on a command line: 1e-05 as Python reads it back, booleans in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _parameters(argv: list[str], begin: int) -> Iterator[Flag]:
    for index in range(begin, len(argv) - 2):
        if argv[index] in PARAMETER:
            yield Flag(canonical(argv[index + 1]), argv[index + 1], (argv[index + 2],), index, index + 3, "parameter")


def _options(argv: list[str], begin: int, rules: Rules) -> Iterator[Flag]:
    names = dict(_names(rules))
    index = begin
    while index < len(argv) and argv[index] != "--":
        found = _flags_at(argv, index, rules, names)
        yield from found
        index = found[-1].last if found else index + 1


def _names(rules: Rules) -> Iterator[tuple[str, str]]:
    """Each spelling of an option → its key, after "!" where it switches the option off."""
    for key, rule in rules.items():
        on = () if rule.get("x-switch") == "off" else (rule.get("x-option"), *rule.get("x-names", ()))
        off = off_names(rule) if rule.get("x-switch") in ("pair", "off") or "x-off" in rule else ()
        for names, meant in ((on, key), (off, f"!{key}")):
            for name in names:
                if isinstance(name, str) and name.startswith("-"):
                    yield name, meant
                    if name.startswith("--"):
                        yield name.replace("_", "-"), meant
                        yield name.replace("-", "_").replace("__", "--", 1), meant


def _flags_at(argv: list[str], index: int, rules: Rules, names: Mapping[str, str]) -> list[Flag]:
    """The option that begins with a word; several for switches in one word, none for a positional argument."""
    word = argv[index]
    name, equals, value = word.partition("=")
    bare = BARE_OVERRIDE.fullmatch(word)
    if bare:
        return [Flag(bare[1], word[: bare.start(2) - 1], (bare[2],), index, index + 1, "bare")] if index else []
    if not (LOOKS_LIKE_FLAG.match(word) or (word.startswith("--") and len(word) > 2)):
        return []
    key = names.get(name) or _abbreviated(name, names)
    if not key and not word.startswith("--") and (short := _short(argv, index, rules, names)):
        return short
    off, key = key[:1] == "!", key.removeprefix("!") or canonical(name)
    if equals:
        return [Flag(key, name, (value,), index, index + 1, "joined", off)]
    last = index + 1
    while last < len(argv) and not LOOKS_LIKE_FLAG.match(argv[last]) and argv[last] != "--":
        last += 1
    own = index + 1 + (0 if off else _own(argv[index + 1 : last], rules.get(key)))
    return [Flag(key, name, tuple(argv[index + 1 : own]), index, own, "apart", off)]


def _abbreviated(name: str, names: Mapping[str, str]) -> str:
    """argparse takes the beginning of a long name where only one begins so."""
    if not name.startswith("--") or len(name) < 4:
        return ""
    keys = {key for full, key in names.items() if full.startswith(name)}
    return keys.pop() if len(keys) == 1 else ""


def _short(argv: list[str], index: int, rules: Rules, names: Mapping[str, str]) -> list[Flag]:
    """`-j0`: a short option with its value in the same word; `-vq`: two switches."""
    word = argv[index]
    meant = [names.get(f"-{letter}", "") for letter in word[1:]]
    letters = [(key.removeprefix("!"), key[:1] == "!") for key in meant]
    if len(word) > 2 and meant[0] and not _stands_alone(rules[letters[0][0]]):
        return [Flag(meant[0], word[:2], (word[2:],), index, index + 1, "glued")]
    if len(word) > 2 and all(meant) and all(_stands_alone(rules[key]) for key, _ in letters):
        return [
            Flag(key, f"-{word[n]}", (), index, index + 1, "cluster", off) for n, (key, off) in enumerate(letters, 1)
        ]
    if glued := GLUED.fullmatch(word):
        return [Flag(canonical(glued[1]), glued[1], (glued[2],), index, index + 1, "glued")]
    return []


def _own(following: list[str], rule: Mapping[str, Any] | None) -> int:
    """How many of the words that follow an option are its own."""
    if rule is None:
        numbers = next((place for place, word in enumerate(following) if not NUMBER.fullmatch(word)), len(following))
        return max(min(1, len(following)) if following and not is_program(following[0]) else 0, numbers)
    declared = rule.get("x-nargs")
    if _stands_alone(rule):
        return 0
    if isinstance(declared, int):
        return min(declared, len(following))
    if declared in ("*", "+", "..."):
        return len(following)
    if declared == "?" and rule.get("type") == "boolean" and "x-empty" not in rule:
        return int(bool(following) and following[0].lower() in BOOLEANS)
    return min(1, len(following))
