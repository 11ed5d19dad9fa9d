"""A foreign source that grows → a run directory that grows with it (`live`).

A text log (`free_text.followed`) is read on from its place, any other file (`followed_file`) from its beginning, where
what is known of it is passed over.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import msgspec

from monitor.importers.followed_file import FollowedFile
from monitor.importers.free_text.followed import FollowedLog
from monitor.importers.free_text.proposal import words
from monitor.importers.importing import Plan
from monitor.importers.items import LOG_FORMAT
from monitor.importers.live import About, FollowedRun
from monitor.importers.mapping import SourceMapping, mapping_of
from monitor.run_dir import (
    RUN_FILE,
    Epoch,
    Outcome,
    Place,
    Reading,
    Record,
    Run,
    Step,
    encode,
    files,
)
from monitor.run_dir.errors import RefusedError, UnreadableRunError
from monitor.run_dir.words import monitor_line

log = logging.getLogger(__name__)

COMMIT_RECORDS = 2000
CATCH_UP_SECS = 5.0
"""At the end of a source it is read on for so long."""
NOTE_EVERY_SECS = 5.0
"""How often it is noted how far a source was read that brings no new record."""


class Followed(Protocol):
    """What is followed. `read` gives the records of what is new; then `has_grown` and `is_at_end` say what it saw."""

    path: Path
    mapping: SourceMapping
    has_grown: bool
    is_at_end: bool
    begins_anew: bool
    """Whether what came now shows that all before it was read wrongly."""
    reads_again: bool
    """Whether who goes on after a stop reads it from its beginning; else from `places`, with `memory`."""

    @property
    def outcome(self) -> Outcome | None:
        """How the run ended, where the source says so."""

    @property
    def doubts(self) -> tuple[str, ...]:
        """What shows that the source may be misread, one sentence each."""

    @property
    def changed_at(self) -> float | None:
        """When the source last changed, UTC seconds; None where that is not known."""

    def read(self, now: float) -> Iterator[Record]:
        """The records of what is new. A file raises UnreadableRunError where it cannot be read; a log is waited for."""

    def begin_again(self, generation: int) -> Iterator[Record]:
        """The records that are complete now that the process that writes the source was started again."""

    def rest(self) -> Iterator[Record]:
        """The records of what is still open, once nothing more will come."""

    def pass_over(self) -> int:
        """Leaves out what is new in a log but for its last lines; returns the bytes left out."""

    def places(self) -> dict[str, Place]:
        """How far each file was read."""

    def memory(self) -> dict[str, Any]:
        """What a later reading needs besides the places, as plain JSON."""

    def close(self) -> None:
        """Closes what is held open of the source."""


class Following:
    """Follows one source for one run: `look` a few times a second, then `end`, `pause` or `stop`."""

    def __init__(self, run: FollowedRun, *, one_start: bool = False, from_birth: bool = False) -> None:
        """How the source is read is kept in the run. Raises UnreadableRunError where it is not.

        `one_start`: the run is started again by our own supervisor only (see EpochRows). `from_birth`: the source has
        just begun, so that what stands there was written about now.
        """
        self.run = run
        self.last: Epoch | None = None
        self.added = 0
        """Records so far."""
        self.grew_at: float | None = None
        """When something new was last seen, UTC seconds."""
        mapping = mapping_of(run.source.mapping)
        is_log = run.source.format == LOG_FORMAT
        self._source: Followed = (
            FollowedLog(run, mapping, one_start=one_start) if is_log else FollowedFile(run, mapping)
        )
        self._caught_up = from_birth
        """Records that stood there before the following began have no known time."""
        self._noted_at = float("-inf")
        self._is_noted = False

    @classmethod
    def begin(cls, runs_dir: Path, chosen: Plan, name: str, now: float) -> Following:
        """A new run for a file that has just been understood. Raises RefusedError."""
        if chosen.kind.name == LOG_FORMAT:
            raise RefusedError(
                f"{chosen.path} is {chosen.kind.title}; follow it with: {monitor_line('attach', chosen.path)}"
            )
        if not chosen.kind.grows:
            raise RefusedError(
                f"{chosen.path} is {chosen.kind.title}, which does not grow; import it without --follow."
            )
        return cls(FollowedRun.begin(runs_dir, about_of(chosen, name), now))

    @classmethod
    def go_on(cls, run_dir: Path, now: float, *, locked: bool = False) -> Following:
        """The same run again, as it was confirmed. `locked`: the caller holds the run's lock.

        Raises RefusedError, or UnreadableRunError where how it is read was not kept.
        """
        run = FollowedRun.go_on(run_dir, now, locked=locked)
        try:
            return cls(run)
        except UnreadableRunError:
            run.close(now)
            raise

    @property
    def path(self) -> Path:
        """The file or folder that is followed."""
        return self._source.path

    @property
    def mapping(self) -> SourceMapping:
        """How the source is read by now: a name that came later may have been added."""
        return self._source.mapping

    @property
    def doubts(self) -> tuple[str, ...]:
        """What shows that the source may be misread, one sentence each."""
        return self._source.doubts

    @property
    def ended(self) -> bool:
        """Whether the source itself says that the run is over."""
        return self._source.outcome is not None

    def begin_again(self, generation: int) -> None:
        """The process that writes the source was started again."""
        self._take(self._source.begin_again(generation), 0.0)
        self.run.generation = generation

    def look(self, now: float) -> bool:
        """Takes in what is new; True if there was anything. What the disk does not take waits in the source.

        Raises UnreadableRunError for a file that cannot be read; a log is waited for.
        """
        if self.run.waiting and not self._commit(now):
            return False
        before = self.added
        self._take(self._source.read(now), now)
        if self._source.begins_anew:
            self._begin_anew(now)
        if self._source.has_grown:
            self.grew_at, self._is_noted = self._changed_at(now), False
            self.run.heard(self.grew_at)
        is_due = not self._is_noted and now - self._noted_at >= NOTE_EVERY_SECS
        if self.added != before or is_due:
            self._commit(now)
        self._caught_up |= self._source.is_at_end
        return self._source.has_grown

    def _begin_anew(self, now: float) -> None:
        """Of a file whose rows were taken for evaluations before one came: its records are replaced."""
        mapping = replace(self._source.mapping, train_only=False)
        self._source.close()
        try:
            self.run.forget(mapping.document())
        except OSError as problem:
            raise UnreadableRunError(f"{self.run.run_dir} cannot be written: {problem}.") from problem
        self._source = FollowedFile(self.run, mapping)
        self._take(self._source.read(now), now)

    def pause(self, now: float) -> None:
        """The source is read to its present end, for a while; a later reading goes on there."""
        self._catch_up(now)
        self._commit(now)
        self._source.close()

    def end(self, now: float) -> int:
        """Its writer has ended: what is still open counts. Returns the bytes that were left out.

        A log that was printed faster than it could be read does not hold up the end of its run: of what is left after
        a few seconds, the last lines count.
        """
        self._catch_up(now)
        left_out = self._source.pass_over()
        if left_out:
            log.warning("%d bytes of %s were printed faster than they could be read: left out", left_out, self.path)
            self._catch_up(now)
        self._take(self._source.rest(), now)
        self._commit(now)
        self._source.close()
        return left_out

    def stop(self, now: float) -> None:
        """Ends the following: with the end that the source names, else so that the run can be continued."""
        if self._source.outcome is None:
            self.run.close(now)
        else:
            self._take(self._source.rest(), now)
            self._commit(now)
            self.run.finish(self._source.outcome, now)

    def _catch_up(self, now: float) -> None:
        deadline = time.monotonic() + CATCH_UP_SECS
        while self.look(now) and time.monotonic() < deadline:
            pass

    def _take(self, records: Iterable[Record], now: float) -> None:
        for record in records:
            if isinstance(record, (Epoch, Step)) and not record.at and self._caught_up:
                record = msgspec.structs.replace(record, at=now)
            if isinstance(record, Epoch):
                self.last = record
            self.run.add(record)
            self.added += 1
            if self.added % COMMIT_RECORDS == 0 and self._source.reads_again:
                self._commit(now)

    def _commit(self, now: float) -> bool:
        at = self._changed_at(now)
        done = self.run.commit(self._source.places(), self._source.memory(), at, reread=self._source.reads_again)
        if done:
            self._noted_at, self._is_noted = now, True
        return done

    def _changed_at(self, now: float) -> float:
        return min(now, self._source.changed_at or now)


def about_of(chosen: Plan, name: str) -> About:
    """What the run of a followed file says of itself."""
    return About(
        path=chosen.path,
        format=chosen.kind.name,
        name=name,
        mapping=chosen.mapping.document(),
        units=chosen.units,
        gap_basis=chosen.mapping.gap_basis,
        config=chosen.config,
        notes=chosen.source,
    )


def read_anew(run: FollowedRun, mapping: SourceMapping, now: float, *, one_start: bool) -> Following:
    """The whole log of a run once more, read in another way; what was written before is gone.

    The run's lock is held by the caller. Raises RefusedError, OSError or ValueError.
    """
    run.close(now)
    run.forget(mapping.document())
    return Following(FollowedRun.go_on(run.run_dir, now, locked=True), one_start=one_start)


def tell_reading(run_dir: Path, mapping: SourceMapping, by: str) -> None:
    """run.json says how the log is read and who has confirmed it. Raises OSError or ValueError."""
    run = files.required_document(run_dir / RUN_FILE, Run)
    path = run.reading.path if run.reading is not None else ""
    reading = Reading(path=path, said=words(mapping), confirmed_by=by)
    files.replace(
        run_dir / RUN_FILE, encode(msgspec.structs.replace(run, reading=reading, gap_basis=mapping.gap_basis))
    )


def tell_wider(run_dir: Path, mapping: SourceMapping) -> None:
    """run.json names what the log named later as well, unless a person has confirmed the reading.

    Raises OSError or ValueError.
    """
    run = files.required_document(run_dir / RUN_FILE, Run)
    if run.reading is not None and not run.reading.confirmed_by:
        reading = msgspec.structs.replace(run.reading, said=words(mapping))
        files.replace(run_dir / RUN_FILE, encode(msgspec.structs.replace(run, reading=reading)))


def tell_doubts(run_dir: Path, doubts: tuple[str, ...]) -> None:
    """run.json says what shows that its log may be misread. Raises OSError or ValueError."""
    run = files.required_document(run_dir / RUN_FILE, Run)
    if run.reading is not None:
        reading = msgspec.structs.replace(run.reading, doubts=doubts)
        files.replace(run_dir / RUN_FILE, encode(msgspec.structs.replace(run, reading=reading)))
