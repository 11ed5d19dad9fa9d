"""The shape of the Compare tab: two runs judged against each other, and others drawn beside them.

`kind` is set where it goes over the socket. tests/ui/test_page_fields.py holds the page's script to these fields.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from monitor.view.shapes.frame import Number


class OutcomeCard(msgspec.Struct, frozen=True, kw_only=True):
    """Did the change help. `met`: whether what was expected came, "" where that is open; `note`: why the effect
    cannot be credited to the settings; `clips`: over how many; `seeds`: commands that repeat it with other seeds."""

    word: str
    line: str
    expected: str
    met: str
    note: str
    clips: int
    seeds: tuple[str, ...]


class CurveColumns(msgspec.Struct, frozen=True, kw_only=True):
    """One value an evaluation in each column; `hours`: of training up to it; `metric`: by which they are compared."""

    epoch: list[Number]
    train_loss: list[Number]
    train_eval_loss: list[Number]
    val_loss: list[Number]
    metric: list[Number]
    gap: list[Number]
    length_ratio: list[Number]
    hours: list[float]


class Curves(msgspec.Struct, frozen=True, kw_only=True):
    """The curves of one run; `chance`: of the metric, as its column has it."""

    run: str
    columns: CurveColumns
    gap_basis: str
    chance: Number


class ComparedBy(msgspec.Struct, frozen=True, kw_only=True):
    """The metric by which the runs are compared; of a `share` the columns hold fractions."""

    title: str
    share: bool


class CodeDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the code differs, in words, and its lines as a diff where they are known."""

    text: str
    diff: str = ""


class SentencePair(msgspec.Struct, frozen=True, kw_only=True):
    """One clip in both runs: aligned words [kind, target, prediction], and the errors of [parent, child]."""

    id: str
    kind: str
    reference: str
    parent: list[list[str]]
    child: list[list[str]]
    errors: list[int]


class Sentences(msgspec.Struct, frozen=True, kw_only=True):
    """How many clips have fewer, more and as many errors in the child, with those that differ most."""

    fixed: int
    broken: int
    same: int
    shown: list[SentencePair]


class Candidates(msgspec.Struct, frozen=True, kw_only=True):
    """The runs of the folder that this one can be compared with."""

    parent: str | None
    children: list[str]
    others: list[str]


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """`runs`: [child, parent, others…]. `epoch`: at which they are compared; `agreed_epoch`: at which they are judged.

    `rows`: a measure with its value in each of the `columns`; `settings`: [key, values] of those that differ, `same`:
    [key, value] of those that do not; `others`: the outcome of each further run, in a line; `related`: whether the
    first is a child of the second; `seed_lines`: what the seeds of the two reached, in sentences.
    """

    runs: list[str]
    epoch: float
    agreed_epoch: float
    shared_epochs: list[float]
    mode: str
    metric: ComparedBy | None
    card: OutcomeCard
    others: list[str]
    related: bool
    columns: list[str]
    rows: list[list[str]]
    basis: str
    curves: list[Curves]
    settings: list[tuple[str, list[str]]]
    same: list[list[str]]
    code: CodeDifference
    sentences: Sentences
    seed_lines: list[str]
    kind: str | UnsetType = UNSET
    candidates: Candidates | UnsetType = UNSET
    beside: list[str] | UnsetType = msgspec.field(default=UNSET, name="with")


class NothingCompared(msgspec.Struct, frozen=True, kw_only=True):
    """The answer where no other run was asked for and none suggests itself."""

    candidates: Candidates
    runs: list[str] = []
    kind: str | UnsetType = UNSET
