"""A snapshot → what the run is doing, and by which evidence.

`lost` is never stored: it is what remains when the recorded process is gone and left no outcome.
What cannot be seen from here (another machine, another container) is reported with its age and never called alive.
Slow and stalled are findings of rules; here only what is recorded and what lives counts.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Literal

from monitor.run_dir import job_words, words
from monitor.run_dir.records import (
    FINAL_STATES,
    OPEN_STATES,
    PROGRESS_FILE,
    STATE_FILE,
    Identity,
    Progress,
    QueuePlace,
    Snapshot,
    State,
)

Word = Literal[
    "queued", "starting", "running", "stopping", "stopped", "finished", "failed", "lost", "followed", "imported"
]  # fmt: skip
EndedVerdict = Literal["ENDED", "FAILED", "LOST"]
LIVE_WORDS = OPEN_STATES | {"followed"}
ENDED_WORDS = FINAL_STATES | {"lost"}
ENDED_VERDICTS: dict[str, EndedVerdict] = {
    "finished": "ENDED",
    "stopped": "ENDED",
    "failed": "FAILED",
    "lost": "LOST",
}
"""The verdict's word for a run that works no more."""
UNSEEN = ("unknown", "elsewhere", "archived")
RECORDS_ALONE = {
    "archived": "Read from an archive; no file there says how it ended.",
    "elsewhere": "A copy of a run's folder, made while the run was at work; the run itself is written elsewhere.",
}
"""Why a run that its files call live is none, by the liveness of its trainer."""
LONGEST_ERROR = 500
NOT_STARTED = "Could not start"
"""How the error begins of a command that its supervisor could not start."""
CANCELLED = "Stop cancelled; the trainer goes on at its next step"


@dataclass(frozen=True)
class Status:
    """`live`: a process works on it, as far as is known. `unsupervised`: the trainer lives, its supervisor does not.

    `unseen`: its processes are another machine's or container's; the word is the last that was heard, at `heard_at`.
    """

    word: Word
    live: bool
    unsupervised: bool
    evidence: str
    since: float | None
    unseen: bool = False
    heard_at: float | None = None

    @property
    def text(self) -> str:
        """The word with what limits it."""
        if self.unseen:
            return f"{self.word}, as last heard"
        return f"{self.word}, unsupervised" if self.unsupervised else self.word


def last_heard_at(state: State | None, progress: Progress | None) -> float | None:
    """When trainer or supervisor last wrote something, UTC seconds by their clock."""
    said = [state.updated_at if state is not None else 0.0, progress.heartbeat_at if progress is not None else 0.0]
    return max(said) or None


def state_in_force(state: State | None, progress: Progress | None) -> State | None:
    """What the supervisor wrote, unless the run went on without one since: in a terminal, as a later generation."""
    went_on = state is not None and progress is not None and progress.generation > state.generation
    return None if went_on else state


def status_of(snapshot: Snapshot) -> Status:
    """What the run is doing, from the files and the liveness of the recorded processes. Pure."""
    found = _by_files_and_processes(snapshot)
    if snapshot.trainer_liveness not in RECORDS_ALONE or not (found.live or found.word == "lost"):
        return found
    heard_at = last_heard_at(snapshot.state, snapshot.progress)
    evidence = RECORDS_ALONE[snapshot.trainer_liveness]
    if heard_at is not None and found.live:
        age = words.age(max(0.0, snapshot.read_at - heard_at))
        evidence = f"{evidence} Last written {age} ago, when it was {found.word}."
    return Status("imported", False, False, evidence, heard_at)


def _by_files_and_processes(snapshot: Snapshot) -> Status:
    state = state_in_force(snapshot.state, snapshot.progress)
    if state is None:
        return _without_supervisor(snapshot)
    if state.job is not None and (said := _by_its_job(snapshot, state)) is not None:
        return said
    if state.state in FINAL_STATES:
        return Status(state.state, False, False, _how_it_ended(snapshot), state.ended_at or state.updated_at)
    return _recorded_as_live(snapshot, state)


