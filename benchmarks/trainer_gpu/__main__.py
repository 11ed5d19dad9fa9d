"""The trainer on a GPU: is it right, and how fast is it against a plain loop?

Usage: python -m benchmarks.trainer_gpu [--limit 360] [--out DIR] [--json] [--toy]
Needs torch, numpy, msgspec and jiwer only. Without a GPU, and with --toy, it measures a toy on the CPU, which shows
that the benchmark runs and says nothing about speed.

1. Agreement: loss and gradients of each network on a small input, in float64 on the CPU, in fp32 and bf16 on the GPU.
2. Speed: clips/s of `i3d`, `mobilenet_v3` and `landmark_tcn` through the trainer's own update, setting by setting,
   against a plain fp32 eager loop of the same network as a beginner writes it, which loads its data in between; the
   shares of what the device does at best, in products and in bytes moved; the seconds before the first step; what a
   new length costs; peak memory.

After each setting benchmark.json, .md and .svg are written into --out; SIGTERM, Ctrl-C or the limit cut it off, and
what was measured until then is printed and stays there. Exit code: 0, 1 where a network does not agree, 75 cut off.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.trainer_gpu import plan
from benchmarks.trainer_gpu.agreement import SMALL, agreement
from benchmarks.trainer_gpu.cutting import Clock, Cut
from benchmarks.trainer_gpu.networks import Size
from benchmarks.trainer_gpu.picture import bars
from benchmarks.trainer_gpu.result import Found, keep, table
from benchmarks.trainer_gpu.speed import peaks

OUT = Path("gpu-results")
TOY = Size(clips=4, batch=2, frames=12, pixels=16, width=0.05, hidden=8, seconds=0.2, threads=1)
NO_GPU = "torch can use no GPU here: this is a toy on the CPU, and no figure of speed counts.\n"
CUT_OFF = 75


def device_here(toy: bool) -> torch.device:
    """The GPU, else the CPU, with a message."""
    if not toy and torch.cuda.is_available():
        return torch.device("cuda")
    if not toy:
        sys.stderr.write(NO_GPU)
    torch.set_num_threads(1)  # so small a network is no faster with more
    return torch.device("cpu")


def named(device: torch.device) -> str:
    return torch.cuda.get_device_name() if device.type == "cuda" else "CPU (a toy: no figure of speed counts)"


class Benchmark:
    """Measures part by part; `result` holds what was found so far."""

    def __init__(self, size: Size, device: torch.device, clock: Clock, out: Path) -> None:
        self.size, self.device, self.clock, self.out = size, device, clock, out
        self.result: Found = {
            "date": time.strftime("%Y-%m-%d"),
            "device": named(device),
            "torch": torch.__version__,
            "command": " ".join(["python -m benchmarks.trainer_gpu", *sys.argv[1:]]),
            "elapsed_secs": 0.0,
            "cut_off": "",
            "peaks": {},
            "agreement": {},
            "speed": {},
        }

    def run(self, compile_secs: float) -> None:
        """Everything, until it is cut off."""
        try:
            with self.clock.running():
                self._measure(compile_secs)
        except Cut as cut:
            self.result["cut_off"] = str(cut)
        self.keep()

    def _measure(self, compile_secs: float) -> None:
        small = SMALL if self.device.type == "cuda" else self.size
        for network in plan.NETWORKS:
            self.say(f"{network}: against float64 …")
            self.result["agreement"][network] = agreement(network, self.device, small)
            self.keep()
        self.result["peaks"] = peaks(self.device)
        jobs = list(plan.jobs(self.device))
        for done, job in enumerate(jobs):
            self.say(f"{job.network}: {job.setting} …")
            share = (self.clock.limit - self.clock.elapsed) / (len(jobs) - done) - 2 * self.size.seconds
            more = max(compile_secs, share) if job.compiles else compile_secs  # they come last, and get what is left
            row = plan.run(job, self.size, self.device, self.clock, more)
            self.result["speed"].setdefault(job.network, {})[job.setting] = row
            self.keep()

    def say(self, line: str) -> None:
        sys.stderr.write(f"{self.clock.elapsed:5.0f} s  {line}\n")

    def keep(self) -> None:
        self.result["elapsed_secs"] = self.clock.elapsed
        keep(self.result, self.out, "benchmark", table(self.result), bars(self.result))

    @property
    def agrees(self) -> bool:
        return all(errors["agrees"] for found in self.result["agreement"].values() for errors in found.values())


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.trainer_gpu", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="Print the JSON document, not the table.")
    parser.add_argument("--toy", action="store_true", help="A toy on the CPU, also where there is a GPU.")
    parser.add_argument("--limit", type=float, default=360.0, help="Seconds after which it ends with what it has.")
    parser.add_argument(
        "--compile_secs",
        type=float,
        default=40.0,
        help="Most seconds that one setting may take beside its measurement; a compiled one its share of what is left.",
    )
    parser.add_argument("--out", type=Path, default=OUT, help="Folder of the JSON, the table and the picture.")
    for name, kind in (("clips", int), ("batch", int), ("frames", int), ("seconds", float), ("threads", int)):
        parser.add_argument(f"--{name}", type=kind, default=getattr(Size, name))
    parser.add_argument("--size", type=int, default=Size.pixels, help="Side of a picture in pixels.")
    given = parser.parse_args(argv)
    clock, device = Clock(given.limit), device_here(given.toy)
    asked = {name: getattr(given, name) for name in ("clips", "batch", "frames", "seconds", "threads")}
    size = TOY if device.type == "cpu" else replace(Size(**asked), pixels=given.size)
    benchmark = Benchmark(size, device, clock, given.out)
    benchmark.run(given.compile_secs)
    print(json.dumps(benchmark.result, indent=2) if given.json else table(benchmark.result))
    if benchmark.result["cut_off"]:
        return CUT_OFF
    return 0 if benchmark.agrees else 1


if __name__ == "__main__":
    sys.exit(main())
