"""Numbers of a log that no loss has, or no two losses: whole ones, the same or nearly the same in train and val."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

LEAST = 3
"""So many rows make a habit."""
NEARLY = 0.004
"""Two losses that differ by less in every row, and are written in another way, may be one and the same."""


class Row(Protocol):
    """A row as far as it is looked at here."""

    @property
    def cells(self) -> Mapping[str, str]:
        """Name → number as written."""


def of_values(rows: Sequence[Row]) -> Iterator[str]:
    """Numbers that no loss has."""
    if len(rows) < LEAST:
        return
    for name in ("loss", "train_loss", "val_loss"):
        texts = [row.cells.get(name, ".") for row in rows]
        if all("." not in text and text.lstrip("-").isdigit() for text in texts) and len(set(texts)) > 1:
            yield f"The {name.replace('_', ' ')} holds whole numbers only, such as {texts[0]} and {texts[-1]}."
    both = [(row.cells.get("train_loss") or row.cells.get("loss"), row.cells.get("val_loss")) for row in rows]
    if all(one and other and float(one.rstrip("%")) == float(other.rstrip("%")) for one, other in both):
        yield "Train and val loss are the same numbers."
    elif all(one and other and _is_rounded(one, other) for one, other in both):
        first, last = both[0], both[-1]
        yield f"Train and val loss are nearly the same numbers, {first[0]} and {first[1]} to {last[0]} and {last[1]}."


def _is_rounded(one: str, other: str) -> bool:
    """Whether two numbers, written with another number of digits, are one measurement, or as good as one."""
    first, second = float(one.rstrip("%")), float(other.rstrip("%"))
    return len(one) != len(other) and math.isclose(first, second, rel_tol=NEARLY)
