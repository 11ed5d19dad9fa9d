"""One sweep in a terminal: what its row on the page says, and its trials, the best first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monitor.commands.common import console, harmless, now
from monitor.commands.rows_text import print_rows
from monitor.run_dir import words
from monitor.run_dir.errors import UsageError
from monitor.view.rows import RowBook
from monitor.view.shapes.listing import RunRow, Sweep
from monitor.view.sweeps import best_in, best_text, ranked, setting_text

MOST_SETTINGS = 8
"""Columns of the table; the document has every setting."""


def sweep_in(runs: Path, name: str, as_json: bool) -> dict[str, Any]:
    """The document of one sweep; without `as_json` it is printed as text. Raises UsageError where there is none."""
    book = RowBook(runs)
    rows = book.rows(now()) if runs.is_dir() else []
    sweep = next((each for each in book.sweeps if each.name == name), None)
    if sweep is None:
        known = ", ".join(each.name for each in book.sweeps) or "none"
        raise UsageError(f"No sweep {name!r} of two runs or more in {runs}; there are: {known}.")
    trials = ranked(sweep, rows)
    if not as_json:
        _print(sweep, trials)
    shown = [
        {"run_id": row.run, "state": row.state, "verdict": row.verdict, "severity": row.severity}
        | {"best": best_in(sweep, row), "settings": {key: row.settings.get(key) for key in sweep.differ}}
        for row in trials
    ]
    return {"runs_dir": str(runs.absolute()), "sweep": sweep, "runs": shown}


def _print(sweep: Sweep, trials: list[RunRow]) -> None:
    lines = [f"{sweep.name}: sweep of {words.count(sweep.trials, 'trial')}: {sweep.counts}."]
    if sweep.best_run:
        many = f"{words.count(sweep.scored, 'trial')} from {sweep.spread}, median {sweep.median}"
        scored = many if sweep.scored > 1 else "no other trial has a score"
        told = f" ({sweep.best_settings})" if sweep.best_settings else ""
        lines.append(f"Best {sweep.metric}: {sweep.best}, {sweep.best_run}{told}; {scored}.")
    if sweep.flagged:
        lines.append(f"Worst flag: {sweep.flagged}.")
    for line in lines:
        console().print(harmless(line), soft_wrap=True, markup=False, highlight=False)
    settings = sweep.differ[:MOST_SETTINGS]
    heads = ["trial", "state", f"best {sweep.metric}".strip(), "verdict", *settings]
    print_rows(console(), heads, [_cells(sweep, row, settings) for row in trials])


def _cells(sweep: Sweep, row: RunRow, settings: list[str]) -> list[str]:
    own = [setting_text(row.settings[key]) if key in row.settings else words.NOT_MEASURED for key in settings]
    return [row.run, row.state, best_text(sweep, row), row.verdict or words.NOT_MEASURED, *own]
