"""What a rule found at each evaluation, kept while the run grows at its end: one new record, one new look."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, Generic, NamedTuple, TypeVar

from monitor.rules.primary import primary_of
from monitor.rules.thresholds import Thresholds
from monitor.run_dir import Epoch, Run, Snapshot
from monitor.run_dir.metric import Metric

T = TypeVar("T")

RUNS_KEPT = 64

_memories: weakref.WeakSet[Grown[Any]] = weakref.WeakSet()


def forget(run_dir: str, run_id: str) -> None:
    """Drops what every rule has kept of this run; called when no page shows it any more."""
    for memory in list(_memories):
        memory.forget(f"{run_dir}/{run_id}")


class _Kept(NamedTuple, Generic[T]):
    epochs: tuple[Epoch, ...]
    run: Run | None
    thresholds: Thresholds
    metric: Metric | None
    seen: list[T]


class Grown(Generic[T]):
    """A memory for answers that depend on the evaluations up to their own alone, so that none grows stale.

    A run that was judged before is looked at from its first new record on. Records that changed, other thresholds,
    another `run.json` or primary metric start it afresh: an answer never differs from one made without this memory.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept[T]] = OrderedDict()
        _memories.add(self)

    def forget(self, name: str) -> None:
        """The next answer for the run of this name is made from its first record on."""
        self._kept.pop(name, None)

    def of(self, snapshot: Snapshot, thresholds: Thresholds, look: Callable[[int], Iterable[T]]) -> list[T]:
        """An answer for each evaluation of the run; `look(first)` gives those from the place `first` on, in order."""
        metric = primary_of(snapshot)
        name = f"{snapshot.run_dir}/{snapshot.run_id}"
        kept = self._kept.pop(name, None)
        seen: list[T] = []
        if kept is not None and (kept.thresholds, kept.run, kept.metric) == (thresholds, snapshot.run, metric):
            same = min(len(kept.epochs), len(snapshot.epochs))
            if kept.epochs[:same] == snapshot.epochs[:same]:
                seen = kept.seen[:same]
        if len(seen) < len(snapshot.epochs):
            seen.extend(look(len(seen)))
        self._kept[name] = _Kept(snapshot.epochs, snapshot.run, thresholds, metric, seen)
        while len(self._kept) > RUNS_KEPT:
            self._kept.popitem(last=False)
        return seen
