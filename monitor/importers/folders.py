"""The folder of an imported or followed run: a free name, the files of its records, and how far they are written."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from monitor.run_dir import (
    CLIPS_FILE,
    DECODES_FILE,
    EPOCHS_FILE,
    STEPS_FILE,
    Clip,
    Decode,
    Epoch,
    Record,
    Step,
    decode,
)
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.opening import OddFileError, make_folder, open_to_read

MOST_TRIES = 1000
LONGEST_NAME = 200
FILE_OF: dict[type[Record], str] = {
    Epoch: EPOCHS_FILE,
    Step: STEPS_FILE,
    Clip: CLIPS_FILE,
    Decode: DECODES_FILE,
}


def sizes(run_dir: Path) -> dict[str, int]:
    """Bytes of each file of records."""
    return {name: (run_dir / name).stat().st_size for name in FILE_OF.values() if (run_dir / name).exists()}


def unaccounted(run_dir: Path, kept: Mapping[str, int]) -> dict[str, int]:
    """Records per file that stand behind what the last commit accounts for."""
    counts = {}
    for kind, name in FILE_OF.items():
        try:
            with os.fdopen(open_to_read(run_dir / name), "rb") as file:
                file.seek(kept.get(name, 0))
                counts[name] = sum(_is_record(line, kind) for line in file)
        except (FileNotFoundError, OddFileError):
            continue
    return counts


def _is_record(line: bytes, kind: type[Record]) -> bool:
    """Whether a reader takes this line; the torn end of a killed writer is none."""
    if not line.endswith(b"\n"):
        return False
    try:
        decode(line, kind)
    except ValueError:
        return False
    return True


def slug(name: str) -> str:
    """A name for people → a folder's name."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-_")[:60] or "imported"


def title(name: str) -> str:
    """A name for people out of a foreign file: without what cannot be shown, and no longer than a line."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())[:LONGEST_NAME]


def new_folder(runs_dir: Path, name: str) -> Path:
    """Makes a folder of this name, or of the next free one, exclusively. Raises OSError or RefusedError."""
    for number in range(1, MOST_TRIES):
        folder = runs_dir / (name if number == 1 else f"{name}-{number}")
        try:
            make_folder(folder, exist_ok=False)
        except FileExistsError:
            continue
        return folder
    raise RefusedError(f"{runs_dir} holds {MOST_TRIES} runs called {name}; give another --name.")
