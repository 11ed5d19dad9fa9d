"""A run directory → a frozen `Snapshot`, at the cost of what is new.

What the reader assumes of writers: `.jsonl` files are append-only lines, `.json` files are replaced whole.
What it guarantees: nothing it meets in a file stops it; a line counts once its newline is there; a malformed one
is counted with its number and shown; a shorter file or another inode is a new life and is read again.
It needs no running process: a run is read the same way whether its processes live, hang or are gone.
"""

from __future__ import annotations

import difflib
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from monitor.run_dir import files, held, opening
from monitor.run_dir.columns import Growing, GrowingDecodes, GrowingSteps
from monitor.run_dir.counted import Counting
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.lives import Lives, lives_of
from monitor.run_dir.records import (
    ACKS_DIR,
    ALERTS_FILE,
    AWAY_ACT_FILE,
    AWAY_FILE,
    CLIPS_FILE,
    DECODES_FILE,
    EPOCHS_FILE,
    GPU_FILE,
    LAUNCH_FILE,
    METRIC_FILE,
    PROBES_DIR,
    PROGRESS_FILE,
    RUN_FILE,
    SCHEMA_VERSION,
    STATE_FILE,
    STEPS_FILE,
    Alert,
    Away,
    AwayAct,
    Clip,
    Decode,
    Epoch,
    GpuHistory,
    Launch,
    MetricChoice,
    Probe,
    Problem,
    Progress,
    Record,
    Run,
    Snapshot,
    State,
    Step,
    check_schema,
    decode,
    decode_all,
    schema_of,
)
from monitor.run_dir.redaction import redacted

R = TypeVar("R", bound=Record)
G = TypeVar("G", contravariant=True)
S = TypeVar("S", covariant=True)

MARKS_OF_A_RUN = (RUN_FILE, LAUNCH_FILE, EPOCHS_FILE)
PROBLEMS_KEPT = 100
LINES_AT_ONCE = 1024
PIECES_WITHOUT_A_LINE = 64
"""So much of a file that holds no line at all (1 GB) is passed over in one look; the next look goes on."""
SURE_SECS = 5.0
"""Silence watched for this long is believed against a heartbeat that is dated in the future."""


