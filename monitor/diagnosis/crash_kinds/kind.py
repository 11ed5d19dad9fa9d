"""One row of the table of known crashes: how its error reads, what happened, what to look at."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

LONGEST_QUOTE = 160


@dataclass(frozen=True)
class Failure:
    """Why a run failed, or where. `happened` and `advice` are one sentence each.

    `line`: the line of the log that says it, "" where none does. `adds`: whether `happened` says more than that line.
    """

    name: str
    happened: str
    advice: str
    line: str = ""
    adds: bool = True


Words = str | Callable[[re.Match[str], str], str]
"""A sentence, or (what matched, all lines) → a sentence."""


@dataclass(frozen=True)
class Kind:
    """A known cause. `pattern` is searched in the lines that are no code; `fits` may ask for more than it.

    `said`: a sentence about what happened; "" where the line itself states it. `adds`: see Failure.
    `handled`: programs often catch this one and fail later of something else.
    """

    name: str
    pattern: re.Pattern[str]
    advice: Words
    said: Words = ""
    adds: bool = False
    handled: bool = False
    fits: Callable[[re.Match[str], str], bool] = lambda _, __: True

    def of(self, text: str) -> Failure | None:
        """The crash, where the text says it."""
        match = next((found for found in self.pattern.finditer(text) if self.fits(found, text)), None)
        if match is None:
            return None
        line = line_of(match, text)
        happened = _words(self.said, match, text) or f"{line.rstrip('.:')[:LONGEST_QUOTE]}."
        return Failure(self.name, happened, _words(self.advice, match, text), line, self.adds)


def _words(words: Words, match: re.Match[str], text: str) -> str:
    return words if isinstance(words, str) else words(match, text)


def error(*forms: str) -> re.Pattern[str]:
    """A line that is an error of one of these forms: behind its type, or a status of XLA and TensorFlow.

    A line of a logger that only warns or informs is none: what it tells of was dealt with.
    """
    return re.compile(
        r"^(?:what\(\):\s+)?(?:[\w.]*(?:[Ee]rror|Exception): )*(?:(?!DEBUG:|INFO:|WARN:|WARNING:)[A-Z_]+: )?"
        r"(?:\{\{.*?\}\} )?(?:" + "|".join(forms) + ")",
        re.MULTILINE,
    )


def anywhere(*forms: str) -> re.Pattern[str]:
    """A line that holds one of these forms; `^` and `$` are its ends."""
    return re.compile("|".join(forms), re.MULTILINE)


def line_of(match: re.Match[str], text: str) -> str:
    """The line in which a match begins."""
    begin, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.start())
    return text[begin : end if end >= 0 else None]


def quoted(match: re.Match[str]) -> str:
    """What the groups of a pattern found, short enough for a sentence; "" where they found nothing."""
    return next((part for part in match.groups() if part), "").strip()[:LONGEST_QUOTE]


def naming(template: str, otherwise: str) -> Words:
    """A sentence with what the pattern's groups found in place of {}; `otherwise` where they found nothing."""
    return lambda match, _: template.format(quoted(match)) if quoted(match) else otherwise
