"""List the runs, newest first, with state, progress and verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from monitor.commands.common import DEFAULT_RUNS, JsonOption, RunsOption, console, elsewhere, now, print_json
from monitor.diagnosis.summaries import summary_of
from monitor.launcher import status
from monitor.run_dir import Progress, Summary, words
from monitor.run_dir.errors import EXIT_OK, MonitorError
from monitor.run_dir.launch import read_progress
from monitor.run_dir.reader import list_runs

COLUMNS = ("run", "state", "epoch", "val WER", "chance", "gap", "verdict", "worst flag", "last record")
SHOWN = (
    "updated_at",
    "verdict",
    "reason",
    "worst_rule",
    "worst_severity",
    "val_wer",
    "wer_constant",
    "gap",
    "val_loss",
)


def run(runs: RunsOption = DEFAULT_RUNS, as_json: JsonOption = False) -> int:
    rows = [_row(runs / run_id) for run_id in list_runs(runs)] if runs.is_dir() else []
    rows.sort(key=lambda row: row["heartbeat_at"] or row["updated_at"] or 0.0, reverse=True)
    if as_json:
        print_json({"runs_dir": str(runs.absolute()), "runs": rows})
    elif rows:
        console().print(_table(rows))
    else:
        console().print(
            f"No runs in {runs.absolute()} yet. Start one: python -m monitor start{elsewhere(runs)} -- COMMAND…"
        )
    return EXIT_OK


def _row(run_dir: Path) -> dict[str, Any]:
    try:
        return _readable_row(run_dir)
    except (OSError, MonitorError) as problem:
        # One damaged run must not hide the others.
        nothing = Summary(run_id=run_dir.name, verdict="")
        return {**_shown(run_dir.name, nothing, None), "evidence": str(problem)}


def _readable_row(run_dir: Path) -> dict[str, Any]:
    """One run from its small files only: the list stays quick however long the runs are."""
    state = status(run_dir)
    found = {
        "state": state.word,
        "state_text": state.text,
        "live": state.live,
        "unsupervised": state.unsupervised,
        "evidence": state.evidence,
    }
    return {**_shown(run_dir.name, summary_of(run_dir), read_progress(run_dir)), **found}


def _shown(run_id: str, summary: Summary, progress: Progress | None) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "state": "unreadable",
        "state_text": "unreadable",
        "live": False,
        "unsupervised": False,
        "evidence": "",
        "epoch": progress.epoch if progress else summary.epoch,
        "epochs": progress.epochs if progress else summary.epochs,
        "heartbeat_at": progress.heartbeat_at if progress else None,
        **{name: getattr(summary, name) for name in SHOWN},
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(*COLUMNS, box=None, pad_edge=False)
    moment = now()
    for row in rows:
        table.add_row(
            row["run_id"],
            row["state_text"],
            words.plain(row["epoch"]) + (f"/{row['epochs']}" if row["epochs"] else ""),
            words.percent(row["val_wer"]),
            words.percent(row["wer_constant"]),
            words.number(row["gap"]),
            row["verdict"] or words.NOT_MEASURED,
            row["worst_rule"] or words.NOT_MEASURED,
            words.age_at(row["heartbeat_at"], moment),
        )
    return table
