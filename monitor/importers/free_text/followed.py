"""A text log that grows → records, from where the last reading of it left off."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from monitor.importers.clips import ClipBook
from monitor.importers.free_text.doubts import Doubts
from monitor.importers.free_text.epochs import EpochRows
from monitor.importers.free_text.present import Row
from monitor.importers.free_text.proposal import MOST_BESIDE, epoch_of, measures, numbers_of, twins
from monitor.importers.free_text.reading import ChunkResult, LogReading
from monitor.importers.free_text.steps import StepBook
from monitor.importers.growing import GrowingFile
from monitor.importers.live import FollowedRun
from monitor.importers.mapping import OF_A_LOG, SourceMapping, Wish, extended
from monitor.run_dir import Outcome, Place, Record

LOOK_BYTES = 64 << 10
LOOK_SECS = 0.1
"""Bytes read at a time, and seconds at one look: the caller has other work as well."""
KEPT_BYTES = 1 << 20
"""Of a log that was printed faster than it could be read, so much at its end is read."""
FIRST_DOUBT_ROWS, MOST_DOUBTED_ROWS = 10, 1000
QUIET_SECS = 5.0
"""After so long without a new line, complete rows are handed out."""
UNFINISHED_SECS = 120.0
"""After so long, a last line without a newline is taken as whole: many programs end their file so."""
BUFFER_BYTES = 4096
"""What a program writes to a file at once is a multiple of it, where it does not end its lines itself."""


class FollowedLog:
    """What `Following` asks of a text log."""

    reads_again = False
    outcome: Outcome | None = None

    def __init__(self, run: FollowedRun, mapping: SourceMapping, *, one_start: bool) -> None:
        memory = run.source.memory
        self.path = Path(run.source.path)
        self.mapping = mapping
        self.has_grown = self.is_at_end = self.begins_anew = False
        self._run = run
        rows = EpochRows(mapping.basis, memory.get("rows"), one_start=one_start)
        self._reading = LogReading(rows, memory.get("reading"))
        self._file = GrowingFile(self.path, run.source.places.get(str(self.path)), _bytes_of(memory.get("tail")))
        self._clips = ClipBook(memory.get("samples"), run.run_dir)
        self._steps = StepBook(memory.get("steps"), by_epoch=mapping.basis == "epochs")
        self._known = {use.column for use in mapping.uses} | set(mapping.beside)
        self.doubts: tuple[str, ...] = ()
        # Who goes on has not seen its beginning; what is doubted was measured on logs that name epochs.
        self._doubts = Doubts() if not memory and mapping.basis == "epochs" else None
        rows.doubts = self._reading.lines.doubts = self._doubts
        self._told: dict[tuple[int, float], Row] = {}
        self._doubts_due = FIRST_DOUBT_ROWS
        self._grew_at: float | None = None
        self._settled = False

    @property
    def changed_at(self) -> float | None:
        """When the log last grew, UTC seconds; None where it cannot be seen."""
        return self._file.changed_at

    def read(self, now: float) -> Iterator[Record]:
        """The new rows, for a moment; after a silence, those that need nothing further. Raises nothing."""
        self.has_grown = self.is_at_end = False
        deadline = time.monotonic() + LOOK_SECS
        while time.monotonic() < deadline or not self.has_grown:
            try:
                data = self._file.read(LOOK_BYTES)
            except OSError:
                return
            if not data:
                self.is_at_end = True
                break
            self.has_grown, self._settled, self._grew_at = True, False, min(now, self.changed_at or now)
            yield from self._records(self._reading.feed(data))
        rested_secs = now - self._grew_at if self._grew_at is not None else 0.0
        if not self.has_grown and not self._settled and rested_secs >= QUIET_SECS:
            self._settled = rested_secs >= UNFINISHED_SECS
            if self._settled and not self._is_cut_by_a_buffer():
                yield from self._records(self._reading.finish_line())
            yield from self._records(ChunkResult(tuple(self._reading.rows.settle(rested_secs))))
            yield from self._clips.rest()

    def _is_cut_by_a_buffer(self) -> bool:
        """Whether the log ends where a full buffer was written: its last line and number may go on."""
        return self._file.place(b"")[0].offset % BUFFER_BYTES == 0

    def begin_again(self, generation: int) -> Iterator[Record]:
        """What is whole when the process that writes the log has been started again."""
        return self._records(ChunkResult(tuple(self._reading.rows.begin_again(generation))))

    def rest(self) -> Iterator[Record]:
        """What stands at the end without a newline, and an epoch that is whole: nothing more will come."""
        yield from self._records(self._reading.close())
        yield from self._clips.rest()

    def pass_over(self) -> int:
        """Leaves out all that is new but for the last lines; returns the bytes left out."""
        return self._file.pass_over(KEPT_BYTES)

    def close(self) -> None:
        """Closes the log; its place is kept."""
        self._file.close()

    def places(self) -> dict[str, Place]:
        """Where a later reading begins: before the unfinished line, if there is one."""
        return {str(self.path): self._file.place(self._reading.waiting)[0]}

    def memory(self) -> dict[str, Any]:
        """What a later reading needs to go on there, in an epoch if need be."""
        return {
            "rows": self._reading.rows.memory(),
            "reading": self._reading.memory(),
            "samples": self._clips.memory(),
            "steps": self._steps.memory(),
            "tail": self._file.place(self._reading.waiting)[1].hex(),
        }

    def _records(self, said: ChunkResult) -> Iterator[Record]:
        columns = {use.field: use.column for use in self.mapping.uses}
        steps = deque(said.steps)
        for place, row in enumerate((*said.rows, None)):
            while steps and (row is None or steps[0].rows_before <= place):
                step = self._steps.record(steps.popleft(), columns)
                self._run.names_steps = self._steps.names_steps
                if step is not None:
                    yield step
            if row is None:
                break
            self._widen(row)
            if (record := epoch_of(row, self.mapping)) is not None:
                yield record
            if row.epochs and math.isfinite(row.epochs) and 0 < row.epochs < 1e7:
                self._run.heard(0.0, grown=False, epochs=int(row.epochs))
        for sample in said.samples:
            yield from self._clips.take(sample, self._reading.rows.generation)
        self._doubt(said.rows)

    def _doubt(self, rows: tuple[Row, ...]) -> None:
        """Looks again at all that was read whenever there is twice as much: at 10, 20, 40 … epochs."""
        if self._doubts is None:
            return
        self._told |= {(row.generation, row.epoch): row for row in rows}
        if len(self._told) > MOST_DOUBTED_ROWS:
            self._told, self._doubts = {}, None
            self._reading.rows.doubts = self._reading.lines.doubts = None
        elif len(self._told) >= self._doubts_due:
            self.doubts = tuple(self._doubts.sentences(self._told.values()))
            self._doubts_due = 2 * len(self._told)

    def _widen(self, row: Row) -> None:
        """A quantity that the log names only later is taken in too; what is mapped already stays as it is."""
        new = {name: cell for name, cell in row.cells.items() if name not in self._known}
        if not new:
            return
        self._known |= new.keys()
        uses = extended(self.mapping.uses, numbers_of(replace(row, cells=new)), Wish(), OF_A_LOG)
        used = twins(use.column for use in uses)
        fresh = (name for name in new if name not in used and measures(name) and not name.endswith("_ln_ppl"))
        beside = [*self.mapping.beside, *fresh]
        wider = replace(self.mapping, uses=uses, beside=tuple(beside[:MOST_BESIDE]))
        if wider != self.mapping:
            self.mapping = wider
            self._run.mapped(wider.document())


def _bytes_of(text: Any) -> bytes:
    try:
        return bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        return b""
