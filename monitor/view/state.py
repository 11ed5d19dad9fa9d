"""The state of a run as the page shows it: the word with its evidence, a stop under way, how far it has come."""

from __future__ import annotations

from pathlib import Path

from monitor.run_dir import LOG_FILE, Snapshot, words
from monitor.run_dir.checkpoints import is_ours
from monitor.run_dir.planned import planned_epochs
from monitor.run_dir.status import CANCELLED, ENDED_WORDS, Status, status_of
from monitor.run_dir.stop_stages import answered_words, next_signal, words_of
from monitor.view.shapes.state import Progress, StopShown
from monitor.view.shapes.state import Status as StatusShown


def status_shown(snapshot: Snapshot) -> StatusShown:
    """The state with its evidence."""
    status = status_of(snapshot)
    return StatusShown(
        word=status.word,
        text=status.text,
        live=status.live,
        evidence=status.evidence,
        unseen=status.unseen,
        waits=status.evidence if status.word == "queued" else "",
        ended_at=status.since if status.word == "stopped" else None,
        left=_left_by(snapshot, status.word),
        stop=stop_shown(snapshot),
    )


def stop_shown(snapshot: Snapshot) -> StopShown | None:
    """How far a stop has come and what can be asked of it now; None without one. Its seconds run in the browser."""
    state = snapshot.state
    if state is None or state.stop is None or state.state != "stopping":
        return None
    stop = state.stop
    answer = answered_words(snapshot.progress, state.generation)
    waits_for_answer = stop.stage == "asked" and not answer
    cancelled = waits_for_answer and stop.cancelled_at is not None
    stage = CANCELLED if cancelled else words_of(stop.stage, snapshot.launch)
    following = "" if cancelled else next_signal(stop.stage)
    return StopShown(
        text=f"{stage}, waiting for exit" if stop.stage != "asked" else answer or stage,
        timed=not waits_for_answer,
        by="" if cancelled else stop.asked_by,
        asked_at=stop.asked_at,
        at=stop.stage_at,
        of_secs=stop.waits_secs,
        answered=bool(answer),
        can_cancel=waits_for_answer and not cancelled,
        cancelled=cancelled,
        next=following,
        hurry=f"Send {following} now" if following else "",
    )


NOTHING_READ = (
    "No epoch was read: neither in its log nor in a file that it writes (metrics.csv, results.csv, summary.csv, "
    "trainer_state.json, TensorBoard events, .wandb, JSON lines). One printed line an epoch is enough: "
    "Epoch 3 train loss 1.25 val loss 1.31"
)
"""What was looked at for a script that writes no records itself, and the step that mends it."""


def nothing_read(snapshot: Snapshot, status: Status) -> str:
    """Why there is no figure of a script that writes no records itself, while it runs and once it has ended well."""
    is_silent = snapshot.progress is None and not snapshot.epochs
    return NOTHING_READ if is_silent and status.word in ("running", "finished", "stopped") else ""


def progress(snapshot: Snapshot, status: Status, now: float) -> Progress:
    """Epoch of epochs, share done, and a line for the time before the first evaluation."""
    known, planned = snapshot.progress, planned_epochs(snapshot)
    total = None if planned is None else int(planned)
    done = snapshot.epochs[-1].epoch if snapshot.epochs else 0.0
    waiting = "" if snapshot.epochs else _waiting(snapshot, status, now)
    if known is None:
        ratio = min(1.0, done / total) if total else None
        return Progress(epoch=done, epochs=total, ratio=ratio, text=_progress_text(done, total, None), waiting=waiting)
    rows = snapshot.epochs
    apart = rows[-1].epoch - (rows[-2].epoch if len(rows) > 1 else 0.0) if rows else 0.0
    pace = pace_now(rows[-1].at or 0.0 if rows else 0.0, apart, now)
    eta = secs_left(known.epoch_secs, done, total, pace) if status.live else None
    return Progress(
        epoch=done,
        epochs=total,
        step=known.step,
        ratio=min(1.0, done / total) if total else None,
        text=_progress_text(done, total, eta),
        waiting=waiting,
    )


def secs_left(epoch_secs: float | None, done: float, total: int | None, pace: float) -> float | None:
    """Seconds until the last planned epoch `total` has ended, at the slower of the usual length of an epoch and of
    `pace`, that of the present one; None where nothing is planned or left, or no epoch has ended."""
    if not total or not epoch_secs or done >= total:
        return None
    return (total - done) * max(epoch_secs, pace)


def pace_now(evaluated_at: float, apart: float, now: float) -> float:
    """Seconds an epoch that the present one has taken already, where evaluations, `apart` epochs from each other, are
    dated: it may be slower than those before; else 0."""
    return max(0.0, now - evaluated_at) / apart if evaluated_at and apart > 0 else 0.0


def _progress_text(done: float, total: int | None, eta: float | None) -> str:
    text = f"epoch {words.epoch_of(done, total)}"
    return text + (f" · about {words.age(eta)} left" if eta else "")


def _waiting(snapshot: Snapshot, status: Status, now: float) -> str:
    """What to expect before the first evaluation."""
    known = snapshot.progress
    if said := nothing_read(snapshot, status):
        return said
    if status.word in ENDED_WORDS:
        return ""  # the verdict says how it ended, and with which error
    if known is None or not status.live:
        return "No evaluation was recorded."
    since = f"Training since {words.age(now - status.since)}, " if status.since else ""
    total = f" of {known.steps_per_epoch}" if known.steps_per_epoch else ""
    if known.step_secs and known.steps_per_epoch:
        left = max(0.0, (known.steps_per_epoch - known.step) * known.step_secs)
        return f"{since}step {known.step}{total}. First evaluation in about {words.age(left)}."
    return f"{since}step {known.step}{total}. The first evaluation has not come yet."


def _left_by(snapshot: Snapshot, word: str) -> str:
    """What a run that was stopped, or of which no end was seen, has left to go on from."""
    looked = snapshot.state is not None and snapshot.state.saved is not None
    return _stopped_with(snapshot) if word == "stopped" or (word == "lost" and looked) else ""


def _stopped_with(snapshot: Snapshot) -> str:
    """What a run that was stopped has left to go on from; "" where that is not known."""
    known, saved = snapshot.progress, snapshot.state.saved if snapshot.state is not None else None
    if known is None or known.checkpoint_epoch is None:
        if saved:
            return f"checkpoint {Path(saved).name} on disk"
        none = "no checkpoint recorded" if is_ours(snapshot) else ""
        return none if saved is None else "no checkpoint found on disk"
    size = f", {words.size(known.checkpoint_bytes)}" if known.checkpoint_bytes else ""
    return f"checkpoint epoch {known.checkpoint_epoch}{size}"


def reading_words(snapshot: Snapshot) -> str:
    """The sentence of a run whose figures were read from a log or file: how, and whether a person has confirmed the
    reading, or which file; else ""."""
    reading = snapshot.run.reading if snapshot.run is not None else None
    if reading is None:
        return snapshot.run.source if snapshot.run is not None else ""
    by = f"confirmed by {reading.confirmed_by}" if reading.confirmed_by else "not confirmed"
    doubts = f" Check what was read: {' '.join(reading.doubts)}" if reading.doubts else ""
    name = Path(reading.path).name
    source = "its log" if name in ("", LOG_FILE) else name
    return f"Read from {source}, {by}: {reading.said}{doubts}"
