"""List a run's metrics, or choose the one that it is judged by; val_loss: by the loss alone."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from monitor import launcher
from monitor.commands.common import (
    DEFAULT_RUNS,
    JsonOption,
    RunArgument,
    RunsOption,
    console,
    find_run,
    now,
    print_json,
    who,
)
from monitor.diagnosis.judged_by import MetricRow, choice_for, reason, rows_of, unknown_names
from monitor.rules.primary import primary_of
from monitor.run_dir import Snapshot
from monitor.run_dir.errors import EXIT_OK, UsageError
from monitor.run_dir.metric import LOSS, Metric
from monitor.run_dir.reader import RunReader

MOST_UNKNOWN = 20


def run(
    run: RunArgument,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="The metric to judge by; default: list them.")
    ] = None,
    runs: RunsOption = DEFAULT_RUNS,
    is_score: Annotated[
        bool | None, typer.Option("--score/--error", help="Higher is better, or lower; default: as its name tells.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(metavar="fraction|percent|raw", help="Its unit; default: detected from its values.")
    ] = None,
    chance: Annotated[float | None, typer.Option(help="What an output that ignores its input has.")] = None,
    target: Annotated[float | None, typer.Option(help="What is wanted by the planned end.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Take the choice back.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0. The list is as it is after the change."""
    run_dir = find_run(runs, run)
    reader = RunReader(run_dir)
    options = (is_score, unit, chance, target)
    if name is None and options != (None, None, None, None):
        raise UsageError("--score, --error, --unit, --chance and --target describe a metric: give its NAME.")
    if reset and name is not None:
        raise UsageError("--reset takes the choice back; give it without a NAME.")
    if name is not None:
        direction = None if is_score is None else "score" if is_score else "error"
        chosen = choice_for(reader.read(now()), name, direction, unit, chance, target)
        launcher.judge_by(run_dir, chosen, who(), now())
    elif reset:
        launcher.judge_by(run_dir, None, who(), now())
    _tell(reader.read(now()), as_json)
    return EXIT_OK


def _tell(snapshot: Snapshot, as_json: bool) -> None:
    decides, rows, others = primary_of(snapshot), rows_of(snapshot), unknown_names(snapshot)
    if as_json:
        judged_by = decides.name if decides is not None else LOSS
        document = {"run_id": snapshot.run_id, "judged_by": judged_by, "why": reason(snapshot)}
        print_json({**document, "metrics": rows, "others": others})
        return
    by = decides.title if decides is not None else "val loss alone"
    console().print(f"{snapshot.run_id} is judged by {by}: {reason(snapshot)}.", soft_wrap=True)
    if rows:
        console().print(_table(rows))
    if others:
        more = f" and {len(others) - MOST_UNKNOWN} more" if len(others) > MOST_UNKNOWN else ""
        console().print(
            f"Other numbers, to be chosen with --error or --score: {', '.join(others[:MOST_UNKNOWN])}{more}",
            soft_wrap=True,
        )


def _table(rows: list[MetricRow]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "name", "direction", "unit", "evaluations", "last", "best"):
        table.add_column(heading, justify="right" if heading in ("evaluations", "last", "best") else "left")
    for row in rows:
        metric = Metric(row.name, row.direction, "raw" if row.in_doubt else row.unit)
        figures = (metric.text(row.last), metric.text(row.best))
        unit = "in doubt" if row.in_doubt else row.unit
        table.add_row("*" if row.primary else "", row.name, row.direction, unit, str(row.evaluations), *figures)
    return table
