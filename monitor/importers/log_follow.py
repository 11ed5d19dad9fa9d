"""What a growing log says → the records of a run, from where the last reading of it left off."""

from __future__ import annotations

import logging
import math
import os
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from monitor.importers.folders import FILE_OF
from monitor.importers.growing import GrowingFile
from monitor.importers.live import FollowedRun
from monitor.importers.log_epochs import LONG_REST_SECS, EpochRows, Row
from monitor.importers.log_proposal import LogMapping, epoch_of, propose_log, words
from monitor.importers.log_reading import LogReading, Said
from monitor.importers.log_scan import Scan
from monitor.importers.log_steps import StepBook
from monitor.importers.samples import Sample
from monitor.run_dir import (
    CLIPS_FILE,
    RUN_FILE,
    SOURCE_FILE,
    Clip,
    Decode,
    Reading,
    Run,
    decode,
    encode,
    files,
)
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.field_names import SYNONYMS
from monitor.run_dir.opening import OddFileError, open_to_read

log = logging.getLogger(__name__)

LOG_FORMAT = "log"
LOOK_BYTES = 64 << 10
LOOK_SECS = 0.1
"""So much is read at a time, and for so long at one look: whoever looks has other things to do as well."""
CATCH_UP_SECS = 5.0
KEPT_BYTES = 1 << 20
"""At the end of a log it is read on for so long; of what is left then, only so much at its end."""
QUIET_SECS = 5.0
"""After so long without a new line, what can be told is told."""
NOTE_EVERY_SECS = 5.0
"""How often it is noted how far a log was read that brings no new epoch."""
MOST_CLIPS = 10_000
ROWS_KEPT = 50


class LogFollower:
    """Follows one log for one run. Call `look` a few times a second."""

    def __init__(
        self, run: FollowedRun, mapping: LogMapping, *, one_start: bool = False, from_birth: bool = False
    ) -> None:
        """`one_start`: see EpochRows; the run is then started again by our own supervisor only.

        `from_birth`: the log has just begun, so that what stands there was written about now.
        """
        memory = run.source.memory
        self.run = run
        self.path = Path(run.source.path)
        self.mapping = mapping
        self._reading = LogReading(
            EpochRows(mapping.basis, memory.get("rows"), one_start=one_start), memory.get("reading")
        )
        self._file = GrowingFile(self.path, run.source.places.get(str(self.path)), _bytes_of(memory.get("tail")))
        self._book = _SampleBook(run, memory.get("samples") or {})
        self._steps = StepBook(memory.get("steps"))
        self._rows: list[Row] = []
        self._grew_at: float | None = None
        self._noted_at = float("-inf")
        self._caught_up = from_birth
        self._settled = False
        self._noted_rest: float | None = None

    @property
    def grew_at(self) -> float | None:
        """When something new was last seen in the log, UTC seconds."""
        return self._grew_at

    def begin_again(self, generation: int) -> None:
        """The process that writes the log was started again."""
        self._take(Said(tuple(self._reading.rows.begin_again(generation))), 0.0)
        self.run.generation = generation

    def look(self, now: float) -> bool:
        """Takes in what is new; True if there was anything. What the disk does not take waits in the log. No raise."""
        if self.run.waiting and not self._commit(now):
            return False
        deadline, told, grew = time.monotonic() + LOOK_SECS, False, False
        while time.monotonic() < deadline or not grew:
            try:
                data = self._file.read(LOOK_BYTES)
            except OSError:
                return grew
            if not data:
                break
            grew = True
            told |= self._take(self._reading.feed(data), now if self._caught_up else 0.0)
        if not grew:
            self._caught_up = True
            self._settle(now)
            return False
        changed_at = self._file.changed_at or now
        self._settled, self._grew_at = False, now if self._caught_up else min(now, changed_at)
        self.run.heard(changed_at)
        if told or now - self._noted_at >= NOTE_EVERY_SECS:
            self._commit(now)
        return True

    def pause(self, now: float) -> None:
        """The log is read to its present end, for a while; a later reading goes on there, in an epoch if need be."""
        self._catch_up(now)
        self._commit(now)
        self._file.close()

    def end(self, now: float) -> int:
        """The log has ended: what stands there without a newline counts. Returns the bytes that were left out.

        A log that was printed faster than it could be read does not hold up the end of its run: of what is left after
        a few seconds, the last lines count.
        """
        self._catch_up(now)
        left_out = self._file.pass_over(KEPT_BYTES)
        if left_out:
            log.warning("%d bytes of %s were printed faster than they could be read: left out", left_out, self.path)
            self._catch_up(now)
        self._take(self._reading.close(), now if self._caught_up else 0.0)
        self._book.write()
        self._commit(now)
        self._file.close()
        return left_out

    def _catch_up(self, now: float) -> None:
        deadline = time.monotonic() + CATCH_UP_SECS
        while self.look(now) and time.monotonic() < deadline:
            pass

    def _settle(self, now: float) -> None:
        rested_secs = now - self._grew_at if self._grew_at is not None else 0.0
        if self._settled or rested_secs < QUIET_SECS:
            return
        self._settled = rested_secs >= LONG_REST_SECS
        self._take(Said(tuple(self._reading.rows.settle(rested_secs))), now)
        self._book.write()
        if self._settled or self._grew_at != self._noted_rest:
            self._noted_rest = self._grew_at
            self._commit(now)

    def _take(self, said: Said, at: float) -> bool:
        """Adds what was said; True if a record came of it."""
        written = False
        columns = {use.field: use.column for use in self.mapping.uses}
        steps = deque(said.steps)
        for place, row in enumerate((*said.rows, None)):
            while steps and (row is None or steps[0].rows_before <= place):
                step = self._steps.record(steps.popleft(), columns, at)
                if step is not None:
                    self.run.add(step)
                    written = True
            if row is None:
                break
            self._widen(row)
            record = epoch_of(row, self.mapping, at)
            if record is not None:
                self.run.add(record)
                written = True
            if row.epochs and math.isfinite(row.epochs) and 0 < row.epochs < 1e7:
                self.run.heard(at, grown=False, epochs=int(row.epochs))
        for sample in said.samples:
            self._book.take(sample, self._reading.rows.generation)
        return written

    def _widen(self, row: Row) -> None:
        """A quantity that the log names only later is taken in too; what is mapped already stays as it is."""
        self._rows = [*self._rows, row][-ROWS_KEPT:]
        known = {use.column for use in self.mapping.uses} | set(self.mapping.beside)
        if not (set(row.cells) - known) & _USUAL_NAMES:
            return
        mapped = {use.field: use.column for use in self.mapping.uses}
        try:
            wider = propose_log(Scan(self.mapping.basis, tuple(self._rows), 0, 0), mapped)
        except MonitorError:
            return
        new = tuple(use for use in wider.uses if use.field not in mapped)
        self.mapping = replace(self.mapping, uses=(*self.mapping.uses, *new))

    def _commit(self, now: float) -> bool:
        place, tail = self._file.place(self._reading.waiting_bytes)
        memory = {
            "rows": self._reading.rows.memory(),
            "reading": self._reading.memory(),
            "samples": self._book.memory(),
            "steps": self._steps.memory(),
            "tail": tail.hex(),
        }
        self.run.source = msgspec.structs.replace(
            self.run.source, mapping={**self.run.source.mapping, **self.mapping.document()}
        )
        done = self.run.commit({str(self.path): place}, memory, self._file.changed_at or now)
        if done:
            self._noted_at = now
        return done


