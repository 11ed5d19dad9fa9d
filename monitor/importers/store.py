"""Imported records → a run directory of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from monitor import files
from monitor.errors import RefusedError
from monitor.run_dir import EPOCHS_FILE, RUN_FILE, Epoch, Floors, GapBasis, Run, encode, encode_line

MOST_TRIES = 1000


@dataclass(frozen=True)
class Imported:
    """What an importer found, ready to be kept."""

    name: str
    epochs: tuple[Epoch, ...]
    source: str
    gap_basis: GapBasis = "train"
    floors: Floors = field(default_factory=Floors)


def keep(runs_dir: Path, imported: Imported, now: float) -> str:
    """Writes a new run directory and returns its run id; never touches one that exists. Raises RefusedError."""
    try:
        run_dir = _new_folder(runs_dir, _slug(imported.name))
        run = Run(
            run_id=run_dir.name,
            name=imported.name,
            created_at=now,
            floors=imported.floors,
            units={"loss": "as logged", "wer": "fraction"},
            gap_basis=imported.gap_basis,
            notes=imported.source,
        )
        files.replace(run_dir / EPOCHS_FILE, b"".join(encode_line(epoch) for epoch in imported.epochs))
        # Last: a folder without it is no run yet.
        files.replace(run_dir / RUN_FILE, encode(run))
    except OSError as problem:
        raise RefusedError(f"Cannot write into {runs_dir}: {problem.strerror}.") from problem
    return run_dir.name


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-_")[:60] or "imported"


def _new_folder(runs_dir: Path, name: str) -> Path:
    runs_dir.mkdir(parents=True, exist_ok=True)
    for number in range(1, MOST_TRIES):
        folder = runs_dir / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise RefusedError(f"{runs_dir} holds {MOST_TRIES} runs called {name}; give another --name.")
