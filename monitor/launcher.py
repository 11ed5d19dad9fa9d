"""Starting, stopping, restarting and resuming runs: the acts that page and command line share.

A start is exclusive by the run's folder, a resume by the run's lock: a double click does a thing once.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from monitor import control, files, opening, processes
from monitor.audit import audited, by_name, by_run_dir
from monitor.devices import machine
from monitor.errors import RefusedError, UnreadableRunError, UsageError
from monitor.launch import (
    PLACEHOLDER,
    Order,
    generation_of,
    job_of,
    launch_of,
    name_of,
    read_launch,
    read_progress,
    read_state,
)
from monitor.origin import is_from_here
from monitor.reader import RunReader
from monitor.relaunch.fields import checked, with_presets
from monitor.relaunch.flags import text_of
from monitor.relaunch.options import asked_for_help, described
from monitor.relaunch.plan import RestartPlan, Wish, free_run_id, make_plan
from monitor.relaunch.resuming import ResumePlan, make_resume_plan
from monitor.relaunch.twins import refuse_a_twin
from monitor.room import Need, need_of, room_notes
from monitor.run_dir import (
    GENERATION_VARIABLE,
    LAUNCH_FILE,
    RUN_DIR_VARIABLE,
    Away,
    Parent,
    QueuePlace,
    Request,
    Snapshot,
    StopWith,
    Verb,
    check_run_id,
    encode,
)
from monitor.settings import settings_for
from monitor.slots import Line, capacity_for
from monitor.status import Status, last_heard_at, queue_words, state_in_force, status_of

HOME = Path(__file__).resolve().parent.parent
"""The folder of the packages `monitor` and `trainer`: what `python -m` needs to find them."""
BEGIN_TIMEOUT_SECS = 60.0
OPEN_STATES = frozenset({"queued", "starting", "running", "stopping"})


@audited("start", lambda runs_dir, argv, **how: (runs_dir, how.get("run_id") or how.get("name") or ""))
def start(
    runs_dir: Path,
    argv: list[str],
    *,
    run_id: str | None = None,
    name: str | None = None,
    cwd: Path | None = None,
    asked_by: str = "",
    parent: Parent | None = None,
    thresholds: Mapping[str, float] | None = None,
    stop_grace_secs: float = 60.0,
    stop_with: StopWith = "INT",
    read_help: bool = False,
    away: Away | None = None,
    device: str = "",
    foreground: bool = False,
) -> str:
    """Starts a command as a run of its own and returns its run id, once its supervisor has taken it over.

    The run outlives the caller. A command that cannot be started at all leaves a failed run that says why.
    With `run_id` (a form's nonce) the start happens at most once; without, the next free name is taken.
    `stop_with` is the first signal to a script that does not ask whether it should stop. With `read_help` the command
    is run once with --help before, to learn the options that its source does not tell. With `foreground` it only gets
    its run directory: the caller then becomes its supervisor (`become_supervisor`).
    `thresholds` are else those of the project's vitalsigns.toml; they are frozen into launch.json.
    `device` (see `slots.wish_of`): the run has it for itself, and waits in line while another one has it.
    Raises UsageError for an empty command, a bad id or a bad vitalsigns.toml, RefusedError if the id is taken or the
    folder not writable.
    """
    where = (cwd or Path.cwd()).absolute()
    order = Order(
        argv=list(argv),
        cwd=where,
        asked_by=asked_by,
        how="restart" if parent else "start",
        parent=parent,
        thresholds=settings_for(where).thresholds if thresholds is None else thresholds,
        stop_grace_secs=stop_grace_secs,
        stop_with=stop_with,
        read_help=read_help,
        away=away,
        device=device,
    )
    run_dir = _claim(runs_dir, order, run_id, name)
    if not foreground:
        supervise(run_dir)
    return run_dir.name


def become_supervisor(run_dir: Path, *flags: str) -> NoReturn:
    """Turns this process into the run's supervisor, until the run has ended: signals of a cluster reach it at once."""
    os.chdir(HOME)
    os.execv(sys.executable, [sys.executable, "-m", "monitor.supervisor", str(run_dir), *flags])


def is_of_this_job(run_dir: Path) -> bool:
    """Whether the cluster has started the job anew that this run belongs to: then it is the same run that goes on."""
    launch, job = read_launch(run_dir), job_of(os.environ)
    return launch is not None and bool(job) and launch.scheduler.get("job_id") == job["job_id"]


def start_training(runs_dir: Path, config: Mapping[str, Any], **how: Any) -> str:
    """Starts our own trainer with `config` (option → value); `how` is what `start` takes besides the command.

    Raises UsageError for a value that the trainer does not allow.
    """
    return start(runs_dir, training_command(config), **{"cwd": HOME, "name": "run", **how})


def training_command(config: Mapping[str, Any]) -> list[str]:
    """The command template of our own trainer for these options. Raises UsageError for a value it does not allow."""
    given = {key: value for key, value in config.items() if not (key == "preset" and not value)}
    values = checked(given, with_presets(trainer_schema(), config.get("data", "synthetic")))
    options = [word for key, value in values.items() for word in (f"--{key}", text_of(value))]
    return [sys.executable, "-m", "trainer", *options, "--output_dir", PLACEHOLDER]


def trainer_schema() -> dict[str, Any]:
    """The options of our own trainer as JSON Schema, asked of it in a process of its own (it may need torch)."""
    done = subprocess.run(
        [sys.executable, "-m", "trainer", "--schema"],
        cwd=HOME,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise RefusedError(f"The trainer does not tell its options: {done.stderr.strip() or done.returncode}")
    return dict(json.loads(done.stdout))


def plan_restart(
    runs_dir: Path,
    run_id: str,
    changes: Mapping[str, Any],
    *,
    expected: Mapping[str, Any] | None = None,
    start_from: str | None = None,
    device: str | None = None,
) -> RestartPlan:
    """What a restart of `run_id` with `changes` would run; nothing is started. See `relaunch.plan.make_plan`.

    Its notes also tell whether memory and disk will do, and whom it would wait for.
    """
    plan = make_plan(runs_dir, run_id, Wish(changes, expected or {}, start_from, device))
    notes = (*plan.notes, *foreseen(runs_dir, need_of(runs_dir / run_id), plan.device))
    return replace(plan, notes=notes)


def foreseen(runs_dir: Path, need: Need | None, device: str) -> list[str]:
    """What can be told before a start: whom it would wait for, and whether memory and disk will do.

    Raises RefusedError for a device that is not there.
    """
    notes = room_notes(need, machine(runs_dir), device)
    if device and runs_dir.is_dir():
        line = Line(runs_dir, capacity_for(device, os.environ.get("CUDA_VISIBLE_DEVICES"), runs_dir))
        place = QueuePlace(device=device, ticket=line.next_ticket())
        standing = line.standing("", place)
        if standing.free is None:
            place = msgspec.structs.replace(place, position=standing.position, held_by=list(standing.held_by))
            notes.insert(0, f"{queue_words(place)} It starts when that is free.")
    return notes


@audited("restart", lambda plan, **how: (plan.runs_dir, plan.child_id))
def restart(
    plan: RestartPlan, *, stop_parent: bool, asked_by: str = "", trusted: bool = False, away: Away | None = None
) -> str:
    """Starts the child run of a plan and returns its id; with `stop_parent` the parent is asked to stop first.

    The child then waits in the state `queued` until the parent has ended: its own supervisor waits, not the caller.
    Raises RefusedError if the child exists already or was asked for just now (a second click, a second terminal), if
    anything that was shown is no longer so, or if the command is not this user's own and nobody has agreed to it
    (`trusted`).
    """
    if plan.stranger and not trusted:
        raise RefusedError(f"{plan.stranger} Then agree to it with --trust-command.\n{plan.command}")
    order = Order(
        argv=plan.argv,
        cwd=plan.cwd,
        asked_by=asked_by,
        how="restart",
        parent=_parent_of(plan),
        thresholds=plan.thresholds,
        stop_grace_secs=plan.stop_grace_secs,
        environment=plan.environment,
        away=away,
        stop_with=_stopped_with(plan.runs_dir / plan.parent_id),
        device=plan.device,
    )
    parent_dir = plan.runs_dir / plan.parent_id
    with processes.alone_in(parent_dir):
        _refuse_what_was_not_shown(plan)
        refuse_a_twin(plan, time.time())
        run_dir = _claim(plan.runs_dir, order, plan.child_id, None)
    waits = stop_parent and status(parent_dir).live
    if waits:
        stop(parent_dir, asked_by)
    supervise(run_dir, *(["--after-parent"] if waits else []))
    return plan.child_id


def _refuse_what_was_not_shown(plan: RestartPlan) -> None:
    """The plan is made again: what runs is byte for byte what was shown, or nothing runs."""
    if (plan.runs_dir / plan.child_id).exists():
        raise RefusedError(f"There is a run {plan.child_id} in {plan.runs_dir} already; nothing was started.")
    shown, now = plan.parts(), make_plan(plan.runs_dir, plan.parent_id, plan.wish).parts()
    changed = [name for name in shown if shown[name] != now[name]]
    if changed:
        raise RefusedError(
            f"What would run is no longer what was shown: {' and '.join(changed)} changed meanwhile. "
            "Nothing was started; look at it again."
        )


def plan_resume(runs_dir: Path, run_id: str) -> ResumePlan:
    """What a resume of `run_id` would run and where it goes on; nothing is started.

    Raises RefusedError while it is live, when it has done all its epochs, or when no command is known.
    """
    run_dir = existing(runs_dir, run_id)
    if status(run_dir).live:
        raise RefusedError(f"{run_id} is still running; there is nothing to resume.")
    return make_resume_plan(run_dir)


@audited("resume", by_name)
def resume(
    runs_dir: Path, run_id: str, asked_by: str = "", *, plan: ResumePlan | None = None, trusted: bool = False
) -> str:
    """Lets the same run go on as its next generation: our trainer from its last checkpoint, a script as it was started.

    `plan` is what was shown, if anything was; `trusted`: a person has read a command that is not this user's own.
    Raises RefusedError as `plan_resume` does, and where what was shown is no longer so.
    """
    now = plan_resume(runs_dir, run_id)
    if plan is not None and plan.fingerprint != now.fingerprint:
        raise RefusedError(f"What would run is no longer what was shown: {run_id}'s launch.json changed meanwhile.")
    if plan is not None and plan.code.now != now.code.now:
        raise RefusedError("What would run is no longer what was shown: the code changed meanwhile. Look at it again.")
    if now.stranger and not trusted:
        raise RefusedError(f"{now.stranger} Then agree to it with --trust-command.\n{now.command}")
    supervise(runs_dir / run_id, "--resume", *(["--trusted", now.fingerprint] if now.stranger else []))
    return run_id


@audited("stop", by_run_dir)
def stop(run_dir: Path, asked_by: str = "") -> Request:
    """Asks a run to stop: the step is finished, a checkpoint saved. Asking twice is one request.

    Raises RefusedError when the run is not live.
    """
    now = status(run_dir)
    if not now.live:
        raise RefusedError(f"{run_dir.name} is not running ({now.word}): there is nothing to stop.")
    if now.word == "followed":
        raise RefusedError(
            f"{run_dir.name} is only followed: which process trains it is not known. Stop it where it was started, "
            f"or name its process: python -m monitor attach --stop {run_dir.name}, then attach LOG --pid PID"
        )
    ensure_supervised(run_dir)
    return control.request(run_dir, "stop", generation=generation(run_dir), asked_by=asked_by, now=time.time())


@audited("cancel", by_run_dir)
def cancel_stop(run_dir: Path, asked_by: str = "") -> Request:
    """Takes a stop back while that is still possible; the answer says whether it was."""
    if not status(run_dir).live:
        raise RefusedError(f"{run_dir.name} has ended; its stop cannot be taken back. It can be resumed.")
    ensure_supervised(run_dir)
    return control.request(run_dir, "cancel", generation=generation(run_dir), asked_by=asked_by, now=time.time())


@audited("hurry", by_run_dir)
def hurry_stop(run_dir: Path, asked_by: str = "") -> Request:
    """Sends the next signal of a stop now: SIGTERM, after that SIGKILL. Raises RefusedError where no stop waits."""
    return _about_a_stop(run_dir, "hurry", asked_by)


@audited("wait", by_run_dir)
def wait_on(run_dir: Path, asked_by: str = "") -> Request:
    """Gives the present stage of a stop its whole time once more. Raises RefusedError where no stop waits."""
    return _about_a_stop(run_dir, "wait", asked_by)


def _about_a_stop(run_dir: Path, verb: Verb, asked_by: str) -> Request:
    now = status(run_dir)
    state = read_state(run_dir)
    if state is None and now.live:
        raise RefusedError(
            f"{run_dir.name} was started in a terminal and has no supervisor that could signal it. "
            "Press Ctrl-C there, or send the signal by hand."
        )
    if now.word != "stopping" and not (now.live and control.stop_wanted(run_dir, generation(run_dir))):
        raise RefusedError(f"No stop of {run_dir.name} is under way ({now.word}).")
    ensure_supervised(run_dir)
    return control.request(run_dir, verb, generation=generation(run_dir), asked_by=asked_by, now=time.time())


def ensure_supervised(run_dir: Path) -> bool:
    """Starts an adopting supervisor if a run has lost its own; returns whether one was started.

    Called at every contact, so the usual answer costs one small file. Two callers at once start one:
    the second finds the run's lock held.
    """
    state = read_state(run_dir)
    if state is None:
        return _ensure_followed(run_dir)
    if state.state not in OPEN_STATES:
        return False
    if state.supervisor is not None and processes.liveness(state.supervisor) != "gone":
        return False
    if not _is_worth_adopting(run_dir):
        return False
    try:
        supervise(run_dir, "--adopt")
    except RefusedError:
        return False
    return True


def _ensure_followed(run_dir: Path) -> bool:
    """Follows a log again whose follower was killed; one that was let go stays so."""
    progress = read_progress(run_dir)
    if progress is None or progress.follower is None or progress.phase == "ended":
        return False
    if processes.liveness(progress.follower) != "gone":
        return False
    launch = read_launch(run_dir)
    if launch is None or launch.how != "attach" or not is_from_here(launch):
        return False
    try:
        supervise(run_dir, "--follow")
    except RefusedError:
        return False
    return True


def generation(run_dir: Path) -> int:
    """Which start of this run is the current one."""
    return generation_of(read_state(run_dir), read_progress(run_dir))


def status(run_dir: Path) -> Status:
    """The run's status at this moment, from its small files only (a lost run's evidence names its last epoch)."""
    state, progress = read_state(run_dir), read_progress(run_dir)
    in_force = state_in_force(state, progress)
    trainer = in_force.trainer if in_force else progress.process if progress else None
    supervisor = in_force.supervisor if in_force else None
    heard_at = last_heard_at(state, progress)
    glance = Snapshot(
        run_dir=str(run_dir),
        run_id=run_dir.name,
        read_at=time.time(),
        launch=read_launch(run_dir),
        progress=progress,
        state=state,
        trainer_liveness=processes.liveness(trainer, heard_at) if trainer else None,
        supervisor_liveness=processes.liveness(supervisor, heard_at) if supervisor else None,
        follower_liveness=processes.liveness(progress.follower) if progress and progress.follower else None,
    )
    found = status_of(glance)
    return found if found.word != "lost" else status_of(RunReader(run_dir).read(time.time()))


CHECK_LOG = "diagnose.log"
CHECKS: dict[Path, subprocess.Popen[bytes]] = {}
"""Measurements of checkpoints that this process has started."""


@audited("check", by_run_dir)
def start_check(run_dir: Path) -> None:
    """Starts `python -m trainer.diagnose` on a run, in the background; its findings come to the run's `probes/`.

    Raises RefusedError while one is under way, or where the run's trainer is not this project's.
    """
    running = CHECKS.get(run_dir)
    if running is not None and running.poll() is None:
        raise RefusedError(f"{run_dir.name} is being checked already; its findings appear under the causes.")
    launch = read_launch(run_dir)
    if launch is None or "trainer" not in launch.argv:
        raise RefusedError(f"{run_dir.name} was not written by python -m trainer, whose checkpoints alone are known.")
    if importlib.util.find_spec("torch") is None:
        raise RefusedError(
            "This Python has no torch; run the check where the run was trained: python -m trainer.diagnose"
        )
    # Our own interpreter and code, never those that a run directory names: it may come from elsewhere.
    command = [sys.executable, "-m", "trainer.diagnose", str(run_dir), "--json"]
    with os.fdopen(opening.open_to_write(run_dir / CHECK_LOG, os.O_WRONLY | os.O_TRUNC), "wb") as log:
        CHECKS[run_dir] = subprocess.Popen(
            command, cwd=HOME, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def check(run_dir: Path) -> None:
    """Measures a checkpoint and waits for that. Raises RefusedError as `start_check` does, or if it fails."""
    start_check(run_dir)
    if CHECKS[run_dir].wait():
        lines = (run_dir / CHECK_LOG).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise RefusedError(f"The check of {run_dir.name} failed: {lines[-1] if lines else 'it said nothing'}")


def existing(runs_dir: Path, run_id: str) -> Path:
    """The folder of a run id. Raises UsageError for what is no id, UnreadableRunError if there is no such run.

    A link that leads out of the folder of runs is no run of it.
    """
    run_dir = runs_dir / check_run_id(run_id)
    if not run_dir.is_dir() or not opening.is_within(runs_dir, run_dir):
        raise UnreadableRunError(f"There is no run {run_id} in {runs_dir}.")
    return run_dir


def _is_worth_adopting(run_dir: Path) -> bool:
    """A trainer that lives, one that left its outcome unseen, or a start that never came to a trainer."""
    state, progress = read_state(run_dir), read_progress(run_dir)
    if state is None or state.trainer is None:
        launch = read_launch(run_dir) if state is not None else None
        return launch is not None and is_from_here(launch)
    liveness = processes.liveness(state.trainer)
    if liveness == "gone":
        left_outcome = progress is not None and progress.generation == state.generation and progress.outcome is not None
        return left_outcome or (state.stop is not None and state.stop.stage != "asked")
    return liveness == "alive"


def _parent_of(plan: RestartPlan) -> Parent:
    return Parent(
        run_id=plan.parent_id,
        how="restart_warm" if plan.is_warm else "restart",
        changes={key: [before, after] for key, before, after in plan.diff},
        expected=dict(plan.expected),
        code_line=plan.code.line,
        code_diff=plan.code.diff,
    )


def _stopped_with(parent_dir: Path) -> StopWith:
    launch = read_launch(parent_dir)
    return "INT" if launch is None else launch.stop_with


def _claim(runs_dir: Path, order: Order, run_id: str | None, name: str | None) -> Path:
    """Makes the run's folder, exclusively, with launch.json in it."""
    if not order.argv or not order.argv[0]:
        raise UsageError("There is no command to start; give it after --, e.g. start -- python train.py --epochs 50")
    runs_dir, run_dir = runs_dir.absolute(), None
    try:
        opening.make_folder(runs_dir)
        run_dir = _made(runs_dir, check_run_id(run_id)) if run_id else _made_free(runs_dir, name_of(order, name))
        launch = described(launch_of(order, run_dir.name, time.time()))
        if order.read_help:
            launch = asked_for_help(launch, run_dir)
        if not files.create(run_dir / LAUNCH_FILE, encode(launch)):
            raise RefusedError(f"{run_dir.name} has been started already.")
    except OSError as problem:
        if run_dir is not None:
            with contextlib.suppress(OSError):
                run_dir.rmdir()  # its name must be free for the next try
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


def supervise(run_dir: Path, *flags: str) -> None:
    """Starts a detached supervisor and waits until it has begun. Raises RefusedError with what it says."""
    command = [sys.executable, "-m", "monitor.supervisor", str(run_dir.absolute()), "--detach", *flags]
    # A trainer that starts another run must not hand its own mark on: what bears it ends with that trainer.
    environment = {k: v for k, v in os.environ.items() if k not in (RUN_DIR_VARIABLE, GENERATION_VARIABLE)}
    try:
        done = subprocess.run(
            command,
            cwd=HOME,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BEGIN_TIMEOUT_SECS,
        )
    except subprocess.TimeoutExpired:
        raise RefusedError(f"The supervisor of {run_dir.name} did not begin in {BEGIN_TIMEOUT_SECS:.0f} s.") from None
    if done.returncode:
        raise RefusedError(done.stderr.strip() or f"The supervisor of {run_dir.name} ended with {done.returncode}.")
