"""A corpus on disk before anything of it is read: which clip, where it lies, what it says, who signs, which split."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from monitor.run_dir.errors import RefusedError, UsageError

SPLIT_NAMES = {"train": "train", "val": "val", "dev": "val", "valid": "val", "test": "test", "seen": "seen"}
"""How people call the splits → how they are called here."""


@dataclass(frozen=True)
class Entry:
    """`path`: a folder of pictures, or a feature file .npy / .npz. `words`: the target."""

    clip_id: str
    path: Path
    words: tuple[str, ...]
    signer: str
    split: str


def read_rows(path: Path, delimiter: str, needed: Iterable[str]) -> list[dict[str, str]]:
    """The rows of an annotation file. Raises RefusedError in one sentence if it cannot be used."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=delimiter))
            names = [] if not rows else list(rows[0])
    except OSError as problem:
        raise RefusedError(f"{path} cannot be read: {problem.strerror}. Check --data_path.") from None
    except (csv.Error, UnicodeDecodeError) as problem:
        raise RefusedError(f"{path} is no table with the separator {delimiter!r}: {problem}.") from None
    missing = [name for name in needed if name not in names]
    if missing:
        raise RefusedError(f"{path} has no column {', '.join(missing)}; its columns are {', '.join(names) or 'none'}.")
    return rows


def read_manifest(path: Path) -> list[Entry]:
    """A CSV with the columns id, path, gloss, signer, split; paths are relative to the CSV's folder."""
    entries = []
    for number, row in enumerate(read_rows(path, ",", ("id", "path", "gloss", "split")), 2):
        split = SPLIT_NAMES.get((row["split"] or "").strip().lower())
        if split is None:
            raise UsageError(f"{path}, line {number}: split {row['split']!r} is unknown; use train, val, test or seen.")
        entries.append(
            Entry(
                clip_id=row["id"].strip(),
                path=path.parent / row["path"].strip(),
                words=tuple((row["gloss"] or "").split()),
                signer=(row.get("signer") or "").strip(),
                split=split,
            )
        )
    if missing := [name for name in ("train", "val") if not any(entry.split == name for entry in entries)]:
        raise RefusedError(f"{path} names no clip of {' and '.join(missing)}; training needs both.")
    return entries
