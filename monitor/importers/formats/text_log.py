"""Any text log, read once as `attach` reads it along (`free_text`): for a file that no other format fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from monitor.importers.free_text.epochs import EpochRows
from monitor.importers.free_text.proposal import left_aside, numbers_of, propose_log, sentence, unread
from monitor.importers.free_text.reading import ChunkResult, LogReading
from monitor.importers.free_text.scan import CHUNK_BYTES, Scan, scan
from monitor.importers.free_text.steps import StepBook
from monitor.importers.growing import GrowingFile
from monitor.importers.items import LOG_FORMAT, Aside, Importer, Item, Row
from monitor.run_dir import Place
from monitor.run_dir.errors import UnreadableRunError, UsageError
from monitor.run_dir.words import monitor_line


class TextLog(Importer):
    """Gives out a log's evaluations as rows, or its steps where it holds no evaluation."""

    name = LOG_FORMAT
    title = "a text log"
    grows: ClassVar[bool] = False
    line = "evaluation"

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """0.02 for any file, so that a format that knows it comes first; 0 for a folder."""
        return 0.0 if path.is_dir() else 0.02

    def items(self) -> Iterator[Item]:
        """Each evaluation once, or the steps. Raises UnreadableRunError for a log in doubt or with neither."""
        found = scan(self.path)
        if found.doubt:
            raise UnreadableRunError(f"{self.path}: {found.doubt}")
        if not found.rows:
            yield from self._of_steps(found)
            return
        yield from (Aside(f"Check what was read: {doubt}") for doubt in found.doubts)
        if found.steps.count:
            yield Aside(f"Not kept: {found.steps.count:,} lines of steps beside the evaluations; `attach` keeps them.")
        # An evaluation is handed out again when a line below it adds to it: the fuller row is the one that counts.
        rows = list({(row.generation, row.epoch): row for row in found.rows}.values())
        # One name, where the log never has both: the lines below a heading of the training are named after it.
        both = any({"loss", "train_loss"} <= row.cells.keys() for row in rows)
        junk = left_aside(found)
        for place, row in enumerate(rows, 1):
            where = {"epoch": row.epoch} if found.basis == "epochs" else {}
            if row.step is not None:
                where["step"] = row.step
            numbers = numbers_of(row, place)
            values = {name: number for name, number in numbers.values.items() if name not in junk}
            if not both and "loss" in values:
                values = {"train_loss" if name == "loss" else name: number for name, number in values.items()}
            yield replace(numbers, values={**where, **values}, start=row.generation)

    def _of_steps(self, found: Scan) -> Iterator[Item]:
        """A log without a whole epoch and without an evaluation: its steps, under the log's own names."""
        if not found.steps.count:
            raise UnreadableRunError(
                f"{self.path.name}: {unread(found)} A log that still grows: {monitor_line('attach', self.path)}"
            )
        try:
            mapping = propose_log(found)
        except UsageError as problem:
            raise UnreadableRunError(f"{problem} Give it there: {monitor_line('attach', self.path)}") from None
        self.steps_alone, self.line = True, "step"
        yield Aside(sentence(found, mapping, self.path.name))
        columns = {use.field: use.column for use in mapping.uses}
        book = StepBook()
        for said in _read_all(self.path):
            for told in said.steps:
                if (step := book.record(told, columns)) is None:
                    continue
                of_step = {"train_loss": step.train_loss, "lr": step.lr, "grad_norm": step.grad_norm}
                named = {columns.get(field, field): number for field, number in of_step.items() if number is not None}
                where = {"step": float(step.step)} | ({"epoch": step.epoch} if step.epoch else {})
                yield Row(step.step, {**where, **named, **step.metrics})

    def places(self) -> dict[str, Place]:
        """Empty: the log is read once, as a whole."""
        return {}


def _read_all(path: Path) -> Iterator[ChunkResult]:
    """What a log says from its beginning to its end. Raises UnreadableRunError."""
    reading, file = LogReading(EpochRows("epochs")), GrowingFile(path)
    try:
        while chunk := file.read(CHUNK_BYTES):
            yield reading.feed(chunk)
        yield reading.close()
    except OSError as problem:
        raise UnreadableRunError(f"{path} cannot be read: {problem.strerror or problem}.") from problem
    finally:
        file.close()
