"""Imported figures beside those that somebody else took out of the same file."""

from __future__ import annotations

import contextlib
import io
import json
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.rules.curves import read_records
from monitor.commands import cli
from monitor.run_dir import Epoch
from monitor.run_dir.reader import RunReader

FIGURES = ("train_loss", "val_loss", "train_wer", "val_wer", "lr")
MOST_STARTS = 50
NEAR = 1e-9
"""Relative: both sides read the same digits."""


def compare(folder: Path) -> list[dict[str, Any]]:
    """One row per file of `folder`/raw: which curve it holds, how it was read, and the largest difference."""
    wanted = {path.stem: read_records(path) for path in sorted(folder.glob("*.csv")) if path.stem != "labels"}
    files = sorted(path for path in (folder / "raw").iterdir() if path.is_file())
    with tempfile.TemporaryDirectory() as runs:
        return [_compared(path, wanted, Path(runs)) for path in files]


def _compared(path: Path, wanted: Mapping[str, Sequence[Epoch]], runs: Path) -> dict[str, Any]:
    told = _import(path, runs)
    if told is None:
        return _row(path, "–", "–", 0, math.inf, "refused")
    names = [path.stem] if path.stem in wanted else list(wanted)
    best: tuple[float, str, int, int, str] = (math.inf, "–", 0, 0, "no curve has these figures")
    for start, epochs in _starts(path, told, runs):
        for name in names:
            off, epochs_agree = difference(epochs, wanted[name])
            if off < best[0]:
                best = (off, name, start, len(epochs), "same" if epochs_agree else "numbered otherwise")
    off, name, start, count, numbering = best
    return _row(path, name, told["format"] + (f", start {start}" if start > 1 else ""), count, off, numbering)


def _row(path: Path, name: str, how: str, count: int, off: float, numbering: str) -> dict[str, Any]:
    return {
        "file": path.name,
        "curve": name,
        "format": how,
        "epochs": count,
        "largest difference": f"{off:.2g}",
        "epoch numbers": numbering,
        "wrong": not off <= NEAR,
    }


def _import(path: Path, runs: Path, *options: str) -> dict[str, Any] | None:
    """What the command answers; None where it refuses."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        code = cli.main(["import", str(path), "--runs", str(runs), "--yes", "--json", *options])
    return json.loads(said.getvalue()) if code == 0 else None


def _starts(path: Path, told: dict[str, Any], runs: Path) -> Iterator[tuple[int, Sequence[Epoch]]]:
    """Every start of a run that the file holds, as it is read back from disk; the whole first."""
    yield 1, RunReader(runs / told["run_id"]).read(0.0).epochs
    if told["starts"] > 1:
        for start in range(1, min(told["starts"], MOST_STARTS) + 1):
            one = _import(path, runs, "--start", str(start))
            if one is not None:
                yield start, RunReader(runs / one["run_id"]).read(0.0).epochs


def difference(epochs: Sequence[Epoch], wanted: Sequence[Epoch]) -> tuple[float, bool]:
    """(largest relative difference of any figure, evaluation by evaluation; whether the epoch numbers agree too)."""
    if len(epochs) != len(wanted):
        return math.inf, False
    off = 0.0
    for record, row in zip(epochs, wanted, strict=True):
        for name in FIGURES:
            off = max(off, _apart(getattr(record, name), getattr(row, name)))
    return off, all(record.epoch == row.epoch for record, row in zip(epochs, wanted, strict=True))


def _apart(given: float | None, wanted: float | None) -> float:
    """How far two numbers are apart, relative to the larger; what the curve does not hold is not asked for."""
    if wanted is None:
        return 0.0
    if given is None:
        return math.inf
    if given == wanted or (math.isnan(given) and math.isnan(wanted)):
        return 0.0
    return abs(given - wanted) / max(abs(given), abs(wanted))
