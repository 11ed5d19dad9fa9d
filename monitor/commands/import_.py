"""Import what another tool logged (a table of epochs, event files, a log) as a run: shows what it understood, and asks.

Formats: tensorboard, wandb, mlflow, lightning, hugging-face, model-card, speechbrain, keras, ultralytics, espnet,
fairseq, wav2letter, markdown, jsonl, json, table; docs/importers.md describes each. With --follow the run grows with
the file until you press Ctrl-C; the same command then goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table as Screen

from monitor.commands.common import (
    DEFAULT_RUNS,
    JsonOption,
    RunsOption,
    YesOption,
    confirm,
    console,
    err_console,
    now,
    print_json,
)
from monitor.errors import EXIT_OK, UsageError
from monitor.importers.following import Following
from monitor.importers.importing import Asked, NothingYetError, Plan, plan, records
from monitor.importers.live import find_followed
from monitor.importers.mapping import as_json as uses_as_json
from monitor.importers.store import Imported, keep

POLL_SECS = 1.0


def run(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file or folder that the other tool wrote.")],
    runs: RunsOption = DEFAULT_RUNS,
    format_: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="Which format it is; default: looked at.")
    ] = "",
    name: Annotated[str, typer.Option(help="What to call the run; default: as the source calls it.")] = "",
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Which column is which field; repeatable.")
    ] = None,
    percent: Annotated[
        bool | None, typer.Option("--percent/--fraction", help="How WER and ratios are written; default: looked at.")
    ] = None,
    per: Annotated[
        str,
        typer.Option(metavar="UNIT", help="What the loss is per: token, utterance, frame, batch …; kept as its unit."),
    ] = "",
    start: Annotated[
        int | None, typer.Option(min=1, help="Of a file that holds several starts of a run, take only this one.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Stay and take in what the file gets from now on.")] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    asked = Asked(format_, _wanted(mapping or []), percent, per, start)
    if follow:
        return _follow(path, runs, asked, name, yes, as_json)
    with _bar("Reading") as tick:
        chosen = plan(path, asked, tick)
    if as_json and not yes:
        print_json({"run_id": None, **_as_document(chosen), "next": "add --yes to import it"})
        return EXIT_OK
    if not as_json:
        _show(chosen)
        confirm("Is that right?", yes)
    with _bar("Writing") as tick:
        run_id = keep(runs, _imported(chosen, name, tick), now())
    if as_json:
        print_json({"run_id": run_id, **_as_document(chosen)})
    else:
        console().print(f"Imported as {run_id}.  Look at it: python -m monitor show {run_id}")
    return EXIT_OK


def _imported(chosen: Plan, name: str, tick: Callable[[int, int], None]) -> Imported:
    return Imported(
        name=name or chosen.run_name,
        records=records(chosen, tick),
        source=chosen.source,
        gap_basis=chosen.gap_basis,
        samples=chosen.samples,
        config=chosen.config,
        units=chosen.units,
    )


def _follow(path: Path, runs: Path, asked: Asked, name: str, yes: bool, as_json: bool) -> int:
    known = find_followed(runs, path)
    with _stopped_politely():
        try:
            if known is not None:
                following = Following.go_on(known, now())
            else:
                chosen = _awaited(path, asked)
                if not as_json:
                    _show(chosen)
                    confirm("Is that right? It is then followed until you press Ctrl-C.", yes)
                following = Following.begin(runs, chosen, name or chosen.run_name, now())
        except KeyboardInterrupt:
            return EXIT_OK
        run_id = following.run.run_dir.name
        if not as_json:
            again = "Going on with" if known is not None else "Following as"
            console().print(f"{again} {run_id}.  Look at it: python -m monitor show {run_id}")
        _stay(following, as_json)
    last = following.last.epoch if following.last is not None else None
    if as_json:
        print_json({"run_id": run_id, "continued": known is not None, "last_epoch": last, "ended": following.ended})
    elif following.ended:
        console().print("The run has ended, says its log.")
    else:
        console().print("No longer followed; the same command goes on from here.")
    return EXIT_OK


def _stay(following: Following, quiet: bool) -> None:
    shown = None
    try:
        while not following.ended:
            following.step(now())
            if not quiet and following.last is not None and following.last != shown:
                shown = following.last
                console().print(f"epoch {shown.epoch:g}: {_line(shown)}")
            if not following.ended:
                time.sleep(POLL_SECS)
    except KeyboardInterrupt:
        pass
    finally:
        following.stop(now())


def _awaited(path: Path, asked: Asked) -> Plan:
    """The plan, once there is something to read."""
    said = False
    while True:
        try:
            if path.exists() and (path.is_dir() or path.stat().st_size):
                return plan(path, asked, follow=True)
        except NothingYetError:
            pass
        if not said:
            err_console().print(f"Waiting for {path} to say something.")
            said = True
        time.sleep(POLL_SECS)


@contextlib.contextmanager
def _stopped_politely() -> Iterator[None]:
    """SIGTERM ends following as Ctrl-C does."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr while a long file is read, where somebody looks at it."""
    screen = err_console()
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=min(done, total or done), total=total or None)


