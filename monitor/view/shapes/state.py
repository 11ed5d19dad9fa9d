"""What of a frame is of this very moment: the state, a stop under way, how far it is, and what can be asked of it.

Times are UTC seconds. tests/ui/test_page_fields.py holds the page's script to these fields.
"""

from __future__ import annotations

import msgspec


class StopShown(msgspec.Struct, frozen=True, kw_only=True):
    """A stop under way. `text`: its stage in words; `timed`: whether the stage's seconds are shown beside it.

    `at`: when the stage began, `of_secs`: how long it lasts at most, None for the last one. `answered`: the trainer
    has shown that it obeys; `can_cancel`: the stop can still be cancelled; `cancelled`: a person has asked for
    that, and the trainer reads it at its next step. `next`: the signal that follows, "" after
    the last one; `hurry`: the label of the button that sends it now.
    """

    text: str
    timed: bool
    by: str
    asked_at: float
    at: float
    of_secs: float | None
    answered: bool
    can_cancel: bool
    cancelled: bool
    next: str
    hurry: str


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The state with its evidence. `waits`: what a queued run waits for; `left`: what a run that was stopped
    or is lost can go on from."""

    word: str
    text: str
    live: bool
    evidence: str
    unseen: bool
    waits: str
    ended_at: float | None
    left: str
    stop: StopShown | None


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """The server's time, and when the trainer last wrote; None where that is not known."""

    server_now: float
    last_record_at: float | None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """`ratio`: share of the epochs done, None where their number is not known.

    `waiting`: what to expect before the first evaluation.
    """

    epoch: float
    epochs: int | None = None
    ratio: float | None = None
    text: str
    step: int | None = None
    waiting: str = ""


class ReadingShown(msgspec.Struct, frozen=True, kw_only=True):
    """Of figures that were read from a log: how, and whether a person has confirmed it."""

    text: str
    confirmed: bool


class DiskRoom(msgspec.Struct, frozen=True, kw_only=True):
    """Room on the run's disk, and the size of its last checkpoint; bytes."""

    disk_free_bytes: int | None
    checkpoint_bytes: int | None


class Actions(msgspec.Struct, frozen=True, kw_only=True):
    """What can be asked of the run now; `why` says why it cannot be started again."""

    stop: bool
    restart: bool
    resume: bool
    check: bool
    why: str


class AwayShown(msgspec.Struct, frozen=True, kw_only=True):
    """What is done if the run goes bad unattended; `settable`: whether that can still be changed."""

    text: str
    why: str
    settable: bool
