"""List the runs, newest first, with state, progress and verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from monitor.commands.common import DEFAULT_RUNS, JsonOption, RunsOption, console, elsewhere, now, print_json
from monitor.diagnosis.seed_groups import groups_in
from monitor.diagnosis.seed_spread import SeedGroup, Spread, spread_of
from monitor.diagnosis.summaries import scored, summary_of
from monitor.launcher import status
from monitor.run_dir import Progress, Summary, words
from monitor.run_dir.errors import EXIT_OK, MonitorError
from monitor.run_dir.launch import read_progress
from monitor.run_dir.metric import WER, Metric
from monitor.run_dir.reader import list_runs
from monitor.run_dir.status import ENDED_VERDICTS

COLUMNS = ("run", "state", "epoch", "metric", "chance", "gap", "verdict", "worst flag", "last record")
SHOWN = (
    "updated_at",
    "verdict",
    "reason",
    "worst_rule",
    "worst_title",
    "worst_severity",
    "val_wer",
    "wer_constant",
    "gap",
    "val_loss",
)


def run(runs: RunsOption = DEFAULT_RUNS, as_json: JsonOption = False) -> int:
    rows = [_row(runs / run_id) for run_id in list_runs(runs)] if runs.is_dir() else []
    rows.sort(key=lambda row: row["heartbeat_at"] or row["updated_at"] or 0.0, reverse=True)
    groups = [(group, _spread(group, rows)) for group in groups_in(runs, [row["run_id"] for row in rows])]
    if as_json:
        seeds = [{"runs": group.runs, spread.metric.name if spread else "mean": spread} for group, spread in groups]
        print_json({"runs_dir": str(runs.absolute()), "runs": rows, "seeds": seeds})
    elif rows:
        console().print(_table(rows, groups))
    else:
        console().print(
            f"No runs in {runs.absolute()} yet. Start one: python -m monitor start{elsewhere(runs)} -- COMMAND…"
        )
    return EXIT_OK


def _spread(group: SeedGroup, rows: list[dict[str, Any]]) -> Spread | None:
    known = {row["run_id"]: row for row in rows}
    metric = known[group.lead]["metric"]
    values = {name: row["metric_value"] for name, row in known.items() if row["metric"] == metric}
    return spread_of(group, values, metric)


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
    row = _shown(run_dir.name, summary_of(run_dir), read_progress(run_dir))
    return {**row, "verdict": row["verdict"] or ENDED_VERDICTS.get(state.word, ""), **found}


def _shown(run_id: str, summary: Summary, progress: Progress | None) -> dict[str, Any]:
    metric, value, best, chance = scored(summary)
    return {
        "run_id": run_id,
        "metric": metric,
        "metric_value": value,
        "metric_best": best[0] if best is not None else None,
        "metric_chance": chance,
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


def _table(rows: list[dict[str, Any]], groups: list[tuple[SeedGroup, Spread | None]]) -> Table:
    """A row a run; runs that differ in their seed alone stand below one line with their mean."""
    all_wer = all(row["metric"].name == WER.name for row in rows)
    heads = [WER.title if all_wer and name == "metric" else name for name in COLUMNS]
    table = Table(*heads, box=None, pad_edge=False)
    moment = now()
    by_name = {row["run_id"]: row for row in rows}
    spreads = {group.lead: spread for group, spread in groups}
    below = {group.lead: group.runs for group, _ in groups}
    lead_of = {run: group.lead for group, _ in groups for run in group.runs}
    for lead in dict.fromkeys(lead_of.get(name, name) for name in by_name):
        if lead not in below:
            _add(table, lead, by_name[lead], moment)
            continue
        spread = spreads[lead]
        mean = _mean_cell(spread) if spread is not None else words.NOT_MEASURED
        table.add_row(f"{lead} and {words.count(len(below[lead]) - 1, 'seed')}", "", "", mean)
        for run in below[lead]:
            _add(table, f"  {run}", by_name[run], moment)
    return table


def _mean_cell(spread: Spread) -> str:
    """Mean and t interval, short enough for a column: "43.2 % (41.0 to 45.4, n 3)"."""
    metric = spread.metric
    return f"{metric.text(spread.mean)} ({metric.bare(spread.low)} to {metric.bare(spread.high)}, n {spread.count})"


def _score(metric: Metric, value: float | None) -> str:
    """The value, with the name of its metric unless that is WER."""
    if value is None:
        return words.NOT_MEASURED
    return metric.text(value) if metric.name == WER.name else f"{metric.title} {metric.text(value)}"


def _add(table: Table, name: str, row: dict[str, Any], moment: float) -> None:
    table.add_row(
        name,
        row["state_text"],
        words.epoch_of(row["epoch"], row["epochs"]),
        _score(row["metric"], row["metric_value"]),
        row["metric"].text(row["metric_chance"]),
        words.number(row["gap"]),
        row["verdict"] or words.NOT_MEASURED,
        row["worst_title"] or row["worst_rule"] or words.NOT_MEASURED,
        words.age_at(row["heartbeat_at"], moment),
    )
