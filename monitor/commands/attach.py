"""Follow the log of a training that is already running: shows how the log is parsed, asks, then reads along.

A file or folder that a tool writes (event files, results.csv, run.wandb …) is read as `import` reads it. The follower
is a small background process that outlives this terminal. With --pid the run can also be stopped and restarted. RUN in
place of LOG confirms (or, with --map, changes) how the log of a started script is read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from monitor.commands.common import (
    DEFAULT_RUNS,
    JsonOption,
    RunsOption,
    YesOption,
    confirm,
    console,
    elsewhere,
    find_run,
    print_json,
    wanted_fields,
    who,
)
from monitor.importers.free_text.evidence import WORTH_A_LOOK, Figures
from monitor.importers.live import find_followed
from monitor.launcher import attaching
from monitor.launcher.attaching import attach
from monitor.launcher.proposing import AttachRequest, Proposal, propose, reading_of
from monitor.run_dir.errors import EXIT_OK, UnreadableRunError, UsageError
from monitor.run_dir.reader import is_run
from monitor.run_dir.words import monitor_line
from monitor.view.log import plain

BAR_FROM_BYTES = 5_000_000


def run(
    logs: Annotated[
        list[str],
        typer.Argument(
            metavar="LOG…", help="The log, or what a tool writes; or a RUN, to confirm how its log is read."
        ),
    ],
    runs: RunsOption = DEFAULT_RUNS,
    pid: Annotated[
        int | None, typer.Option(help="Process that writes the log; with it the run can be stopped.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the run; default: the file name.")] = "",
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=NAME", help="Which field a logged name is; repeatable.")
    ] = None,
    percent: Annotated[
        bool | None, typer.Option("--percent/--fraction", help="Unit of WER and ratios; default: detected.")
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Stop following the log; the training continues.")] = False,
    foreground: Annotated[bool, typer.Option("--foreground", help="Follow in this terminal until Ctrl-C.")] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0. Several logs are taken one after the other; the first refusal ends it."""
    if len(logs) > 1 and (pid is not None or name or foreground):
        raise UsageError("--pid, --name and --foreground are for one log; attach to the others one by one.")
    request = AttachRequest(who(), name, pid, wanted_fields(mapping or []), percent)
    documents = [_one(Path(log), runs, request, Options(stop, foreground, yes, as_json)) for log in logs]
    if as_json:
        print_json(documents[0] if len(documents) == 1 else {"logs": documents})
    return EXIT_OK


class Options:
    """The options that all logs of one call share."""

    def __init__(self, stop: bool, foreground: bool, yes: bool, as_json: bool) -> None:
        self.stop, self.foreground, self.yes, self.as_json = stop, foreground, yes, as_json


def _one(log: Path, runs: Path, request: AttachRequest, options: Options) -> dict[str, Any]:
    run_dir = _run_of(log, runs)
    if options.stop:
        return _end_following(log, run_dir, runs, request, options)
    if run_dir is not None:
        return _confirm(run_dir, request, options)
    proposal = _proposed(log, runs, request, options)
    document = {"run_id": None, "log": str(proposal.path), **_document(proposal)}
    if options.as_json and not options.yes:
        return {**document, "next": "add --yes to follow it"}
    if not options.as_json:
        _show(proposal, request, asks=not options.yes)
        confirm("Is that right?", options.yes)
    run_id = attach(runs, proposal, request, detached=not options.foreground)
    if not options.as_json:
        screen = console()
        screen.print(
            f"Followed as {run_id}.  Look at it: {monitor_line('show', run_id)}{elsewhere(runs)}", soft_wrap=True
        )
        if not options.foreground:
            screen.print(f"Stop following: {monitor_line('attach', '--stop', run_id)}{elsewhere(runs)}", soft_wrap=True)
    if options.foreground:
        attaching.follow_here(runs / run_id)
    return {**document, "run_id": run_id, "run_dir": str((runs / run_id).absolute())}


