"""Long series of a run in little memory: a million steps as columns, ten thousand predictions as one text.

They are frozen, and read like the tuple and the list that they stand for; what is asked for is made at that moment.
There is no numpy here: who only lists runs must not wait for it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from operator import attrgetter, eq
from typing import Any, Generic, TypeVar, overload

import msgspec

from monitor.run_dir.records import Decode, Epoch, Step

ROWS = 4096
"""Steps of a block; an unsigned short counts them."""
FIELDS = tuple(name for name in Step.__struct_fields__ if name != "metrics")
CODES: dict[type, str] = {float: "d", int: "q"}

R = TypeVar("R")
Records = Sequence[Step] | Sequence[Epoch]
Value = Any
"""A number of a step, or None where it was not logged."""


class _Column:
    """The values of one name in a block: in the rows `places`, without those in every row."""

    __slots__ = ("_places", "_values")

    def __init__(self, values: Sequence[Value], places: array[int] | None) -> None:
        self._values = _packed(values)
        self._places = places

    def rows(self) -> Sequence[Value]:
        """One value a row of the block."""
        count = ROWS if self._places is None else len(self._places)
        values = self._values if len(self._values) == count else list(self._values) * count
        if self._places is None:
            return values
        spread: list[Value] = [None] * ROWS
        for place, value in zip(self._places, values, strict=True):
            spread[place] = value
        return spread

    def row(self, row: int) -> Value:
        """The value in one row of the block; None where it was not logged."""
        if self._places is not None:
            place = bisect_left(self._places, row)
            if place == len(self._places) or self._places[place] != row:
                return None
            row = place
        return self._values[row if len(self._values) > 1 else 0]


def _packed(values: Sequence[Value]) -> Sequence[Value]:
    """The same values in as few bytes as they need; where all are equal, one of them."""
    try:
        packed = array(CODES[type(values[0])], values)
    except (KeyError, TypeError, OverflowError):
        return tuple(values)
    # By their bytes: 0.0 equals -0.0, and no NaN another one.
    return packed[:1] if packed.tobytes() == packed[:1].tobytes() * len(packed) else packed


class _Block:
    """`ROWS` steps."""

    __slots__ = ("_fields", "metrics")

    def __init__(self, steps: Sequence[Step]) -> None:
        self._fields = {name: column for name in FIELDS if (column := _field(steps, name)) is not None}
        logged: dict[str, tuple[list[float], array[int]]] = {}
        for row, step in enumerate(steps):
            for name, value in step.metrics.items():
                values, places = logged.setdefault(name, ([], array("H")))
                values.append(value)
                places.append(row)
        self.metrics = {name: _Column(*each) for name, each in logged.items()}

    def values(self, name: str) -> Sequence[Value]:
        """One field or metric in every row, shape (ROWS,); None where it was not logged."""
        column = (self._fields if name in FIELDS else self.metrics).get(name)
        return [None] * ROWS if column is None else column.rows()

    def step(self, row: int) -> Step:
        """One row as a record."""
        own = {name: column.row(row) for name, column in self._fields.items()}
        metrics = {name: value for name, column in self.metrics.items() if (value := column.row(row)) is not None}
        return Step(**own, metrics=metrics)

    def steps(self, first: int, end: int) -> Iterator[Step]:
        """The rows `first` to `end` (exclusive) as records."""
        own = zip(*(column.rows()[first:end] for column in self._fields.values()), strict=True)
        if not self.metrics:
            return (Step(**dict(zip(self._fields, row, strict=True))) for row in own)
        logged = zip(*(column.rows()[first:end] for column in self.metrics.values()), strict=True)
        return (
            Step(
                **dict(zip(self._fields, row, strict=True)),
                metrics={name: v for name, v in zip(self.metrics, values, strict=True) if v is not None},
            )
            for row, values in zip(own, logged, strict=True)
        )


def _field(steps: Sequence[Step], name: str) -> _Column | None:
    """None where no step has it."""
    values = list(map(attrgetter(name), steps))
    missing = values.count(None)
    if not missing or missing == ROWS:
        return None if missing else _Column(values, None)
    places = array("H", [row for row, value in enumerate(values) if value is not None])
    return _Column([values[row] for row in places], places)


class Steps(Sequence[Step]):
    """The logged steps of a run. Who wants one number of all of them asks for its `values`: to make a million steps
    takes seconds."""

    __slots__ = ("_blocks", "_first", "_newest", "_until")

    def __init__(
        self, blocks: tuple[_Block, ...] = (), newest: tuple[Step, ...] = (), first: int = 0, until: int | None = None
    ) -> None:
        """`newest`: those that fill no block. `first`, `until`: which of all these they are."""
        self._blocks, self._newest, self._first = blocks, newest, first
        self._until = len(blocks) * ROWS + len(newest) if until is None else until

    def __len__(self) -> int:
        return self._until - self._first

    @overload
    def __getitem__(self, place: int) -> Step: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Step]: ...

    def __getitem__(self, place: int | slice) -> Step | Sequence[Step]:
        if isinstance(place, slice):
            first, until, by = place.indices(len(self))
            if by != 1:
                return tuple(self[each] for each in range(first, until, by))
            return Steps(self._blocks, self._newest, self._first + first, self._first + max(first, until))
        if not -len(self) <= place < len(self):
            raise IndexError(f"step {place} of {len(self)}")
        block, row = divmod(self._first + place % len(self), ROWS)
        return self._blocks[block].step(row) if block < len(self._blocks) else self._newest[row]

    def __iter__(self) -> Iterator[Step]:
        inside = (block.steps(first, end) for block, first, end in self._within())
        return chain(chain.from_iterable(inside), self._beyond())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(tuple(self))

    def values(self, name: str) -> Iterator[Value]:
        """A field or a metric, None where it was not logged."""
        inside = (block.values(name)[first:end] for block, first, end in self._within())
        return chain(chain.from_iterable(inside), values_of(self._beyond(), name))

    def names(self) -> list[str]:
        """The names of all metrics, those that were logged first before others."""
        found: dict[str, None] = {}
        for block, first, end in self._within():
            whole = (first, end) == (0, ROWS)
            found.update(dict.fromkeys(block.metrics if whole else _names(block.steps(first, end))))
        found.update(dict.fromkeys(_names(self._beyond())))
        return list(found)

    def _within(self) -> Iterator[tuple[_Block, int, int]]:
        """The blocks that these steps stand in, each with its first row and the one after its last."""
        for number in range(self._first // ROWS, min(len(self._blocks), -(-self._until // ROWS))):
            begin = number * ROWS
            yield self._blocks[number], max(0, self._first - begin), min(ROWS, self._until - begin)

    def _beyond(self) -> tuple[Step, ...]:
        begin = len(self._blocks) * ROWS
        return self._newest[max(0, self._first - begin) : max(0, self._until - begin)]


def values_of(records: Records, name: str) -> Iterator[Value]:
    """A field or a metric of each record, None where it was not logged."""
    if isinstance(records, Steps):
        return records.values(name)
    if records and name in records[0].__struct_fields__:
        return map(attrgetter(name), records)
    return (record.metrics.get(name) for record in records)


def names_of(records: Records) -> list[str]:
    """The names of all metrics, those that were logged first before others."""
    return records.names() if isinstance(records, Steps) else _names(records)


def _names(records: Iterable[Epoch | Step]) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record.metrics))


class Growing(Generic[R]):
    """Where a reader puts the records that it meets."""

    def __init__(self) -> None:
        self._records: list[R] = []

    def extend(self, records: Iterable[R]) -> None:
        """Adds records after those that are there."""
        self._records.extend(records)

    def frozen(self) -> tuple[R, ...]:
        """All so far; what comes later is not in it."""
        return tuple(self._records)


class GrowingSteps:
    """As `Growing`, in columns."""

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._newest: list[Step] = []

    def extend(self, steps: Iterable[Step]) -> None:
        """Adds steps after those that are there; each full block of ROWS becomes columns."""
        self._newest.extend(steps)
        while len(self._newest) >= ROWS:
            self._blocks.append(_Block(self._newest[:ROWS]))
            del self._newest[:ROWS]

    def frozen(self) -> Steps:
        """The steps so far; later ones are not seen through it."""
        return Steps(tuple(self._blocks), tuple(self._newest))


class Texts(Sequence[str]):
    """Many short texts as one piece of UTF-8: each text object of its own takes fifty bytes more."""

    __slots__ = ("_data", "_ends", "_is_lines")

    def __init__(self, texts: Iterable[str]) -> None:
        parts = [text.encode("utf-8", "surrogatepass") for text in texts]
        self._data = b"\n".join(parts)
        self._ends = array("L", accumulate(map(len, parts)))
        self._is_lines = self._data.count(b"\n") == len(parts) - 1

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...

    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return list(self)[place]
        if not -len(self) <= place < len(self):
            raise IndexError(f"text {place} of {len(self)}")
        return self._text(place % len(self))

    def __iter__(self) -> Iterator[str]:
        if self._is_lines:
            return iter(self._data.decode("utf-8", "surrogatepass").split("\n"))
        return map(self._text, range(len(self)))

    def _text(self, place: int) -> str:
        begin = self._ends[place - 1] if place else 0
        return self._data[begin + place : self._ends[place] + place].decode("utf-8", "surrogatepass")

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Texts):
            return self._data == other._data and self._ends == other._ends
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(list(self))


class GrowingDecodes(Growing[Decode]):
    """As `Growing`, with the texts of each decode in one piece."""

    def __init__(self) -> None:
        super().__init__()
        self._ids: Texts | None = None

    def extend(self, records: Iterable[Decode]) -> None:
        """Adds decodes after those that are there; texts and clip ids are kept as UTF-8."""
        super().extend(map(self._packed, records))

    def _packed(self, decode: Decode) -> Decode:
        ids = None if decode.clip_ids is None else Texts(decode.clip_ids)
        if ids is not None and ids != self._ids:
            self._ids = ids
        return msgspec.structs.replace(
            decode,
            hypotheses=Texts(decode.hypotheses),
            adjusted=None if decode.adjusted is None else Texts(decode.adjusted),
            clip_ids=None if ids is None else self._ids,  # most evaluations decode the clips of the one before
        )