def is_over(snapshot: Snapshot) -> bool:
    """Whether the run or its records have ended, so that sentences are in the past tense.

    Not so at a moment of time travel: there sentences look ahead, as they did then.
    """
    return status_of(snapshot).word in ENDED_WORDS or is_records_alone(snapshot)


def is_records_alone(snapshot: Snapshot) -> bool:
    """Whether it was read once from a file that nothing follows: it is never called running."""
    progress = snapshot.progress
    is_closed = snapshot.trainer_liveness in RECORDS_ALONE or (progress is not None and progress.phase == "ended")
    return status_of(snapshot).word == "imported" and is_closed


def _recorded_as_live(snapshot: Snapshot, state: State) -> Status:
    if state.trainer is None:
        return _before_the_trainer(snapshot, state)
    if snapshot.trainer_liveness in UNSEEN:
        said = _own_last_word(snapshot)
        return said if said is not None else _unseen(snapshot, state.state, state.trainer)
    if snapshot.trainer_liveness == "gone":
        if snapshot.supervisor_liveness == "alive":
            # The supervisor is about to write how it ended.
            return Status(state.state, True, False, "The trainer has ended; its outcome is being written.", None)
        return _ended_unseen(snapshot, state.trainer, state.updated_at)
    evidence = f"{_process_evidence(snapshot, state.trainer)}{_silence_of_its_engine(snapshot)}"
    if state.stop is not None and state.stop.stage == "asked" and state.stop.cancelled_at is not None:
        evidence = f"{CANCELLED}. {evidence}"
    supervised = snapshot.supervisor_liveness != "gone"
    if not supervised:
        command = words.monitor_line("resume", snapshot.run_id)
        evidence += f" Its supervisor is gone; the run goes on. Give it a new one: {command}."
    return Status(state.state, True, not supervised, evidence, state.started_at)


def _by_its_job(snapshot: Snapshot, state: State) -> Status | None:
    """The engine's sentence about its job where it knows more than the run's files; None otherwise."""
    seen = snapshot.job
    assert state.job is not None
    waits = state.state == "queued" and state.supervisor is None
    if seen is None or not seen.state:
        return Status("queued", True, False, job_words.unread(state.job, seen), state.updated_at) if waits else None
    if job_words.is_waiting(seen) and (waits or seen.restarts > state.job.restarts):
        return Status("queued", True, False, job_words.waiting(seen, snapshot.read_at), state.updated_at)
    if job_words.is_at_work(seen):
        if waits:
            return Status("starting", True, False, job_words.beginning(seen), state.updated_at)
        gone = snapshot.trainer_liveness == snapshot.supervisor_liveness == "gone"
        if not gone or state.state in FINAL_STATES or _own_last_word(snapshot) is not None:
            return None
        return Status(state.state, True, False, job_words.closing(seen), state.updated_at)
    if job_words.is_waiting(seen) or state.state in FINAL_STATES or snapshot.trainer_liveness == "alive":
        return None
    said = _own_last_word(snapshot)
    return said if said is not None else _ended_by_its_job(snapshot, state)


def _ended_by_its_job(snapshot: Snapshot, state: State) -> Status:
    """The engine has ended the job, and nothing of the run was left to say so."""
    assert snapshot.job is not None
    if job_words.is_late(snapshot.job, snapshot.read_at):
        return Status(state.state, True, False, job_words.late(snapshot.job), state.started_at)
    word: Word = job_words.ended_word(snapshot.job.state)
    return Status(word, False, False, job_words.ended(snapshot.job), snapshot.job.ended_at or state.updated_at)


