"""A run directory that is fed from another program's output: created or continued, and written without a record twice.

The reader of a foreign file adds the records that it finds and, from time to time, commits how far it has read
(`source.json`). Whatever stops the follower, the next one goes on from there: records that were written but not
committed are counted and passed over, so the same reading from the same place writes each of them once. What the disk
does not take waits; `commit` says so, and the reader reads no further: the foreign file still has it.

The run never claims to be more than it is: `progress.json` names the follower, its heartbeat is when the foreign file
last grew, and the process that trains only where a person has named it.
"""

from __future__ import annotations

import itertools
import statistics
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from monitor.importers.folders import FILE_OF, new_folder, sizes, slug, title, unaccounted
from monitor.run_dir import (
    PROGRESS_FILE,
    RUN_FILE,
    SOURCE_FILE,
    Epoch,
    Floors,
    GapBasis,
    Identity,
    Outcome,
    Place,
    Progress,
    Reading,
    Record,
    Run,
    Source,
    Step,
    encode,
    encode_line,
    files,
    held,
)
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.processes import RunLock, identify
from monitor.writer import RecordQueue, gap_of

PROGRESS_SECS = 0.5
PACE_EPOCHS = 9


@dataclass(frozen=True)
class About:
    """What is followed, and what its run says of itself. `mapping` is how the source is read; plain JSON."""

    path: Path
    format: str
    name: str
    mapping: Mapping[str, Any] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=lambda: {"loss": "as logged", "wer": "fraction"})
    gap_basis: GapBasis = "train"
    config: Mapping[str, Any] = field(default_factory=dict)
    config_schema: Mapping[str, Any] = field(default_factory=dict)
    floors: Floors = field(default_factory=Floors)
    notes: str = ""
    reading: Reading | None = None
    source: str = ""
    """See `Run.source`."""


def find_followed(runs_dir: Path, path: Path) -> Path | None:
    """The newest run directory that is fed from this file or folder; None where none is."""
    wanted = str(path.absolute())
    found = [(source.updated_at, run_dir) for run_dir, source in _sources(runs_dir) if source.path == wanted]
    return max(found, default=(0.0, None))[1]


def _sources(runs_dir: Path) -> Iterable[tuple[Path, Source]]:
    for place in sorted(runs_dir.glob(f"*/{SOURCE_FILE}")):
        source = read_source(place.parent)
        if source is not None and (place.parent / RUN_FILE).exists():
            yield place.parent, source


def read_source(run_dir: Path) -> Source | None:
    """What a run directory is fed from; None where it is fed by its own trainer, or the note cannot be read."""
    return files.read_document(run_dir / SOURCE_FILE, Source, files.UNREADABLE)


