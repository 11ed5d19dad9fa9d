"""How a value is written for Hydra, whose words have a grammar of their own; and its sweeps, which are several runs.

`name=a, b` would be two values, `name=a=b` an error: such a text is quoted.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from monitor.launcher.relaunch.flags import BARE_OVERRIDE, text_of
from monitor.launcher.relaunch.launchers import own_words_begin

PLAIN = re.compile(r"[\w/\-+.$%*@?|:]+(?: +[\w/\-+.$%*@?|:]+)*", re.ASCII)
WITH_REFERENCES = re.compile(r"(?:[\w/\-+.%*@?|:]|\$\{[^{}]+\})+", re.ASCII)
AS_IT_IS = re.compile(r"\[.*\]|\{.*\}|'.*'|\".*\"", re.DOTALL)
"""A list, a mapping, or a text in quotes: a person has written it as Hydra reads it."""
BEFORE_QUOTE = re.compile(r"(\\*)(\"|$)")
DELETED = re.compile(r"~([\w.@/]+)(=.*)?")
SWEEPS = frozenset({"-m", "--multirun", "hydra.mode=MULTIRUN"})
MOST_NAMED = 4


def hydra_text(value: Any) -> str:
    """A value as Hydra's grammar reads it back."""
    if value is None:
        return "null"
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(hydra_text, value))}]"
    text = text_of(value)
    if not text or PLAIN.fullmatch(text) or AS_IT_IS.fullmatch(text) or WITH_REFERENCES.fullmatch(text):
        return text
    escaped = BEFORE_QUOTE.sub(lambda found: found[1] * 2 + (f"\\{found[2]}" if found[2] else ""), text)
    return f'"{escaped}"'


def unquoted(text: str) -> str:
    """The text that Hydra reads of one in quotes; any other as it is."""
    if len(text) < 2 or text[0] not in "\"'" or text[-1] != text[0]:
        return text
    return re.sub(rf"(\\+)({text[0]}|$)", lambda found: found[1][: len(found[1]) // 2] + found[2], text[1:-1])


def deleted_in(argv: Sequence[str]) -> set[str]:
    """The settings that the command takes away: `~trainer.clip`."""
    return {found[1] for word in argv if (found := DELETED.fullmatch(word))}


def with_word(argv: list[str], word: str) -> list[str]:
    """`argv` with one more word of Hydra's: behind the last, as its parser takes none behind an option."""
    key = word.lstrip("+~").partition("=")[0]
    kept = [each for each in argv if not ((gone := DELETED.fullmatch(each)) and gone[1] == key)]
    begin = own_words_begin(kept)
    mine = [n for n, each in enumerate(kept) if n >= begin and (BARE_OVERRIDE.fullmatch(each) or DELETED.match(each))]
    place = mine[-1] + 1 if mine else begin
    return [*kept[:place], word, *kept[place:]]


def sweep_problem(argv: list[str], rules: Mapping[str, Mapping[str, Any]]) -> str:
    """Why the command cannot be one run, with the commands of its first trainings; "" for one without a sweep."""
    begin = own_words_begin(argv)
    if not any("x-hydra" in rule for rule in rules.values()) or not SWEEPS & set(argv[begin:]):
        return ""
    rest = [word for word in argv if word not in SWEEPS]
    swept = {n: word for n, word in enumerate(rest) if n >= begin - 1 and _values(word)}
    commands = []
    for values in product(*(_values(word) for word in swept.values())):
        made = list(rest)
        for (n, word), value in zip(swept.items(), values, strict=True):
            made[n] = f"{word.partition('=')[0]}={value}"
        commands.append(f"  python -m monitor start -- {shlex.join(made)}")
    more = [f"  and {len(commands) - MOST_NAMED} more"] if len(commands) > MOST_NAMED else []
    return "\n".join(
        [
            "This command is a sweep (--multirun): several trainings, one after another, whose figures would become "
            "one curve. Start each as a run of its own:",
            *commands[:MOST_NAMED],
            *more,
        ]
    )


def _values(word: str) -> list[str]:
    """The values of a plain sweep: 0.1 and 0.2 of `lr=0.1,0.2`; none of any other word."""
    found = BARE_OVERRIDE.fullmatch(word)
    is_plain = found is not None and "," in found[2] and not re.search(r"[\[\](){}\"']", found[2])
    return [value.strip() for value in found[2].split(",")] if found is not None and is_plain else []
