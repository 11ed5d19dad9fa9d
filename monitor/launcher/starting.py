"""A new run: its folder claimed, its command written down, its supervisor started."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from monitor.diagnosis.settings import settings_for
from monitor.launcher.devices import machine
from monitor.launcher.engines import submitting
from monitor.launcher.headroom import Need, headroom_notes, need_of_script
from monitor.launcher.relaunch.background import background_problem
from monitor.launcher.relaunch.hydra_words import sweep_problem
from monitor.launcher.relaunch.options import asked_for_help, described
from monitor.launcher.relaunch.plan import free_run_id
from monitor.launcher.slots import DeviceQueue, capacity_for
from monitor.launcher.supervising import supervise
from monitor.run_dir import JobOrder, QueuePlace, check_run_id, files, opening
from monitor.run_dir.audit import audited
from monitor.run_dir.errors import MonitorError, RefusedError, UsageError
from monitor.run_dir.launch import Order, expand, job_of, launch_of, name_of, read_launch, read_state
from monitor.run_dir.makefile import opened
from monitor.run_dir.one_word import words_of
from monitor.run_dir.provenance import script_of
from monitor.run_dir.seal import write_sealed
from monitor.run_dir.status import device_words, queue_words


def _start(
    runs_dir: Path,
    argv: list[str],
    *,
    run_id: str | None = None,
    name: str | None = None,
    cwd: Path | None = None,
    thresholds: Mapping[str, float] | None = None,
    foreground: bool = False,
    **how: Any,
) -> str:
    """Starts a command as a run of its own and returns its run id, once its supervisor has taken it over.

    The run outlives the caller. A command that cannot be started at all leaves a failed run that says why.
    With `run_id` (a form's nonce) the start happens at most once; without, the next free name is taken.
    With `foreground` it only gets its run directory: the caller then becomes its supervisor (`become_supervisor`).
    `thresholds` are else those of the project's vitalsigns.toml; they and its metric are frozen into launch.json.
    `how`: further fields of `Order`. With a `job` an engine starts the run; what it refuses leaves no run behind.
    Raises UsageError for an empty command or a bad id, RefusedError if the id is taken or the folder not writable.
    """
    where = (cwd or Path.cwd()).absolute()
    settings = settings_for(where)
    order = Order(
        argv=list(argv),
        cwd=where,
        how="restart" if how.get("parent") else "start",
        thresholds=settings.thresholds if thresholds is None else thresholds,
        metric=settings.primary,
        **how,
    )
    run_dir = claim(runs_dir, order, run_id, name)
    if order.job is not None and not foreground:
        submit_or_forget(run_dir)
    elif not foreground:
        supervise(run_dir)
    return run_dir.name


start = audited("start", lambda runs_dir, argv, **how: (runs_dir, how.get("run_id") or how.get("name") or ""))(_start)


SEED = "{seed}"
"""Stands in a command for the seed of each of several runs."""


def start_seeds(
    runs_dir: Path, argv: list[str], count: int, *, name: str | None = None, job: JobOrder | None = None, **how: Any
) -> list[str]:
    """Starts a command once for each seed, 1 to `count`, as the runs NAME-1, NAME-2 …, and returns their ids.

    On SLURM they are one job array: all of them or none. Elsewhere one is started after the other, and the refusal of
    one names those before it. `how`: as of `start`. Raises UsageError without {seed} in the command, RefusedError.
    """
    if not any(SEED in word for word in argv):
        raise UsageError(f"--seeds needs {SEED} in the command, where the number of the seed stands: --seed {SEED}.")
    stem = name_of(Order(argv=argv, cwd=how.get("cwd") or Path.cwd()), name)
    words = {f"{stem}-{seed}": [word.replace(SEED, str(seed)) for word in argv] for seed in range(1, count + 1)}
    if taken := [run_id for run_id in words if (runs_dir / run_id).exists()]:
        raise RefusedError(
            f"There is a run {taken[0]} in {runs_dir} already; nothing was started. Choose another --name."
        )
    if job is not None and job.engine == "slurm":
        return _start_as_array(runs_dir, words, job=job, **how)
    started: list[str] = []
    for run_id, each in words.items():
        try:
            started.append(start(runs_dir, each, run_id=run_id, job=job, **how))
        except MonitorError as problem:
            before = f"{' and '.join(started)} {'was' if len(started) == 1 else 'were'} started; {run_id} was not. "
            raise type(problem)(f"{before if started else ''}{problem}") from None
    return started


@audited("start", lambda runs_dir, words, **how: (runs_dir, ", ".join(words)))
def _start_as_array(runs_dir: Path, words: Mapping[str, list[str]], *, job: JobOrder, **how: Any) -> list[str]:
    claimed: list[Path] = []
    try:
        for run_id, argv in words.items():
            claimed.append(runs_dir.absolute() / _start(runs_dir, argv, run_id=run_id, job=job, foreground=True, **how))
        submitting.submit_array(submitting.array_of(claimed, job))
    except MonitorError:
        for run_dir in claimed:
            shutil.rmtree(run_dir, ignore_errors=True)
        raise
    return list(words)


def submit_or_forget(run_dir: Path, after: str = "") -> None:
    """Submits a run that was claimed just now; where its engine refuses, its folder goes again. Raises RefusedError."""
    try:
        submitting.submit(run_dir, after=after)
    except RefusedError:
        shutil.rmtree(run_dir, ignore_errors=True)
        raise


def belongs_to_this_job(run_dir: Path) -> bool:
    """Whether the cluster has started the job anew that this run belongs to: then it is the same run that goes on."""
    launch, job = read_launch(run_dir), job_of(os.environ)
    return launch is not None and bool(job) and launch.scheduler.get("job_id") == job["job_id"]


def start_notes(runs_dir: Path, need: Need | None, device: str, after: str = "") -> list[str]:
    """Notes before a start: which run it would wait for, and whether memory and disk suffice.

    `after`: the run that is stopped for it, whose place it takes before all others where that has a device it fits.
    Raises RefusedError for a device that is not there.
    """
    notes = headroom_notes(need, machine(runs_dir), device)
    if device and runs_dir.is_dir():
        line = DeviceQueue(runs_dir, capacity_for(device, os.environ.get("CUDA_VISIBLE_DEVICES"), runs_dir))
        parent = read_state(runs_dir / after) if after else None
        if parent is not None and parent.device in line.fitting(device):
            return [f"Takes {device_words(parent.device)} over from {after} when that has ended.", *notes]
        place = QueuePlace(device=device, ticket=line.next_ticket())
        standing = line.standing("", place)
        if standing.free is None:
            place = msgspec.structs.replace(place, position=standing.position, held_by=list(standing.held_by))
            notes.insert(0, f"{queue_words(place)} It starts when that is free.")
    return notes


def start_notes_for_command(runs_dir: Path, argv: list[str], cwd: Path, device: str) -> list[str]:
    """The same for a command, by what the newest run of its script has shown to need."""
    script = script_of(*opened(argv, cwd))
    return start_notes(runs_dir, need_of_script(runs_dir, str(script) if script else None), device)


def claim(
    runs_dir: Path, order: Order, run_id: str | None, name: str | None, copies: Mapping[str, str] | None = None
) -> Path:
    """Makes the run's folder, exclusively, with launch.json in it and `copies`: place in the folder → text."""
    if not order.argv or not order.argv[0]:
        raise UsageError("There is no command to start; give it after --, e.g. start -- python train.py --epochs 50")
    if over_at_once := background_problem(order.argv, order.cwd):
        raise RefusedError(over_at_once)
    runs_dir, run_dir = runs_dir.absolute(), None
    try:
        opening.make_folder(runs_dir)
        run_dir = _made(runs_dir, check_run_id(run_id)) if run_id else _made_free(runs_dir, name_of(order, name))
        for place, text in (copies or {}).items():
            opening.make_folder((run_dir / place).parent)
            files.create(run_dir / place, expand([text], run_dir)[0].encode())
        launch = described(launch_of(order, run_dir.name, time.time()), run_dir)
        if problem := sweep_problem(words_of(launch.argv), launch.config_schema.get("properties", {})):
            raise RefusedError(problem)
        if order.read_help:
            launch = asked_for_help(launch, run_dir)
        if not write_sealed(run_dir, launch, may_start=1):
            raise RefusedError(f"{run_dir.name} has been started already.")
    except (OSError, RefusedError) as problem:
        if run_dir is not None:
            with contextlib.suppress(OSError):
                run_dir.rmdir()  # its name must be free for the next try
        if isinstance(problem, RefusedError):
            raise
        raise RefusedError(f"{runs_dir} cannot be written ({problem.strerror}); choose another with --runs.") from None
    return run_dir


def _made(runs_dir: Path, run_id: str) -> Path:
    try:
        opening.make_folder(runs_dir / run_id, exist_ok=False)
    except FileExistsError:
        raise RefusedError(f"There is a run {run_id} in {runs_dir} already; nothing was started.") from None
    return runs_dir / run_id


def _made_free(runs_dir: Path, stem: str) -> Path:
    name = stem
    while True:
        try:
            return _made(runs_dir, name)
        except RefusedError:
            name = free_run_id(runs_dir, stem)
