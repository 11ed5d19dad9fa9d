"""What was tried in a folder, for the list of runs: each option with its counts and its children."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from monitor.diagnosis.ledger import ChildBook, settled
from monitor.diagnosis.seed_groups import groups_in
from monitor.diagnosis.tries import SeedsOfChange, counted, seeds_of_changes
from monitor.run_dir import ChildOutcome
from monitor.view.shapes.listing import RunRow, TriedChild, TriedOption

OWN = "own changes"
MOST_JUDGED = 8
"""Children read and judged in one look at the list; a folder of many unjudged ones fills in over some looks."""


class TriedBook:
    """Remembers what was judged; a page that looks every second reads only what has grown."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = Path(runs_dir)
        self._book = ChildBook(runs_dir)

    def options(self, rows: Sequence[RunRow], now: float) -> list[TriedOption]:
        """Options with a child, the most tried first, as `python -m monitor ledger` tells them."""
        known = self._book.children([row.run for row in rows if row.parent], now, MOST_JUDGED)
        names = {name for each in known for name in (each.run_id, each.parent_id)}
        seeds = seeds_of_changes(known, groups_in(self._runs_dir, names))
        known = settled(known, seeds)
        options = [
            TriedOption(
                option=each.title or each.prescription,
                text=". ".join([each.text, *_of_seeds(each.children, seeds)]),
                children=_children(each.children),
            )
            for each in sorted(counted(known), key=lambda each: -each.tries)
        ]
        own = _children([each for each in known if not each.prescription])
        text = ". ".join(["not counted", *_of_seeds([each for each in known if not each.prescription], seeds)])
        return [*options, *([TriedOption(option=OWN, text=text, children=own)] if own else [])]


def _of_seeds(children: Sequence[ChildOutcome], seeds: Sequence[SeedsOfChange]) -> list[str]:
    """One sentence for each of these changes that was tried on several seeds."""
    names = {each.run_id for each in children}
    return [f"{each.title}: {each.word.lower()}, {each.text.rstrip('.')}" for each in seeds if names & set(each.runs)]


def _children(kept: Sequence[ChildOutcome]) -> list[TriedChild]:
    return [TriedChild(run=each.run_id, parent=each.parent_id, word=each.word, line=_line(each)) for each in kept]


def _line(each: ChildOutcome) -> str:
    return f"{each.line} {each.not_credited}." if each.not_credited else each.line
