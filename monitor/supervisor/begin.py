"""How a supervision begins: a first start, a queued start, the next generation, or an adoption."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from monitor.importers.following import Following
from monitor.launcher.engines.submitting import in_job
from monitor.launcher.relaunch.code import code_since
from monitor.launcher.relaunch.warm import resumed_command
from monitor.launcher.slots import Capacity, capacity_for, environment_of
from monitor.run_dir import FINAL_STATES, LOG_FILE, STATE_FILE, Launch, State, control, files, processes
from monitor.run_dir.errors import MonitorError, RefusedError, UnreadableRunError
from monitor.run_dir.launch import (
    environment_for,
    expand,
    generation_of,
    is_own_trainer,
    read_launch,
    read_progress,
    read_state,
)
from monitor.run_dir.lives import is_copied
from monitor.run_dir.seal import Fact, fact_of, note, unverified_command_warning
from monitor.run_dir.serving import state_dir
from monitor.supervisor import job
from monitor.supervisor.detach import Report
from monitor.supervisor.feed import NO_FEED, Feed, GuardedFeed, SourceFeed
from monitor.supervisor.job_log import CopiedLog
from monitor.supervisor.own_log import OwnLogFeed
from monitor.supervisor.queueing import DeviceWait, ParentWait
from monitor.supervisor.spawn import Program, spawn
from monitor.supervisor.statefile import StateFile
from monitor.supervisor.supervision import How, Supervision
from monitor.supervisor.trainer import FoundTrainer, OwnTrainer
from monitor.supervisor.without_trainer import LogSupervision

log = logging.getLogger(__name__)

Mode = Literal["start", "resume", "adopt", "follow", "job"]


@dataclass
class Beginning:
    """What every way to begin needs: the run, its launch record, whom to tell, and whether to leave."""

    run_dir: Path
    launch: Launch
    report: Report
    is_leaving: Callable[[], bool]
    fact: Fact


def begin(
    run_dir: Path,
    mode: Mode,
    after_parent: bool,
    report: Report,
    is_leaving: Callable[[], bool],
) -> Supervision | LogSupervision | None:
    """Starts or finds the trainer; None when there is nothing (more) to supervise.

    Nothing is executed, signalled or followed but what this user has sealed for this very folder, and a start happens
    once (`monitor.run_dir.seal`).

    The caller holds the run's lock. Raises MonitorError when it cannot begin and nothing was started.
    """
    launch = read_launch(run_dir)
    if launch is None:
        raise UnreadableRunError(f"{run_dir} holds no launch.json: there is nothing to start.")
    fact = fact_of(launch, run_dir)
    if fact is None:
        raise RefusedError(unverified_command_warning(launch))
    this = Beginning(run_dir, launch, report, is_leaving, fact)
    if mode == "follow":
        return _follow(this)
    last = read_state(run_dir)
    if mode == "adopt":
        return _adopt(this, last)
    if mode == "job":
        return _start_in_job(this, last, after_parent and launch.parent is not None)
    if mode == "start" and (fact.may_start != 1 or (last is not None and last.state != "queued")):
        raise RefusedError(f"{run_dir.name} has been started already; resume or restart it.")
    return _start(this, _next_generation(this, last, mode), after_parent, resumed=mode == "resume")


def _next_generation(this: Beginning, last: State | None, mode: Mode) -> int:
    """1 for a start; one more than ever before for a resume. Raises RefusedError while its trainer may be alive."""
    if mode == "start":
        return 1
    progress = read_progress(this.run_dir)
    identity = (last.trainer if last else None) or (progress.process if progress else None)
    is_here = identity is not None and not is_copied(this.run_dir, last or progress)
    if identity is not None and is_here and processes.liveness(identity) == "alive":
        raise RefusedError(f"{this.run_dir.name} is still running (pid {identity.pid}); stop it first.")
    return max(last.generation if last else 0, progress.generation if progress else 0) + 1


def _start_in_job(this: Beginning, last: State | None, waits: bool) -> Supervision | None:
    """In the job that was submitted for it: its first start, or the next generation of one that the engine restarts.

    `waits`: until its parent has ended, where the engine cannot keep the job back for that.
    """
    if this.fact.job != job.number() or not this.fact.job:
        raise RefusedError(
            f"Job {job.number()} is not the one that was submitted for {this.run_dir.name}: "
            "the run was taken out of the queue, or submitted again."
        )
    if last is not None and last.state == "finished":
        raise RefusedError(f"{this.run_dir.name} has finished; the engine started its job again without need.")
    is_first = last is None or (last.generation == 1 and last.state == "queued")
    if last is not None and last.state == "queued":
        generation = last.generation
    else:
        generation = _next_generation(this, last, "start" if last is None else "resume")
    if control.stop_wanted(this.run_dir, generation):
        place = StateFile(this.run_dir, job.state_of(generation, last), time.time)
        _leave_the_queue(this, place, "")
        return None
    _note(this, may_start=generation, supervisor=processes.identify())
    first = job.state_of(generation, last)
    code_line = "" if is_first else _code_line(this)
    parent = ParentWait(_parent_dir(this)) if waits and is_first else None
    first = msgspec.structs.replace(first, code_line=code_line, state="starting" if parent is None else "queued")
    state_file = StateFile(this.run_dir, first, time.time)
    _tell_or_refuse(this, state_file, None, None)
    if parent is not None and not _wait_for_parent(this, state_file, parent):
        return None
    return _start_trainer(this, state_file, resumed=not is_first)


def _start(this: Beginning, generation: int, after_parent: bool, *, resumed: bool) -> Supervision | None:
    waits = after_parent and this.launch.parent is not None
    _note(this, may_start=generation, supervisor=processes.identify())
    first = State(
        state="queued" if waits else "starting",
        generation=generation,
        supervisor=processes.identify(),
        code_line=_code_line(this) if resumed else "",
    )
    state_file = StateFile(this.run_dir, first, time.time)
    try:
        device = DeviceWait(this.run_dir, state_file, _capacity(this)) if this.launch.device else None
    except MonitorError as problem:
        state_file.update(state="failed", error=str(problem), ended_at=time.time())
        this.report("")
        return None
    _tell_or_refuse(this, state_file, device, _parent_dir(this) if waits else None)
    return _begin_when_it_may(this, state_file, device, waits=waits, resumed=resumed)


def _begin_when_it_may(
    this: Beginning, state_file: StateFile, device: DeviceWait | None, *, waits: bool, resumed: bool
) -> Supervision | None:
    """First its parent ends, then its device is free, then it starts. The caller is released when it has to wait."""
    if waits:
        parent = ParentWait(_parent_dir(this))
        this.report("")
        if not _wait_for_parent(this, state_file, parent):
            return None
    if device is not None and not _wait_for_device(this, state_file, device, waits=waits):
        return None
    supervision = _start_trainer(this, state_file, resumed)
    this.report("")
    return supervision


def _wait_for_device(this: Beginning, state_file: StateFile, device: DeviceWait, *, waits: bool) -> bool:
    if waits:
        device.parent_has_ended()
    try:
        if device.take():
            return True
        this.report("")
        if device.wait(lambda: _is_unwanted(this, state_file)):
            return True
    except OSError as problem:
        _leave_the_queue(this, state_file, f"Not started: its device could not be taken ({problem.strerror}).")
        return False
    if not this.is_leaving():
        _leave_the_queue(this, state_file, "")
    return False


def _capacity(this: Beginning) -> Capacity:
    visible = this.launch.environment.get("CUDA_VISIBLE_DEVICES")
    return capacity_for(this.launch.device, visible, this.run_dir.parent)


def _parent_dir(this: Beginning) -> Path:
    assert this.launch.parent is not None
    return this.run_dir.parent / this.launch.parent.run_id


def _code_line(this: Beginning) -> str:
    """What has changed in the code since the run was started, at this resume or at an earlier one."""
    last = read_state(this.run_dir)
    change = code_since(this.launch, "it")
    if change.is_same is False:
        return change.line
    return last.code_line if last is not None else ""


def _note(this: Beginning, **changes: Any) -> None:
    """What this user knows of the run, outside of its folder. Raises RefusedError where that cannot be kept."""
    with files.writing(state_dir(), "started"):
        note(this.launch, this.run_dir, **changes)


def _tell_or_refuse(this: Beginning, state_file: StateFile, device: DeviceWait | None, parent_dir: Path | None) -> None:
    with files.writing(this.run_dir, "started"):
        if device is not None:
            device.join(this.launch.device, parent_dir)
        else:
            state_file.update_or_raise()


def _is_unwanted(this: Beginning, state_file: StateFile) -> bool:
    return this.is_leaving() or control.stop_wanted(this.run_dir, state_file.state.generation)


def _wait_for_parent(this: Beginning, state_file: StateFile, parent: ParentWait) -> bool:
    """Whether the child may start now. If not, the reason stands in state.json."""
    waited = parent.wait(lambda: _is_unwanted(this, state_file))
    if this.is_leaving():
        return False
    if not waited.may_start:
        _leave_the_queue(this, state_file, waited.problem)
    return waited.may_start


def _leave_the_queue(this: Beginning, state_file: StateFile, problem: str) -> None:
    """It will not start: the state says so, and open requests are answered."""
    now = time.time()
    state = "failed" if problem else "stopped"
    state_file.update(state=state, error=problem or None, ended_at=now, queue=None)
    for request in control.pending(this.run_dir, state_file.state.generation):
        try:
            control.answer(this.run_dir, request, "done" if request.verb == "stop" else "refused", problem, now)
        except OSError as refused:
            log.warning("request %s not answered: %s", request.verb, refused)


def _start_trainer(this: Beginning, state_file: StateFile, resumed: bool) -> Supervision | None:
    generation = state_file.state.generation
    command = resumed_command(this.run_dir, this.launch) if resumed else this.launch.argv
    program = Program(
        argv=expand(in_job(command, this.launch.job), this.run_dir),
        cwd=Path(this.launch.cwd),
        environment=environment_for(this.launch, this.run_dir, generation) | _of_device(state_file.state),
        log=this.run_dir / LOG_FILE,
    )

    order = this.launch.job
    copied = CopiedLog(program.log, NO_FEED) if order is not None and order.engine == "ray" else None

    def record(pid: int) -> None:
        """Notes the new process before anything waits for it. Raises OSError where a file cannot be written."""
        trainer = processes.identify(pid)
        # First where only this user can write: from here on, this start is spent.
        _note(this, may_start=0, started=generation, trainer=trainer)
        state_file.update_or_raise(state="starting", trainer=trainer, started_at=time.time())

    try:
        spawn(program, record)
    except (RefusedError, OSError) as problem:
        state_file.update(state="failed", error=str(problem), ended_at=time.time())
        return None
    trainer = state_file.state.trainer
    assert trainer is not None
    return Supervision(this.run_dir, state_file, OwnTrainer(trainer, this.run_dir), _how(this, generation, copied))


def _how(this: Beginning, generation: int, copied: CopiedLog | None = None) -> How:
    launch = this.launch
    writes_itself = is_own_trainer(launch.argv) or launch.how == "foreground"
    feed: Feed = NO_FEED if writes_itself else _feed(this, generation)
    if copied is not None:
        copied.feed, feed = feed, copied
    return How(grace_secs=launch.stop_grace_secs, stop_with=launch.stop_with, feed=feed)


def _feed(this: Beginning, generation: int) -> Feed:
    if this.launch.how != "attach":
        return GuardedFeed(OwnLogFeed(this.run_dir, this.launch, generation))
    try:
        return GuardedFeed(SourceFeed(Following.go_on(this.run_dir, time.time(), locked=True)))
    except MonitorError as problem:
        log.warning("the log is not followed: %s", problem)
        return NO_FEED


def _follow(this: Beginning) -> Supervision | LogSupervision:
    """Reads a log along that a person attached to; with the process that writes it, if that person has named it."""
    run_dir, process = this.run_dir, this.fact.trainer
    following = Following.go_on(run_dir, time.time(), locked=True)
    feed, generation = SourceFeed(following), following.run.generation
    if process is None:
        StateFile(run_dir, State(state="running"), time.time).forget()
        this.report("")
        return LogSupervision(run_dir, feed, time.time())
    first = State(
        state="running",
        generation=generation,
        supervisor=processes.identify(),
        trainer=process,
        started_at=this.launch.created_at,
    )
    _note(this, started=generation, supervisor=processes.identify())
    state_file = StateFile(run_dir, first, time.time)
    state_file.update()
    this.report("")
    how = How(this.launch.stop_grace_secs, feed=GuardedFeed(feed))
    return Supervision(run_dir, state_file, FoundTrainer(process, run_dir), how)


def _of_device(state: State) -> dict[str, str]:
    return environment_of(state.device) if state.device else {}


def _adopt(this: Beginning, last: State | None) -> Supervision | None:
    if last is None or last.state in FINAL_STATES:
        this.report("")
        return None
    state_file = StateFile(this.run_dir, last, time.time)
    if last.state == "queued" and this.fact.may_start == last.generation:
        waits = this.launch.parent is not None and (last.queue is None or bool(last.queue.after))
        if last.queue is None and not waits:
            raise RefusedError(f"{STATE_FILE} of {this.run_dir.name} is queued, but names nothing to wait for.")
        _note(this, supervisor=processes.identify())
        state_file.update(supervisor=processes.identify())
        device = DeviceWait(this.run_dir, state_file, _capacity(this)) if last.queue is not None else None
        return _begin_when_it_may(this, state_file, device, waits=waits, resumed=last.generation > 1)
    if last.trainer is None or last.state == "queued":
        # The gate in spawn.py: a trainer whose pid was not recorded has not run.
        state_file.update(state="failed", error="Its supervisor ended before the trainer was started.")
        this.report("")
        return None
    return _take_over(this, last, state_file)


def _take_over(this: Beginning, last: State, state_file: StateFile) -> Supervision:
    assert last.trainer is not None
    if processes.liveness(last.trainer) == "unknown":
        raise RefusedError(
            f"{this.run_dir.name} runs on {last.trainer.host} (pid {last.trainer.pid}); it can only be adopted there."
        )
    if (this.fact.trainer, this.fact.started) != (last.trainer, last.generation):
        raise RefusedError(
            f"Process {last.trainer.pid} is not the one that was started for {this.run_dir}; its state.json is ignored."
        )
    try:
        _note(this, supervisor=processes.identify())
    except RefusedError as problem:
        log.warning("%s", problem)  # a full disk: the run is worth more than that it can be stopped on one
    state_file.update(supervisor=processes.identify())
    log.info("adopted pid %d of generation %d", last.trainer.pid, generation_of(last, None))
    this.report("")
    trainer = FoundTrainer(last.trainer, this.run_dir)
    return Supervision(this.run_dir, state_file, trainer, _how(this, last.generation))
