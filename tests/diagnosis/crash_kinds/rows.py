"""What the rows of one module of known crashes say of a text, without the rows of other modules before them."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.diagnosis.crash_kinds.kind import Failure, Kind


def told(kinds: Iterable[Kind], text: str) -> Failure | None:
    """The first of these rows that the text is; None where none is."""
    return next((found for kind in kinds if (found := kind.of(text))), None)


def names(kinds: Iterable[Kind], text: str) -> str:
    """The name of that row; "" where none is."""
    found = told(kinds, text)
    return found.name if found else ""
