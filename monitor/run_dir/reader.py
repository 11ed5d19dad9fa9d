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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from monitor.run_dir import held, opening
from monitor.run_dir.columns import Growing, GrowingDecodes, GrowingSteps
from monitor.run_dir.counted import Counting
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.file_readers import Document, Probes, Series, Silence, acknowledged
from monitor.run_dir.fractions import GrowingEpochs
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
    Progress,
    Run,
    Snapshot,
    State,
    Step,
    check_schema,
)
from monitor.run_dir.renamed import Joined, declared_names, joined

MARKS_OF_A_RUN = (RUN_FILE, LAUNCH_FILE, EPOCHS_FILE)


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
        self._silence = Silence(tick)
        self._epochs = Series(self.run_dir / EPOCHS_FILE, Epoch, GrowingEpochs)
        self._steps = Series(self.run_dir / STEPS_FILE, Step, GrowingSteps)
        self._clips = Series(self.run_dir / CLIPS_FILE, Clip, Growing[Clip])
        self._decodes = Series(self.run_dir / DECODES_FILE, Decode, GrowingDecodes)
        self._alerts = Series(self.run_dir / ALERTS_FILE, Alert, Growing[Alert])
        self._run = Document(self.run_dir / RUN_FILE, Run)
        self._launch = Document(self.run_dir / LAUNCH_FILE, Launch)
        self._progress = Document(self.run_dir / PROGRESS_FILE, Progress)
        self._state = Document(self.run_dir / STATE_FILE, State)
        self._away = Document(self.run_dir / AWAY_FILE, Away)
        self._away_act = Document(self.run_dir / AWAY_ACT_FILE, AwayAct)
        self._choice = Document(self.run_dir / METRIC_FILE, MetricChoice)
        self._gpu = Document(self.run_dir / GPU_FILE, GpuHistory)
        self._acknowledged: frozenset[str] = frozenset()
        self._probes = Probes(self.run_dir / PROBES_DIR)
        self._merged = _merged(())
        self._renamed: tuple[tuple[Epoch, ...], frozenset[str], Joined] | None = None
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
        found = acknowledged(self.run_dir / ACKS_DIR)
        changes.append(found != self._acknowledged)
        self._acknowledged = found
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
        epochs, renamed = self._joined(epochs)
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
            renamed=renamed,
            anew=anew,
            problems=tuple(problems),
        )

    def _joined(self, epochs: tuple[Epoch, ...]) -> Joined:
        """As `renamed.joined`; the same tuples as long as nothing has changed."""
        kept = declared_names(self._run.value, self._launch.value, self._choice.value)
        if self._renamed is None or self._renamed[0] is not epochs or self._renamed[1] != kept:
            self._renamed = epochs, kept, joined(epochs, kept)
        return self._renamed[2]

    def _all_series(self) -> tuple[Series[Any, Any], ...]:
        return self._epochs, self._steps, self._clips, self._decodes, self._alerts

    def _all_sources(self) -> list[Series[Any, Any] | Document[Any]]:
        return [*self._all_series(), *self._all_documents()]

    def _all_documents(self) -> tuple[Document[Any], ...]:
        documents = (self._run, self._launch, self._progress, self._state, self._away, self._away_act, self._choice)
        return *documents, self._gpu


def _unreachable(run_dir: Path, problem: OSError) -> UnreadableRunError:
    return UnreadableRunError(f"Cannot read {run_dir}: {problem.strerror or problem}. Check the disk and your rights.")


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