def list_runs(runs_dir: Path) -> list[str]:
    """The run ids under `runs_dir`, by name; a link that leads out of it is no run of it.

    Raises UnreadableRunError where the folder cannot be read.
    """
    try:
        entries = [entry for entry in Path(runs_dir).iterdir() if not entry.name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise UnreadableRunError(
            f"Cannot read {runs_dir}: {problem.strerror or problem}. Check the path, or give another with --runs."
        ) from problem
    return sorted(entry.name for entry in entries if is_run(entry) and opening.is_within(runs_dir, entry))


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run: run.json, launch.json or epochs.jsonl is there."""
    return any(map(_is_file, (folder / mark for mark in MARKS_OF_A_RUN)))


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(held.stat_of(path, follow=True).st_mode)
    except (OSError, ValueError):
        return False


def nearest(runs_dir: Path, name: str) -> str | None:
    """The run id most like `name`, for a helpful sentence."""
    close = difflib.get_close_matches(name[:100], list_runs(runs_dir), n=1, cutoff=0.5)
    return close[0] if close else None


class RunReader:
    """Reads one run again and again. Not thread-safe: one reader, one caller."""

    def __init__(self, run_dir: Path, tick: Callable[[], float] = time.monotonic) -> None:
        self.run_dir = Path(run_dir)
        self._silence = _Silence(tick)
        self._epochs = _Series(self.run_dir / EPOCHS_FILE, Epoch, Growing[Epoch])
        self._steps = _Series(self.run_dir / STEPS_FILE, Step, GrowingSteps)
        self._clips = _Series(self.run_dir / CLIPS_FILE, Clip, Growing[Clip])
        self._decodes = _Series(self.run_dir / DECODES_FILE, Decode, GrowingDecodes)
        self._alerts = _Series(self.run_dir / ALERTS_FILE, Alert, Growing[Alert])
        self._run = _Document(self.run_dir / RUN_FILE, Run)
        self._launch = _Document(self.run_dir / LAUNCH_FILE, Launch)
        self._progress = _Document(self.run_dir / PROGRESS_FILE, Progress)
        self._state = _Document(self.run_dir / STATE_FILE, State)
        self._away = _Document(self.run_dir / AWAY_FILE, Away)
        self._away_act = _Document(self.run_dir / AWAY_ACT_FILE, AwayAct)
        self._choice = _Document(self.run_dir / METRIC_FILE, MetricChoice)
        self._gpu = _Document(self.run_dir / GPU_FILE, GpuHistory)
        self._acknowledged: frozenset[str] = frozenset()
        self._probes = _Probes(self.run_dir / PROBES_DIR)
        self._merged = _merged(())
        self._counting = Counting()
        self._seq = 0
        self._life = 0
        self._lives = Lives()

    @property
    def bytes_read(self) -> int:
        """Bytes read from the line files so far: what the promise O(new bytes) is measured by."""
        return sum(series.bytes_read for series in self._all_series())

    def check(self) -> None:
        """Raises UnreadableRunError where `read` would for the folder or a newer schema; costs two small files."""
        self._check_folder()
        try:
            self._run.read()
            self._launch.read()
        except OSError as problem:
            raise _unreachable(self.run_dir, problem) from problem
        self._check_schemas()

    def read(self, now: float) -> Snapshot:
        """Everything that stands on disk now. Raises UnreadableRunError: no run, unreachable, or a newer schema."""
        self._check_folder()
        try:
            changed = self._read_all()
        except OSError as problem:
            raise _unreachable(self.run_dir, problem) from problem
        self._check_schemas()
        lives = lives_of(self.run_dir, self._state.value, self._progress.value)
        if changed or lives != self._lives or self._seq == 0:
            self._seq += 1
        self._lives = lives
        self._silence.note(self._progress.value)
        return self._snapshot(now)

    def _check_folder(self) -> None:
        if is_run(self.run_dir):
            return
        there = self.run_dir.exists()
        what = "is no run directory (no run.json, launch.json or epochs.jsonl)" if there else "is not there"
        guess = nearest(self.run_dir.parent, self.run_dir.name)
        hint = f" Did you mean {guess}?" if guess else " `python -m monitor list` shows the runs there are."
        raise UnreadableRunError(f"Run {self.run_dir.name!r} {what}: {self.run_dir}.{hint}")

    def _read_all(self) -> bool:
        changes = [source.read() for source in self._all_sources()]
        changes.append(self._probes.read())
        acknowledged = _acknowledged(self.run_dir / ACKS_DIR)
        changes.append(acknowledged != self._acknowledged)
        self._acknowledged = acknowledged
        if self._epochs.changed:
            self._merged = _merged(self._epochs.records)
        if any(series.restarted for series in self._all_series()):
            self._life += 1
        return any(changes)

    def _check_schemas(self) -> None:
        for document in (self._run, self._launch):
            check_schema(document.schema, str(document.path))

    def _snapshot(self, now: float) -> Snapshot:
        epochs, overlaps, resumed_at, anew = self._merged
        run = self._counting.run(self._run.value, self._clips.records)
        problems = [problem for source in self._all_sources() for problem in source.problems]
        return Snapshot(
            run_dir=str(self.run_dir),
            run_id=self.run_dir.name,
            read_at=now,
            seq=self._seq,
            life=self._life,
            run=run,
            launch=self._launch.value,
            progress=self._progress.value,
            state=self._state.value,
            trainer_liveness=self._lives.trainer,
            supervisor_liveness=self._lives.supervisor,
            follower_liveness=self._lives.follower,
            job=self._lives.job,
            silent_secs=self._silence.secs(self._progress.value, now),
            epochs=self._counting.epochs(epochs, self._decodes.records, self._run.value),
            steps=self._steps.records,
            clips=self._clips.records,
            decodes=self._decodes.records,
            counted=self._counting.fields(self._run.value),
            alerts=self._alerts.records,
            probes=self._probes.values,
            acknowledged=self._acknowledged,
            choice=self._choice.value,
            gpu=self._gpu.value,
            away=self._away.value,
            away_act=self._away_act.value,
            overlaps=overlaps,
            resumed_at=resumed_at,
            anew=anew,
            problems=tuple(problems),
        )

    def _all_series(self) -> tuple[_Series[Any, Any], ...]:
        return self._epochs, self._steps, self._clips, self._decodes, self._alerts

    def _all_sources(self) -> list[_Series[Any, Any] | _Document[Any]]:
        return [*self._all_series(), *self._all_documents()]

    def _all_documents(self) -> tuple[_Document[Any], ...]:
        documents = (self._run, self._launch, self._progress, self._state, self._away, self._away_act, self._choice)
        return *documents, self._gpu


def _unreachable(run_dir: Path, problem: OSError) -> UnreadableRunError:
    return UnreadableRunError(f"Cannot read {run_dir}: {problem.strerror or problem}. Check the disk and your rights.")


class _Silence:
    """Seconds since the trainer's last record: wall clocks jump, so arrivals are timed by a steady one."""

    def __init__(self, tick: Callable[[], float]) -> None:
        self._tick = tick
        self._last: Progress | None = None
        self._since = tick()
        self._seen_to_arrive = False

    def note(self, progress: Progress | None) -> None:
        """Takes in what was read; a heartbeat that differs from the last one has arrived since."""
        if progress != self._last:
            self._seen_to_arrive = self._last is not None
            self._last, self._since = progress, self._tick()

    def secs(self, progress: Progress | None, now: float) -> float | None:
        """Seconds up to `now`; negative where a clock was set back, None without a heartbeat."""
        if progress is None:
            return None
        watched = self._tick() - self._since
        if self._seen_to_arrive:
            return watched
        # Of a heartbeat that was there at the first look only the wall clock knows, unless it was set back since.
        by_clock = now - progress.heartbeat_at
        return max(by_clock, watched) if by_clock >= 0 or watched > SURE_SECS else by_clock


class _Grows(Protocol[G, S]):
    """Where records are put, and what stands for all of them so far."""

    def extend(self, records: Iterable[G]) -> None:
        """Adds records after those that are there."""

    def frozen(self) -> S:
        """All so far; what comes later is not in it."""


class _Series(Generic[R, S]):
    """The records of one `.jsonl` file, grown by what is new."""

    def __init__(self, path: Path, kind: type[R], grows: Callable[[], _Grows[R, S]]) -> None:
        self._tail = files.LineTail(path)
        self._kind = kind
        self._grows = grows
        self._kept = grows()
        self.records = self._kept.frozen()
        self.problems: list[Problem] = []
        self.changed = False
        self.restarted = False

    @property
    def bytes_read(self) -> int:
        """Bytes read of the file so far, those of earlier lives included."""
        return self._tail.bytes_read

    def read(self) -> bool:
        """Takes in what is new; True if anything changed. Raises OSError."""
        self.changed = self.restarted = False
        empty = 0
        try:
            while empty < PIECES_WITHOUT_A_LINE:
                found = self._tail.read()
                self._take_piece(found)
                empty = 0 if found.lines else empty + 1
                if not found.more:
                    break
        except files.OddFileError as odd:
            self._note(0, str(odd))
        if self.changed:
            self.records = self._kept.frozen()
        return self.changed

    def _take_piece(self, found: files.Lines) -> None:
        if found.restarted:
            self._kept, self.problems, self.restarted = self._grows(), [], True
        if found.passed_over is not None:
            self._note(found.passed_over, f"longer than {files.LONGEST_LINE_BYTES // 2**20} MiB")
        for begin in range(0, len(found.lines), LINES_AT_ONCE):
            self._take(found.first_line + begin, found.lines[begin : begin + LINES_AT_ONCE])
        self.changed = self.changed or bool(found.lines) or found.restarted

    def _note(self, line: int, reason: str) -> None:
        problem = Problem(file=self._tail.path.name, line=line, reason=reason)
        if problem not in self.problems and len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(problem)
            self.changed = True

    def _take(self, number: int, lines: list[bytes]) -> None:
        try:
            records = decode_all(lines, self._kind)
        except ValueError:
            records = [record for each, line in enumerate(lines, number) for record in self._taken(each, line)]
        self._kept.extend(records)

    def _taken(self, number: int, line: bytes) -> Iterator[R]:
        """The record of a line; of an empty or a malformed one none."""
        try:
            if line.strip():
                yield decode(line, self._kind)
        except ValueError as problem:
            self._note(number, str(problem))


class _Document(Generic[R]):
    """The value of one `.json` file; the last good one stays where a foreign tool left half of one."""

    def __init__(self, path: Path, kind: type[R]) -> None:
        self.path = path
        self._kind = kind
        self._stamp: tuple[int, int, int] | None = None
        self.value: R | None = None
        self.schema = SCHEMA_VERSION
        self.problems: list[Problem] = []

    def read(self) -> bool:
        """Reads the file if it was replaced; True if anything changed. Raises OSError."""
        try:
            found = held.stat_of(self.path)
        except (FileNotFoundError, NotADirectoryError):
            gone = self.value is not None
            self._stamp, self.value, self.schema, self.problems = None, None, SCHEMA_VERSION, []
            return gone
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if stamp == self._stamp:
            return False
        try:
            data = files.read_bytes(self.path)
            if data is None:
                return False
            self._stamp = stamp
            self.schema = schema_of(data)
            value, self.problems = redacted(decode(data, self._kind)), []
        except ValueError as problem:
            self._stamp = stamp
            self.problems = [Problem(file=self.path.name, line=1, reason=str(problem))]
            return True
        changed = value != self.value
        self.value = value
        return changed


class _Probes:
    """The measurements in probes/, read again when one of the files changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamps: dict[str, int] = {}
        self.values: tuple[Probe, ...] = ()

    def read(self) -> bool:
        """Reads what has changed in the folder; returns whether anything has."""
        stamps = {}
        try:
            for entry in [] if self._folder.is_symlink() else self._folder.iterdir():
                if entry.suffix == ".json" and not entry.name.startswith("."):
                    stamps[entry.name] = entry.stat().st_mtime_ns
        except OSError:
            stamps = {}
        if stamps == self._stamps:
            return False
        self._stamps = stamps
        # What is no Probe is another program's measurement, in a shape of its own.
        found = [files.read_document(self._folder / name, Probe, files.UNREADABLE) for name in sorted(stamps)]
        self.values = tuple(probe for probe in found if probe is not None)
        return True


def _acknowledged(folder: Path) -> frozenset[str]:
    try:
        return frozenset(entry.stem for entry in folder.iterdir() if entry.suffix == ".json")
    except OSError:
        return frozenset()


def _merged(
    records: tuple[Epoch, ...],
) -> tuple[tuple[Epoch, ...], tuple[float, ...], tuple[float, ...], int]:
    """(one record per epoch, epochs written again, first epoch of each resume, how often it began anew).

    A resumed run goes on from its last checkpoint: what it drops are the records from there on, so a record of
    a later generation removes every earlier one of the same or a later epoch. One that removes all is no resume.
    """
    kept: list[Epoch] = []
    overlaps: set[float] = set()
    resumed: list[float] = []
    anew = 0
    for record in records:
        generation = kept[-1].generation if kept else record.generation
        while kept and kept[-1].epoch >= record.epoch:
            overlaps.add(kept.pop().epoch)
        if record.generation > generation:
            if kept:
                resumed.append(record.epoch)
            else:
                overlaps.clear()
                resumed.clear()
                anew += 1
        kept.append(record)
    return tuple(kept), tuple(sorted(overlaps)), tuple(resumed), anew
