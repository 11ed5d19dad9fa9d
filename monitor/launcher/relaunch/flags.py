"""Changing options on a command line in the style in which it is written.

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
NEEDS_JOINING = re.compile(r"-(?!\d+$|\d*\.\d+$)")
"""argparse takes such a value for an option: -inf, and -1e-05 too."""
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
        return self.form == "bare"

    @property
    def joined(self) -> bool:
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
    return " ".join(flag.text for flag in flags) if _is_repeated(rules.get(flags[-1].key)) else flags[-1].text


def launcher_flags(argv: list[str]) -> list[Flag]:
    """The options of what starts the script: `--nproc_per_node 2` of torchrun, `LR=0.1` of env."""
    begin = own_words_begin(argv)
    words = argv[:begin]
    named = [
        Flag(m[1], m[1], (m[2],), i, i + 1, "bare") for i, w in enumerate(words) if (m := BARE_OVERRIDE.fullmatch(w))
    ]
    return [*named, *(flag for flag in _options(words, 1, NO_RULES) if not flag.bare)]


def with_value(argv: list[str], key: str, value: Any, rules: Rules = NO_RULES) -> list[str]:
    """`argv` with one option set: replaced where it stands, else added at the end in the same style.

    True and False switch a flag that stands alone on and off; None takes the option away.
    """
    flags = find_flags(argv, rules)
    mine = [flag for flag in flags if flag.key == canonical(key)]
    if not mine:
        if value is None:
            return argv
        new = _written(_new_name(key, flags), value, _style(flags, argv))
        return _with_words(argv, new)
    return replaced(argv, mine[-1], value, rules)


def replaced(argv: list[str], flag: Flag, value: Any, rules: Rules = NO_RULES) -> list[str]:
    """`argv` with another value for an option that was found in it."""
    rest = argv[flag.last :]
    if flag.form == "cluster":
        kept = argv[flag.first] if value else argv[flag.first].replace(flag.name[1:], "", 1)
        return [*argv[: flag.first], *([kept] if kept != "-" else []), *rest]
    if isinstance(value, bool) and not flag.joined and not {word.lower() for word in flag.values} & BOOLEANS:
        # It stands alone: the word after it is no value of its own.
        return [*argv[: flag.first], *([flag.name] if value else []), *flag.values, *rest]
    words = [] if value is None else _written(flag.name, value, flag)
    if len(words) == 2 and NUMBER.fullmatch(words[1]) and rest and NUMBER.fullmatch(rest[0]) and not rules:
        words = ["=".join(words)]  # else the number that follows would be read as a second value
    return [*argv[: flag.first], *words, *rest]


def with_option(argv: list[str], key: str, value: Any, rule: Mapping[str, Any], rules: Rules = NO_RULES) -> list[str]:
    """`with_value` for an option whose own name is known (`x-option` in its schema), and whether it takes a value.

    `x-switch`: "on" stands alone and switches on, "off" switches off, "pair" is `--name` or `--no-name`.
    `x-repeat`: it is given once for each of its values. `rules`: what is declared of the other options.
    """
    name, switch = rule.get("x-option"), rule.get("x-switch")
    if "x-place" in rule:
        mine = [flag for flag in given(argv, {**rules, key: rule}) if flag.key == key]
        return replaced(argv, mine[-1], value) if mine else [*argv, text_of(value)]
    if not isinstance(name, str):
        return with_value(argv, key, value, rules)
    name_key = key if key in rules else canonical(name)
    rules = {name_key: rule, **rules}
    mine = [flag for flag in find_flags(argv, rules) if flag.key == name_key]
    if switch and isinstance(value, bool):
        for flag in reversed(mine):
            argv = replaced(argv, flag, False, rules)
        word = name if value == (switch != "off") else off_names(rule)[0] if switch == "pair" else ""
        return _with_words(argv, [word]) if word else argv
    if _is_repeated(rule) and (isinstance(value, (list, tuple)) or value is None):
        for flag in reversed(mine):
            argv = replaced(argv, flag, None, rules)
        words = [word for each in value or [] for word in _written(name, each, _form_for(rule, mine, argv, rules))]
        return _with_words(argv, words)
    if mine:
        return replaced(argv, mine[-1], _spelled(value, rule), rules)
    words = [] if value is None else _written(name, _spelled(value, rule), _form_for(rule, mine, argv, rules))
    return _with_words(argv, words)


def off_names(rule: Mapping[str, Any]) -> list[str]:
    """The spellings that switch an option off."""
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
    """Each spelling of an option → its key."""
    for key, rule in rules.items():
        for name in (rule.get("x-option"), *rule.get("x-names", ())):
            if isinstance(name, str) and name.startswith("-"):
                yield name, key
                if name.startswith("--"):
                    yield name.replace("_", "-"), key
                    yield name.replace("-", "_").replace("__", "--", 1), key
        if rule.get("x-switch") == "pair" or "x-off" in rule:
            yield from ((name, f"!{key}") for name in off_names(rule))


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
    letters = [names.get(f"-{letter}", "") for letter in word[1:]]
    if len(word) > 2 and letters[0] and not rules[letters[0]].get("x-switch"):
        return [Flag(letters[0], word[:2], (word[2:],), index, index + 1, "glued")]
    if len(word) > 2 and all(letters) and all(rules[key].get("x-switch") for key in letters):
        return [Flag(key, f"-{word[n]}", (), index, index + 1, "cluster") for n, key in enumerate(letters, 1)]
    if glued := GLUED.fullmatch(word):
        return [Flag(canonical(glued[1]), glued[1], (glued[2],), index, index + 1, "glued")]
    return []


def _own(following: list[str], rule: Mapping[str, Any] | None) -> int:
    """How many of the words that follow an option are its own."""
    if rule is None:
        numbers = next((place for place, word in enumerate(following) if not NUMBER.fullmatch(word)), len(following))
        return max(min(1, len(following)) if following and not is_program(following[0]) else 0, numbers)
    declared = rule.get("x-nargs")
    if rule.get("x-switch"):
        return 0
    if isinstance(declared, int):
        return min(declared, len(following))
    if declared in ("*", "+", "..."):
        return len(following)
    if declared == "?" and rule.get("type") == "boolean":
        return int(bool(following) and following[0].lower() in BOOLEANS)
    return min(1, len(following))


def _is_repeated(rule: Mapping[str, Any] | None) -> bool:
    return bool(rule and rule.get("x-repeat"))


def _spelled(value: Any, rule: Mapping[str, Any]) -> Any:
    """Booleans as Python writes them, where the script reads them so: `bool("false")` would be true."""
    if rule.get("x-empty") and value is False:
        return ""
    return str(value) if rule.get("x-python") and (value is None or isinstance(value, bool)) else value


def _form_for(rule: Mapping[str, Any], mine: list[Flag], argv: list[str], rules: Rules) -> Flag:
    if mine:
        return mine[0]
    name = str(rule["x-option"])
    if is_notebook(argv):
        return Flag("", name, (), 0, 0, "parameter")
    if not name.startswith("-"):
        return Flag("", name, (), 0, 0, "bare")
    several = "x-nargs" in rule and rule["x-nargs"] != "?"
    style = _style([flag for flag in find_flags(argv, rules) if not flag.bare], argv)
    joined = bool(rule.get("x-joined")) or (style.joined and not several and name.startswith("--"))
    return Flag("", name, (), 0, 0, "joined" if joined else "apart")


def _with_words(argv: list[str], new: list[str]) -> list[str]:
    """New options come last, but before what stands behind `--`."""
    begin = own_words_begin(argv)
    end = argv.index("--", begin) if "--" in argv[begin:] else len(argv)
    return [*argv[:end], *new, *argv[end:]]


def _style(flags: list[Flag], argv: list[str]) -> Flag:
    """The way most of this command's options are written; `--key value` when it has none."""
    if is_notebook(argv):
        return Flag("", "--x", ("",), 0, 0, "parameter")
    with_values = [flag for flag in flags if flag.values]
    for form in ("bare", "joined"):
        if sum(flag.form == form for flag in with_values) * 2 > len(with_values):
            return Flag("", "--x", ("",), 0, 0, form)
    joined = sum(flag.joined for flag in with_values) * 2 > len(with_values)
    return Flag("", "--x", ("",), 0, 0, "joined" if joined else "apart")


def _new_name(key: str, flags: list[Flag]) -> str:
    if any(flag.form in ("bare", "parameter") for flag in [_style(flags, [])]):
        return canonical(key)
    long = [flag for flag in flags if flag.name.startswith("--")]
    dashed = any("-" in flag.name.lstrip("-") for flag in long)
    return "--" + (canonical(key).replace("_", "-") if dashed else canonical(key))


def _written(name: str, value: Any, style: Flag) -> list[str]:
    values = [text_of(item) for item in value] if isinstance(value, (list, tuple)) else [text_of(value)]
    if values and style.values[:1] in (("True",), ("False",)) and isinstance(value, bool):
        values = [str(value)]  # as it was written before
    if style.form == "parameter":
        return ["-p", name, str(value)]
    if style.form == "place":
        return values
    if style.form == "glued" and len(values) == 1 and GLUED.fullmatch(f"{name}{values[0]}"):
        return [f"{name}{values[0]}"]
    if style.joined or (len(values) == 1 and NEEDS_JOINING.match(values[0])):
        joined = ",".join(values)
        return [f"{name}=[{joined}]" if style.bare and len(values) > 1 else f"{name}={joined}"]
    return [name, *values]
