"""The effect of a stop on a run, and what is lost by it: shown before it begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from monitor.launcher.relaunch.written import newest_checkpoint
from monitor.run_dir import Progress, Snapshot, StopStage, words
from monitor.run_dir.checkpoints import is_ours
from monitor.run_dir.status import status_of
from monitor.run_dir.stop_stages import FIRST_EPOCH_SECS, KILL_AFTER_SECS, answer_secs, first_signal


@dataclass(frozen=True)
class StopPlan:
    """`lines`: what will happen, one sentence each. `can_save`: the trainer saves before it exits, by its own word.

    `asked`: who has asked for this stop already, and when; empty where no stop is under way.
    `is_over`: there is nothing to stop, as the run has ended or its process is not known.
    """

    run_id: str
    can_save: bool
    lines: tuple[str, ...]
    asked: str = ""
    is_queued: bool = False
    is_over: bool = False


def stop_plan(run_dir: Path, snapshot: Snapshot, now: float) -> StopPlan:
    """What a stop of this run would do, from its records and what lies in its output folder."""
    status = status_of(snapshot)
    state, known = snapshot.state, snapshot.progress
    if not status.live:
        said = f"It is not running ({status.text}): there is nothing to stop."
        return StopPlan(snapshot.run_id, True, (said,), is_over=True)
    if status.word == "followed":
        said = "It is only followed: no process is known that could be asked to stop."
        return StopPlan(snapshot.run_id, True, (said,), is_over=True)
    asked = _asked_words(state.stop, now) if state is not None and state.stop is not None else ""
    if status.word == "queued":
        said = "It has not started: it leaves the queue, and nothing is lost."
        return StopPlan(snapshot.run_id, True, (said,), asked, is_queued=True)
    afar = (f"{status.evidence} The request waits until its supervisor there sees it.",) if status.unseen else ()
    if state is not None and known is not None and known.generation != state.generation:
        known = None  # its progress before it was resumed
    if known is None and is_ours(snapshot):
        first = first_signal(snapshot.launch)
        said = f"It has not begun to train since its start: nothing is lost. It gets {first} at once."
        return StopPlan(snapshot.run_id, False, (said, *afar), asked)
    if known is None or not known.listens:
        return StopPlan(snapshot.run_id, False, (*_signalled(snapshot), _lost(run_dir, snapshot, now), *afar), asked)
    if slow := _seldom_asks(snapshot, known):
        return StopPlan(snapshot.run_id, False, (slow, _lost(run_dir, snapshot, now, leaves=True), *afar), asked)
    step = f" ({known.step_secs:.2g} s)" if known.step_secs else ""
    if known.checkpoint is None and not is_ours(snapshot):
        said = f"It finishes the current step{step} and leaves its loop; it has reported no checkpoint so far."
        return StopPlan(snapshot.run_id, False, (said, _lost(run_dir, snapshot, now, leaves=True), *afar), asked)
    said = f"It finishes the current step{step}, saves a checkpoint and exits."
    return StopPlan(snapshot.run_id, True, (said, _goes_on(snapshot, known), *afar), asked)


def _goes_on(snapshot: Snapshot, known: Progress) -> str:
    """Where a resume goes on: only of this project's trainer it is known that it goes on where it was."""
    if not is_ours(snapshot):
        epoch = known.checkpoint_epoch
        newest = "" if epoch is None else f"Its newest checkpoint so far is of epoch {epoch:g}. "
        own = "whether it goes on from there depends on the script"
        return f"{newest}A resume starts the same command again; {own}."
    at = f"epoch {snapshot.epochs[-1].epoch:g}, step {known.step:,}" if snapshot.epochs else f"step {known.step:,}"
    return f"Resume later from {at}."


def _asked_words(stop: StopStage, now: float) -> str:
    """ "anna asked for this stop 4 s ago."."""
    who = stop.asked_by or "An unknown user"
    return f"{who} asked for this stop {words.ago(now - stop.asked_at)}."


def _seldom_asks(snapshot: Snapshot, known: Progress) -> str:
    """Until when a trainer is waited for that asks `should_stop()` seldom, against its grace period; "" for others."""
    grace, answer = snapshot.launch.stop_grace_secs if snapshot.launch else 60.0, answer_secs(known)
    if is_ours(snapshot) or snapshot.state is None:
        return ""
    if answer is None:
        return (
            "It leaves when it asks whether to stop. It has not asked twice: in its first epoch SIGTERM follows only "
            f"after {words.age(max(grace, FIRST_EPOCH_SECS))}."
        )
    if answer <= grace:
        return ""
    return (
        f"It leaves when it next asks whether to stop; its longest pause was {words.age(known.asks_secs or 0.0)}. "
        f"SIGTERM follows only if it has not asked within {words.age(answer)}."
    )


def _signalled(snapshot: Snapshot) -> tuple[str, ...]:
    grace = snapshot.launch.stop_grace_secs if snapshot.launch else 60.0
    first = first_signal(snapshot.launch)
    again = " again" if first == "SIGTERM" else ""
    return (
        "This script cannot be asked to save.",
        f"It gets {first}, after {grace:.0f} s SIGTERM{again}, after {KILL_AFTER_SECS:.0f} s more it is killed.",
    )


def _lost(run_dir: Path, snapshot: Snapshot, now: float, *, leaves: bool = False) -> str:
    """What there is to go on from, and how much is lost; `leaves`: the script ends its loop itself, and may save."""
    began = _began(snapshot)
    created = snapshot.launch.created_at if snapshot.launch is not None else began
    newest = newest_checkpoint(run_dir, snapshot.launch, min(began, created))
    if newest is not None and newest.changed_at < began:
        return (
            f"It has saved no checkpoint in the {words.age(now - began)} since it was resumed: what it does not save "
            f"before it leaves is lost. The newest on disk is {newest.path.name} of before ({newest.path})."
        )
    if newest is None:
        since = f", all of {words.age(now - began)}" if began and not leaves else ""
        own = "what it does not save before it leaves" if leaves else "what it has not saved itself"
        return f"No checkpoint was found on disk: {own} is lost{since}."
    if newest.changed_at - now > words.AHEAD_SECS:
        return f"Newest checkpoint on disk: {newest.path.name}, {words.ago(now - newest.changed_at)} ({newest.path})."
    age = words.age(now - newest.changed_at)
    lost = "what came since is lost unless it saves before it leaves" if leaves else f"so about {age} are lost"
    return f"Newest checkpoint on disk: {newest.path.name}, {age} old, {lost} ({newest.path})."


def _began(snapshot: Snapshot) -> float:
    if snapshot.state is not None and snapshot.state.started_at:
        return snapshot.state.started_at
    return snapshot.launch.created_at if snapshot.launch is not None else 0.0
