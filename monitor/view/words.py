"""Sentences about a run: its progress, its state, how far a stop has come, how its figures were read."""

from __future__ import annotations

from monitor.run_dir import Snapshot, words
from monitor.run_dir.status import Status, first_signal, status_of


def progress(snapshot: Snapshot, status: Status, now: float) -> dict[str, object]:
    """Epoch of epochs, share done, seconds left, and a line for the time before the first evaluation."""
    known = snapshot.progress
    if known is None:
        last = snapshot.epochs[-1].epoch if snapshot.epochs else 0.0
        return {"epoch": last, "epochs": None, "ratio": None, "eta_secs": None, "text": f"epoch {words.plain(last)}"}
    done = snapshot.epochs[-1].epoch if snapshot.epochs else 0.0
    total = known.epochs
    eta = None
    if status.live and total and known.epoch_secs and done < total:
        eta = max(0.0, (total - done) * known.epoch_secs)
    return {
        "epoch": done,
        "epochs": total,
        "step": known.step,
        "steps_per_epoch": known.steps_per_epoch,
        "ratio": min(1.0, done / total) if total else None,
        "eta_secs": eta,
        "text": _progress_text(done, total, eta),
        "waiting": _waiting(snapshot, status, now) if not snapshot.epochs else "",
    }


def _progress_text(done: float, total: int | None, eta: float | None) -> str:
    text = f"epoch {words.plain(done)}" + (f"/{total}" if total else "")
    return text + (f" · about {words.age(eta)} left" if eta else "")


def _waiting(snapshot: Snapshot, status: Status, now: float) -> str:
    """What to expect before the first evaluation."""
    known = snapshot.progress
    if known is None or not status.live:
        return "No evaluation was recorded."
    since = f"Training since {words.age(now - status.since)}, " if status.since else ""
    total = f" of {known.steps_per_epoch}" if known.steps_per_epoch else ""
    if known.step_secs and known.steps_per_epoch:
        left = max(0.0, (known.steps_per_epoch - known.step) * known.step_secs)
        return f"{since}step {known.step}{total}. First evaluation in about {words.age(left)}."
    return f"{since}step {known.step}{total}. The first evaluation has not come yet."


def status_text(snapshot: Snapshot) -> dict[str, object]:
    """The state with its evidence."""
    status = status_of(snapshot)
    return {
        "word": status.word,
        "text": status.text,
        "live": status.live,
        "unsupervised": status.unsupervised,
        "evidence": status.evidence,
        "unseen": status.unseen,
        "waits": status.evidence if status.word == "queued" else "",
        "ended_at": status.since if status.word == "stopped" else None,
        "left": stopped_with(snapshot) if status.word == "stopped" else "",
        "stop": stop_stage(snapshot),
    }


SIGNALLED = {"interrupted": "Sent {first}", "terminated": "Sent SIGTERM", "killed": "Killed"}
NEXT_SIGNAL = {"asked": "SIGTERM", "interrupted": "SIGTERM", "terminated": "SIGKILL"}
PHASES = {"stopping": "Finishing step", "saving": "Saving checkpoint", "ended": "Waiting for exit"}


def stop_stage(snapshot: Snapshot) -> dict[str, object] | None:
    """How far a stop has come, and what can be asked of it now; None where there is none. Seconds run in the browser.

    `answered`: the trainer has shown that it obeys. `keep`: it can still be taken back.
    """
    state, known = snapshot.state, snapshot.progress
    if state is None or state.stop is None or state.state != "stopping":
        return None
    stop = state.stop
    phase = known.phase if known is not None and known.generation == state.generation else ""
    asked = stop.stage == "asked"
    answered = phase in PHASES
    sent = SIGNALLED.get(stop.stage, "").format(first=first_signal(snapshot.launch))
    return {
        "text": (PHASES.get(phase) or "Asked to stop") if asked else f"{sent}, waiting for exit",
        "by": stop.asked_by,
        "asked_at": stop.asked_at,
        "at": stop.stage_at,
        "of_secs": stop.waits_secs,
        "answered": answered,
        "keep": asked and not answered,
        "next": NEXT_SIGNAL.get(stop.stage, ""),
    }


def stopped_with(snapshot: Snapshot) -> str:
    """What a run that was stopped has left to go on from."""
    known = snapshot.progress
    if known is None or known.checkpoint_epoch is None:
        return "no checkpoint recorded"
    size = f", {words.size(known.checkpoint_bytes)}" if known.checkpoint_bytes else ""
    return f"checkpoint epoch {known.checkpoint_epoch}{size}"


def reading_words(snapshot: Snapshot) -> str:
    """That a run's figures were read from a log, how, and whether a person has said that this is right; else ""."""
    reading = snapshot.run.reading if snapshot.run is not None else None
    if reading is None:
        return ""
    if reading.confirmed_by:
        return f"Read from its log, confirmed by {reading.confirmed_by}: {reading.said}"
    return f"Read from its log, not confirmed: {reading.said}"
