"""Imported records → a run directory of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from monitor import files
from monitor.errors import RefusedError
from monitor.importers.live import new_folder, slug
from monitor.importers.samples import Sample
from monitor.run_dir import (
    CLIPS_FILE,
    DECODES_FILE,
    EPOCHS_FILE,
    RUN_FILE,
    Clip,
    Decode,
    Epoch,
    Floors,
    GapBasis,
    Run,
    encode,
    encode_line,
)


@dataclass(frozen=True)
class Imported:
    """What an importer found, ready to be kept."""

    name: str
    epochs: tuple[Epoch, ...]
    source: str
    gap_basis: GapBasis = "train"
    floors: Floors = field(default_factory=Floors)
    samples: tuple[Sample, ...] = ()


def keep(runs_dir: Path, imported: Imported, now: float) -> str:
    """Writes a new run directory and returns its run id; never touches one that exists. Raises RefusedError."""
    try:
        run_dir = new_folder(runs_dir, slug(imported.name))
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
        if imported.samples:
            clips, decodes = _decoded(imported)
            files.replace(run_dir / CLIPS_FILE, b"".join(encode_line(clip) for clip in clips))
            files.replace(run_dir / DECODES_FILE, b"".join(encode_line(decode) for decode in decodes))
        # Last: a folder without it is no run yet.
        files.replace(run_dir / RUN_FILE, encode(run))
    except OSError as problem:
        raise RefusedError(f"Cannot write into {runs_dir}: {problem.strerror}.") from problem
    return run_dir.name


def _decoded(imported: Imported) -> tuple[list[Clip], list[Decode]]:
    """One clip a target; samples without an epoch are the last evaluation's."""
    last = imported.epochs[-1].epoch if imported.epochs else 0.0
    names: dict[str, str] = {}
    by_epoch: dict[float, dict[str, str]] = {}
    for sample in imported.samples:
        name = names.setdefault(sample.reference, f"sample-{len(names) + 1}")
        by_epoch.setdefault(last if sample.epoch is None else sample.epoch, {})[name] = sample.hypothesis
    clips = [Clip(clip_id=name, reference=reference) for reference, name in names.items()]
    decodes = [
        Decode(epoch=epoch, clip_ids=list(said), hypotheses=list(said.values()))
        for epoch, said in sorted(by_epoch.items())
    ]
    return clips, decodes
