"""Import a table of epochs (CSV, TSV, or a Markdown text with one) as a run, with the predictions printed beside it:
shows what it understood, and asks before it writes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table as Screen

from monitor.commands.common import DEFAULT_RUNS, JsonOption, RunsOption, YesOption, confirm, console, now, print_json
from monitor.errors import EXIT_OK, UsageError
from monitor.importers.samples import Sample, read_samples
from monitor.importers.store import Imported, keep
from monitor.importers.table import Records, Table, Use, propose, read_lines, read_table, records


def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The table: one line an epoch, names in the first.")],
    runs: RunsOption = DEFAULT_RUNS,
    name: Annotated[str, typer.Option(help="What to call the run; default: the file's name.")] = "",
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Which column is which field; repeatable.")
    ] = None,
    percent: Annotated[
        bool | None, typer.Option("--percent/--fraction", help="How WER and ratios are written; default: looked at.")
    ] = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    table = read_table(file)
    uses = propose(table, _wanted(mapping or []), percent)
    found = records(table, uses)
    samples = read_samples(read_lines(file))
    if as_json and not yes:
        print_json({"run_id": None, **_as_document(uses, found, samples), "next": "add --yes to import it"})
        return EXIT_OK
    if not as_json:
        _show(file, table, uses, found, samples)
        confirm("Is that right?", yes)
    evaluated = any(use.field == "train_eval_loss" for use in uses)
    columns = ", ".join(f"{use.column} as {use.field}" for use in uses)
    source = f"Imported from {file.name}: {columns}."
    imported = Imported(name or file.stem, found.epochs, source, "eval" if evaluated else "train", samples=samples)
    run_id = keep(runs, imported, now())
    if as_json:
        print_json({"run_id": run_id, **_as_document(uses, found, samples)})
    else:
        console().print(f"Imported as {run_id}.  Look at it: python -m monitor show {run_id}")
    return EXIT_OK


def _wanted(pairs: list[str]) -> dict[str, str]:
    wanted = {}
    for pair in pairs:
        field, sign, column = pair.partition("=")
        if not sign or not column:
            raise UsageError(f"--map {pair} is not FIELD=COLUMN, such as --map val_loss=dev_ctc.")
        wanted[field.strip()] = column.strip()
    return wanted


def _show(file: Path, table: Table, uses: tuple[Use, ...], found: Records, samples: tuple[Sample, ...]) -> None:
    screen = console()
    screen.print(f"{file.name}: {len(found.epochs)} epochs.")
    rows = Screen("column", "becomes", "unit", "first", "last", box=None, pad_edge=False)
    for use in uses:
        first, last = (_value(epoch, use.field) for epoch in (found.epochs[0], found.epochs[-1]))
        rows.add_row(use.column, use.field, "percent → fraction" if use.scale != 1 else "as it is", first, last)
    screen.print(rows)
    unused = [column for column in table.columns if column not in {use.column for use in uses}]
    if unused:
        screen.print(f"Kept beside, under their own names: {', '.join(unused)}.")
    if samples:
        empty = sum(not sample.hypothesis for sample in samples)
        epochs = sorted({sample.epoch for sample in samples if sample.epoch is not None})
        where = f" of epoch {', '.join(f'{epoch:g}' for epoch in epochs[-5:])}" if epochs else ""
        screen.print(f"Predictions{where}: {len(samples)}, {empty} of them empty.")
    for note in found.notes[:5]:
        screen.print(note)
    if len(found.notes) > 5:
        screen.print(f"… and {len(found.notes) - 5} more notes.")


def _value(record: Any, field: str) -> str:
    value = getattr(record, field)
    return "–" if value is None else f"{value:.4g}"


def _as_document(uses: tuple[Use, ...], found: Records, samples: tuple[Sample, ...]) -> dict[str, Any]:
    return {
        "epochs": len(found.epochs),
        "samples": len(samples),
        "columns": [{"column": use.column, "field": use.field, "scale": use.scale} for use in uses],
        "notes": list(found.notes),
    }