def _before_the_trainer(snapshot: Snapshot, state: State) -> Status:
    """Not started yet: only the supervisor can still do it."""
    if snapshot.supervisor_liveness == "gone":
        return Status("lost", False, False, "Its supervisor ended before the trainer started.", state.updated_at)
    if snapshot.supervisor_liveness in UNSEEN and state.supervisor is not None:
        return _unseen(snapshot, state.state, state.supervisor)
    return Status(state.state, True, False, _supervised_by(state), state.updated_at)


def _without_supervisor(snapshot: Snapshot) -> Status:
    """A foreground run, or one that no process of ours ever worked on."""
    progress = snapshot.progress
    if progress is None or progress.process is None:
        if progress is not None and progress.outcome is not None:
            return Status(
                progress.outcome, False, False, "The file that it is read from says so.", progress.heartbeat_at
            )
        if progress is not None and progress.follower is not None and snapshot.follower_liveness != "gone":
            return _followed(progress, snapshot.read_at)
        damaged = next((each for each in snapshot.problems if each.file in (STATE_FILE, PROGRESS_FILE)), None)
        if damaged is not None:
            return Status("lost", False, False, f"{damaged.file} is damaged, and no other file has the state.", None)
        # With evaluations it was started: `as_of` knows them, and not which process lived then.
        never = snapshot.launch is not None and snapshot.launch.how not in ("import", "foreground", "attach")
        if never and not snapshot.epochs:
            return Status("lost", False, False, "It was never started: no supervisor took it up.", None)
        at = snapshot.epochs[-1].at if snapshot.epochs else None
        return Status("imported", False, False, "Records only: no process belongs to this run.", at or None)
    if progress.outcome is not None:
        error = f": {progress.error[:LONGEST_ERROR]}" if progress.error else ""
        said = words.sentence(f"Reported by the trainer{error}")
        return Status(progress.outcome, False, False, said, progress.heartbeat_at)
    if snapshot.trainer_liveness == "gone":
        return _ended_unseen(snapshot, progress.process, progress.heartbeat_at)
    word: Word = "stopping" if progress.phase == "stopping" else "running"
    if snapshot.trainer_liveness in UNSEEN:
        return _unseen(snapshot, word, progress.process)
    return Status(word, True, False, _process_evidence(snapshot, progress.process), None)


def _followed(progress: Progress, now: float) -> Status:
    """Another program's script writes and we read along: only its growing file shows that it runs."""
    silent = now - progress.heartbeat_at
    grown = f"last grew {words.age(silent)} ago"
    if silent < -words.AHEAD_SECS:
        grown = f"is dated {words.age(-silent)} ahead of this clock, so when it last grew is not known"
    evidence = f"Its log is followed and {grown}; which process writes it is not known."
    return Status("followed", True, False, evidence, None)


def _unseen(snapshot: Snapshot, word: Word, process: Identity) -> Status:
    """The pid of another machine or container means nothing here: the last update is reported, with its age."""
    heard_at = last_heard_at(snapshot.state, snapshot.progress)
    if heard_at is None:
        heard = f"Nothing was heard yet from {process.host}"
    elif snapshot.read_at - heard_at < -words.AHEAD_SECS:
        ahead = words.age(heard_at - snapshot.read_at)
        heard = f"Last heard from {process.host}, whose clock is {ahead} ahead of this one"
    else:
        heard = f"Last heard {words.age(snapshot.read_at - heard_at)} ago from {process.host}"
    return Status(
        word,
        live=True,
        unsupervised=False,
        evidence=f"{heard}; its processes cannot be seen from here.{_silence_of_its_engine(snapshot)}",
        since=snapshot.state.started_at if snapshot.state is not None else None,
        unseen=True,
        heard_at=heard_at,
    )


def _silence_of_its_engine(snapshot: Snapshot) -> str:
    job = snapshot.job
    return f" {job_words.unanswered(job, snapshot.read_at)}" if job is not None and job.problem else ""


