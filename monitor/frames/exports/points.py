"""Records → single numbers, as every tracker wants them: a name, a value, a step, a time; each given out once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import msgspec

from monitor.run_dir import Epoch, Snapshot, Step

IDENTITY = {"step", "at", "generation", "metrics"}


@dataclass(frozen=True, slots=True)
class Point:
    """`step`: the optimiser step; where a run counts none, its epoch. `at`: UTC seconds."""

    name: str
    value: float
    step: int
    at: float


class Points:
    """Remembers what was given out: each record once, in any order, also after a resume."""

    def __init__(self) -> None:
        self._known: set[tuple[str, int, float]] = set()

    def new_of(self, snapshot: Snapshot) -> list[Point]:
        """Steps come under `step/…`, since `train_loss` of a step and of an epoch are two quantities."""
        counts_steps = bool(snapshot.steps) or any(record.step for record in snapshot.epochs)
        found: list[Point] = []
        for record in snapshot.steps:
            if self._is_new(("step", record.generation, record.step)):
                found += _points(record, "step/", record.step)
        for epoch in snapshot.epochs:
            if self._is_new(("epoch", epoch.generation, epoch.epoch)):
                found += _points(epoch, "", epoch.step if counts_steps else round(epoch.epoch))
        return sorted(found, key=lambda point: (point.at, point.step))

    def _is_new(self, key: tuple[str, int, float]) -> bool:
        is_new = key not in self._known
        self._known.add(key)
        return is_new


def _points(record: Epoch | Step, prefix: str, step: int) -> Iterator[Point]:
    own = ((name, getattr(record, name)) for name in record.__struct_fields__ if name not in IDENTITY)
    for name, value in chain(own, record.metrics.items()):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            yield Point(prefix + name, float(value), step, record.at)


def by_step(points: list[Point]) -> Iterator[tuple[int, float, dict[str, float]]]:
    """(step, time, name → value) for tools that take what belongs together at once."""
    groups: dict[tuple[int, float], dict[str, float]] = {}
    for point in points:
        groups.setdefault((point.step, point.at), {})[point.name] = point.value
    for (step, at), values in groups.items():
        yield step, at, values


def settings(config: dict[str, object]) -> dict[str, str | int | float | bool]:
    """The settings as plain values; nested ones as JSON text."""
    plain = (str, int, float, bool)
    return {
        key: value if isinstance(value, plain) else msgspec.json.encode(value, enc_hook=str).decode()
        for key, value in config.items()
    }
