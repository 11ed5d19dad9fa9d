"""Follow the log of a training that is already going: shows what it understood, asks, and reads along from then on.

The follower is a small process that outlives this terminal. With --pid the run can be stopped and restarted as any
other. RUN in place of LOG confirms (or changes, with --map) how the log of a started script is read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

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
from monitor.launcher import attaching
from monitor.launcher.attaching import Proposal, Wish, attach
from monitor.run_dir.errors import EXIT_OK, UnreadableRunError, UsageError
from monitor.run_dir.reader import is_run

BAR_FROM_BYTES = 5_000_000


def run(
    logs: Annotated[
        list[str], typer.Argument(metavar="LOG…", help="The growing log; or a RUN whose reading is confirmed.")
    ],
    runs: RunsOption = DEFAULT_RUNS,
    pid: Annotated[int | None, typer.Option(help="The process that writes it: then it can be stopped.")] = None,
    name: Annotated[str, typer.Option(help="What to call the run; default: the file's name.")] = "",
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=NAME", help="Which name is which field; repeatable.")
    ] = None,
    percent: Annotated[
        bool | None, typer.Option("--percent/--fraction", help="How WER and ratios are written; default: looked at.")
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Do not follow it any longer; the training goes on.")] = False,
    foreground: Annotated[bool, typer.Option("--foreground", help="Follow it in this terminal, until Ctrl-C.")] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    if len(logs) > 1 and (pid is not None or name or foreground):
        raise UsageError("--pid, --name and --foreground are for one log; attach to the others one by one.")
    wish = Wish(who(), name, pid, wanted_fields(mapping or []), percent)
    told = [_one(Path(log), runs, wish, Manner(stop, foreground, yes, as_json)) for log in logs]
    if as_json:
        print_json(told[0] if len(told) == 1 else {"logs": told})
    return EXIT_OK


class Manner:
    """How a person wants to be asked and told."""

    def __init__(self, stop: bool, foreground: bool, yes: bool, as_json: bool) -> None:
        self.stop, self.foreground, self.yes, self.as_json = stop, foreground, yes, as_json


def _one(log: Path, runs: Path, wish: Wish, manner: Manner) -> dict[str, Any]:
    run_dir = _run_of(log, runs)
    if manner.stop:
        return _let_go(log, run_dir, runs, wish, manner)
    if run_dir is not None:
        return _confirm(run_dir, wish, manner)
    proposal = _proposed(log, runs, wish, manner)
    document = {"run_id": None, "log": str(proposal.path), **_document(proposal)}
    if manner.as_json and not manner.yes:
        return {**document, "next": "add --yes to follow it"}
    if not manner.as_json:
        _show(proposal, wish)
        confirm("Is that right?", manner.yes)
    run_id = attach(runs, proposal, wish, detached=not manner.foreground)
    if not manner.as_json:
        screen = console()
        screen.print(
            f"Followed as {run_id}.  Look at it: python -m monitor show {run_id}{elsewhere(runs)}", soft_wrap=True
        )
        if not manner.foreground:
            screen.print(
                f"End the following: python -m monitor attach --stop {run_id}{elsewhere(runs)}", soft_wrap=True
            )
    if manner.foreground:
        attaching.follow_here(runs / run_id)
    return {**document, "run_id": run_id, "run_dir": str((runs / run_id).absolute())}


def _run_of(log: Path, runs: Path) -> Path | None:
    """The run that a person means who gives a run in place of a log."""
    if log.is_file():
        return None
    if is_run(runs / log) or (log.is_dir() and is_run(log)):
        return find_run(runs, str(log))
    return None


def _let_go(log: Path, run_dir: Path | None, runs: Path, wish: Wish, manner: Manner) -> dict[str, Any]:
    known = run_dir or attaching.find_followed(runs, log)
    if known is None:
        raise UnreadableRunError(f"No run in {runs} is fed from {log}: there is nothing to end.")
    attaching.let_go(known, wish.asked_by)
    if not manner.as_json:
        console().print(f"{known.name} is not followed any longer; the training was left alone.", soft_wrap=True)
    return {"run_id": known.name, "followed": False}


def _confirm(run_dir: Path, wish: Wish, manner: Manner) -> dict[str, Any]:
    said, mapping = attaching.reading_of(run_dir, wish)
    document = {"run_id": run_dir.name, "said": said, "mapping": mapping.document()}
    if manner.as_json and not manner.yes:
        return {**document, "confirmed": False, "next": "add --yes to confirm it"}
    if not manner.as_json:
        console().print(said, soft_wrap=True)
        confirm("Is that right?", manner.yes)
    attaching.confirm(run_dir, wish.asked_by, mapping)
    if not manner.as_json:
        console().print(f"Kept with {run_dir.name}.")
    return {**document, "confirmed": True}


def _proposed(log: Path, runs: Path, wish: Wish, manner: Manner) -> Proposal:
    size = log.stat().st_size if log.is_file() else 0
    if manner.as_json or size < BAR_FROM_BYTES:
        return attaching.propose(runs, log, wish)
    shown = Console(stderr=True)
    with Progress(TextColumn("Reading {task.description}"), BarColumn(), DownloadColumn(), console=shown) as bar:
        task = bar.add_task(log.name, total=size)
        return attaching.propose(runs, log, wish, lambda done: bar.update(task, completed=done))


def _show(proposal: Proposal, wish: Wish) -> None:
    screen = console()
    screen.print(proposal.said, soft_wrap=True)
    for use in proposal.mapping.uses:
        unit = "  (percent → fraction)" if use.scale != 1 else ""
        screen.print(f"  {use.column} → {use.field}{unit}", soft_wrap=True)
    if proposal.mapping.beside:
        screen.print(f"Kept beside, under their own names: {', '.join(proposal.mapping.beside)}.", soft_wrap=True)
    if proposal.samples:
        screen.print(f"Predictions: {proposal.samples:,}.")
    if proposal.known is not None:
        screen.print(f"It was followed before as {proposal.known.name}, and goes on there.", soft_wrap=True)
    if wish.pid is None and proposal.writers:
        screen.print(
            f"It is written by process {', '.join(proposal.writers)}. With --pid it can also be stopped from here.",
            soft_wrap=True,
        )


def _document(proposal: Proposal) -> dict[str, Any]:
    return {
        "said": proposal.said,
        "epochs": proposal.epochs,
        "samples": proposal.samples,
        "mapping": proposal.mapping.document(),
        "writers": list(proposal.writers),
    }
