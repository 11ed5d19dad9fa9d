"""Import the log of another tool (a table, event files, a text log) as a run: shows how it is parsed, and asks.

Formats: tensorboard, tensorboard-csv, wandb, mlflow, mlflow-db, trackio, swanlab, clearml, neptune, lightning,
hugging-face, model-card, speechbrain, keras, ultralytics, espnet, fairseq, wav2letter, markdown, jsonl, json, history,
table, log; docs/importers.md describes each. Of several runs in one file or folder give one: mlflow.db/NAME. With
--follow the run grows with the file until you press Ctrl-C; the same command then goes on where it stopped.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from monitor.commands.common import (
    DEFAULT_RUNS,
    JsonOption,
    RunsOption,
    YesOption,
    confirm,
    console,
    elsewhere,
    err_console,
    now,
    print_json,
    wanted_fields,
)
from monitor.commands.import_follow import follow_file
from monitor.commands.import_shown import as_document, show_plan
from monitor.importers.formats.registry import BINARY
from monitor.importers.importing import Asked, Plan, plan, records
from monitor.importers.several import container
from monitor.importers.store import Ended, Imported, keep
from monitor.run_dir.errors import EXIT_OK
from monitor.run_dir.words import monitor_line
from monitor.supervisor.ending import error_at_end, last_traceback


def run(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file or folder that the other tool wrote.")],
    runs: RunsOption = DEFAULT_RUNS,
    format_: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="Format of the source; default: detected.")
    ] = "",
    name: Annotated[str, typer.Option(help="Name of the run; default: the name in the source.")] = "",
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Which field a column is; repeatable.")
    ] = None,
    percent: Annotated[
        bool | None, typer.Option("--percent/--fraction", help="Unit of WER and ratios; default: detected.")
    ] = None,
    per: Annotated[
        str,
        typer.Option(metavar="UNIT", help="Unit of the loss: per token, utterance, frame, batch …"),
    ] = "",
    start: Annotated[
        int | None, typer.Option(min=1, help="Import only this start, of a file that holds several.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Keep reading what is added to the file.")] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0. With --json and without --yes nothing is written: the plan is printed."""
    asked = Asked(format_, wanted_fields(mapping or []), percent, per, start)
    if follow:
        return follow_file(path, runs, asked, name, yes, as_json)
    with _bar("Reading") as tick:
        chosen = plan(path, asked, tick)
    if as_json and not yes:
        print_json({"run_id": None, **as_document(chosen), "next": "add --yes to import it"})
        return EXIT_OK
    if not as_json:
        show_plan(chosen)
        confirm("Is that right?", yes)
    with _bar("Writing") as tick:
        run_id = keep(runs, _imported(chosen, name, tick), now())
    if as_json:
        print_json({"run_id": run_id, **as_document(chosen)})
    else:
        console().print(
            f"Imported as {run_id}.  Look at it: {monitor_line('show', run_id)}{elsewhere(runs)}", soft_wrap=True
        )
    return EXIT_OK


def _imported(chosen: Plan, name: str, tick: Callable[[int, int], None]) -> Imported:
    return Imported(
        name=name or chosen.run_name,
        records=records(chosen, tick),
        source=chosen.source,
        gap_basis=chosen.mapping.gap_basis,
        samples=chosen.samples,
        config=chosen.config,
        units=chosen.units,
        ended=_ended(chosen),
    )


def _ended(chosen: Plan) -> Ended:
    """How the run ended: what its format says, else the error that a text log ends with."""
    place, _ = container(chosen.path)
    at = place.stat().st_mtime
    if chosen.outcome is not None or place.is_dir() or chosen.kind.name in BINARY:
        return Ended(chosen.outcome, at=at)
    error = error_at_end(place)
    return Ended(at=at) if error is None else Ended("failed", error, last_traceback(place), at)


@contextlib.contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr while a long file is read, where stderr is a terminal."""
    screen = err_console()
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=min(done, total or done), total=total or None)
