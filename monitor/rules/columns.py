"""Columns over the evaluations of a run, kept for as long as its records are looked at. Pure: they never change."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import compress
from operator import attrgetter
from typing import Any, NamedTuple, get_args

import msgspec
import numpy as np

from monitor.rules.arithmetic.series import Array
from monitor.run_dir import Epoch, Snapshot
from monitor.run_dir.metric import Metric, read


def _is_number(kind: Any) -> bool:
    return set(get_args(kind) or (kind,)) <= {int, float, type(None)}


Pick = Callable[[Epoch], object]
"""What a rule wants of an evaluation, None where it was not measured. Always the same object: rows are kept by it."""

SNAPSHOTS_KEPT = 32
PICKS_KEPT = 64
"""More than the rules have: only a `Pick` that is made anew at each look comes to it."""

NUMBERS = {each.name: attrgetter(each.name) for each in msgspec.structs.fields(Epoch) if _is_number(each.type)}
"""The fields of an evaluation that are numbers or None, each with what reads it."""


class Doubt(NamedTuple):
    """What is wrong with the values of a metric, as a sentence, and the first epoch of it."""

    line: str
    epoch: float


@dataclass
class Kept:
    """What was found of one snapshot's records, which are immutable; they are held, so that no id is used twice."""

    epochs: tuple[Epoch, ...]
    columns: dict[str, Array] = field(default_factory=dict)
    rows: dict[Pick, tuple[Epoch, ...]] = field(default_factory=dict)
    names: frozenset[str] | None = None
    doubts: dict[Metric, Doubt | None] = field(default_factory=dict)


_KEPT: dict[int, Kept] = {}


def kept_of(epochs: tuple[Epoch, ...]) -> Kept:
    """What rules have already asked for of these very records."""
    known = _KEPT.get(id(epochs))
    if known is None or known.epochs is not epochs:
        while len(_KEPT) >= SNAPSHOTS_KEPT:
            _KEPT.pop(next(iter(_KEPT)), None)
        known = _KEPT[id(epochs)] = Kept(epochs)
    return known


def forget_all() -> None:
    """Lets go of the records of every run; what is asked for again is found again."""
    _KEPT.clear()


def columns(snapshot: Snapshot, *names: str) -> list[Array]:
    """Fields or metrics of the evaluations as arrays (evaluations,), NaN where absent. Read-only: rules share them."""
    kept = kept_of(snapshot.epochs).columns
    for name in names:
        if name not in kept:
            kept[name] = _column(snapshot.epochs, name)
    return [kept[name] for name in names]


def _column(epochs: tuple[Epoch, ...], name: str) -> Array:
    if name in NUMBERS:  # by its attribute: `read` asks each record anew what it is
        pick = NUMBERS[name]
        found = np.array(list(map(pick, epochs)), dtype=float)  # None becomes NaN
    else:
        values = (read(record, name) for record in epochs)
        found = np.array([math.nan if value is None else float(value) for value in values], dtype=float)
    found.setflags(write=False)
    return found


def metric_names(snapshot: Snapshot) -> frozenset[str]:
    """Every key of the `metrics` of its evaluations."""
    kept = kept_of(snapshot.epochs)
    if kept.names is None:
        kept.names = frozenset().union(*(record.metrics for record in snapshot.epochs))
    return kept.names


def rows_with(snapshot: Snapshot, wanted: Pick) -> tuple[Epoch, ...]:
    """The evaluations in which `wanted` was measured (is not None); the same tuple where that is all of them."""
    rows = kept_of(snapshot.epochs).rows
    if wanted not in rows:
        if len(rows) >= PICKS_KEPT:
            rows.clear()
        found = list(map(wanted, snapshot.epochs))
        known = (value is not None for value in found)
        rows[wanted] = snapshot.epochs if None not in found else tuple(compress(snapshot.epochs, known))
    return rows[wanted]
