"""Names on one line and nothing but their numbers on the next: `DEV: loss, acc, f1`, then `0.0122 0.9992 0.8004`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from monitor.importers.names import MEASURED, plain_name
from monitor.importers.numbers import number

FIGURE = re.compile(r"(?<![\w.@-])\d")
NAME = re.compile(r"[^\W\d_][\w@/.-]*")
HEAD = re.compile(r"\W*(?:([a-z][a-z ]{0,30}?)\s*:\s)?\s*([^:]{3,400}?)\s*(:?)\s*$")
LEAST, MOST = 3, 40
RULED = re.compile(r"\W+$")


class NamesAbove:
    """Takes the lines of a log, in lower case and in English."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = list(names)
        """The names that the line before holds, a split first where it names one: `["dev", "loss", "acc"]`."""

    def joined(self, line: str) -> str:
        """A line of numbers with the name above each; any other line as it is."""
        cells = line.replace(",", " ").split()
        split, *names = self.names or [""]
        if names and RULED.match(line) and not FIGURE.search(line):
            return line
        self.names = []
        if names and len(cells) == len(names) and all(number(cell) is not None for cell in cells):
            return ", ".join(f"{split} {name}: {cell}".strip() for name, cell in zip(names, cells, strict=True))
        self.names = _names_in(line)
        return line


def _names_in(line: str) -> list[str]:
    found = HEAD.match(line) if not FIGURE.search(line) else None
    if found is None:
        return []
    split, text, colon = found[1] or "", found[2], found[3]
    names = re.split(r"[\s,|]+", text.strip(" |"))
    if colon and not split:  # `current training loss is :`
        said = " ".join(word for word in names if word not in ("is", "was", "the"))
        return ["", said] if MEASURED.fullmatch(plain_name(said)) else []
    known = sum(MEASURED.fullmatch(plain_name(name)) is not None for name in names)
    fits = LEAST <= len(names) <= MOST and all(NAME.fullmatch(name) for name in names) and len(set(names)) == len(names)
    return [split, *names] if fits and known else []
