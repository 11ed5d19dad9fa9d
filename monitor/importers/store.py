"""Imported records → a run directory of their own, which is there as a whole or not at all."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from monitor.importers.clips import ClipBook
from monitor.importers.folders import FILE_OF, new_folder, slug, title
from monitor.importers.samples import Sample
from monitor.run_dir import (
    PROGRESS_FILE,
    RUN_FILE,
    Clip,
    Decode,
    Epoch,
    Floors,
    GapBasis,
    Outcome,
    Progress,
    Record,
    Run,
    Step,
    encode,
    encode_line,
    files,
)
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.opening import make_folder
from monitor.writer import gap_of

BATCH_BYTES = 1 << 20


@dataclass(frozen=True)
class Ended:
    """How the run ended, as far as its file says; `at`: when that last changed, UTC seconds, 0 where not known."""

    outcome: Outcome | None = None
    error: str | None = None
    traceback: str | None = None
    at: float = 0.0


@dataclass(frozen=True)
class Imported:
    """What an importer found, ready to be kept."""

    name: str
    records: Iterable[Epoch | Step]
    """May be long; read once."""
    source: str
    gap_basis: GapBasis = "train"
    floors: Floors = field(default_factory=Floors)
    samples: tuple[Sample, ...] = ()
    config: dict[str, Any] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=lambda: {"loss": "as logged", "wer": "fraction"})
    ended: Ended = field(default_factory=Ended)


def keep(runs_dir: Path, imported: Imported, now: float) -> str:
    """Writes a new run directory and returns its run id; never touches one that exists. Raises RefusedError."""
    # Hidden until it is whole: an import that is interrupted leaves no half of a run in the list.
    aside = runs_dir / f".importing-{secrets.token_hex(6)}"
    try:
        make_folder(aside)
        last = _write_records(aside, imported)
        run_dir = new_folder(runs_dir, slug(imported.name))
        files.replace(aside / PROGRESS_FILE, encode(_progress(imported.ended, last, now)))
        files.replace(aside / RUN_FILE, encode(_described(run_dir.name, imported, now)))
        aside.rename(run_dir)
    except OSError as problem:
        raise RefusedError(f"Cannot write into {runs_dir}: {problem.strerror}.") from problem
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return run_dir.name


def _progress(ended: Ended, epoch: float, now: float) -> Progress:
    """That no process works on these records any more, and how the run ended where that is known."""
    return Progress(
        heartbeat_at=ended.at or now,
        phase="ended",
        epoch=int(epoch),
        outcome=ended.outcome,
        error=ended.error,
        traceback=ended.traceback,
        listens=False,
    )


def _described(run_id: str, imported: Imported, now: float) -> Run:
    return Run(
        run_id=run_id,
        name=title(imported.name),
        created_at=now,
        config=imported.config,
        floors=imported.floors,
        units=imported.units,
        gap_basis=imported.gap_basis,
        notes=imported.source,
    )


def _write_records(folder: Path, imported: Imported) -> float:
    """Returns the epoch of the last evaluation, 0 where there is none."""
    opened: dict[type[Record], files.AppendFile] = {
        kind: files.AppendFile(folder / FILE_OF[kind]) for kind in (Epoch, Step, Clip, Decode)
    }
    waiting: dict[type[Record], bytearray] = {kind: bytearray() for kind in opened}
    last = 0.0
    for record in imported.records:
        if isinstance(record, Epoch):
            last = record.epoch
            if record.gap is None:
                record = msgspec.structs.replace(record, gap=gap_of(record, imported.gap_basis))
        lines = waiting[type(record)]
        lines += encode_line(record)
        if len(lines) > BATCH_BYTES:
            opened[type(record)].append(bytes(lines))
            lines.clear()
    for decoded in _decoded(imported.samples, last):
        waiting[type(decoded)] += encode_line(decoded)
    for kind, lines in waiting.items():
        if lines or kind is Epoch:
            opened[kind].append(bytes(lines), sync=True)
        opened[kind].close()
    return last


def _decoded(samples: tuple[Sample, ...], last: float) -> Iterator[Clip | Decode]:
    """One clip a target; samples without an epoch are the last evaluation's."""
    book = ClipBook()
    placed = [replace(sample, epoch=last) if sample.epoch is None else sample for sample in samples]
    for sample in sorted(placed, key=lambda sample: sample.epoch or 0.0):
        yield from book.take(sample)
    yield from book.rest()
