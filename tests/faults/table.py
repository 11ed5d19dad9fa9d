"""How hard the fault suite tries, and the table at its end: fault, what was tried, how often, what was lost.

`VITALSIGNS_FAULTS=long` (`make faults`) tries the numbers of the long form; without it each fault is tried a little.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

IS_LONG = os.environ.get("VITALSIGNS_FAULTS") == "long"
HEADINGS = ("fault", "tried", "times", "lost", "figures")

Row = tuple[str, str, int, int, str]


def times(short: int, long: int) -> int:
    """How often a fault is tried in the form that runs."""
    return long if IS_LONG else short


def merged(rows: Iterable[Sequence[Any]]) -> list[Row]:
    """One row per fault and trial: parts of a test that ran apart are added up, the last one's figures stay."""
    found: dict[tuple[str, str], Row] = {}
    for fault, tried, count, lost, figures in rows:
        before = found.get((fault, tried), (fault, tried, 0, 0, ""))
        told = figures if not before[4] or before[4] == figures else f"{before[4]}; {figures}" if figures else before[4]
        found[(fault, tried)] = (fault, tried, before[2] + count, before[3] + lost, told)
    return sorted(found.values())


def as_text(rows: Sequence[Row]) -> list[str]:
    """The table as Markdown, so that it can be put into the log as it is."""
    cells = [HEADINGS, *(tuple("nothing" if n == 3 and not v else str(v) for n, v in enumerate(row)) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADINGS))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]
