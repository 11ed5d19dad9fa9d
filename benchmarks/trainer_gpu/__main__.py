"""The trainer on a GPU: is it right, and how fast is it against a plain loop?

Usage: python -m benchmarks.trainer_gpu [--json] [--seconds 20] [--clips 96] [--batch 8] [--frames 64] [--size 224]
Needs torch, numpy, msgspec and jiwer only. Without a GPU it refuses; `--tiny` measures a toy on any device instead,
which shows that the benchmark runs and says nothing about speed.

1. Agreement: loss and gradients of each network, in float64 on the CPU, and in fp32 and bf16 on the GPU.
2. Speed: clips/s of `i3d` and `mobilenet_v3` through the trainer's own update (loader, loss, gradients, optimiser),
   setting by setting, against a plain fp32 eager loop of the same network that loads its data in between.
   Every figure is the median of rounds that take turns, so that a slower moment hits all settings alike.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.trainer_gpu.agreement import AGREE, agreement
from benchmarks.trainer_gpu.networks import Size
from benchmarks.trainer_gpu.speed import speed


def table(result: dict[str, Any]) -> str:
    lines = [f"{result['device']}, torch {result['torch']}, {result['date']}", f"Command: {result['command']}", ""]
    for name, found in result["agreement"].items():
        for kind, errors in found.items():
            limits = ", ".join(f"{what} {limit:g}" for what, limit in AGREE[kind].items())
            verdict = "agrees" if errors["agrees"] else "DOES NOT AGREE"
            lines.append(
                f"{name:13} {kind} against float64 on the CPU: loss off by {errors['loss']:.1e}, "
                f"gradient by {errors['gradient']:.1e} of its length: {verdict} (limits: {limits})"
            )
    for name, found in result["speed"].items():
        lines += ["", f"{name}: {found['gflop_per_clip']:.1f} GFLOP a clip, forward and backward"]
        names = f"{'clips/s':>8} {'× plain':>8} {'data wait':>10} {'peak GiB':>9} {'FLOP share':>11}"
        lines.append(f"  {'setting':31} {names}")
        for setting, row in found["rows"].items():
            if "failed" in row:
                lines.append(f"  {setting:31} failed: {row['failed'][:90]}")
                continue
            lines.append(
                f"  {setting:31} {row['clips_per_sec']:8.2f} {row['times_plain']:8.2f} "
                f"{100 * row['data_wait_ratio']:8.1f} % {row['peak_gib']:9.2f} {100 * row['flop_share']:9.1f} %"
            )
        lines.append(f"  (FLOP share of {found['peak_tflops']:.1f} TFLOP/s, a bf16 matrix product measured here)")
    return "\n".join(lines)


def measure(size: Size, device: torch.device, say: Callable[[str], None]) -> dict[str, Any]:
    names = ("i3d", "mobilenet_v3")
    return {
        "date": time.strftime("%Y-%m-%d"),
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "CPU (a toy: no figure of speed counts)",
        "torch": torch.__version__,
        "command": "python -m benchmarks.trainer_gpu " + " ".join(sys.argv[1:]),
        "agreement": {name: agreement(name, size, device) for name in names},
        "speed": {name: speed(name, size, device, say) for name in names},
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trainer_gpu", description=__doc__)
    parser.add_argument("--json", action="store_true", help="Print one JSON document.")
    parser.add_argument("--tiny", action="store_true", help="A toy on whatever device there is.")
    for name, kind in (("clips", int), ("batch", int), ("frames", int), ("seconds", float), ("threads", int)):
        parser.add_argument(f"--{name}", type=kind, default=getattr(Size, name))
    parser.add_argument("--size", type=int, default=Size.pixels, help="Side of a picture in pixels.")
    given = parser.parse_args(argv)
    if not torch.cuda.is_available() and not given.tiny:
        sys.stderr.write("error: there is no GPU that torch can use; --tiny runs a toy on the CPU.\n")
        return 69
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if given.tiny:
        size = Size(clips=6, batch=2, frames=16, pixels=32, width=0.05, hidden=8, seconds=0.5, threads=1)
    else:
        size = Size(
            clips=given.clips,
            batch=given.batch,
            frames=given.frames,
            pixels=given.size,
            seconds=given.seconds,
            threads=given.threads,
        )
    result = measure(size, device, lambda line: print(line, file=sys.stderr))
    print(json.dumps(result, indent=2) if given.json else table(result))
    agrees = all(errors["agrees"] for found in result["agreement"].values() for errors in found.values())
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
