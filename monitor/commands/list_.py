"""List the runs, newest first, with state, progress and verdict."""

from __future__ import annotations

import math
import sys
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from typing import Annotated, Any

import typer

from monitor.commands.common import (
    JsonOption,
    SeveralRunsOption,
    console,
    elsewhere,
    folders_given,
    now,
    print_json,
)
from monitor.commands.rows_text import print_rows
from monitor.diagnosis.glances import Glance, Glances
from monitor.diagnosis.seed_groups import grouped
from monitor.diagnosis.seed_spread import SeedGroup, Spread, spread_of
from monitor.diagnosis.summaries import scored
from monitor.launcher.engines import queues
from monitor.launcher.hosts.acting import act_there, asked_there
from monitor.launcher.hosts.bringing import bring
from monitor.run_dir import Progress, Summary, words
from monitor.run_dir.errors import EXIT_OK, EXIT_REFUSED, MonitorError, UsageError
from monitor.run_dir.folders import Folder
from monitor.run_dir.metric import WER, Metric
from monitor.run_dir.reader import list_runs
from monitor.run_dir.status import ENDED_VERDICTS

COLUMNS = ("run", "state", "epoch", "metric", "chance", "gap", "verdict", "worst flag", "last heartbeat")
SHOWN = (
    "updated_at",
    "verdict",
    "reason",
    "worst_rule",
    "worst_title",
    "worst_severity",
    "metric_in_doubt",
    "val_wer",
    "wer_constant",
    "gap",
    "val_loss",
)


def run(
    runs: SeveralRunsOption = None,
    sweep: Annotated[str, typer.Option("--sweep", metavar="NAME", help="One sweep: its trials, best first.")] = "",
    as_json: JsonOption = False,
) -> int:
    """Exit code 0; 5 where one of several folders could not be asked."""
    queues.look()
    folders = folders_given(runs)
    if sweep and folders.several:
        raise UsageError("--sweep looks into one folder of this machine; give one --runs.")
    if sweep:
        # Imported here: no other list needs the page's rows.
        from monitor.commands.sweep_text import sweep_in

        document = sweep_in(folders.all[0].path, sweep, as_json)
        if as_json:
            print_json(document)
        return EXIT_OK
    if not folders.several:
        document = _listed(folders.all[0], as_json)
        if as_json:
            print_json(document)
        return EXIT_OK
    documents, failed = [], False
    with ThreadPoolExecutor(max_workers=len(folders.all)) as pool:
        asked = {each: pool.submit(_asked_there, each, as_json) for each in folders.all if each.far}
        for folder in folders.all:
            if not as_json:
                console().print(f"{folder.name}  {folder.location}", soft_wrap=True)
            shown, problem = asked[folder].result() if folder.far else ({}, "")
            failed = failed or bool(problem)
            if not folder.host and not (problem and not list_runs(folder.path)):
                shown = _listed(folder, as_json)
            documents.append({"name": folder.name, **({"problem": problem} if problem else {}), **shown})
            if not as_json and (said := problem or shown.get("text") or ""):
                console().print(said.rstrip(), soft_wrap=True)
            if not as_json and folder is not folders.all[-1]:
                console().print()
    if as_json:
        print_json({"folders": documents})
    return EXIT_REFUSED if failed else EXIT_OK


def _asked_there(folder: Folder, as_json: bool) -> tuple[dict[str, Any], str]:
    """(what the same verb gives on the host of a folder: its document, or its text; why it could not be asked).

    An archive is read into its copy here."""
    try:
        if folder.is_archive:
            return {}, bring(folder)
        if as_json:
            return asked_there(folder, "list", asked_from="terminal", reads=True), ""
        return {"text": act_there(folder, "list", asked_from="terminal", reads=True)}, ""
    except MonitorError as problem:
        return {}, str(problem)


def _listed(folder: Folder, as_json: bool) -> dict[str, Any]:
    """The document of one folder; without `as_json` its table is printed."""
    runs = folder.path
    found = sorted(Glances(runs).all(list_runs(runs), now()), key=itemgetter(0)) if runs.is_dir() else []
    rows = [_row(name, seen) for name, _, seen in found]
    rows.sort(key=lambda row: row["heartbeat_at"] or row["updated_at"] or 0.0, reverse=True)
    known = {row["run_id"]: row for row in rows}
    seen_of = {name: seen for name, _, seen in found if isinstance(seen, Glance) and not seen.launch_problem}
    members = (seen.member for seen in seen_of.values() if seen.member is not None)
    groups = [(group, _spread(group, known)) for group in grouped(members, lambda name: seen_of[name].validation)]
    for line in queues.orphans(runs):
        sys.stderr.write(f"{line}\n")
    if rows and not as_json:
        _print_table(rows, groups)
    elif not as_json and folder.is_archive:
        console().print(f"No runs at {folder.there}.")
    elif not as_json:
        console().print(
            f"No runs in {runs.absolute()} yet. Start one: python -m monitor start{elsewhere(runs)} -- COMMAND…"
        )
    seeds = [{"runs": group.runs, spread.metric.name if spread else "mean": spread} for group, spread in groups]
    return {"runs_dir": folder.there or str(runs.absolute()), "runs": rows, "seeds": seeds}


