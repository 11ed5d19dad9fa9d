"""Columns over the evaluations of a run, kept for as long as its records are looked at. Pure: they never change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from itertools import compress
from operator import and_, attrgetter, or_
from typing import Any, NamedTuple, get_args

import msgspec
import numpy as np
import numpy.typing as npt

from monitor.rules.arithmetic.series import Array
from monitor.run_dir import Epoch, Snapshot
from monitor.run_dir.metric import Metric


def _is_number(kind: Any) -> bool:
    return set(get_args(kind) or (kind,)) <= {int, float, type(None)}


Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Fields:
    """What a rule wants of an evaluation: a number (`finite`: a finite one) under every name of one of the `ways`."""

    ways: tuple[tuple[str, ...], ...]
    finite: bool = False


def known(*ways: str | tuple[str, ...], finite: bool = False) -> Fields:
    """Either field alone or all of a tuple: `known("gap", ("train_loss", "val_loss"))`."""
    return Fields(tuple((way,) if isinstance(way, str) else way for way in ways), finite)


Pick = Fields | Callable[[Epoch], object]
"""Which evaluations a rule wants. A function gives None of the others, and is always the same: rows are kept by it."""

SNAPSHOTS_KEPT = 32
PICKS_KEPT = 64
"""More than the rules have: only a `Pick` that is made anew at each look comes to it."""

NUMBERS = {each.name: attrgetter(each.name) for each in msgspec.structs.fields(Epoch) if _is_number(each.type)}
"""The fields of an evaluation that are numbers or None, each with what reads it."""
METRICS = attrgetter("metrics")


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
    primary: tuple[tuple[object, ...], Metric | None] | None = None
    """What was declared beside the records, and the metric that decides by both."""
    has: dict[tuple[str, bool], Flags] = field(default_factory=dict)


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
    """Drops the kept records of every run; they are found again when they are needed."""
    _KEPT.clear()


def columns(snapshot: Snapshot, *names: str) -> list[Array]:
    """Fields or metrics of the evaluations as arrays (evaluations,), NaN where absent. Read-only: rules share them."""
    kept = kept_of(snapshot.epochs).columns
    for name in names:
        if name not in kept:
            kept[name] = _column(snapshot.epochs, name)
    return [kept[name] for name in names]


def _column(epochs: tuple[Epoch, ...], name: str) -> Array:
    found = np.array(_values(epochs, name), dtype=float)  # None becomes NaN
    found.setflags(write=False)
    return found


def _values(epochs: tuple[Epoch, ...], name: str) -> list[Any]:
    if name in NUMBERS:  # by its attribute: `read` asks each record anew what it is
        return list(map(NUMBERS[name], epochs))
    found = (metrics.get(name) for metrics in map(METRICS, epochs))
    return [value if isinstance(value, (int, float)) else None for value in found]


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
        has = _has(snapshot, wanted) if isinstance(wanted, Fields) else _is_there(list(map(wanted, snapshot.epochs)))
        rows[wanted] = snapshot.epochs if has.all() else tuple(compress(snapshot.epochs, has.tolist()))
    return rows[wanted]


def _has(snapshot: Snapshot, wanted: Fields) -> Flags:
    ways = (reduce(and_, (_has_name(snapshot, name, wanted.finite) for name in way)) for way in wanted.ways)
    return reduce(or_, ways)


def _has_name(snapshot: Snapshot, name: str, finite: bool) -> Flags:
    kept = kept_of(snapshot.epochs).has
    if (name, finite) not in kept:
        found = np.isfinite(columns(snapshot, name)[0])
        # A column has NaN for what was not measured, and for a NaN that was.
        kept[name, finite] = found if finite or found.all() else _is_there(_values(snapshot.epochs, name))
    return kept[name, finite]


def _is_there(values: list[Any]) -> Flags:
    return np.array([value is not None for value in values], dtype=bool)
