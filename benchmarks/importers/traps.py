"""What odd and damaged files do to importers, format by format: each trap set in the same small run.

A cell tells how many of the six evaluations came through, and whether the import said that something was odd; "refused"
is one sentence and no run; "–" is a trap that cannot be in that format.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
Trap = Callable[[str, Path], bool]
"""Sets the trap in a tool's file; False where that tool cannot have it."""


def measure_traps() -> list[dict[str, Any]]:
    """One row per tool, one column per trap."""
    rows = []
    for tool, (make, _) in foreign.CAST.items():
        row: dict[str, Any] = {"tool": tool}
        for name, trap in TRAPS.items():
            with tempfile.TemporaryDirectory() as place:
                path = make(Path(place) / "made")
                file = _largest(path)
                row[name] = _outcome(path, Path(place) / "runs") if trap(tool, file) else "–"
        rows.append(row)
    return rows


def _largest(path: Path) -> Path:
    return max(
        (each for each in path.rglob("*") if each.is_file()),
        key=lambda each: each.stat().st_size,
        default=container(path)[0],
    )


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


def _not_utf8(tool: str, file: Path) -> bool:
    if tool in ("TensorBoard", "W&B", "JSON array", "Hugging Face"):
        return False
    head, _, rest = file.read_bytes().partition(b"\n")
    file.write_bytes(head + b"\n\xe9t\xe9 \xc3(\n" + rest)
    return True


def _nan(tool: str, file: Path) -> bool:
    text = file.read_bytes()
    if tool in ("TensorBoard", "W&B", "MLflow") or b"2.75" not in text:
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
    "not UTF-8": _not_utf8,
    "bare NaN": _nan,
    "started again": _started_again,
    "resumed": _resumed,
}
