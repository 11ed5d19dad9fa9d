"""What every importer gives out, whatever it reads: rows of numbers under the file's own names, and what it could not
read.

An importer is a class with four facts (`name`, `title`, `shape`, `fits`) and one method (`items`). Which number means
what is decided elsewhere, once for all of them (`mapping`), and so is which rows make one evaluation (`evaluations`).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from monitor.importers.samples import Sample
from monitor.run_dir import Outcome, Place
from monitor.run_dir.errors import UnreadableRunError

Shape = Literal["evaluations", "events"]
LOG_FORMAT = "log"
"""The name of the format that is no particular one: any text log."""


@dataclass(frozen=True, slots=True)
class Row:
    """Numbers that a file states together. `line` counts from 1; in a binary file it is the record.

    `at`: UTC seconds where the file tells them, else 0. `percents`: names whose numbers carry a % sign. `start`: which
    start of the run it is of, where the file's format knows it; 0 where only falling numbers tell.
    """

    line: int
    values: Mapping[str, float]
    at: float = 0.0
    percents: frozenset[str] = frozenset()
    start: int = 0


@dataclass(frozen=True, slots=True)
class Unread:
    """A line or record that could not be used, and why, in words that go behind 'line 7: '; 0: no line is meant."""

    line: int
    reason: str

    @property
    def sentence(self) -> str:
        """The reason as a sentence, with its line where one is meant."""
        return f"Line {self.line}: {self.reason}." if self.line else f"{self.reason}."


@dataclass(frozen=True, slots=True)
class Aside:
    """What is true of the run but is no evaluation of it, such as a test figure at its end: a sentence."""

    text: str


Item = Row | Unread | Aside | Sample


def without_summary(item: Item) -> Item:
    """The item; of a row that sums up the whole training, as the Hugging Face Trainer writes one, a sentence."""
    if not isinstance(item, Row) or "train_runtime" not in item.values:
        return item
    return Aside(f"The whole training took {item.values['train_runtime']:.0f} s (line {item.line}).")


class NothingYetError(UnreadableRunError):
    """The source is there and may grow, but holds no row so far."""


class Importer(ABC):
    """One foreign format. Opened on a path, it gives out what is new at every call of `items`.

    `shape` "evaluations": every row is one evaluation. "events": train and validation numbers come in rows of their
    own, and `evaluations` puts them together. `names` are this format's own names of our fields, tried before the
    usual ones. `percent`: how it writes WER and other shares, where the format fixes that. `grows` is False for
    what is written once. `several`: one source may hold several runs, and its path may go on with the
    name of one. `line`: what `line` of its rows counts, in a word. An instance may find that its file is of the other
    shape, or that it holds no evaluation, only steps (`steps_alone`).
    """

    name: ClassVar[str]
    title: ClassVar[str]
    shape: Shape = "evaluations"
    names: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    percent: ClassVar[bool | None] = None
    loss_unit: ClassVar[str] = "nats"
    grows: ClassVar[bool] = True
    line: str = "line"
    steps_alone: bool = False
    several: ClassVar[bool] = False

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        self.path = path
        self.follow = follow
        self.config: dict[str, Any] = {}
        self.run_name = path.stem
        self.outcome: Outcome | None = None
        """How the run ended, where the format says so."""
        self.lives = 1
        """Grows when what is followed was replaced or cut short: it is then read from its beginning."""
        self.rewrites = 0
        """Grows when the tool wrote the same run's file again: it is then read again, too."""

    @classmethod
    @abstractmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """How much a file (its first bytes are `head`; empty for a folder) looks like this format, 0 to 1."""

    @abstractmethod
    def items(self) -> Iterator[Item]:
        """What came since the last call, in order; ends at the end of the source. Raises UnreadableRunError."""

    def rest(self) -> Iterator[Item]:
        """What `items` held back while its step might still get numbers; asked for once nothing more will come."""
        yield from ()

    @abstractmethod
    def places(self) -> dict[str, Place]:
        """How far each file was read."""

    def tails(self) -> dict[str, str]:
        """The last bytes (hex) before the place of a file that only grows: one that was begun anew has others."""
        return {}

    def grown_at(self) -> float:
        """When the source last changed, UTC seconds; 0 where that is not known."""
        found = [self.path, *map(Path, self.places())]
        return max((path.stat().st_mtime for path in found if path.is_file()), default=0.0)

    def bytes_done(self) -> int:
        """The sum of the offsets of all places: bytes, where the format counts bytes."""
        return sum(place.offset for place in self.places().values())

    def bytes_all(self) -> int:
        """Size of everything there is to read, as far as that is known."""
        return self.path.stat().st_size if self.path.is_file() else 0


BATCH_OF_A_VALIDATION = re.compile(r"(?:val|valid|validation|test|eval)[_/ .-].*[_/]step", re.IGNORECASE)
"""Lightning's name of what single batches of a validation had, which it counts by steps of their own."""
PLACES = frozenset({"epoch", "step", "_step", "trainer/global_step"})
"""Names that say where in the training a row stands."""


def whole_validations(items: Iterator[Item]) -> Iterator[Item]:
    """The items without the single batches of a validation, whose mean the tool logs as well."""
    for item in items:
        batches = item.values.keys() & _batches(tuple(item.values)) if isinstance(item, Row) else ()
        if not isinstance(item, Row) or not batches:
            yield item
        elif item.values.keys() - batches - PLACES:
            yield replace(item, values={n: value for n, value in item.values.items() if n not in batches})


@lru_cache(1024)
def _batches(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(filter(BATCH_OF_A_VALIDATION.fullmatch, names))


class SameStep:
    """Puts numbers of one step that come one after another into one row."""

    def __init__(self) -> None:
        self._held: Row | None = None

    def join(self, rows: Iterator[Row], *, hold: bool) -> Iterator[Row]:
        """The rows, joined. `hold`: the last one waits for the next call, for its step may still get numbers."""
        held, self._held = self._held, None
        for row in rows:
            if held is None:
                held = row
            elif row.values["step"] == held.values["step"] and not (row.values.keys() & held.values.keys()) - {"step"}:
                held = Row(held.line, {**held.values, **row.values}, held.at)
            else:
                yield held
                held = row
        if hold:
            self._held = held
        elif held is not None:
            yield held

    def rest(self) -> Iterator[Row]:
        """The row that waits, if one does."""
        return self.join(iter(()), hold=False)


@dataclass
class FirstSentences:
    """What was left out or read with care: the first sentences and a count, however long the file is."""

    most: int = 20
    first: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, sentence: str) -> None:
        """Counts a sentence, and keeps it if it is one of the first."""
        self.count += 1
        if len(self.first) < self.most:
            self.first.append(sentence)

    def sentences(self) -> list[str]:
        """The sentences that were kept, and a last one that counts the others, if there are any."""
        more = self.count - len(self.first)
        return [*self.first, *([f"… and {more:,} more like these."] if more else [])]
