"""When a stop goes on to its next stage, and what of a trainer shows that it obeys; the stages are stop_stages'."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.run_dir import Progress
from monitor.run_dir.records import StopStageName
from monitor.run_dir.stop_stages import FIRST_EPOCH_SECS, KILL_AFTER_SECS


@dataclass(frozen=True)
class Waited:
    """Seconds, by a clock that never jumps: since the stop was asked (or saving began), and since the last stage."""

    since_asked_secs: float
    since_stage_secs: float


def next_stage(
    stage: StopStageName, waited: Waited, listens: bool, grace_secs: float, answer_secs: float | None = 0.0
) -> StopStageName | None:
    """The stage that is due, or None while it is right to wait.

    A process that asks `should_stop()` gets the whole grace period before any signal, and the time to its next
    question where that is longer (`answer_secs`, see `monitor.run_dir.stop_stages`; None: not known yet);
    one that does not gets Ctrl-C at once, which many scripts take as "save and leave".
    """
    if stage == "asked" and not listens:
        return "interrupted"
    if stage == "asked" and waited.since_asked_secs < (FIRST_EPOCH_SECS if answer_secs is None else answer_secs):
        return None
    if stage in ("asked", "interrupted") and waited.since_asked_secs >= grace_secs:
        return "terminated"
    if stage == "terminated" and waited.since_stage_secs >= KILL_AFTER_SECS:
        return "killed"
    return None


def waits_secs(stage: StopStageName, grace_secs: float, answer_secs: float | None = 0.0) -> float | None:
    """Seconds of a stage before the next signal; None for the last one, and while the answer's time is not known."""
    asked = None if answer_secs is None else max(grace_secs, answer_secs)
    return {"asked": asked, "interrupted": grace_secs, "terminated": KILL_AFTER_SECS}.get(stage)


def listens(progress: Progress | None, generation: int) -> bool:
    """Whether the trainer has shown that it asks `should_stop()`."""
    return progress is not None and progress.generation == generation and progress.listens


def is_leaving(progress: Progress | None, generation: int) -> bool:
    """Whether the trainer is past the point where a stop could be taken back."""
    return (
        progress is not None
        and progress.generation == generation
        and (progress.phase in ("stopping", "ended") or progress.outcome is not None)
    )


def went_on(progress: Progress | None, generation: int, arrived_since: bool) -> bool:
    """Whether the trainer has shown work since it could know of a cancel: it did not stop.

    `arrived_since`: whether this sign of life came in after the cancel was seen, by order and not by any clock.
    "saving" proves nothing: it is also what a stop looks like.
    """
    return (
        progress is not None
        and progress.generation == generation
        and arrived_since
        and progress.phase in ("starting", "training", "evaluating")
    )
