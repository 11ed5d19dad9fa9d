"""Start a command as a run in the background: python -m monitor start -- python train.py --epochs 50."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn, get_args

import typer

from monitor.commands.common import (
    DEFAULT_RUNS,
    DeviceOption,
    IfBadHoursOption,
    IfBadOption,
    JsonOption,
    RunsOption,
    console,
    elsewhere,
    now,
    print_json,
    who,
)
from monitor.diagnosis.away import wished
from monitor.launcher import become_supervisor, foreseen_of, is_of_this_job, start, start_training
from monitor.launcher.devices import gpu_names
from monitor.launcher.slots import ANY_GPU, CPU, wish_of
from monitor.run_dir import StopWith
from monitor.run_dir.errors import EXIT_OK, EXIT_REFUSED, UsageError
from monitor.run_dir.launch import command_of, in_processes, read_launch, read_state
from monitor.run_dir.reader import is_run
from monitor.run_dir.status import queue_words

SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}


def run(
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="COMMAND…", help="The command, after --. {run_dir} in it stands for the run's folder."),
    ] = None,
    runs: RunsOption = DEFAULT_RUNS,
    name: Annotated[str | None, typer.Option(help="Makes the run id; a number is added if it is taken.")] = None,
    run_id: Annotated[str | None, typer.Option(help="Exactly this id, or nothing is started.")] = None,
    nproc: Annotated[
        int, typer.Option(min=1, help="Processes that train together (torchrun); for more than one GPU.")
    ] = 1,
    grace: Annotated[float, typer.Option(min=0.0, help="Seconds from a stop request to SIGTERM.")] = 60.0,
    demo: Annotated[bool, typer.Option("--demo", help="The demonstration: our trainer overfits on purpose.")] = False,
    stop_with: Annotated[
        str, typer.Option(metavar="INT|TERM", help="First signal of a stop, to a script that does not ask for one.")
    ] = "INT",
    read_help: Annotated[
        bool, typer.Option("--read-help", help="Run it once with --help first, to learn its options (60 s at most).")
    ] = False,
    foreground: Annotated[
        bool, typer.Option("--foreground", help="Stay until it has ended: for a job of a cluster (sbatch, srun).")
    ] = False,
    device: DeviceOption = None,
    queue: Annotated[
        bool, typer.Option("--queue", help="Wait for the first free GPU; without one, for a place on the CPU.")
    ] = False,
    if_bad: IfBadOption = "tell",
    if_bad_hours: IfBadHoursOption = None,
    as_json: JsonOption = False,
) -> int:
    away = wished(if_bad, if_bad_hours, who(), now())
    if stop_with not in get_args(StopWith):
        raise UsageError(f"--stop-with {stop_with}: must be {' or '.join(get_args(StopWith))}.")
    wish = wish_of(device) if device else _any_device() if queue else ""
    if foreground and run_id and is_run(runs / run_id) and is_of_this_job(runs / run_id):
        _become(runs / run_id, f"The cluster has started the job again: {run_id} goes on.", "--resume")
    if demo and command:
        raise UsageError("--demo is a command of its own; leave the other one out.")
    argv = in_processes(command or [], nproc) if nproc > 1 else command or []
    _say_what_is_known(runs, argv, wish)
    how: dict[str, Any] = {"name": name, "run_id": run_id, "asked_by": who(), "stop_grace_secs": grace, "away": away}
    how["device"] = wish
    if demo:
        started = start_training(runs, {"preset": "broken"}, **{**how, "name": name or "demo"})
    else:
        how |= {"stop_with": stop_with, "read_help": read_help, "foreground": foreground}
        started = start(runs, argv, **how)
    run_dir = (runs / started).absolute()
    if foreground and not demo:
        _become(run_dir, f"Started {started} in this job: {run_dir}")
    return _tell(run_dir, as_json)


def _become(run_dir: Path, line: str, *flags: str) -> NoReturn:
    """Says `line`, and is from then on the run's supervisor."""
    console().print(line, soft_wrap=True)
    sys.stdout.flush()
    become_supervisor(run_dir.absolute(), *flags)


def _tell(run_dir: Path, as_json: bool) -> int:
    """What came of the start: it runs, waits in line, or failed."""
    state, launch = read_state(run_dir), read_launch(run_dir)
    run_id, failed = run_dir.name, state is not None and state.state == "failed"
    line = command_of(launch.argv, run_dir) if launch else ""
    if as_json:
        print_json({"run_id": run_id, "run_dir": str(run_dir), "command": line, "state": state})
    elif failed and state:
        console().print(f"{run_id} failed: {state.error}", soft_wrap=True)
    elif state is not None and state.queue is not None:
        console().print(f"Queued {run_id}. {queue_words(state.queue)}", soft_wrap=True)
        console().print(f"Leave the queue: python -m monitor stop {run_id}{elsewhere(run_dir.parent)}", soft_wrap=True)
    else:
        console().print(
            f"Started {run_id}.  Follow it: python -m monitor show {run_id}{elsewhere(run_dir.parent)}", soft_wrap=True
        )
        console().print(f"Command: {line}", soft_wrap=True)
    return EXIT_REFUSED if failed else EXIT_OK


def _any_device() -> str:
    return ANY_GPU if gpu_names() else CPU


def _say_what_is_known(runs: Path, argv: list[str], wish: str) -> None:
    """Before anything starts: whom it will wait for, and whether memory and disk will do."""
    for note in foreseen_of(runs, argv, Path.cwd(), wish):
        sys.stderr.write(f"{note}\n")
