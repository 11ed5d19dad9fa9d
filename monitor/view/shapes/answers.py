"""The shapes of what a tab is answered: predictions, one clip over the evaluations, the log.

`kind` is set where an answer goes over the socket. WERs are fractions, sizes bytes; aligned words are
[kind, target, prediction], kind one of h s d i. tests/ui/test_page_fields.py holds the page's script to these fields.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Words right, substituted, deleted, inserted."""

    hits: int = 0
    s: int = 0
    d: int = 0
    i: int = 0


class ClipShown(msgspec.Struct, frozen=True, kw_only=True):
    """One clip. `more`: words beyond those that are shown; `changed`: since the evaluation before; `differs`: the
    other decoder says something else; `words_in`: words of the target."""

    id: str
    words: list[list[str]]
    more: int
    hits: int
    s: int
    d: int
    i: int
    wer: float
    empty: bool
    changed: bool
    words_in: int
    differs: bool


class Corpus(msgspec.Struct, frozen=True, kw_only=True):
    """The commonest errors over all clips: [word, how often, how often in the targets], [target, prediction, how
    often].

    `lengths`: [words, clips whose target has so many, clips whose prediction has so many].
    """

    most_deleted: list[tuple[str, int, int]] = []
    most_inserted: list[tuple[str, int, int]] = []
    most_swapped: list[tuple[str, str, int]] = []
    most_said: list[tuple[str, int, int]] = []
    lengths: list[list[int]] = []


class WordChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Target words of the same clips that turned right (`fixed`) or wrong (`broken`) `since` an evaluation; `confused`:
    [target, prediction, how often] of swaps that were not there."""

    since: str
    fixed: int
    broken: int
    confused: list[tuple[str, str, int]]


class Predictions(Corpus, frozen=True, kw_only=True):
    """The clips of one evaluation; `epoch` is None where no predictions are logged.

    `decoders`: decoder → WER over these clips, empty without a choice; `matching` clips fit the question, `total` were
    decoded; `changed`: how many since the evaluation before, None for the first one; `word_changes`:
    since then, and against the parent. `asked` is the tab's own mark.
    """

    epoch: float | None
    filter: str
    epochs: list[float] = []
    decoder: str = "greedy"
    decoders: dict[str, float] = {}
    clips: list[ClipShown] = []
    matching: int = 0
    total: int = 0
    differs: int = 0
    empty: int = 0
    changed: int | None = None
    counts: Counts = Counts()
    words_in: int = 0
    words_out: int = 0
    word_changes: list[WordChanges] = []
    kind: str | UnsetType = UNSET
    asked: object = UNSET


class ClipMoment(msgspec.Struct, frozen=True, kw_only=True):
    """An evaluation at which the prediction of a clip changed; it stayed so until the epoch `until`, if any."""

    epoch: float
    wer: float
    words: list[list[str]]
    changed: bool = True
    until: float | None = None


class ClipHistory(msgspec.Struct, frozen=True, kw_only=True):
    """One clip over the stored evaluations. `left_out`: changes between the first and those that are shown."""

    id: str
    reference: str
    moments: list[ClipMoment]
    left_out: int
    kind: str | UnsetType = UNSET


class GpuShown(msgspec.Struct, frozen=True, kw_only=True):
    """What the GPUs of a run did over `span` up to `at`: columns with a value at each of `times` (UTC seconds), None
    where nothing is known. `gpus`: how many they are. `slowed`, `unsaid`: one sentence each, or "".
    """

    title: str
    span: str
    at: float
    gpus: int
    times: list[float]
    busy_ratio: list[float | None]
    memory_bytes: list[float | None]
    power_watts: list[float | None]
    temperature_celsius: list[float | None]
    throttled_ratio: list[float | None]
    memory_total_bytes: float | None
    power_limit_watts: float | None
    slowed: str
    unsaid: str


class LogTail(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a log. `same`: nothing is new since the tab's `known` size, and no line is sent.

    `lines`: [text, how many written lines it stands for, whether it reads like a warning]; `cut`: only the end of the
    file was read; `found` lines fit the question, the last `shown` of them are sent. `source`: of a run in Ray, from
    where they are.
    """

    exists: bool
    size: int
    same: bool = False
    cut: bool = False
    lines: list[tuple[str, int, bool]] = []
    written: int = 0
    shown: int = 0
    found: int = 0
    source: str = ""
    kind: str | UnsetType = UNSET
    last_error: str | UnsetType | None = UNSET
    traceback: str | UnsetType | None = UNSET
    gpu: GpuShown | UnsetType | None = UNSET
    gpu_unread: str = ""
    """Beside the log in its tab: set where something is new since what the tab has."""


class EdgesShown(msgspec.Struct, frozen=True, kw_only=True):
    """The lower and upper edge of a band at these epochs, in the units of the run."""

    epoch: list[float]
    low: list[float]
    high: list[float]


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """A run beside earlier ones: a sentence, how many they are, and the bands of val loss and primary metric."""

    line: str
    runs: int
    val_loss: EdgesShown | None
    metric: EdgesShown | None
    kind: str | UnsetType = UNSET


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """An address of vitalsigns.toml by its place and kind, never the address itself. `why`: what prevents sending a
    message there, "" where nothing does; `tested`: the result of the last test, "" without one."""

    key: str
    name: str
    why: str
    tested: str
    delivered: bool


class Channels(msgspec.Struct, frozen=True, kw_only=True):
    """How messages about a run are sent. `settings`: the file in force, "" where there is none, then a `file` of that
    name can be made in `folder`; `problem`: one sentence about it; `sent`: what is sent, and when; `testing`: a test is
    under way."""

    settings: str
    problem: str
    channels: list[Channel]
    sent: list[str]
    sender: str
    file: str
    folder: str = ""
    testing: bool = False
    test_problem: str = ""
    kind: str | UnsetType = UNSET