def _run_of(log: Path, runs: Path) -> Path | None:
    """The run, where a run was given in place of a log."""
    if log.is_file():
        return None
    if is_run(runs / log) or (log.is_dir() and is_run(log)):
        return find_run(runs, str(log))
    return None


def _end_following(
    log: Path, run_dir: Path | None, runs: Path, request: AttachRequest, options: Options
) -> dict[str, Any]:
    known = run_dir or find_followed(runs, log)
    if known is None:
        raise UnreadableRunError(f"No run in {runs} follows {log}.")
    attaching.end_following(known, request.asked_by)
    if not options.as_json:
        console().print(f"Stopped following {known.name}; the training was not touched.", soft_wrap=True)
    return {"run_id": known.name, "followed": False}


def _confirm(run_dir: Path, request: AttachRequest, options: Options) -> dict[str, Any]:
    read = reading_of(run_dir, request)
    document = {
        "run_id": run_dir.name,
        "said": read.said,
        "mapping": read.mapping.document(),
        "figures": read.figures.document(),
    }
    if options.as_json and not options.yes:
        return {**document, "confirmed": False, "next": "add --yes to confirm it"}
    if not options.as_json:
        console().print(read.said, soft_wrap=True)
        _show_figures(read.figures, asks=not options.yes)
        confirm("Is that right?", options.yes)
    attaching.settle_reading(run_dir, request.asked_by, read.mapping)
    if not options.as_json:
        console().print(f"Saved for {run_dir.name}.")
    return {**document, "confirmed": True}


def _proposed(log: Path, runs: Path, request: AttachRequest, options: Options) -> Proposal:
    size = log.stat().st_size if log.is_file() else 0
    if options.as_json or size < BAR_FROM_BYTES:
        return propose(runs, log, request)
    shown = Console(stderr=True)
    with Progress(TextColumn("Reading {task.description}"), BarColumn(), DownloadColumn(), console=shown) as bar:
        task = bar.add_task(log.name, total=size)
        return propose(runs, log, request, lambda done: bar.update(task, completed=done))


def _show(proposal: Proposal, request: AttachRequest, *, asks: bool) -> None:
    screen = console()
    screen.print(proposal.said, soft_wrap=True)
    _show_figures(proposal.figures, asks=asks)
    shown = {each.column for each in proposal.figures.names}
    more = [name for name in proposal.mapping.beside if name not in shown]
    if more and proposal.epochs:  # of steps alone only the train loss is kept
        screen.print(f"Also kept: {', '.join(more)}.", soft_wrap=True)
    if proposal.samples:
        screen.print(f"Predictions: {proposal.samples:,}.")
    if proposal.known is not None:
        screen.print(f"It was followed before as {proposal.known.name}; its records continue there.", soft_wrap=True)
    if request.pid is None and proposal.writers:
        screen.print(
            f"Written by process {', '.join(proposal.writers)}; with --pid the run can also be stopped from here.",
            soft_wrap=True,
        )


def _show_figures(figures: Figures, *, asks: bool) -> None:
    """What is read of the first and the last evaluation, and the lines of the log in which the last one stands.

    `asks`: a person is asked whether it is right, and sees how often the reader was."""
    screen, rows = console(), figures.rows()
    table = Table(*(rows[0] if rows else ()), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(Text, row.values()))
    if rows:
        screen.print(table)
    for line in figures.lines:
        screen.print(Text(f"Line {line.line}: {plain(line.text)}", style="dim"), soft_wrap=True)
    if rows and asks:
        screen.print(WORTH_A_LOOK, soft_wrap=True)


def _document(proposal: Proposal) -> dict[str, Any]:
    return {
        "said": proposal.said,
        "epochs": proposal.epochs,
        "samples": proposal.samples,
        "mapping": proposal.mapping.document(),
        "figures": proposal.figures.document(),
        "writers": list(proposal.writers),
    }
