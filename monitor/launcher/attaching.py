"""Attaching to the log of a training that was started elsewhere: what page and command line share.

What a log seems to say is proposed first; a person says whether that is right. Then a small process of its own follows
the log (`monitor.supervisor --follow`) and outlives the caller. With the process named as well, the run is as any
other: its state is that process's, a stop signals it, and a restart knows its command.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import psutil

from monitor import launcher
from monitor.diagnosis.settings import settings_for
from monitor.importers.following import about_of, read_anew, tell_reading
from monitor.importers.free_text.proposal import words
from monitor.importers.items import LOG_FORMAT
from monitor.importers.live import About, FollowedRun, read_source
from monitor.importers.mapping import SourceMapping, mapping_of
from monitor.launcher.proposing import AttachRequest, Proposal
from monitor.launcher.relaunch.options import described
from monitor.run_dir import (
    LOG_FILE,
    READING_FILE,
    Identity,
    Launch,
    Reading,
    ReadingWord,
    encode,
    files,
    processes,
)
from monitor.run_dir.audit import audited, by_run_dir
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import Order, is_kept, launch_of, read_launch, read_progress
from monitor.run_dir.lives import is_copied
from monitor.run_dir.planned import planned_by
from monitor.run_dir.seal import write_sealed
from monitor.run_dir.words import PACKAGE, monitor_line


@audited("attach", lambda runs_dir, proposal, request, **how: (runs_dir, ""))
def attach(runs_dir: Path, proposal: Proposal, request: AttachRequest, *, detached: bool = True) -> str:
    """Follows a log as it was proposed, in a process that outlives this one; returns the run id.

    A log that was followed before goes on in the same run. Not `detached`: the caller follows it (`follow_here`).
    Raises RefusedError where that cannot be done.
    """
    process = None if request.pid is None else identity_of(request.pid)
    now = time.time()
    run_dir = proposal.known
    if run_dir is not None and is_followed(run_dir):
        if request.pid is not None:
            raise RefusedError(
                f"{proposal.path.name} is followed as {run_dir.name} already; to name its process, end that first: "
                f"{monitor_line('attach', '--stop', run_dir.name)}"
            )
        confirm(run_dir, request.asked_by, proposal.mapping)
        return run_dir.name
    launch = _launch(request, now)
    if run_dir is None:
        run = FollowedRun.begin(runs_dir, _about(proposal, request, launch), now, process)
        run_dir = run.run_dir
        if planned := planned_by(launch.config):
            run.heard(now, grown=False, epochs=int(planned))
    else:
        run = FollowedRun.go_on(run_dir, now, process)
    try:
        confirm(run_dir, request.asked_by, proposal.mapping)
        write_sealed(run_dir, msgspec.structs.replace(launch, run_id=run_dir.name), anew=True, trainer=process)
    finally:
        run.close(now)
    if detached:
        launcher.supervise(run_dir, "--follow")
    return run_dir.name


def follow_here(run_dir: Path) -> None:
    """Follows in this process until Ctrl-C or SIGTERM; a run of its own interpreter, so that nothing is inherited."""
    command = [sys.executable, "-m", f"{PACKAGE}.supervisor", str(run_dir.absolute()), "--follow"]
    # Ctrl-C reaches both; the follower notes how far it has read, and this process waits for that.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        subprocess.run(command, cwd=launcher.HOME, check=False)
    finally:
        signal.signal(signal.SIGINT, before)
    with contextlib.suppress(RefusedError):
        now = time.time()
        FollowedRun.go_on(run_dir, now).close(now)


def settle_reading(run_dir: Path, by: str, mapping: SourceMapping) -> None:
    """Confirms or changes the reading of a run's log: by its follower, or here where it has none any longer.

    Raises RefusedError.
    """
    confirm(run_dir, by, mapping)
    if not is_followed(run_dir):
        _settle_ended(run_dir, by, mapping)


def _settle_ended(run_dir: Path, by: str, mapping: SourceMapping) -> None:
    told, now = read_progress(run_dir), time.time()
    run = FollowedRun.go_on(run_dir, now)
    try:
        kept = mapping_of(run.source.mapping)
        if not kept.includes(mapping):
            _refuse_starts(run)
            follower = read_anew(run, mapping, now, one_start=Path(run.source.path) == (run_dir / LOG_FILE).absolute())
            follower.end(now)
            run, kept = follower.run, follower.mapping
        tell_reading(run_dir, kept, by)
    except (OSError, ValueError) as problem:
        raise RefusedError(f"{run_dir.name}'s log could not be read again: {problem}.") from problem
    finally:
        if told is not None and told.outcome is not None:
            run.finish(told.outcome, now, told.error)
        else:
            run.close(now)


def _refuse_starts(run: FollowedRun) -> None:
    if run.generation > 1:
        raise RefusedError(
            f"{run.run_dir.name} was started {run.generation} times, and its log does not say where each began: how "
            f"it is read cannot be changed any more. Follow its log as a run of its own: "
            f"{monitor_line('attach', run.source.path)}"
        )


def confirm(run_dir: Path, by: str, mapping: SourceMapping | None = None) -> None:
    """Confirms how a log is read, or changes it; its follower takes that in within a second."""
    _say(run_dir, ReadingWord(by=by, at=time.time(), mapping=mapping.document() if mapping else {}))


def is_followed(run_dir: Path) -> bool:
    """Whether a living process reads the run's log along."""
    progress = read_progress(run_dir)
    return (
        progress is not None
        and progress.follower is not None
        and progress.phase != "ended"
        and processes.liveness(progress.follower) != "gone"
        and not is_copied(run_dir, progress)
    )


