"""The reference's story at full width on a GPU: the broken run overfits, the one with more people and clips does not.

Usage: python -m benchmarks.trainer_gpu.study [--limit 900] [--out DIR] [--toy]
Trains `video_broken` and `video_fixed` with i3d at width 1 side by side on one GPU, about three minutes on an H200.
Needs torch, numpy, msgspec and jiwer only. Without a GPU, and with --toy, it trains a toy on the CPU.

study.json, .md and .svg in --out are written again after every epoch; the two run directories lie beside them.
SIGTERM, Ctrl-C or the limit stop both runs with their checkpoints. Exit code: 0, 1 where a run failed, 75 cut off.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from benchmarks.trainer_gpu.__main__ import CUT_OFF, OUT, device_here, named
from benchmarks.trainer_gpu.cutting import Clock, Cut
from benchmarks.trainer_gpu.picture import curves
from benchmarks.trainer_gpu.result import Found, cell, keep
from monitor.run_dir import EPOCHS_FILE, STEPS_FILE, Epoch, Step
from monitor.run_dir.records import decode
from monitor.view.report.blocks import Figure, Line

FULL = (
    *("--width", "1", "--hidden_dim", "512", "--frame_size", "64", "--learning_rate", "3e-4"),
    *("--beam_width", "0", "--seed", "0"),
)
PRESETS = {"video_broken": 45, "video_fixed": 16}
"""Preset → epochs."""
TOY = (
    *("--width", "0.05", "--hidden_dim", "8", "--frame_size", "16", "--beam_width", "0"),
    *("--train_clips", "8", "--eval_clips", "4", "--device", "cpu"),
)
TOY_EPOCHS = 2
LOOKS_EVERY_SECS = 1.0
STOP_SECS = 30.0
"""A trainer that was asked to stop ends its step and saves; after that it is killed."""
COLUMNS: dict[str, Callable[[Found], str]] = {
    "epochs": lambda run: f"{run['epochs']} of {run['planned']}",
    "train loss, eval mode": lambda run: cell(run["train_eval_loss"], "{:.3f}"),
    "val loss": lambda run: cell(run["val_loss"], "{:.2f}"),
    "gap": lambda run: cell(run["gap"], "{:.2f}"),
    "val WER": lambda run: cell(run["val_wer"], "{:.1f} %", 100),
    "best val WER": lambda run: cell(run["best_val_wer"], "{:.1f} %", 100),
    "test WER": lambda run: cell(run["test_wer"], "{:.1f} %", 100),
    "first epoch": lambda run: cell(run["first_epoch_secs"], "{:.1f} s"),
    "later ones": lambda run: cell(run["later_epoch_secs"], "{:.1f} s"),
    "clips/s": lambda run: cell(run["clips_per_sec"], "{:.0f}"),
    "data wait": lambda run: cell(run["data_wait_ratio"], "{:.1f} %", 100),
    "GPU busy": lambda run: cell(run["device_busy_ratio"], "{:.0f} %", 100),
    "peak GiB": lambda run: cell(run["peak_gib"], "{:.2f}"),
    "ended": lambda run: str(run["ended"]),
}


class Study:
    """Two trainers side by side, and what their run directories say."""

    def __init__(self, device: torch.device, clock: Clock, out: Path) -> None:
        self.toy, self.clock, self.out = device.type == "cpu", clock, out
        self.folder = out / time.strftime("study-%Y%m%d-%H%M%S")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.result: Found = {
            "date": time.strftime("%Y-%m-%d"),
            "device": named(device),
            "torch": torch.__version__,
            "command": " ".join(["python -m benchmarks.trainer_gpu.study", *sys.argv[1:]]),
            "elapsed_secs": 0.0,
            "cut_off": "",
            "runs": {},
        }

    def run(self) -> None:
        """Trains both to their end, or until it is cut off."""
        try:
            with self.clock.running():
                self._start()
                while any(each.poll() is None for each in self.processes.values()):
                    time.sleep(LOOKS_EVERY_SECS)
                    self.look()
        except Cut as cut:
            self.result["cut_off"] = str(cut)
            self._stop()
        self.look()

    def _start(self) -> None:
        for preset in PRESETS:
            run_dir = self.folder / preset
            run_dir.mkdir(parents=True)
            command = [sys.executable, "-m", "trainer", "--preset", preset, *(TOY if self.toy else FULL)]
            command += ["--epochs", str(planned(preset, self.toy)), "--output_dir", str(run_dir)]
            env = {**os.environ, "OMP_NUM_THREADS": "1"} if self.toy else None
            with (self.folder / f"{preset}.log").open("wb") as log:
                self.processes[preset] = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=env)

    def _stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        until = time.monotonic() + STOP_SECS
        for process in self.processes.values():
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def look(self) -> None:
        """Reads both runs and writes the result again."""
        for preset, process in self.processes.items():
            found = what_it_did(self.folder / preset)
            if found["epochs"] > self.result["runs"].get(preset, {"epochs": 0})["epochs"]:
                sys.stderr.write(f"{self.clock.elapsed:5.0f} s  {preset}: epoch {found['epochs']}\n")
            self.result["runs"][preset] = {
                "planned": planned(preset, self.toy),
                "ended": _ended(process.poll(), bool(self.result["cut_off"])),
                **found,
            }
        self.result["elapsed_secs"] = self.clock.elapsed
        keep(self.result, self.out, "study", table(self.result), curves(figures(self.result)))

    @property
    def failed(self) -> bool:
        return any(process.returncode for process in self.processes.values())


def planned(preset: str, toy: bool) -> int:
    return TOY_EPOCHS if toy else PRESETS[preset]


def _ended(code: int | None, cut_off: bool) -> str:
    if code is None:
        return "running"
    return "stopped" if cut_off else "finished" if code == 0 else f"failed with exit code {code}"


def what_it_did(run_dir: Path) -> Found:
    """The last evaluation of a run, its times, and its curves."""
    epochs, steps = list(_records(run_dir / EPOCHS_FILE, Epoch)), list(_records(run_dir / STEPS_FILE, Step))
    last = epochs[-1] if epochs else Epoch(epoch=0)
    secs = [row.seconds for row in epochs if row.seconds is not None]
    return {
        "epochs": len(epochs),
        "train_eval_loss": last.train_eval_loss,
        "val_loss": last.val_loss,
        "gap": last.gap,
        "val_wer": last.val_wer,
        "best_val_wer": min((row.val_wer for row in epochs if row.val_wer is not None), default=None),
        "test_wer": last.metrics.get("test_wer"),
        "first_epoch_secs": secs[0] if secs else None,
        "later_epoch_secs": statistics.median(secs[1:]) if len(secs) > 1 else None,
        "clips_per_sec": last.clips_per_sec,
        "data_wait_ratio": _median([row.data_wait_ratio for row in epochs]),
        "device_busy_ratio": _median([step.device_busy_ratio for step in steps]),
        "peak_gib": max((step.device_memory_bytes or 0 for step in steps), default=0) / 2**30 or None,
        "curves": {name: [getattr(row, name) for row in epochs] for name in ("train_eval_loss", "val_loss", "val_wer")},
    }


def _records(path: Path, kind: Any) -> Iterator[Any]:
    """The whole lines of a file that is still being written."""
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    return (decode(line, kind) for line in lines if line.endswith(b"\n"))


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def table(result: Found) -> str:
    """The result as Markdown."""
    lines = [
        f"{result['device']}, torch {result['torch']}, {result['date']}, {result['elapsed_secs']:.0f} s"
        + (f"; {result['cut_off']}" if result["cut_off"] else ""),
        f"Command: `{result['command']}`",
        "",
        f"| | {' | '.join(COLUMNS)} |",
        "|---" * (1 + len(COLUMNS)) + "|",
    ]
    lines += [
        f"| {preset} | {' | '.join(column(run) for column in COLUMNS.values())} |"
        for preset, run in result["runs"].items()
    ]
    return "\n".join(lines)


def figures(result: Found) -> list[Figure]:
    """Losses of each run, and the WER of both."""

    def points(preset: str, column: str) -> tuple[tuple[float, float], ...]:
        values = result["runs"][preset]["curves"][column]
        return tuple((float(1 + place), value) for place, value in enumerate(values) if value is not None)

    losses = [
        Figure(
            f"{preset}: loss by epoch",
            (
                Line("train, eval mode", points(preset, "train_eval_loss")),
                Line("val", points(preset, "val_loss"), True),
            ),
        )
        for preset in result["runs"]
    ]
    wers = tuple(Line(preset, points(preset, "val_wer"), preset == "video_broken") for preset in result["runs"])
    return [*losses, Figure("val WER by epoch", wers, percent=True)]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.trainer_gpu.study",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--toy", action="store_true", help="A toy on the CPU, also where there is a GPU.")
    parser.add_argument("--limit", type=float, default=900.0, help="Seconds after which both runs are stopped.")
    parser.add_argument("--out", type=Path, default=OUT, help="Folder of the result and of the two run directories.")
    given = parser.parse_args(argv)
    clock = Clock(given.limit)
    study = Study(device_here(given.toy), clock, given.out)
    study.run()
    print(table(study.result))
    if study.result["cut_off"]:
        return CUT_OFF
    return 1 if study.failed else 0


if __name__ == "__main__":
    sys.exit(main())
