"""progress.json, state.json and control/: the states of a run and its processes, and what a person asks of them."""

from __future__ import annotations

from typing import Literal, get_args

from monitor.run_dir.records.base import Identity, Outcome, Record
from monitor.run_dir.records.job import JobPlace

StoredState = Literal["queued", "starting", "running", "stopping", "stopped", "finished", "failed"]
Phase = Literal["starting", "training", "evaluating", "saving", "stopping", "ended"]
FINAL_STATES = frozenset[str](get_args(Outcome))
"""The states from which a run only comes back as a new generation."""
OPEN_STATES = frozenset[str](get_args(StoredState)) - FINAL_STATES

Liveness = Literal["alive", "gone", "unknown", "elsewhere", "archived"]
"""Of a recorded process: "unknown" is another host's or another pid namespace's, which cannot be judged from here;
"elsewhere" is any of a copied folder, while one of them lives and works in the folder that was copied; "archived" is
any of a run in an archive, of which no process is asked for."""

Verb = Literal["stop", "cancel", "hurry", "wait"]
"""Of a request: stop, cancel the stop, send its next signal now, give it more time."""
StopStageName = Literal["asked", "interrupted", "terminated", "killed"]
"""How far a stop has come: what each means stands in stop_stages."""


class Progress(Record, frozen=True, kw_only=True, omit_defaults=False):
    """progress.json: the trainer's own sign of life, replaced whole. `outcome` is written at its end."""

    heartbeat_at: float
    phase: Phase = "starting"
    generation: int = 1
    process: Identity | None = None
    epoch: int = 0
    epochs: int | None = None
    step: int = 0
    steps_per_epoch: int | None = None
    step_secs: float | None = None
    """Median seconds of the last steps."""
    epoch_secs: float | None = None
    """Median seconds of one epoch, evaluation included, however far its evaluations lie apart."""
    asks_secs: float | None = None
    """Longest time between two questions `should_stop()`, in seconds; None before the second."""
    listens: bool = True
    """Whether this process asks `should_stop()`: a supervisor then waits for it before it signals."""
    backlog: int = 0
    """Records that could not be written yet (a full disk); they wait in memory."""
    dropped: int = 0
    """Records lost because the bounded backlog overflowed."""
    checkpoint: str | None = None
    checkpoint_at: float | None = None
    checkpoint_epoch: int | None = None
    checkpoint_bytes: int | None = None
    """Size of that checkpoint."""
    disk_free_bytes: int | None = None
    """Room on the run's disk for this user."""
    outcome: Outcome | None = None
    error: str | None = None
    follower: Identity | None = None
    """The process that copies a foreign script's records in here; `heartbeat_at` is then when they last grew."""
    traceback: str | None = None
    """With "failed": the end of the exception's traceback, cut to a few thousand characters."""
    folder: int = 0
    """The inode of the folder it was written in, so that a copy is known to be one; 0 where that was not noted."""


class StopStage(Record, frozen=True, kw_only=True):
    """How far a stop has come; the stages and what follows each stand in stop_stages."""

    stage: StopStageName = "asked"
    asked_at: float = 0.0
    asked_by: str = ""
    stage_at: float = 0.0
    """When the time allowed for this stage began: anew when a checkpoint begins, and when a person gives more time."""
    waits_secs: float | None = None
    """From `stage_at` until the next signal; None when nothing comes after it."""
    cancelled_at: float | None = None
    """When a person asked to cancel the stop; until the trainer goes on or leaves, no signal follows."""


class QueuePlace(Record, frozen=True, kw_only=True):
    """Where a queued run stands in the line before a device; kept up to date by its own supervisor.

    `ticket` decides the order, `position` 1 is next; `after` is the parent that it waits for first.
    """

    device: str
    ticket: int = 0
    position: int = 1
    held_by: list[str] = []
    after: str = ""


class State(Record, frozen=True, kw_only=True, omit_defaults=False):
    """state.json: the supervisor's view of the process it owns, replaced whole."""

    state: StoredState
    generation: int = 1
    updated_at: float = 0.0
    supervisor: Identity | None = None
    trainer: Identity | None = None
    started_at: float | None = None
    ended_at: float | None = None
    exit_code: int | None = None
    signal: int | None = None
    error: str | None = None
    stop: StopStage | None = None
    traceback: str | None = None
    """With "failed": the last traceback of the trainer or its log, cut to a few thousand characters."""
    device: str = ""
    """The device it has for itself: cuda:2, cpu; empty where it was started without one."""
    queue: QueuePlace | None = None
    """While it waits for a device."""
    code_line: str = ""
    """What had changed in the code when this run was resumed, now or in an earlier generation."""
    job: JobPlace | None = None
    """The job of an engine that it was submitted as."""
    folder: int = 0
    """As in progress.json."""
    saved: str | None = None
    """Of a run that was stopped, or whose end nobody saw, and that has reported no checkpoint: the newest on disk.

    Empty where none was found."""


class Request(Record, frozen=True, kw_only=True):
    """control/<generation>-<verb>-<n>.request.json: what a person asks of a living run."""

    verb: Verb
    generation: int
    number: int
    asked_at: float
    asked_by: str = ""


class Answer(Record, frozen=True, kw_only=True):
    """The one answer to a request."""

    verb: Verb
    generation: int
    number: int
    answered_at: float
    result: Literal["done", "refused", "expired"]
    why: str = ""
