"""A line that announces what stands below it: the split of the figures there."""

from __future__ import annotations

import re

from monitor.importers.names import set_of, split_of_words
from monitor.importers.vocabulary import QUALITY

WORD, SET_WORD = re.compile(r"[^\W\d_]+"), re.compile(r"[^\W\d_]+[-_][^\W_]+")
OVER = re.compile(r"\b(?:done|finished|completed?|ended|end of|is over)\b|\bepoch\W{0,3}\d+ ends?\b(?!\W*\d)")


def heading_of(line: str) -> str:
    """The split that a line without figures names, and nothing else; also `"validation": {`; no line of a shell."""
    if ";" in line or "$" in line:
        return ""
    sets = [word for word in SET_WORD.findall(line) if set_of(word)]
    for word in sets:
        line = line.replace(word, " ")
    words = [
        word
        for word in [*WORD.findall(line.replace("_", " ")), *sets]
        if word not in ("done", "finished", "complete", "completed") and not QUALITY.fullmatch(word)
    ]
    return split_of_words(tuple(words)) if len(words) <= 8 and not OVER.search(line) else ""
