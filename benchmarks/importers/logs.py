"""Long made text logs: how long reading one takes, what one line costs, and how much memory its process needs at most.

Each figure is the best of three processes; two checkouts are measured in turn, so that a busy machine slows both.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.logs import bar

COMMAND = """
import json, sys, time
from pathlib import Path
try:
    from monitor.importers.free_text.reader import LineReader
    from monitor.importers.free_text.scan import scan
except ImportError:  # a checkout from before
    from monitor.importers.log_lines import LineReader
    from monitor.importers.log_scan import scan
path = Path(sys.argv[1])
begun = time.process_time()
found = scan(path)
seconds = time.process_time() - begun
with path.open("rb") as log:
    lines = log.read(1 << 18).decode().replace("\\r", "\\n").split("\\n")[1:2001]
reader = LineReader()
begun = time.process_time()
for line in lines:
    reader.read(line)
line_us = (time.process_time() - begun) / len(lines) * 1e6
used = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([seconds, line_us, int(used.split()[1]) / 1024, len(found.rows)]))
"""
"""`line_us`: of a line that is read for what it says; of a long log most are passed over."""
TRIES = 3
STEPS, EPOCHS = 547, 60


def measure_logs(mib: int, beside: Path | None = None) -> list[dict[str, Any]]:
    """One row per form of log: processor seconds, µs a line, MiB at most. `beside`: another checkout, for the ratio."""
    with tempfile.TemporaryDirectory() as place:
        return [_measured(name, _write(Path(place), lines(), mib << 20), mib, beside) for name, lines in FORMS.items()]


def _measured(name: str, path: Path, mib: int, beside: Path | None) -> dict[str, Any]:
    here = Path(__file__).resolve().parents[2]
    trees = [here] if beside is None else [beside, here]
    tries = {tree: [] for tree in trees}  # type: dict[Path, list[list[float]]]
    for _ in range(TRIES):
        for tree in trees:
            tries[tree].append(_read(tree, path))
    best = {tree: [min(figures) for figures in zip(*found, strict=True)] for tree, found in tries.items()}
    seconds, line_us, peak, rows = best[here]
    row = {
        "log": name,
        "MiB": mib,
        "seconds": round(seconds, 2),
        "µs a line": round(line_us),
        "peak MiB": round(peak),
        "epochs": int(rows),
    }
    if beside is not None:
        row["time, ratio"] = round(seconds / best[beside][0], 2)
        row["line, ratio"] = round(line_us / best[beside][1], 2)
    return row


def _read(tree: Path, path: Path) -> list[float]:
    command = [sys.executable, "-c", COMMAND, str(path)]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=True)
    figures: list[float] = json.loads(done.stdout)
    return figures


def _write(folder: Path, lines: Iterator[str], size: int) -> Path:
    path = folder / "train.log"
    with path.open("w", encoding="utf-8") as log:
        while log.tell() < size:
            log.write(next(lines))
    return path


def _bars() -> Iterator[str]:
    """An epoch of tqdm bars, each drawn over the one before, and its validation."""
    epoch = 0
    while True:
        epoch += 1
        loss = 3 + 2 / epoch
        yield "".join("\r" + bar(epoch, step, STEPS, loss) for step in range(STEPS + 1))
        yield f"\nvalidation | loss={loss + 0.5:.3f} wer={20 + 60 / epoch:.1f}%\n"


def _steps() -> Iterator[str]:
    """An epoch of step lines and its summary."""
    noise = random.Random(1)
    epoch = 0
    while True:
        epoch += 1
        loss = 3 + 2 / epoch
        for step in range(1, STEPS + 1):
            yield f"Epoch [{epoch}/{EPOCHS}], Step [{step}/{STEPS}], Loss: {loss + noise.random():.4f}, lr: 0.001\n"
        told = f"train_loss: {loss:.3f} val_loss: {loss + 0.5:.3f} WER: {20 + 60 / epoch:.1f}%"
        yield f"Epoch [{epoch}/{EPOCHS}] {told}\n"


def _stamped() -> Iterator[str]:
    """The same from a logger: date, level, logger and file stand before the message."""
    for number, line in enumerate(_steps()):
        yield f"2026-11-25 07:{number // 60 % 60:02d}:{number % 60:02d},123 INFO trainer train.py:118: {line}"


FORMS: dict[str, Callable[[], Iterator[str]]] = {"tqdm bars": _bars, "step lines": _steps, "logger's lines": _stamped}