def read_anew(run: FollowedRun, mapping: LogMapping, now: float, *, one_start: bool) -> LogFollower:
    """The whole log of a run once more, read in another way; what was written before is gone.

    The run's lock is held by the caller. Raises RefusedError, OSError or ValueError.
    """
    run.close(now)
    for name in FILE_OF.values():
        if (run.run_dir / name).exists():
            files.replace(run.run_dir / name, b"")
    source = msgspec.structs.replace(run.source, mapping=mapping.document(), places={}, memory={}, kept={})
    files.replace(run.run_dir / SOURCE_FILE, encode(source))
    return LogFollower(FollowedRun.go_on(run.run_dir, now, locked=True), mapping, one_start=one_start)


def tell_reading(run_dir: Path, mapping: LogMapping, by: str) -> None:
    """run.json says how the log is read and who has confirmed it. Raises OSError or ValueError."""
    run = decode(files.read_bytes(run_dir / RUN_FILE) or b"", Run)
    path = run.reading.path if run.reading is not None else ""
    reading = Reading(path=path, said=words(mapping), confirmed_by=by)
    files.replace(
        run_dir / RUN_FILE, encode(msgspec.structs.replace(run, reading=reading, gap_basis=mapping.gap_basis))
    )


_USUAL_NAMES = {name for names in SYNONYMS.values() for name in names}


class _SampleBook:
    """Printed predictions → clips, and one decode an epoch."""

    def __init__(self, run: FollowedRun, memory: Mapping[str, Any]) -> None:
        self._run = run
        self._names = _known_clips(run.run_dir, int(memory.get("clips", 0)))
        self._epoch: float | None = memory.get("epoch")
        self._generation = int(memory.get("generation", 1))
        self._said: dict[str, str] = dict(memory.get("said", {}))

    def memory(self) -> dict[str, Any]:
        return {
            "clips": len(self._names),
            "epoch": self._epoch,
            "generation": self._generation,
            "said": self._said,
        }

    def take(self, sample: Sample, generation: int) -> None:
        if (sample.epoch, generation) != (self._epoch, self._generation):
            self.write()
            self._epoch, self._generation = sample.epoch, generation
        name = self._names.get(sample.reference)
        if name is None:
            if len(self._names) >= MOST_CLIPS:
                return
            name = self._names[sample.reference] = f"sample-{len(self._names) + 1}"
            self._run.add(Clip(clip_id=name, reference=sample.reference))
        self._said[name] = sample.hypothesis

    def write(self) -> None:
        """Everything that was said of the epoch so far."""
        said, self._said = self._said, {}
        if said and self._epoch is not None:
            self._run.add(
                Decode(
                    epoch=self._epoch,
                    generation=self._generation,
                    clip_ids=list(said),
                    hypotheses=list(said.values()),
                )
            )


def _known_clips(run_dir: Path, count: int) -> dict[str, str]:
    """Reference → clip id of the first `count` clips that were written."""
    names: dict[str, str] = {}
    try:
        with os.fdopen(open_to_read(run_dir / CLIPS_FILE), "rb") as lines:
            for line in lines:
                if len(names) >= count:
                    break
                try:
                    clip = decode(line, Clip)
                except ValueError:
                    continue
                names[clip.reference] = clip.clip_id
    except (OSError, OddFileError):
        return {}
    return names


def _bytes_of(text: Any) -> bytes:
    try:
        return bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        return b""
