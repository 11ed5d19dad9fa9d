"""The shape of a frame: everything that is painted of a run at one moment.

Times are UTC seconds, WERs fractions, losses and gaps in the unit that the run states, sizes bytes.
tests/ui/test_page_fields.py holds the page's script to these fields.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from monitor.run_dir import words
from monitor.view.shapes.judgement import Judgement
from monitor.view.shapes.state import Actions, AwayShown, Clock, DiskRoom, Progress, ReadingShown, Status

Number = float | str | None
"""None where nothing was measured; "nan", "inf" or "-inf" where a value is not finite, as JSON has no such number."""


class ParentOfRun(msgspec.Struct, frozen=True, kw_only=True):
    """`changes`: "key before → after"; `expected`: what the change was to bring, in words."""

    id: str
    changes: list[str]
    expected: str


class CameOfChange(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the change that a child was started with, or when it is judged; `met` as in OutcomeCard."""

    word: str
    line: str
    met: str


class RunHead(msgspec.Struct, frozen=True, kw_only=True):
    """Which run it is."""

    id: str
    name: str
    model: str
    loss_unit: str
    parent: ParentOfRun | None


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One of the four numbers, in words. `trend`: ▲, ▼ or ""; `bad`: beyond its limit; `spark`: at most 60 values."""

    key: str
    label: str
    title: str
    value: str = words.NOT_MEASURED
    trend: str = ""
    yardstick: str = ""
    bad: bool = False
    spark: list[float] = []


class MetricShown(msgspec.Struct, frozen=True, kw_only=True):
    """The primary metric. `share`: its column holds fractions, which are drawn in percent; else its own values.

    `title`: such as "val WER"; `best` at `best_epoch`, `chance` and `target` (due at `target_epoch`) as in the column.
    """

    name: str
    label: str
    title: str
    direction: Literal["error", "score"]
    share: bool
    chance: Number
    target: Number
    target_epoch: float | None
    best: Number
    best_epoch: float | None


class JudgedBy(msgspec.Struct, frozen=True, kw_only=True):
    """By which metric the run is judged (`val_loss`: by the loss alone) and why; `choices`: [name, title] of each that
    it may be judged by."""

    name: str
    why: str
    choices: list[list[str]]


class ChanceLevels(msgspec.Struct, frozen=True, kw_only=True):
    """What an output that ignores its input scores. `blank`: the blank ratio of a correct output;
    `sentence`: the constant sentence with the lowest WER."""

    loss: Number = None
    blank: Number = None
    sentence: str | None = None


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """Epochs worth a mark. `overlaps`: [first, last] epoch that each resume wrote again."""

    best_loss_epoch: float | None
    best_loss: float | None
    gap_limit: float
    gap_crossed_epoch: float | None
    resumed_at: list[float]
    overlaps: list[list[float]]


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """Where the primary metric goes if nothing is changed, epoch by epoch, with the band of four outcomes in five."""

    epoch: list[float]
    middle: list[float]
    low: list[float]
    high: list[float]


class Evaluated(Judgement, frozen=True, kw_only=True):
    """What changes only with a new judgement. `loss_range`: the loss axis; `decoded`: epochs with predictions."""

    run: RunHead
    tiles: list[Tile]
    metric: MetricShown | None
    judged: JudgedBy
    floors: ChanceLevels
    marks: Marks
    loss_range: list[float] | None
    gap_basis: Literal["train", "eval"]
    outlook: Outlook | None
    decoded: list[float]


class EpochColumns(msgspec.Struct, frozen=True, kw_only=True):
    """One value an evaluation in each column; `metric` and `train_metric` are the primary one on val and train."""

    epoch: list[Number]
    step: list[Number]
    at: list[Number]
    train_loss: list[Number]
    train_eval_loss: list[Number]
    val_loss: list[Number]
    gap: list[Number]
    metric: list[Number]
    train_metric: list[Number]
    train_wer: list[Number]
    val_wer: list[Number]
    blank_ratio: list[Number]
    length_ratio: list[Number]
    empty_ratio: list[Number]
    lr: list[Number]
    grad_norm: list[Number]
    update_ratio: list[Number]
    clips_per_sec: list[Number]


class StepColumns(msgspec.Struct, frozen=True, kw_only=True):
    """One value a logged step in each column."""

    step: list[Number]
    epoch: list[Number]
    at: list[Number]
    train_loss: list[Number]
    lr: list[Number]
    grad_norm: list[Number]
    clips_per_sec: list[Number]
    data_wait_ratio: list[Number]
    device_memory_bytes: list[Number]
    device_busy_ratio: list[Number]


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """Columns from an offset on: how many evaluations and steps the tab keeps of those that it has.

    `epochs_known`: so many evaluations the run has; the columns hold fewer of very many.
    """

    epochs_from: int
    epochs_known: int
    epochs: EpochColumns
    steps_from: int
    steps: StepColumns


class ChildMark(msgspec.Struct, frozen=True, kw_only=True):
    """A child of this run, and the evaluation after which it was started; None where that was before the first."""

    run: str
    epoch: float | None


class Frame(Evaluated, frozen=True, kw_only=True):
    """`seq` and `life` say which records it is made of; `probes`: when checkpoints were measured.

    `at`: the epoch of a past moment, None for now. `kind` and the fields below it are set where it goes over the
    socket: "frame" with all of them, or "moment" alone. `came`: None where the run is no child; `trouble`: why the run
    cannot be read now; `unread_secs`: seconds since the server read its folder.
    """

    seq: int
    life: int
    status: Status
    clock: Clock
    progress: Progress
    series: Series
    reading: ReadingShown | None
    problems: list[str]
    probes: list[float]
    problem_count: int
    machine: DiskRoom
    actions: Actions
    title: str
    away: AwayShown | None
    at: float | None
    kind: str | UnsetType = UNSET
    children: list[ChildMark] | UnsetType = UNSET
    came: CameOfChange | UnsetType | None = UNSET
    trouble: str | UnsetType = UNSET
    unread_secs: float | UnsetType = UNSET
