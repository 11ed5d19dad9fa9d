"""What was tried in a folder, for the list of runs: each option with its counts and its children."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from monitor.diagnosis.ledger import ChildBook, counted
from monitor.run_dir import ChildOutcome
from monitor.view.shapes.listing import RunRow, TriedChild, TriedOption

OWN = "own changes"
MOST_JUDGED = 8
"""Children read and judged in one look at the list; a folder of many that nobody judged fills in over some looks."""


class TriedBook:
    """Remembers what was judged; a page that looks every second reads only what has grown."""

    def __init__(self, runs_dir: Path) -> None:
        self._book = ChildBook(runs_dir)

    def options(self, rows: Sequence[RunRow], now: float) -> list[TriedOption]:
        """Options with a child, the most tried first, as `python -m monitor ledger` tells them."""
        known = self._book.children([row.run for row in rows if row.parent], now, MOST_JUDGED)
        tried = counted(known)
        options = [
            TriedOption(option=each.title or name, text=each.text, children=_children(known, name))
            for name, each in sorted(tried.items(), key=lambda pair: -pair[1].tries)
        ]
        own = _children(known, "")
        return [*options, *([TriedOption(option=OWN, text="not counted", children=own)] if own else [])]


def _children(kept: list[ChildOutcome], prescription: str) -> list[TriedChild]:
    return [
        TriedChild(run=each.run_id, parent=each.parent_id, word=each.word, line=_line(each))
        for each in kept
        if each.prescription == prescription
    ]


def _line(each: ChildOutcome) -> str:
    return f"{each.line} {each.not_credited}." if each.not_credited else each.line