def _own_last_word(snapshot: Snapshot) -> Status | None:
    """The trainer's own record of its end, in this start of the run."""
    progress, state = snapshot.progress, state_in_force(snapshot.state, snapshot.progress)
    of_this_start = progress is not None and (state is None or progress.generation == state.generation)
    if progress is None or not of_this_start or progress.outcome is None:
        return None
    return Status(progress.outcome, False, False, "Reported by the trainer at its end.", progress.heartbeat_at)


def _ended_unseen(snapshot: Snapshot, process: Identity, since: float) -> Status:
    """The end was not observed: the trainer's own last word counts, else the run is lost."""
    said = _own_last_word(snapshot)
    if said is not None:
        return said
    last = f"; last record epoch {snapshot.epochs[-1].epoch:g}" if snapshot.epochs else "; no epoch was recorded"
    heard = snapshot.progress.heartbeat_at if snapshot.progress is not None else since
    return Status("lost", False, False, f"No process {process.pid} on {process.host}{last}.", heard)


def silence_secs(snapshot: Snapshot) -> float | None:
    """Seconds since the trainer's last sign of life; negative where it is dated in the future. None without any."""
    if snapshot.silent_secs is not None:
        return snapshot.silent_secs
    return snapshot.read_at - snapshot.progress.heartbeat_at if snapshot.progress is not None else None


def _process_evidence(snapshot: Snapshot, process: Identity) -> str:
    return f"Process {process.pid} on {process.host} is alive{_heartbeat_words(silence_secs(snapshot))}."


def _heartbeat_words(silent: float | None) -> str:
    if silent is None:
        return ""
    if silent < -words.AHEAD_SECS:
        return f"; its heartbeat is dated {words.age(-silent)} ahead of this clock, so its age is not known"
    return f", heartbeat {words.age(silent)} ago"


def device_words(device: str) -> str:
    """GPU 2 for cuda:2, "a GPU" for any of them."""
    return {"cuda": "a GPU", "cpu": "the CPU"}.get(device, f"GPU {device.removeprefix('cuda:')}")


def _supervised_by(state: State) -> str:
    if state.queue is not None:
        return queue_words(state.queue)
    if state.supervisor is None:
        return "Waiting for its supervisor."
    return f"Supervisor {state.supervisor.pid} on {state.supervisor.host} is in charge."


def _how_it_ended(snapshot: Snapshot) -> str:
    state = snapshot.state
    assert state is not None
    if state.trainer is None and state.state == "stopped":
        return "It left the queue: nothing of it had started."
    parts = []
    if state.exit_code is not None:
        parts.append(f"exit code {state.exit_code}")
    if state.signal is not None:
        parts.append(signal_name(state.signal))
    if state.job is not None and state.stop is not None and state.stop.asked_by.startswith("the cluster"):
        stop = state.stop.asked_by
        who = job_words.by(snapshot.job)
        parts.append(f"after a stop by {stop[:-1]}{who})" if stop.endswith("(scancel)") else f"after a stop by {stop}")
    if state.error and state.exit_code is None and state.signal is None:
        if state.error.startswith(NOT_STARTED):
            return "Its supervisor could not start it."
        parts.append(state.error[:LONGEST_ERROR].rstrip("."))
    return ("Its supervisor saw it end: " + ", ".join(parts) + ".") if parts else "Its supervisor saw it end."


def signal_name(number: int) -> str:
    """SIGKILL for 9; a number that has no name here stays one."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def queue_words(place: QueuePlace) -> str:
    """What a queued run waits for, and where it stands."""
    if place.after:
        return f"Waits for {place.after} to end, then for {device_words(place.device)}."
    held = f", which {_and(place.held_by)} {'has' if len(place.held_by) == 1 else 'have'}" if place.held_by else ""
    return f"Waits for {device_words(place.device)}{held}. Position {place.position}."


def _and(names: list[str]) -> str:
    shown = [*names[:2], f"{len(names) - 2} more"] if len(names) > 3 else names
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