class FollowedRun:
    """One run directory, its lock held: `begin` or `go_on`, then `add` and `commit`, at the end `finish` or `close`.

    One thread. Opening raises RefusedError in one sentence; after that only `commit` and `heard` touch the disk in
    a way that can fail, and they answer instead of raising.
    """

    def __init__(self, run_dir: Path, lock: RunLock, source: Source, progress: Progress, basis: GapBasis) -> None:
        self.run_dir = run_dir
        self.source = source
        self.generation = progress.generation
        self.names_steps = True
        """False: the source names no step, and those that are recorded were counted line by line."""
        self._lock = lock
        self._basis = basis
        self._progress = progress
        self._told_at = float("-inf")
        self._queue = RecordQueue(run_dir)
        self._passed_over = unaccounted(run_dir, source.kept)
        self._ended_at: deque[tuple[float, float]] = deque(maxlen=PACE_EPOCHS)
        """(epoch, when it ended), one for each epoch."""

    @classmethod
    def begin(cls, runs_dir: Path, about: About, now: float, process: Identity | None = None) -> FollowedRun:
        """A new run directory of its own, named after `about.name`. `process`: the trainer, where it is known."""
        try:
            run_dir = new_folder(runs_dir, slug(about.name))
            lock = RunLock(run_dir)
            lock.acquire()
        except OSError as problem:
            raise _unwritable(runs_dir, problem) from problem
        return cls._described(run_dir, lock, about, Progress(heartbeat_at=now, process=process), now)

    @classmethod
    def inside(cls, run_dir: Path, about: About, generation: int, now: float, created_at: float = 0.0) -> FollowedRun:
        """The run of a script that our own supervisor has started: folder and lock are the supervisor's.

        `created_at`: since when there is a run, where it was read from another source before.
        """
        begun = Progress(heartbeat_at=now, generation=generation)
        return cls._described(run_dir, RunLock(run_dir), about, begun, created_at or now)

    @classmethod
    def _described(cls, run_dir: Path, lock: RunLock, about: About, begun: Progress, now: float) -> FollowedRun:
        source = Source(path=str(about.path.absolute()), format=about.format, mapping=dict(about.mapping))
        progress = msgspec.structs.replace(begun, phase="training", follower=identify(), listens=False)
        try:
            files.replace(run_dir / SOURCE_FILE, encode(source))
            files.replace(run_dir / PROGRESS_FILE, encode(held.with_folder(run_dir, progress)))
            # Last: a folder without it is no run yet.
            files.replace(run_dir / RUN_FILE, encode(_run(run_dir.name, about, now)))
        except OSError as problem:
            raise _unwritable(run_dir, problem) from problem
        return cls(run_dir, lock, source, progress, about.gap_basis)

    @classmethod
    def go_on(cls, run_dir: Path, now: float, process: Identity | None = None, *, locked: bool = False) -> FollowedRun:
        """The same run again, from where it was left; `source` says how far that is and how it is read.

        `locked`: the caller holds the run's lock already, and keeps it.
        """
        lock = RunLock(run_dir)
        if not locked:
            lock.acquire()
        try:
            source = read_source(run_dir)
            if source is None:
                raise RefusedError(f"{run_dir} is not fed from a foreign file: it has no readable {SOURCE_FILE}.")
            run = files.required_document(run_dir / RUN_FILE, Run)
            before = files.required_document(run_dir / PROGRESS_FILE, Progress)
            progress = msgspec.structs.replace(
                before,
                follower=identify(),
                process=process or before.process,
                phase="training",
                outcome=None,
                error=None,
                traceback=None,
            )
            files.replace(run_dir / PROGRESS_FILE, encode(held.with_folder(run_dir, progress)))
        except RefusedError:
            lock.release()
            raise
        except (OSError, ValueError) as problem:
            lock.release()
            raise RefusedError(f"Cannot go on with {run_dir}: {problem}. Import it as a new run.") from problem
        return cls(run_dir, lock, source, progress, run.gap_basis)

    @property
    def waiting(self) -> int:
        """Records that the disk has not taken yet: read no further while there are any."""
        return self._queue.waiting

    @property
    def is_complete(self) -> bool:
        """Whether the last epoch of those that were named has been recorded."""
        return self._progress.epochs is not None and self._progress.epoch >= self._progress.epochs

    def add(self, *records: Record) -> None:
        """Writes records of this run: Epoch, Step, Clip or Decode. They count once `commit` has returned True."""
        for record in records:
            file = FILE_OF[type(record)]
            if self._passed_over.get(file, 0) > 0:
                self._passed_over[file] -= 1
            else:
                self._queue.put(file, encode_line(self._finished(record)), sync=False)
            self._note(record)

    def _finished(self, record: Record) -> Record:
        if isinstance(record, Epoch) and record.gap is None:
            return msgspec.structs.replace(record, gap=gap_of(record, self._basis))
        return record

    def _note(self, record: Record) -> None:
        """Where the run is, as progress.json will say."""
        if isinstance(record, Epoch):
            if record.at and (not self._ended_at or record.epoch != self._ended_at[-1][0]):
                self._ended_at.append((record.epoch, record.at))
            self._progress = msgspec.structs.replace(
                self._progress, epoch=int(record.epoch), step=max(record.step, self._progress.step)
            )
        elif isinstance(record, Step) and self.names_steps:
            self._progress = msgspec.structs.replace(self._progress, step=record.step)
        if isinstance(record, (Epoch, Step)) and record.generation > self.generation:
            self.generation = record.generation

    def commit(
        self, places: Mapping[str, Place], memory: Mapping[str, Any], now: float, *, reread: bool = False
    ) -> bool:
        """Everything added is on disk, and noted how far the source was read. False: the disk did not take it (yet).

        `reread`: the next reading does not begin at these places but reads the source anew from where it stood at the
        last commit without this; every record since then is passed over.
        """
        if self._queue.flush() is not None:
            self.heard(now, grown=False)
            return False
        try:
            self._queue.sync()
            self.source = msgspec.structs.replace(
                self.source,
                places=dict(places),
                memory=dict(memory),
                kept=self.source.kept if reread else sizes(self.run_dir),
                updated_at=now,
            )
            files.replace(self.run_dir / SOURCE_FILE, encode(self.source))
        except OSError:
            return False
        if not reread:
            self._passed_over = {}
        self.heard(now, force=True)
        return True

    def pass_over_again(self) -> None:
        """The source will be read again from where it stood at the last commit without `reread`."""
        self._passed_over = unaccounted(self.run_dir, self.source.kept)

    def mapped(self, mapping: Mapping[str, Any]) -> None:
        """The source is read in another way from now on; the next commit notes it."""
        self.source = msgspec.structs.replace(self.source, mapping=dict(mapping))

    def forget(self, mapping: Mapping[str, Any]) -> None:
        """Every record is gone, and the source is to be read from its beginning, by `mapping`. Raises OSError."""
        self._queue.close()
        for name in FILE_OF.values():
            if (self.run_dir / name).exists():
                files.replace(self.run_dir / name, b"")
        self.source = msgspec.structs.replace(self.source, mapping=dict(mapping), places={}, memory={}, kept={})
        files.replace(self.run_dir / SOURCE_FILE, encode(self.source))
        self._queue, self._passed_over = RecordQueue(self.run_dir), {}
        self._ended_at.clear()

    def heard(self, now: float, *, grown: bool = True, force: bool = False, **changes: Any) -> bool:
        """Tells progress.json; `grown`: the source has grown, which is the only sign of life a foreign script gives.

        At most twice a second unless `force`. `changes` are fields of Progress, such as `epochs` where the log
        names the total, or `process`. False: it was not written.
        """
        if grown:
            changes["heartbeat_at"] = now
        self._progress = msgspec.structs.replace(
            self._progress,
            generation=self.generation,
            backlog=self._queue.waiting,
            dropped=self._queue.dropped,
            epoch_secs=self._pace(),
            disk_free_bytes=files.free_bytes(self.run_dir),
            **changes,
        )
        if not force and now - self._told_at < PROGRESS_SECS:
            return False
        try:
            files.replace(self.run_dir / PROGRESS_FILE, encode(held.with_folder(self.run_dir, self._progress)))
        except OSError:
            return False
        self._told_at = now
        return True

    def _pace(self) -> float | None:
        """Median seconds of an epoch, of which several may lie between two records."""
        pairs = itertools.pairwise(self._ended_at)
        secs = [
            (after[1] - before[1]) / (after[0] - before[0])
            for before, after in pairs
            if after[0] > before[0] and after[1] > before[1]
        ]
        return statistics.median(secs) if secs else None

    def finish(self, outcome: Outcome, now: float, error: str | None = None, traceback: str | None = None) -> None:
        """The followed run has ended, and its end is known."""
        self._let_go(now, outcome=outcome, error=error, traceback=traceback)

    def close(self, now: float) -> None:
        """Ends the following; how the run ends is not known. `go_on` takes it up again."""
        self._let_go(now, follower=None)

    def _let_go(self, now: float, **last: Any) -> None:
        self._queue.flush()
        self.heard(now, grown=False, force=True, phase="ended", **last)
        self._queue.close()
        self._lock.release()


def _unwritable(place: Path, problem: OSError) -> RefusedError:
    return RefusedError(f"Cannot write into {place}: {problem.strerror}. Check rights and room.")


def _run(run_id: str, about: About, now: float) -> Run:
    return Run(
        run_id=run_id,
        name=title(about.name),
        created_at=now,
        config=dict(about.config),
        config_schema=dict(about.config_schema),
        floors=about.floors,
        units=dict(about.units),
        gap_basis=about.gap_basis,
        notes=about.notes,
        reading=about.reading,
        source=about.source,
    )
