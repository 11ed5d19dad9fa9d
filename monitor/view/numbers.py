"""Every number of a run as one table of comma-separated values: its evaluations, then its steps."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from monitor.run_dir import Epoch, Snapshot, Step
from monitor.run_dir.metric import read
from monitor.view.kept import Kept

PLACES = ("epoch", "step", "at", "generation")
"""Where a record stands; `at` in seconds of UTC."""
LINES_AT_ONCE = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the beginning of a text."""


def csv_of(snapshot: Snapshot) -> Iterator[str]:
    """The table, some lines at a time: a column `record` ("evaluation" or "step"), the places, then every number by
    its name, empty where it was not logged."""
    names = sorted(
        Kept(Epoch).follow(snapshot.epochs).names() | Kept(Step).follow(snapshot.steps).names(), key=str.casefold
    )
    yield _lines([["record", *PLACES, *map(no_formula, names)]])
    for word, records in (("evaluation", snapshot.epochs), ("step", snapshot.steps)):
        for first in range(0, len(records), LINES_AT_ONCE):
            yield _lines(_row(word, record, names) for record in records[first : first + LINES_AT_ONCE])


def _row(word: str, record: Epoch | Step, names: Sequence[str]) -> list[object]:
    values = (read(record, name) for name in names)
    return [word, *(getattr(record, place) for place in PLACES), *("" if value is None else value for value in values)]


def no_formula(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would run as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _lines(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
