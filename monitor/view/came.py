"""What came of the change that a run was started with, for its own page."""

from __future__ import annotations

from pathlib import Path

from monitor.diagnosis.ledger import ChildBook, line_now
from monitor.diagnosis.outcome import expectation_words
from monitor.run_dir import ChildOutcome, Snapshot
from monitor.view.shapes.frame import CameOfChange

SEEDS_SECS = 30.0
"""How old what its seeds have decided may be: for that every run of the folder is looked at."""


class CameBook:
    """Remembers what came of one child; who looks again and again reads only what has grown."""

    def __init__(self, run_dir: Path) -> None:
        self._runs_dir, self._run_id = run_dir.parent, run_dir.name
        self._book = ChildBook(self._runs_dir)
        self._found: ChildOutcome | None = None
        self._line, self._lined_at = "", float("-inf")

    def shown(self, snapshot: Snapshot, now: float) -> CameOfChange | None:
        """None for what is no child, and where neither it nor its parent can be judged. `now`: UTC seconds."""
        if snapshot.launch is None or snapshot.launch.parent is None:
            return None
        found = next(iter(self._book.children([self._run_id], now)), None)
        if found is None:
            return None
        if found != self._found or abs(now - self._lined_at) >= SEEDS_SECS:
            self._found, self._line, self._lined_at = found, line_now(found, self._runs_dir, now), now
        return CameOfChange(word=found.word, line=self._line, met=expectation_words(found.expectation_met))