def _spread(group: SeedGroup, known: dict[str, dict[str, Any]]) -> Spread | None:
    metric = known[group.lead]["metric"]
    values = {name: known[name]["metric_value"] for name in group.runs if known[name]["metric"] == metric}
    return spread_of(group, values, {name: known[name]["epoch"] or 0.0 for name in group.runs}, metric)


def _row(run_id: str, seen: Glance | Exception) -> dict[str, Any]:
    """One run as the table and the document show it; one damaged run must not hide the others."""
    problem = str(seen) if isinstance(seen, Exception) else seen.launch_problem
    if isinstance(seen, Exception) or problem:
        return {**_shown(run_id, Summary(run_id=run_id, verdict=""), None), "evidence": problem}
    state = seen.status
    found = {
        "state": state.word,
        "state_text": state.text,
        "live": state.live,
        "unsupervised": state.unsupervised,
        "evidence": state.evidence,
    }
    row = _shown(run_id, seen.summary, seen.progress)
    if not state.live and seen.summary.epoch:
        row["epoch"] = seen.summary.epoch  # it comes no further: what was evaluated counts, as on the page
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
        "epoch": _epoch(progress, summary),
        "epochs": summary.epochs or (progress.epochs if progress else None),
        "heartbeat_at": progress.heartbeat_at if progress else None,
        **{name: getattr(summary, name) for name in SHOWN},
    }


def _epoch(progress: Progress | None, summary: Summary) -> float | None:
    """Where it is: the newest evaluation within an epoch says it closer than the epochs that are complete."""
    at = summary.epoch
    if progress is None or (at is not None and math.isfinite(at) and math.floor(at) == progress.epoch):
        return at
    return progress.epoch


def _print_table(rows: list[dict[str, Any]], groups: list[tuple[SeedGroup, Spread | None]]) -> None:
    """Prints a row a run; runs that differ in their seed alone stand below one line with their mean."""
    all_wer = all(row["metric"].name == WER.name for row in rows)
    heads = [WER.title if all_wer and name == "metric" else name for name in COLUMNS]
    lines: list[list[str]] = []
    moment = now()
    by_name = {row["run_id"]: row for row in rows}
    spreads = {group.lead: spread for group, spread in groups}
    below = {group.lead: group.runs for group, _ in groups}
    lead_of = {run: group.lead for group, _ in groups for run in group.runs}
    for lead in dict.fromkeys(lead_of.get(name, name) for name in by_name):
        if lead not in below:
            lines.append(_cells(lead, by_name[lead], moment, all_wer))
            continue
        spread = spreads[lead]
        mean = _mean_cell(spread) if spread is not None else words.NOT_MEASURED
        head = [f"{lead} and {words.count(len(below[lead]) - 1, 'seed')}", "", "", mean]
        lines.append(head + [""] * (len(COLUMNS) - len(head)))
        lines.extend(_cells(f"  {run}", by_name[run], moment, all_wer) for run in below[lead])
    print_rows(console(), heads, lines)


def _mean_cell(spread: Spread) -> str:
    """Mean and t interval, short enough for a column: "43.2 % (41.0 to 45.4, n 3)"."""
    metric = spread.metric
    return f"{metric.text(spread.mean)} ({metric.bare(spread.low)} to {metric.bare(spread.high)}, n {spread.count})"


def _score(metric: Metric, value: float | None, in_doubt: str | None, is_named: bool) -> str:
    """The value, with its metric's name unless the column has it; and the metric that is in doubt."""
    if in_doubt:
        return f"{_score(metric, value, None, is_named)} ({in_doubt} in doubt)"
    if value is None:
        return words.NOT_MEASURED
    return metric.text(value) if not is_named else f"{metric.title} {metric.text(value)}"


def _cells(name: str, row: dict[str, Any], moment: float, all_wer: bool) -> list[str]:
    return [
        name,
        row["state_text"],
        words.epoch_of(row["epoch"], row["epochs"]),
        _score(row["metric"], row["metric_value"], row["metric_in_doubt"], not all_wer),
        row["metric"].text(row["metric_chance"]),
        words.number(row["gap"]),
        row["verdict"] or words.NOT_MEASURED,
        row["worst_title"] or row["worst_rule"] or words.NOT_MEASURED,
        words.age_at(row["heartbeat_at"], moment),
    ]
