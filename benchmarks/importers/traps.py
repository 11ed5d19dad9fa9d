"""What odd and damaged files do to importers, format by format: each trap set in the same small run.

A cell gives how many of the six evaluations came through, and whether the import reported something odd; "refused"
is one sentence and no run; "–" is a trap that cannot be in that format.
"""

from __future__ import annotations

import os
import random
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from monitor.importers.formats.clearml import TASK
from monitor.importers.formats.registry import BINARY
from monitor.importers.formats.sqlite_file import JOURNAL_MAGIC
from monitor.importers.importing import Asked, plan, records
from monitor.importers.several import container
from monitor.importers.store import Imported, keep
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.reader import RunReader
from tests import foreign

USUAL = ("mean of the steps", "evaluations are counted", "a test and no epoch", "whole training took")
"""Sentences that a healthy file of some format brings too."""
BY_LINES = frozenset(
    {"table", "JSON lines", "SpeechBrain", "Keras", "Ultralytics", "ESPnet", "fairseq", "wav2letter", "Lightning"}
)
"""Tools whose file is appended to when a run is started again."""
FORMAT = {tool: name for tool, (_, name) in foreign.CAST.items()}
SQLITE = frozenset({"mlflow-db", "trackio"})
Trap = Callable[[str, Path], bool]
"""Sets the trap in a tool's file; False where that tool cannot have it."""


def measure_traps() -> list[dict[str, Any]]:
    """One row per tool, one column per trap."""
    rows = []
    for tool, (make, _) in foreign.CAST.items():
        row: dict[str, Any] = {"tool": tool}
        for name, trap in TRAPS.items():
            with tempfile.TemporaryDirectory() as place:
                path = make(Path(place) / "made" / "here")
                file = _largest(path)
                row[name] = _outcome(path, Path(place) / "runs") if trap(tool, file) else "–"
        rows.append(row)
    return rows


def _largest(path: Path) -> Path:
    """The file that the trap is set in: of several runs in a folder, one of the run that is meant."""
    place, part = container(path)
    found = [each for each in place.rglob(f"*{part}*" if part else "*") if each.is_file() and each.name != TASK]
    return max(found, key=lambda each: each.stat().st_size, default=place)


def _outcome(path: Path, runs: Path) -> str:
    try:
        chosen = plan(path, Asked())
        run_id = keep(runs, Imported("trap", records(chosen), chosen.source), 0.0)
    except MonitorError:
        return "refused"
    epochs = RunReader(runs / run_id).read(0.0).epochs
    odd = [note for note in chosen.notes if not any(usual in note for usual in USUAL)]
    return f"{len(epochs)}" + (", said" if odd or chosen.unread.count else "")


def _pointer(tool: str, file: Path) -> bool:
    file.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    return True


def _cut_off(tool: str, file: Path) -> bool:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) * 7 // 10])
    return True


def _noise(tool: str, file: Path) -> bool:
    file.write_bytes(random.Random(1).randbytes(5000))
    return True


def _zeros_behind(tool: str, file: Path) -> bool:
    file.write_bytes(file.read_bytes() + bytes(4096))
    return True


def _one_byte(tool: str, file: Path) -> bool:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)
    return True


def _pipe(tool: str, file: Path) -> bool:
    file.unlink()
    os.mkfifo(file)
    return True


def _link(tool: str, file: Path) -> bool:
    """To the same bytes outside of what was given."""
    file.rename(file.parent.parent.parent / "elsewhere")
    file.symlink_to(file.parent.parent.parent / "elsewhere")
    return True


def _view(tool: str, file: Path) -> bool:
    """A view that never ends, in place of the table with the numbers."""
    if FORMAT[tool] not in SQLITE:
        return False
    with sqlite3.connect(file) as connection:
        names = ", ".join(f"i AS {row[1]}" for row in connection.execute("PRAGMA table_info(metrics)"))
        connection.executescript(
            "PRAGMA foreign_keys = OFF; ALTER TABLE metrics RENAME TO kept; CREATE VIEW metrics AS "
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT {names} FROM n"
        )
    return True


def _transaction(tool: str, file: Path) -> bool:
    """A journal, as a writer leaves it that was killed."""
    if FORMAT[tool] in SQLITE:
        file.with_name(f"{file.name}-journal").write_bytes(JOURNAL_MAGIC + bytes(504))
    return FORMAT[tool] in SQLITE


def _not_utf8(tool: str, file: Path) -> bool:
    if FORMAT[tool] in BINARY or tool in ("JSON array", "Hugging Face", "ClearML"):
        return False
    head, _, rest = file.read_bytes().partition(b"\n")
    file.write_bytes(head + b"\n\xe9t\xe9 \xc3(\n" + rest)
    return True


def _nan(tool: str, file: Path) -> bool:
    text = file.read_bytes()
    if FORMAT[tool] in BINARY or tool == "MLflow" or b"2.75" not in text:
        return False
    file.write_bytes(text.replace(b"2.75", b"NaN"))
    return True


def _started_again(tool: str, file: Path) -> bool:
    if tool in BY_LINES:
        file.write_bytes(file.read_bytes() * 2)
    return tool in BY_LINES


def _resumed(tool: str, file: Path) -> bool:
    if tool not in BY_LINES:
        return False
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[: len(lines) * 2 // 3], *lines[len(lines) // 2 :]]))
    return True


TRAPS: dict[str, Trap] = {
    "as it should be": lambda tool, file: True,
    "LFS pointer": _pointer,
    "cut off": _cut_off,
    "noise": _noise,
    "zeros behind": _zeros_behind,
    "one byte": _one_byte,
    "a pipe": _pipe,
    "a link": _link,
    "a view": _view,
    "a journal": _transaction,
    "not UTF-8": _not_utf8,
    "bare NaN": _nan,
    "started again": _started_again,
    "resumed": _resumed,
}
