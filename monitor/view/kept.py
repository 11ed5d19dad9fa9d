"""Names and columns of a run's records, kept and lengthened as the run grows: records never change.

An update of a page looks at new records only, also where a run logs hundreds of numbers at ten thousand steps.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from threading import RLock

import msgspec
import numpy as np

from monitor.rules.arithmetic.series import Array
from monitor.run_dir import Epoch, Snapshot, Step
from monitor.run_dir.columns import Records, names_of, values_of

NOT_DRAWN = frozenset({"epoch", "step", "at", "generation", "metrics", "top_token"})
"""Fields that say where a record stands, or are no number."""
RUNS_KEPT = 16
COLUMNS_KEPT = 240
"""Of one run: more than the charts of several screens need."""


@lru_cache
def fields_of(kind: type[Epoch] | type[Step]) -> dict[str, object]:
    """Field → what it holds where nothing was logged: None, or nought for a count."""
    return {field.name: field.default for field in msgspec.structs.fields(kind) if field.name not in NOT_DRAWN}


class Kept:
    """The evaluations or the steps of one run, as far as they were asked for."""

    def __init__(self, kind: type[Epoch] | type[Step]) -> None:
        self._fields = fields_of(kind)
        self._records: Records = ()
        self._names: set[str] = set()
        self._named = 0
        self._columns: OrderedDict[str, Array] = OrderedDict()
        self._measured: dict[str, tuple[int, int, float | None]] = {}
        """Name → (records looked at, values in them, the newest of those)."""

    def follow(self, records: Records) -> Kept:
        """Goes on with these records; anew where they are not the known ones with more behind them."""
        known = len(self._records)
        # By their text: two NaN are not equal, and a step is made for the asking.
        if known > len(records) or (known and repr(records[known - 1]) != repr(self._records[-1])):
            self._names, self._named = set(), 0
            self._columns.clear()
            self._measured.clear()
        self._records = records
        return self

    def names(self) -> frozenset[str]:
        """Fields that hold a number, and every key of `metrics`."""
        fresh = self._records[self._named :]
        self._names.update(names_of(fresh))
        for field in self._fields.keys() - self._names:
            if any(value != self._fields[field] for value in values_of(fresh, field)):
                self._names.add(field)
        self._named = len(self._records)
        return frozenset(self._names)

    def column(self, name: str) -> Array:
        """A field or a metric (records,), NaN where it was not measured or is none. Read-only."""
        known = self._columns.pop(name, None)
        done = 0 if known is None else len(known)
        if done < len(self._records) or known is None:
            fresh = np.array(list(values_of(self._records[done:], name)), dtype=float)  # None becomes NaN
            known = fresh if known is None else np.concatenate([known, fresh])
            known.setflags(write=False)
        self._columns[name] = known
        if len(self._columns) > COLUMNS_KEPT:
            self._columns.popitem(last=False)
        return known

    def measured(self, name: str) -> tuple[int, float | None]:
        """(how often it was logged, its newest value): also what is not finite, which a column cannot tell."""
        done, count, last = self._measured.get(name, (0, 0, None))
        logged = [value for value in values_of(self._records[done:], name) if value is not None]
        found = count + len(logged), logged[-1] if logged else last
        self._measured[name] = (len(self._records), *found)
        return found


_KEPT: OrderedDict[str, tuple[Kept, Kept]] = OrderedDict()
LOCK = RLock()
"""Held while what is kept of a run is looked at: several tabs may ask at once."""


def kept_of(snapshot: Snapshot) -> tuple[Kept, Kept]:
    """What is kept of a run's evaluations and of its steps. Only under LOCK."""
    epochs, steps = _KEPT.setdefault(snapshot.run_dir, (Kept(Epoch), Kept(Step)))
    _KEPT.move_to_end(snapshot.run_dir)
    if len(_KEPT) > RUNS_KEPT:
        _KEPT.popitem(last=False)
    return epochs.follow(snapshot.epochs), steps.follow(snapshot.steps)
