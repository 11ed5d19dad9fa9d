"""What was tried in a folder, for the list of runs: each option with its counts and its children."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from monitor.diagnosis.ledger import ChildBook
from monitor.diagnosis.tries import counted
from monitor.run_dir import ChildOutcome
from monitor.view.shapes.listing import RunRow, TriedChild, TriedOption

OWN = "own changes"
MOST_JUDGED = 8
"""Children read and judged in one look at the list; a folder of many unjudged ones fills in over some looks."""


class TriedBook:
    """Remembers what was judged; a page that looks every second reads only what has grown."""

    def __init__(self, runs_dir: Path) -> None:
        self._book = ChildBook(runs_dir)

    def options(self, rows: Sequence[RunRow], now: float) -> list[TriedOption]:
        """Options with a child, the most tried first, as `python -m monitor ledger` tells them."""
        known = self._book.children([row.run for row in rows if row.parent], now, MOST_JUDGED)
        options = [
            TriedOption(option=each.title or each.prescription, text=each.text, children=_children(each.children))
            for each in sorted(counted(known), key=lambda each: -each.tries)
        ]
        own = _children([each for each in known if not each.prescription])
        return [*options, *([TriedOption(option=OWN, text="not counted", children=own)] if own else [])]


def _children(kept: Sequence[ChildOutcome]) -> list[TriedChild]:
    return [TriedChild(run=each.run_id, parent=each.parent_id, word=each.word, line=_line(each)) for each in kept]


def _line(each: ChildOutcome) -> str:
    return f"{each.line} {each.not_credited}." if each.not_credited else each.line