@audited("let go", by_run_dir)
def end_following(run_dir: Path, by: str, patience_secs: float = 15.0) -> None:
    """Ends the following of a log; the run stays, and the training is left alone. Returns once it has ended.

    Raises RefusedError where it is not followed, or where the follower does not end.
    """
    source = read_source(run_dir)
    if source is None or not is_followed(run_dir):
        raise RefusedError(f"{run_dir.name} is not being followed.")
    if _how_of(run_dir) != "attach":
        raise RefusedError(f"{run_dir.name} was started from here; stop it with: {monitor_line('stop', run_dir.name)}")
    _say(run_dir, ReadingWord(by=by, at=time.time(), follow=False))
    deadline = time.monotonic() + patience_secs
    while is_followed(run_dir):
        if time.monotonic() > deadline:
            raise RefusedError(f"The follower of {run_dir.name} did not end within {patience_secs:.0f} s; try again.")
        time.sleep(0.1)


def _how_of(run_dir: Path) -> str:
    launch = read_launch(run_dir)
    return "" if launch is None else launch.how


def identity_of(pid: int) -> Identity:
    """The identity of a process that this user may stop. Raises RefusedError."""
    try:
        identity = processes.identify(pid)
        os.kill(pid, 0)
    except ProcessLookupError:
        raise RefusedError(f"There is no process {pid}; give the pid of the training that writes the log.") from None
    except PermissionError:
        raise RefusedError(f"Process {pid} is another user's; it could not be stopped from here.") from None
    if pid in (1, os.getpid(), os.getppid()):
        raise RefusedError(f"Process {pid} is not a training; give the pid of the process that writes the log.")
    return identity


def _say(run_dir: Path, word: ReadingWord) -> None:
    try:
        files.replace(run_dir / READING_FILE, encode(word))
    except OSError as problem:
        raise RefusedError(f"Cannot write {run_dir / READING_FILE}: {problem.strerror or problem}.") from problem


def _about(proposal: Proposal, request: AttachRequest, launch: Launch) -> About:
    mapping = proposal.mapping
    reading = Reading(path=str(proposal.path), said=words(mapping), confirmed_by=request.asked_by)
    if proposal.plan is not None:
        about = about_of(proposal.plan, request.name or proposal.plan.run_name)
        return replace(about, reading=reading, config={**about.config, **launch.config})
    return About(
        path=proposal.path,
        format=LOG_FORMAT,
        name=request.name or proposal.path.stem,
        mapping=mapping.document(),
        gap_basis=mapping.gap_basis,
        config=launch.config,
        config_schema=launch.config_schema,
        notes=f"Its records are read from {proposal.path}.",
        reading=reading,
    )


def _launch(request: AttachRequest, now: float) -> Launch:
    """What is known of how the training was started: everything where its process was named, else nothing."""
    here = Path.cwd()
    if request.pid is None:
        settings = settings_for(here)
        return Launch(
            run_id="",
            created_at=now,
            cwd=str(here),
            how="attach",
            asked_by=request.asked_by,
            thresholds=dict(settings.thresholds),
            metric=settings.primary,
        )
    try:
        process = psutil.Process(request.pid)
        argv, cwd = process.cmdline(), Path(process.cwd())
        kept = {name: value for name, value in process.environ().items() if is_kept(name)}
        began = min(now, process.create_time())  # what it saved before it was attached to is its own too
    except (psutil.Error, OSError) as problem:
        raise RefusedError(f"The command of process {request.pid} cannot be read: {problem}.") from None
    settings = settings_for(cwd)
    order = Order(
        argv=argv,
        cwd=cwd,
        asked_by=request.asked_by,
        how="attach",
        environment=kept,
        thresholds=settings.thresholds,
        metric=settings.primary,
    )
    return described(launch_of(order, "", began), cwd)
