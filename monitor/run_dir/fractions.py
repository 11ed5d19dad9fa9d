"""Fractions of a whole that cannot be ones, such as a share that a script logs in percent.

A reader of such a run finds the field not measured, in any evaluation: in percent .8 looks like a fraction and is
none. The values stand among the metrics of no known name, as they were logged.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

import msgspec

from monitor.run_dir.columns import Growing
from monitor.run_dir.records import Epoch

PARTS = (
    *("blank_ratio", "empty_ratio", "top_token_ratio", "unique_hypothesis_ratio"),
    *("clipped_ratio", "non_finite_ratio", "data_wait_ratio"),
)
"""Fields of an evaluation that are a part of something: 0 to 1, whatever was measured."""
ROUNDING = 0.01
"""So far beyond 0 or 1 a fraction may lie by rounding."""

_values_of = attrgetter(*PARTS)
_NO_PARTS = (None,) * len(PARTS)


def is_no_fraction(value: float) -> bool:
    """Whether no part of a whole can be this large or this small; NaN is not known."""
    return value < -ROUNDING or value > 1 + ROUNDING


def no_fractions(record: Epoch) -> frozenset[str]:
    """The parts that are none in this evaluation."""
    values = _values_of(record)
    if values == _NO_PARTS:
        return frozenset()
    return frozenset(
        name for name, value in zip(PARTS, values, strict=True) if value is not None and is_no_fraction(value)
    )


class GrowingEpochs(Growing[Epoch]):
    """As `Growing`, without the values of a part that was none in any evaluation so far."""

    def __init__(self) -> None:
        super().__init__()
        self._left_out: frozenset[str] = frozenset()

    def extend(self, records: Iterable[Epoch]) -> None:
        """Adds evaluations after those that are there; a field that turns out to be no fraction goes from all."""
        new = list(records)
        found = self._left_out.union(*map(no_fractions, new))
        if found != self._left_out:
            self._left_out = found
            self._records = [_without(record, found) for record in self._records]
        super().extend([_without(record, found) for record in new] if found else new)


def _without(record: Epoch, names: frozenset[str]) -> Epoch:
    logged = {name: value for name in names if (value := getattr(record, name)) is not None}
    if not logged:
        return record
    return msgspec.structs.replace(record, metrics={**record.metrics, **logged}, **dict.fromkeys(logged))
