"""What two hosts say to each other over the pipe of an ssh: the messages, the files that pass, and the limits of both.

Each message is one line of JSON; a `Piece` is followed by its bytes. Nothing that comes from the other side is a path:
a run is a run id, a file one of the names below, and everything has a size.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from monitor.run_dir import (
    ACKS_DIR,
    ALERTS_FILE,
    CLIPS_FILE,
    DECODES_FILE,
    EPOCHS_FILE,
    GPU_FILE,
    LAUNCH_FILE,
    LOG_FILE,
    METRIC_FILE,
    OUTCOME_FILE,
    PROBES_DIR,
    PROGRESS_FILE,
    RUN_FILE,
    STATE_FILE,
    STEPS_FILE,
    SUMMARY_FILE,
)
from monitor.run_dir.labels import Label
from monitor.run_dir.lives import Lives
from monitor.run_dir.opening import MOST_DOCUMENT_BYTES
from monitor.run_dir.records import AWAY_ACT_FILE, AWAY_FILE, RunId

PROTOCOL = 1
"""Raised when the messages change so that an older side cannot take part."""
ROW_DOCUMENTS = (RUN_FILE, LAUNCH_FILE, STATE_FILE, PROGRESS_FILE, SUMMARY_FILE, OUTCOME_FILE, METRIC_FILE)
"""What a row of the list needs, in the order in which it is sent: an older state never meets a newer launch."""
ROW_LINES = (ALERTS_FILE,)
WHOLE_DOCUMENTS = (AWAY_FILE, AWAY_ACT_FILE, GPU_FILE)
WHOLE_LINES = (EPOCHS_FILE, STEPS_FILE, CLIPS_FILE, DECODES_FILE)
"""Further files, for a run's own page; sent while that is open."""
DOCUMENTS = frozenset({*ROW_DOCUMENTS, *WHOLE_DOCUMENTS})
LINES = frozenset({*ROW_LINES, *WHOLE_LINES, LOG_FILE})
IN_FOLDERS = re.compile(rf"(?:{ACKS_DIR}|{PROBES_DIR})/[A-Za-z0-9][A-Za-z0-9._-]{{0,119}}\.json")
FOLDERS = (ACKS_DIR, PROBES_DIR)
PIECE_BYTES = 1 << 18
MOST_RUNS = 5_000
MOST_IN_FOLDER = 1_000
MOST_LINES_BYTES = 1 << 29
"""Of one file of lines; the rest is not sent, and the page shows that."""
LOG_BYTES = 4 << 20
"""Of a log its end is sent."""
MOST_BYTES = 16 << 30
"""Of all files, in one connection."""
LONGEST_LINE = 4 << 20
"""A message's: thousands of names."""
MOST_WANTED = 64
TICK_SECS = 2.0


Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
Moment = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="hello"):
    """The first word of the side where the runs lie. `now`: its clock, UTC seconds."""

    protocol: int
    version: str
    host: str
    now: float


class Runs(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="runs"):
    """All runs of the folder; `problem`: why it cannot be read, else ""."""

    names: Annotated[list[RunId], msgspec.Meta(max_length=MOST_RUNS)]
    problem: str = ""


class Seen(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="seen"):
    """What that side knows of a run's processes, and what people there say of it."""

    run: RunId
    lives: Lives
    label: Label | None = None


class Piece(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="piece"):
    """`size` bytes follow. Of a document all of it (`at` 0); of a file of lines what stands from `at` on, where `at` 0
    begins the file anew. `mtime_ns`: of the file there."""

    run: RunId
    file: str
    at: Count
    size: Annotated[int, msgspec.Meta(ge=0, le=MOST_DOCUMENT_BYTES)]
    mtime_ns: Moment


class Gone(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="gone"):
    """A file of a run that is there no more."""

    run: RunId
    file: str


class Tick(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="tick"):
    """A sign of life. `now`: the clock there."""

    now: float


class Held(msgspec.Struct, frozen=True):
    """A file that the mirror has: its size, the time of the file there, and its last bytes in hex."""

    size: int
    mtime_ns: int
    end: str = ""


class Have(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="have"):
    """What the mirror has of a run, sent before anything else."""

    run: RunId
    files: dict[str, Held]


class Want(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="want"):
    """The runs whose own page is open; the first of these messages begins the sending."""

    runs: list[RunId]


FromThere = Hello | Runs | Seen | Piece | Gone | Tick
ToThere = Have | Want
END_BYTES = 256


def is_known(file: str) -> bool:
    """Whether a name is one of a run's files that pass."""
    return file in DOCUMENTS or file in LINES or bool(IN_FOLDERS.fullmatch(file))


def most_bytes(file: str) -> int:
    """The most bytes of a file that pass between the two hosts."""
    return MOST_LINES_BYTES if file in LINES else MOST_DOCUMENT_BYTES
