"""A whole log, read once to see what it holds: by epochs where it names any, else by its evaluations."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from monitor.importers.free_text.doubts import Doubts
from monitor.importers.free_text.epochs import EpochRows
from monitor.importers.free_text.evidence import Evidence
from monitor.importers.free_text.present import MOST_NAMES, Row
from monitor.importers.free_text.reading import ChunkResult, LogReading
from monitor.importers.free_text.statement import EVALUATED, Statement
from monitor.importers.free_text.steps import place_of, scores_of, train_loss_of
from monitor.importers.free_text.witness import Witness
from monitor.importers.growing import GrowingFile
from monitor.importers.lines import head_of
from monitor.importers.mapping import Basis
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.opening import OddFileError

CHUNK_BYTES = 1 << 20
HEAD_BYTES = 8192
NO_TEXT, MOST_ODD = re.compile(rb"[\x01-\x06\x0e-\x1a\x1c-\x1f\x7f]"), 200
"""Bytes that no program prints; of a log in which another one left zeros there are fewer than one in so many."""
MOST_ROWS = 20_000
FIRST_LOOKS = 300
"""Of the steps, a proposal needs the first and the last."""
MORE_EVALUATIONS = 2
"""A log with so many times more evaluations than epochs is read by its evaluations."""


@dataclass(frozen=True)
class StepsSeen:
    """Lines in the middle of an epoch that name a step and a train loss: the first and the last of them.

    Where none names a loss, they are those that name a score (`quantity`).
    """

    count: int = 0
    steps: tuple[float, float] = (0.0, 0.0)
    losses: tuple[float, float] = (0.0, 0.0)
    quantity: str = ""
    """The name of the score that stands there instead of the train loss."""
    bar: tuple[float, float] | None = None
    cells: tuple[tuple[str, str], ...] = ()
    counted: bool = False
    """They name a share of an epoch and no step: they are counted."""

    def and_then(self, said: Statement) -> StepsSeen:
        """These steps with one more line; the first train loss takes the place of any scores before it."""
        loss, place = train_loss_of(said, {}), place_of(said)
        if loss is None:
            return self._and_score(said)
        if self.quantity:
            return StepsSeen().and_then(said)
        if self.cells and not _bare(said.values) & _bare(self.cells):
            return self
        counted = place is None
        place = place if place is not None else float(self.count + 1)
        first = (self.steps[0], self.losses[0]) if self.count else (place, loss)
        return StepsSeen(self.count + 1, (first[0], place), (first[1], loss), "", said.bar, said.values, counted)

    def _and_score(self, said: Statement) -> StepsSeen:
        scores, place = scores_of(said), place_of(said)
        name = self.quantity or next(iter(scores), "")
        if name not in scores or place is None or (self.count and not self.quantity):
            return self
        first = (self.steps[0], self.losses[0]) if self.count else (place, scores[name])
        losses = (first[1], scores[name])
        return StepsSeen(self.count + 1, (first[0], place), losses, name, said.bar, said.values)


def _bare(cells: Iterable[tuple[str, str]]) -> set[str]:
    """The names without the word for train, which only some lines of a log may have."""
    return {name.removeprefix("train_") for name, _ in cells}


@dataclass(frozen=True)
class Scan:
    """A whole log, read once to see what it holds."""

    basis: Basis
    rows: tuple[Row, ...]
    samples: int
    bytes_read: int
    steps: StepsSeen = StepsSeen()
    under_way: Row | None = None
    """The epoch that the log is in the middle of."""
    doubt: str = ""
    """Why the figures are not certain; empty where they are."""
    lines: int = 0
    named: Mapping[str, str] = field(default_factory=dict)
    """Every name with a number, and the last number under it."""
    epochs: int = 0
    """How many epochs its lines name."""
    doubts: tuple[str, ...] = ()
    """What shows that it may be misread, one sentence each."""
    left_out: tuple[str, ...] = ()
    """Names that measure and of which no figure was taken, with how often they stand there."""
    witness: Witness | None = field(default=None, compare=False, repr=False)

    @property
    def seen(self) -> tuple[Row, ...]:
        """The rows; where there are none yet, the epoch under way, else the last step."""
        if self.rows:
            return self.rows
        if self.under_way is not None and self.under_way.cells:
            return (self.under_way,)
        return (Row(0.0, dict(self.steps.cells), step=self.steps.steps[1]),) if self.steps.count else ()

    def evidence(self) -> Evidence | None:
        """Where the figures of the first and the last of `seen` stand; looked for anew at each call."""
        return None if self.witness is None else self.witness.evidence(self.seen)


def scan(path: Path, progress: Callable[[int], None] = lambda done_bytes: None) -> Scan:
    """Reads a log from its beginning to its present end. Raises UnreadableRunError in one sentence if it is none.

    `progress` is called with the bytes read so far.
    """
    check_log(path)
    scanning = LogScan()
    file = GrowingFile(path)
    try:
        file.open()
        while chunk := file.read(CHUNK_BYTES):
            scanning.feed(chunk)
            progress(scanning.bytes_read)
    except (OSError, OddFileError) as problem:
        raise _unreadable(path, problem) from problem
    finally:
        file.close()
    scanning.close()
    return scanning.found()


class LogScan:
    """What a log holds, piece by piece: by epochs where it names any, else by its evaluations."""

    def __init__(self) -> None:
        self._rows = _EitherRows()
        self._reading = LogReading(self._rows, looks=FIRST_LOOKS)
        self._rows.doubts = self._reading.lines.doubts = self._doubts = Doubts()
        self._samples = 0
        self._steps = StepsSeen()
        self._lines = 0
        self.bytes_read = 0

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes of the log."""
        self.bytes_read += len(chunk)
        self._lines += chunk.count(b"\n")
        self._note(self._reading.feed(chunk))

    def settle(self) -> None:
        """Nothing came for a while: the first epoch counts if it holds a validation."""
        self._rows.settle()

    def close(self) -> None:
        """The end of the log: an unfinished line counts, and so does an epoch that is whole."""
        under_way = self._rows.under_way
        self._note(self._reading.close())
        if under_way is not None and not any(row.epoch == under_way.epoch for row in self._rows.found[-1:]):
            self._under_way = under_way

    def _doubt(self) -> str:
        lines = self._reading.lines
        if lines.is_table_of_runs:
            return "It is a table of runs, one a row, and not the evaluations of one run."
        if lines.trials > max(1, len(self._rows.found)):
            return f"It holds {lines.trials} trials of a sweep, and not the evaluations of one run."
        if lines.results > 1 and not self._steps.count:
            return f"It lists {lines.results} results of several systems, and not the evaluations of one run."
        if lines.unclear and not lines.decimal_comma:
            return f"Of numbers such as {lines.unclear!r} it is not clear whether the comma stands before decimals."
        if self._rows.twice >= 2 and self._rows.twice * 2 >= len(self._rows.found):
            return "Each epoch stands there twice with other figures: two trainings seem to write into this file."
        return ""

    def _note(self, said: ChunkResult) -> None:
        self._samples += len(said.samples)
        for each in said.steps:
            self._steps = self._steps.and_then(each.said)

    def _beside(self) -> Iterator[Mapping[str, str]]:
        """What is no row: the epoch under way, the losses of the first and the last step."""
        under_way = self._under_way or self._rows.under_way
        if under_way is not None:
            yield under_way.cells
        yield {str(place): repr(loss) for place, loss in enumerate(self._steps.losses)}

    _under_way: Row | None = None

    def found(self) -> Scan:
        """What the log held so far, with its doubts as if it had ended."""
        rows: tuple[Row, ...] = tuple(self._rows.found)
        under_way = self._under_way or self._rows.under_way
        goes_on = under_way is not None and bool(rows) and under_way.epoch != rows[0].epoch
        if (
            len(rows) == 1 and not goes_on and rows[0].cells.keys() <= rows[0].of_steps
        ):  # no line says that it has ended
            under_way, rows = rows[0], ()
        doubts = self._doubts.sentences(
            rows, self._beside(), ended=True, by_epoch=self._rows.basis == "epochs", steps=self._steps.count
        )
        return Scan(
            self._rows.basis,
            rows,
            self._samples,
            self.bytes_read,
            self._steps,
            under_way,
            self._doubt(),
            self._lines,
            self._rows.seen,
            len(self._doubts.named),
            tuple(doubts),
            self._doubts.witness.left_out,
            self._doubts.witness,
        )


