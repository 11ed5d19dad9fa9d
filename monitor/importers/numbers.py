"""A cell as a number: padded, bold, in percent, with a decimal comma, or missing."""

from __future__ import annotations

import re

MISSING = frozenset({"", "-", "–", "—", "na", "n/a", "none", "null", "no log"})
MARKS = re.compile(r"\*\*|__|`")
"""Bold and code in a cell are no part of its value."""


def stated(text: str | None) -> float | None:
    """A number as a log's statement holds it, which may carry a % sign; None for none."""
    return None if not text else float(text.rstrip("%"))


def number(text: str) -> float | None:
    """None where a cell is empty or no number. 'nan' and 'inf' are numbers here: they are findings."""
    try:
        return float(text)  # the usual case first: it also takes padding
    except ValueError:
        pass
    bare = text.strip().rstrip("%").strip().lower()
    if bare in MISSING:
        return None
    if bare.count(",") == 1 and "." not in bare:
        bare = bare.replace(",", ".")
    try:
        return float(bare)
    except ValueError:
        return None