def _wanted(pairs: list[str]) -> dict[str, str]:
    wanted = {}
    for pair in pairs:
        field, sign, column = pair.partition("=")
        if not sign or not column:
            raise UsageError(f"--map {pair} is not FIELD=COLUMN, such as --map val_loss=dev_ctc.")
        wanted[field.strip()] = column.strip()
    return wanted


def _show(chosen: Plan) -> None:
    screen = console()
    steps = f" and {chosen.counts.steps:,} steps" if chosen.counts.steps else ""
    screen.print(f"{chosen.path.name} is {chosen.kind.title}: {chosen.counts.evaluations:,} evaluations{steps}.")
    rows = Screen("column", "becomes", "unit", "first", "last", box=None, pad_edge=False)
    for use in chosen.reading.uses:
        first, last = (_value(epoch, use.field) for epoch in (chosen.first, chosen.last))
        unit = "percent → fraction" if use.scale != 1 else "fraction" if use.why else "as it is"
        rows.add_row(use.column, use.field, f"{unit} ({use.why})" if use.why else unit, first, last)
    screen.print(rows)
    if chosen.units["loss"] == "as logged":
        screen.print("Loss per token, utterance or frame? The file does not say; --per UNIT does.")
    used = {use.column for use in chosen.reading.uses}
    unused = [column for column in chosen.survey.columns if column not in used]
    if unused:
        more = f" and {len(unused) - 20} more" if len(unused) > 20 else ""
        screen.print(f"Kept beside, under their own names: {', '.join(unused[:20])}{more}.")
    _show_samples(chosen)
    for note in chosen.notes:
        screen.print(note)
    if chosen.unread.count:
        screen.print(f"Not read: {chosen.unread.count:,}.")
        for sentence in chosen.unread.sentences()[:5]:
            screen.print(f"  {sentence}")


def _show_samples(chosen: Plan) -> None:
    samples = chosen.samples
    if samples:
        empty = sum(not sample.hypothesis for sample in samples)
        epochs = sorted({sample.epoch for sample in samples if sample.epoch is not None})
        where = f" of epoch {', '.join(f'{epoch:g}' for epoch in epochs[-5:])}" if epochs else ""
        console().print(f"Predictions{where}: {len(samples)}, {empty} of them empty.")


def _value(record: Any, field: str) -> str:
    value = getattr(record, field, None)
    return "–" if value is None else f"{value:.4g}"


def _line(record: Any) -> str:
    shown = [(name, _value(record, name)) for name in ("train_loss", "val_loss", "val_wer")]
    return ", ".join(f"{name} {value}" for name, value in shown if value != "–")


def _as_document(chosen: Plan) -> dict[str, Any]:
    return {
        "format": chosen.kind.name,
        "epochs": chosen.counts.evaluations,
        "steps": chosen.counts.steps,
        "samples": len(chosen.samples),
        "starts": chosen.starts,
        "columns": uses_as_json(chosen.reading.uses),
        "units": chosen.units,
        "notes": list(chosen.notes),
        "not_read": {"count": chosen.unread.count, "first": chosen.unread.first},
    }
