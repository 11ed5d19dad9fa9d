"""Start a command as a run in the background: python -m monitor start -- python train.py --epochs 50."""

from __future__ import annotations

import sys
from collections.abc import Sequence
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
from monitor.diagnosis.away import policy_from
from monitor.launcher import (
    become_supervisor,
    belongs_to_this_job,
    start,
    start_notes_for_command,
    start_seeds,
    start_training,
    status,
)
from monitor.launcher.devices import gpu_names
from monitor.launcher.engines import kubernetes, queues, ray_jobs
from monitor.launcher.engines.submitting import job_order
from monitor.launcher.slots import ANY_GPU, CPU, device_name
from monitor.run_dir import JOB_SCRIPT_FILE, JobOrder, State, StopWith
from monitor.run_dir.errors import EXIT_OK, EXIT_REFUSED, RefusedError, UsageError
from monitor.run_dir.launch import Order, command_of, in_processes, name_of, read_launch, read_state
from monitor.run_dir.reader import is_run
from monitor.run_dir.status import queue_words
from monitor.run_dir.words import monitor_line

SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}


CommandArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="COMMAND…", help="The command, after --. {run_dir} in it stands for the run's folder."),
]
SeedsOption = Annotated[
    int | None,
    typer.Option("--seeds", min=2, max=99, metavar="N", help="One run per seed, 1 to N, for {seed} in the command."),
]
StopWithOption = Annotated[
    str, typer.Option(metavar="INT|TERM", help="First signal of a stop, for a script that does not check for it.")
]
ReadHelpOption = Annotated[
    bool, typer.Option("--read-help", help="Run it once with --help first, to learn its options (60 s at most).")
]
ForegroundOption = Annotated[
    bool, typer.Option("--foreground", help="Stay until it has ended: for a cluster job (sbatch, srun).")
]
EngineOption = Annotated[
    str | None,
    typer.Option("--on", metavar="slurm|ray|k8s", help="Submit it as a job of this engine (docs/cluster.md)."),
]
TimeOption = Annotated[
    str, typer.Option("--time", metavar="H:MM:SS", help="With --on: the time limit; saved and requeued before it.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="With --on k8s: print the manifest of the Job; start nothing.")
]
QueueOption = Annotated[bool, typer.Option("--queue", help="Wait for the first free GPU; without a GPU, for the CPU.")]


def run(
    command: CommandArgument = None,
    runs: RunsOption = DEFAULT_RUNS,
    name: Annotated[str | None, typer.Option(help="Base of the run id; a number is added if it is taken.")] = None,
    run_id: Annotated[str | None, typer.Option(help="Exactly this run id; refused if it is taken.")] = None,
    nproc: Annotated[int, typer.Option(min=1, help="Number of training processes (torchrun), for several GPUs.")] = 1,
    grace: Annotated[float, typer.Option(min=0.0, help="Seconds from a stop request to SIGTERM.")] = 60.0,
    seeds: SeedsOption = None,
    demo: Annotated[bool, typer.Option("--demo", help="Start the demonstration: a training that overfits.")] = False,
    stop_with: StopWithOption = "INT",
    read_help: ReadHelpOption = False,
    foreground: ForegroundOption = False,
    on: EngineOption = None,
    partition: Annotated[str, typer.Option("--partition", help="With --on: the partition of the job.")] = "",
    gpus: Annotated[int, typer.Option("--gpus", min=0, help="With --on: GPUs on each node.")] = 0,
    time_limit: TimeOption = "",
    nodes: Annotated[int, typer.Option("--nodes", min=1, help="With --on: nodes, one torchrun on each.")] = 1,
    sbatch: Annotated[str, typer.Option("--sbatch", metavar="OPTIONS", help="With --on: more options of sbatch.")] = "",
    dry_run: DryRunOption = False,
    device: DeviceOption = None,
    queue: QueueOption = False,
    if_bad: IfBadOption = "tell",
    if_bad_hours: IfBadHoursOption = None,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0; 5 where a run has failed already."""
    away = policy_from(if_bad, if_bad_hours, who(), now())
    device = device_name(device) if device else _any_device() if queue else ""
    if foreground and run_id and is_run(runs / run_id) and belongs_to_this_job(runs / run_id):
        _become(runs / run_id, f"The cluster has restarted this job: {run_id} continues.", "--resume")
    _refuse_combination(stop_with, command or [], demo, dry_run, on, beside_on=foreground or bool(device) or demo)
    if seeds and (foreground or run_id or demo or on == "k8s"):
        raise UsageError("--seeds cannot be combined with --foreground, --run-id, --demo or --on k8s.")
    by_torchrun = nproc > 1 or (nodes > 1 and on != "k8s")
    argv = in_processes(command or [], nproc) if by_torchrun else command or []
    if on == "k8s":
        asked = {"queue": partition, "gpus": gpus, "time_limit": time_limit, "nodes": nodes, "options": sbatch}
        flags = {"--if-bad": if_bad, "--if-bad-hours": if_bad_hours, "--grace": grace, "--stop-with": stop_with}
        given = {name: value for name, value in flags.items() if value not in USUAL}
        return _describe_job(argv, run_id, name, given, read_help, as_json, nproc=nproc, grace_secs=grace, **asked)
    job = _job_of(on, partition, gpus, time_limit, nodes, nproc, sbatch)
    if job is None:
        _print_notes(runs, argv, device)
    how: dict[str, Any] = {"name": name, "asked_by": who(), "stop_grace_secs": grace, "away": away, "device": device}
    own = {"stop_with": stop_with, "read_help": read_help, "job": job}
    started = _started(runs, argv, seeds, {"run_id": run_id, "foreground": foreground}, how, None if demo else own)
    run_dirs = [(runs / each).absolute() for each in started]
    if foreground and not demo:
        _become(run_dirs[0], f"Started {started[0]} in this job: {run_dirs[0]}")
    return _report(run_dirs, as_json)


def _started(
    runs: Path, argv: list[str], seeds: int | None, one: dict[str, Any], how: dict[str, Any], own: dict[str, Any] | None
) -> list[str]:
    """The ids of the runs that were started. `one`: of a single run only; `own`: of a command, None for the demo."""
    if own is None:
        how |= {"run_id": one["run_id"], "name": how["name"] or "demo"}
        return [start_training(runs, {"preset": "broken"}, **how)]
    return start_seeds(runs, argv, seeds, **how, **own) if seeds else [start(runs, argv, **how, **own, **one)]


USUAL = ("tell", None, 60.0, "INT")
"""What a flag of the start is without being given."""


def _refuse_combination(
    stop_with: str, command: Sequence[str], demo: bool, dry_run: bool, on: str | None, beside_on: bool
) -> None:
    """Raises UsageError for contradicting options, RefusedError for a Kubernetes Job that would be submitted."""
    if stop_with not in get_args(StopWith):
        raise UsageError(f"--stop-with {stop_with}: must be {' or '.join(get_args(StopWith))}.")
    if demo and command:
        raise UsageError("--demo brings its own command; give no other.")
    if command and command[0].startswith("-"):
        raise UsageError(f"start has no option {command[0]}. Options come before --, the command after it.")
    if dry_run and on != "k8s":
        raise UsageError("start takes --dry-run only with --on k8s; nothing was started.")
    if on == "k8s" and not dry_run:
        raise RefusedError(
            "Jobs of Kubernetes are described, not submitted: add --dry-run, read, then kubectl apply -f."
        )
    if on is not None and beside_on:
        raise UsageError("--on cannot be combined with --foreground, --device, --queue or --demo.")


def _job_of(
    on: str | None, partition: str, gpus: int, time_limit: str, nodes: int, nproc: int, sbatch: str
) -> JobOrder | None:
    """What is asked of the engine; None without one. Raises UsageError for flags that it does not have."""
    of_slurm = bool(partition or time_limit or sbatch or nodes > 1)
    if on is None:
        if of_slurm or gpus:
            raise UsageError("--partition, --gpus, --time, --nodes and --sbatch need --on slurm or --on ray.")
        return None
    engine, _, address = on.partition("://")
    if engine not in ("slurm", "ray") or (address and engine != "ray"):
        raise UsageError(f"--on {on}: must be slurm, ray, ray://HOST:PORT or k8s.")
    if engine == "slurm":
        return job_order(partition, gpus, time_limit, nodes, nproc, sbatch)
    if of_slurm:
        raise UsageError("--partition, --time, --nodes and --sbatch are options of SLURM; Ray has none of them.")
    return ray_jobs.job_order(on, gpus, nproc)


def _describe_job(
    argv: list[str],
    run_id: str | None,
    name: str | None,
    flags: dict[str, Any],
    read_help: bool,
    as_json: bool,
    **asked: Any,
) -> int:
    """Prints the manifest of a Kubernetes Job whose pod starts this very command in its foreground."""
    if not argv:
        raise UsageError("There is no command to start; give it after --.")
    called = run_id or name_of(Order(argv=argv, cwd=Path.cwd()), name)
    words = ["start", "--foreground", "--runs", kubernetes.RUNS_PLACE, "--run-id" if run_id else "--name", called]
    words += [
        part for flag, value in flags.items() for part in (flag, f"{value:g}" if isinstance(value, float) else value)
    ]
    words += ["--read-help"] if read_help else []
    job = kubernetes.described([*words, "--", *argv], called, **asked)
    if as_json:
        print_json({"manifest": job})
    else:
        sys.stdout.write(kubernetes.as_yaml(job))
    return EXIT_OK


def _become(run_dir: Path, line: str, *flags: str) -> NoReturn:
    """Prints `line` and becomes the run's supervisor."""
    console().print(line, soft_wrap=True)
    sys.stdout.flush()
    become_supervisor(run_dir.absolute(), *flags)


def _report(run_dirs: list[Path], as_json: bool) -> int:
    """The result of the start: each run running, queued or failed. The JSON is of the first, and names the others."""
    states = [read_state(run_dir) for run_dir in run_dirs]
    if any(state is not None and state.job is not None for state in states):
        queues.look()
        states = [read_state(run_dir) for run_dir in run_dirs]
    if as_json:
        first, launch = run_dirs[0], read_launch(run_dirs[0])
        line = command_of(launch.argv, first) if launch else ""
        seeds = [run_dir.name for run_dir in run_dirs] if len(run_dirs) > 1 else []
        print_json({"run_id": first.name, "run_dir": str(first), "command": line, "state": states[0], "seeds": seeds})
    else:
        for run_dir, state in zip(run_dirs, states, strict=True):
            _tell(run_dir, state)
    if not as_json and (script := run_dirs[0] / JOB_SCRIPT_FILE).exists():
        console().print(script.read_text(encoding="utf-8"), soft_wrap=True)
    return EXIT_REFUSED if any(state is not None and state.state == "failed" for state in states) else EXIT_OK


def _tell(run_dir: Path, state: State | None) -> None:
    run_id, launch = run_dir.name, read_launch(run_dir)
    line = command_of(launch.argv, run_dir) if launch else ""
    if state is not None and state.job is not None:
        console().print(f"Submitted {run_id}. {status(run_dir).evidence}", soft_wrap=True)
    elif state is not None and state.state == "failed":
        console().print(f"{run_id} failed: {state.error}", soft_wrap=True)
    elif state is not None and state.queue is not None:
        console().print(f"Queued {run_id}. {queue_words(state.queue)}", soft_wrap=True)
        console().print(f"Leave the queue: {monitor_line('stop', run_id)}{elsewhere(run_dir.parent)}", soft_wrap=True)
    else:
        console().print(
            f"Started {run_id}.  Follow it: {monitor_line('show', run_id)}{elsewhere(run_dir.parent)}", soft_wrap=True
        )
        console().print(f"Command: {line}", soft_wrap=True)


def _any_device() -> str:
    return ANY_GPU if gpu_names() else CPU


def _print_notes(runs: Path, argv: list[str], device: str) -> None:
    """Before the start: which run it waits for, and whether memory and disk suffice."""
    for note in start_notes_for_command(runs, argv, Path.cwd(), device):
        sys.stderr.write(f"{note}\n")
