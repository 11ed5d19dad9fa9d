"""`3/60` at the beginning of a line: the epoch, where the log shows that it counts epochs so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

FRACTION = re.compile(r"\W{0,4}?(\d{1,6})\s{0,3}/\s{0,3}(\d{1,6})(?:(?<=\d)\s{0,3}\](?!\s*,?\s*\[)|(?=\s{0,3}[;|,]\s))")
"""`[3/60] `, `3/60 | `; a bar goes on otherwise."""
ALONE = re.compile(r"\W{0,4}(\d{1,6})\s{0,3}/\s{0,3}(\d{1,6})\W{0,4}$")
WITH_STEPS = re.compile(r"\s*epoch (\d+)/(\d+) \[")
"""`[3/60][10/400]`, as a form has put it into words."""
OF_AN_EPOCH = re.compile(r"(?<![a-z])(?:avg|average|mean|train|val|valid|test|eval|dev)")
MOST_TOTALS = 100


class Fractions:
    """Takes the lines of a log in their order."""

    def __init__(self, memory: Mapping[str, Any] | None = None) -> None:
        known = memory or {}
        self._epochs = str(known.get("epochs", ""))
        """How many epochs there are, as such lines say."""
        self._alone: int | None = known.get("alone")
        """The last number that stood alone in a line, as a heading."""
        self._steps: list[str] = list(known.get("steps", []))
        """Totals of fractions that count something else."""

    def memory(self) -> dict[str, Any]:
        """What the fractions so far were found to count, as plain JSON."""
        return {"epochs": self._epochs, "alone": self._alone, "steps": self._steps}

    def in_words(self, line: str, plain: str, epoch: float | None) -> str:
        """The line with its epoch in words. `plain`: with the forms of tools in words; `epoch`: the present one."""
        if plain != line and (found := WITH_STEPS.match(plain)) is not None:
            self._epochs = found[2]
        elif (found := ALONE.match(plain)) is not None:
            return f"epoch {found[1]}/{found[2]}" if self._heads(int(found[1]), found[2], epoch) else plain
        elif (found := FRACTION.match(plain)) is not None and self._counts_epochs(found, epoch):
            return f"epoch {found[1]}/{found[2]} {plain[found.end() :]}"
        return plain

    def _heads(self, number: int, total: str, epoch: float | None) -> bool:
        """Whether a fraction alone in a line goes on with the count of those above it."""
        begins = epoch is None and number <= 1
        goes_on = self._alone is not None and total == self._epochs and number in (0, 1, self._alone, self._alone + 1)
        if begins or goes_on:
            self._alone, self._epochs = number, total
        return begins or goes_on

    def _counts_epochs(self, found: re.Match[str], epoch: float | None) -> bool:
        """Whether a fraction before other words counts epochs as those above it do, or as another word says."""
        number, total = int(found[1]), found[2]
        if total == self._epochs:
            return True
        if epoch is None or total in self._steps:
            return False
        if number != epoch:
            self._steps = [*self._steps, total][-MOST_TOTALS:]
            return False
        return OF_AN_EPOCH.search(found.string, found.end()) is not None
