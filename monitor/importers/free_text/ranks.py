"""A log of several processes, each line with its process in front, as `srun -l` has it: `2: Epoch 1/8 loss 2.4`.

All print the same of their own share of the data; the first process counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

NUMBERED = re.compile(r"\s*(\d{1,4}): +(?=[^\W\d_]|[\[{(|=*-])")
TELLS = re.compile(r"\b(?:epoch|step|iter|iteration|batch)\b", re.IGNORECASE)
LOOKED_AT, FEWEST = 200, 4
"""So many lines are looked at; fewer than the second say nothing."""


class Ranks:
    """Finds out whether the number in front of a log's lines is that of a process, and takes it away."""

    def __init__(self, memory: Mapping[str, Any] | None = None) -> None:
        known = memory or {}
        self._kept: int | None = known.get("kept")
        """The process that counts; None as long as there seem to be none."""
        self._seen: list[int] = list(known.get("seen", [0, 0, 0]))
        """[lines, numbered lines, how often the number did not grow]"""
        self._last: int = int(known.get("last", -1))
        self._least: int = int(known.get("least", 10_000))

    def memory(self) -> dict[str, Any]:
        """What was found of the numbers in front of the lines, as plain JSON."""
        return {"kept": self._kept, "seen": self._seen, "last": self._last, "least": self._least}

    def own(self, line: str) -> str:
        """The line without its process; empty for one of another process than the first."""
        if self._kept is None and self._seen[0] >= LOOKED_AT:
            return line
        found = NUMBERED.match(line)
        number = int(found[1]) if found else -1
        if self._kept is None:
            self._look(line, number)
        if self._kept is None or found is None:
            return line
        return line[found.end() :] if number == self._kept else ""

    def _look(self, line: str, number: int) -> None:
        lines, numbered, fell = self._seen
        self._seen = [lines + 1, numbered + (number >= 0), fell + (0 <= number <= self._last)]
        if number < 0:
            return
        self._last, self._least = number, min(self._least, number)
        many = self._seen[1] >= FEWEST and self._seen[1] * 2 > self._seen[0]
        if many and self._seen[2] and TELLS.search(line):
            self._kept = self._least
