"""What was tried in a folder, for the list of runs: each option with its counts and its children."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monitor.ledger import counted, read_outcome
from monitor.run_dir import ChildOutcome

OWN = "own changes"


class TriedBook:
    """Remembers outcomes: they are written once, so each is read once."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = Path(runs_dir)
        self._known: dict[tuple[str, str], ChildOutcome] = {}

    def options(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Options with a judged child, the most tried first; `rows` say which runs have an outcome."""
        kept = [kept for row in rows if row.get("outcome") and (kept := self._outcome(row)) is not None]
        tried = counted(kept)
        known = [
            {"option": each.title or name, "text": each.text, "children": _children(kept, name)}
            for name, each in sorted(tried.items(), key=lambda pair: -pair[1].tries)
        ]
        own = _children(kept, "")
        return [*known, *([{"option": OWN, "text": "not counted", "children": own}] if own else [])]

    def _outcome(self, row: dict[str, Any]) -> ChildOutcome | None:
        key = (str(row["run"]), str(row.get("outcome_line", "")))
        if key not in self._known:
            kept = read_outcome(self._runs_dir / key[0])
            if kept is None:
                return None
            self._known[key] = kept
        return self._known[key]


def _children(kept: list[ChildOutcome], prescription: str) -> list[dict[str, str]]:
    return [
        {"run": each.run_id, "parent": each.parent_id, "word": each.word, "line": _line(each)}
        for each in kept
        if each.prescription == prescription
    ]


def _line(each: ChildOutcome) -> str:
    return f"{each.line} {each.not_credited}." if each.not_credited else each.line