class _EitherRows(EpochRows):
    """Reads by epochs and by evaluations, and keeps what it finds of both."""

    def __init__(self) -> None:
        super().__init__("epochs")
        self._by_step = EpochRows("evaluations")
        self.counted: list[Row] = []
        self._named: list[Row] = []
        self.seen: dict[str, str] = {}
        self._said: Statement | None = None
        self._share: float | None = None
        """The first share of an epoch that a line of the training names."""
        self._summed: set[float] = set()
        """Epochs of which a line tells a number of the validation, and names no step."""
        self.twice = 0
        """How often two lines about the whole of one epoch gave other figures."""

    @property
    def basis(self) -> Basis:
        """By epochs where any is named; not where several evaluations stand within each, or, counted by steps, some."""
        epochs = len({row.epoch for row in self._named})
        within = len(self.counted) >= MORE_EVALUATIONS * max(1, epochs)
        if self._by_step.generation > self.generation:
            within &= epochs <= 1  # the steps begin anew with each epoch
        elif self._by_step.count.counts_steps:
            within |= _count(self.counted) > _count(self._named) + 1
        within &= len(self._summed) < max(1, epochs)
        by_step = self._by_step.count.counts_steps or (epochs <= 1 and self._by_step.count.many_fit)
        return "evaluations" if self.epoch is None or (within and by_step) or self._by_chance else "epochs"

    @property
    def _by_chance(self) -> bool:
        """Whether its lines name shares of an epoch, and those of whole ones are a few that happened to be logged."""
        epochs = {row.epoch for row in self._named}
        evaluates = any(name.startswith(EVALUATED) for row in self._named for name in row.cells)
        if self._share is None or not epochs or evaluates:
            return False
        return len(epochs) < max(epochs) - math.ceil(self._share) + 1

    @property
    def found(self) -> list[Row]:
        """The rows of the basis that fits by now."""
        return self.counted if self.basis == "evaluations" else self._named

    def take(self, said: Statement) -> list[Row]:
        """Takes a statement in both ways; the rows are kept in `found`, and none is handed out."""
        self._note_repetition(said)
        if self._share is None and said.epoch is not None and not said.epoch.is_integer() and not said.evaluates:
            self._share = said.epoch
        if said.epoch is not None and said.epoch.is_integer() and said.evaluates and not said.is_of_a_step:
            self._summed.add(said.epoch)
        for name, text in said.values:
            if name in self.seen or len(self.seen) < MOST_NAMES:
                self.seen[name] = text
        return self._keep(super().take(said), self._by_step.take(said))

    def _keep(self, named: list[Row], counted: list[Row]) -> list[Row]:
        self._named += named[: MOST_ROWS - len(self._named)]
        self.counted += counted[: MOST_ROWS - len(self.counted)]
        if self.doubts is not None and (named or counted):
            self.doubts.bring()
        return []

    def _note_repetition(self, said: Statement) -> None:
        if said.epoch is None or said.is_of_a_step or said.of_a_batch or not said.evaluates or len(said.values) < 2:
            return
        before, self._said = self._said, said
        if before is not None and before.epoch == said.epoch:
            names = [name for name, _ in said.values]
            self.twice += names == [name for name, _ in before.values] and before.values != said.values

    def settle(self, rested_secs: float = 0.0) -> list[Row]:
        """As for a single basis, in both ways; none is handed out."""
        return self._keep(super().settle(rested_secs), self._by_step.settle(rested_secs))

    def close(self) -> list[Row]:
        """As for a single basis, in both ways; none is handed out."""
        return self._keep(super().close(), self._by_step.close())


def _count(rows: list[Row]) -> int:
    """How many rows there are, each counted once however often it was handed out."""
    return len({(row.generation, row.epoch) for row in rows})


def check_log(path: Path) -> None:
    """Raises UnreadableRunError, in one sentence, for what is no text log that could be followed."""
    try:
        if not path.exists():
            raise UnreadableRunError(f"There is no file {path}; give the log that the training writes.")
        if not path.is_file():
            raise UnreadableRunError(f"{path} is no regular file; give a log, such as train.log.")
    except OSError as problem:
        raise _unreadable(path, problem) from problem
    head = head_of(path)[:HEAD_BYTES]
    if not head.strip():
        raise UnreadableRunError(f"{path} is empty; attach to it when the training has written its first epoch.")
    if b"\0" in head and len(NO_TEXT.findall(head)) * MOST_ODD > len(head):
        raise UnreadableRunError(
            f"{path} is a binary file, not a text log; give the file that holds the printed lines."
        )


def _unreadable(path: Path, problem: OSError | OddFileError) -> UnreadableRunError:
    return UnreadableRunError(f"{path} cannot be read: {getattr(problem, 'strerror', None) or problem}.")
