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
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from trainer.config import Config, check
from trainer.data.augmentation import Distortion
from trainer.data.batches import Batch, TrainingBatches
from trainer.data.corpus import Corpus, Sample
from trainer.data.video import augment_video, draw_view, mirror_pictures
from trainer.loss import clip_losses, per_token
from trainer.models import build_model
from trainer.models.base import CtcModel
from trainer.training import Training, make_optimiser

VOCABULARY = 1233
"""Words of PHOENIX-2014 SI5 and a blank."""
WARM_UP = 5
"""Updates before anything is measured: kernels are chosen and compiled in them."""
ROUNDS = 5
AGREE = {"fp32": {"loss": 1e-4, "gradient": 2e-3}, "bf16": {"loss": 3e-2}}
"""Largest relative error that counts as agreement with float64; TF32 is off in this part. bf16 has 8 bits, and
the gradients of a fresh network with batch norm amplify their rounding: only its loss is held to a limit."""
SETTINGS: dict[str, dict[str, Any]] = {
    "bf16": {"precision": "bf16"},
    "bf16, channels last": {"precision": "bf16", "memory_format": "channels_last"},
    "bf16, channels last, compiled": {"precision": "bf16", "memory_format": "channels_last", "compile": "on"},
}


@dataclass(frozen=True)
class Size:
    """How large the measured training is."""

    clips: int = 96
    batch: int = 8
    frames: int = 64
    pixels: int = 224
    width: float = 1.0
    hidden: int = 512
    seconds: float = 20.0
    threads: int = 8


def corpus_of(size: Size) -> Corpus:
    """Random pictures of clips between 3/4 and the whole of `frames` long, as real corpora have them."""
    rng = np.random.default_rng(0)
    clips = []
    for number in range(size.clips):
        length = int(rng.integers(3 * size.frames // 4, size.frames + 1))
        frames = rng.integers(0, 256, size=(length, 3, size.pixels, size.pixels), dtype=np.uint8)
        tokens = rng.integers(1, VOCABULARY, size=max(1, length // 16))
        clips.append(Sample(f"clip-{number}", "", frames, tokens))
    words = ("<blank>", *(f"W{number}" for number in range(1, VOCABULARY)))
    splits = {"train": tuple(clips), "val": (), "test": ()}
    return Corpus("random", words, splits, augment_video, view=draw_view, mirror=mirror_pictures)


def config_of(name: str, size: Size, **options: Any) -> Config:
    return check(
        {
            "modality": "video",
            "model": name,
            "width": size.width,
            "hidden_dim": size.hidden,
            "frame_size": size.pixels,
            "batch_size": size.batch,
            "epochs": 1000,
            # Both loops minimise the same: the plain CTC loss of a plain last layer.
            "classifier": "linear",
            "auxiliary_ctc": 0.0,
            "loader_threads": size.threads,
            **options,
        }
    )


def network(config: Config) -> CtcModel:
    torch.manual_seed(0)
    return build_model(
        config.model,
        vocabulary_size=VOCABULARY,
        frame_shape=(3, config.frame_size, config.frame_size),
        width=config.width,
        hidden_dim=config.hidden_dim,
        dropout=config.dropout,
    )


def batches_of(corpus: Corpus, config: Config, stride: int) -> TrainingBatches:
    return TrainingBatches(corpus, config.batch_size, Distortion(config.augmentation), seed=0, stride=stride)


# -- 1. agreement ------------------------------------------------------------------------------------------------


def gradients(model: CtcModel, batch: Batch, device: torch.device, kind: str) -> tuple[float, torch.Tensor]:
    """(loss, all gradients in one vector on the CPU, float64) of a batch without dropout."""
    # In training mode: with the figures of a fresh batch norm the picture would fade away, and noise be compared.
    model = model.to(device, torch.float64 if kind == "fp64" else torch.float32).train()
    model.zero_grad(set_to_none=True)
    on_device = batch.to(device)
    if kind == "fp64":
        on_device = replace(on_device, frames=on_device.frames.double())
    with torch.autocast(device.type, torch.bfloat16, enabled=kind == "bf16"):
        log_probs, lengths = model(on_device.frames, on_device.frame_lengths)
        loss = per_token(clip_losses(log_probs, lengths, on_device), on_device).mean()
    loss.backward()
    flat = [weights.grad.double().cpu().reshape(-1) for weights in model.parameters() if weights.grad is not None]
    return float(loss.detach()), torch.cat(flat)


def agreement(name: str, size: Size, device: torch.device) -> dict[str, Any]:
    """Relative errors of loss and gradient on the device against float64 on the CPU; small pictures, real widths."""
    config = config_of(name, replace(size, pixels=min(size.pixels, 64)), dropout=0.0, augmentation="none")
    small = replace(size, clips=2, frames=min(size.frames, 32), pixels=config.frame_size)
    corpus = corpus_of(small)
    batch = batches_of(corpus, config, 4).load(1, np.arange(2))
    allowed = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        loss, exact = gradients(network(config), batch, torch.device("cpu"), "fp64")
        found: dict[str, Any] = {}
        for kind in ("fp32", "bf16"):
            other, approximate = gradients(network(config), batch, device, kind)
            errors = {
                "loss": abs(other - loss) / abs(loss),
                "gradient": float((approximate - exact).norm() / exact.norm()),
            }
            agrees = all(errors[name] <= limit for name, limit in AGREE[kind].items())
            found[kind] = {**errors, "agrees": agrees}
    finally:
        torch.backends.cudnn.allow_tf32 = allowed
    return found


# -- 2. speed ----------------------------------------------------------------------------------------------------


class PlainLoop:
    """What a careful beginner writes: fp32, eager, contiguous, AdamW, data made and moved between two steps."""

    def __init__(self, corpus: Corpus, config: Config, device: torch.device) -> None:
        self.model = network(config).to(device).train()
        self.optimiser = make_optimiser(self.model, config)
        self.batches = batches_of(corpus, config, self.model.stride)
        self.device, self.step = device, 0

    def update(self) -> tuple[int, float]:
        """One step; (clips, seconds spent on data)."""
        started = time.perf_counter()
        epoch, place = divmod(self.step, len(self.batches))
        batch = self.batches.load(1 + epoch, self.batches.order(1 + epoch)[place]).to(self.device)
        data_secs = time.perf_counter() - started
        log_probs, lengths = self.model(batch.frames, batch.frame_lengths)
        loss = per_token(clip_losses(log_probs, lengths, batch), batch).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        float(loss.detach())
        return len(batch), data_secs


class OurLoop:
    """The trainer's own update with the given options."""

    def __init__(self, corpus: Corpus, config: Config, device: torch.device) -> None:
        model = network(config)
        self.training = Training(config, model, batches_of(corpus, config, model.stride), device)

    def update(self) -> tuple[int, float]:
        if self.training.epoch_is_over:
            self.training.next_epoch()
        done = self.training.update()
        return done.clips, done.data_secs


@dataclass
class Rounds:
    """What one setting did in its turns."""

    clips_per_sec: list[float] = field(default_factory=list)
    data_wait: list[float] = field(default_factory=list)
    peak_bytes: int = 0


def take_turn(update: Callable[[], tuple[int, float]], seconds: float, device: torch.device, into: Rounds) -> None:
    cuda = device.type == "cuda"
    if cuda:
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
    began, clips, waited = time.perf_counter(), 0, 0.0
    while time.perf_counter() - began < seconds:
        some, data_secs = update()
        clips, waited = clips + some, waited + data_secs
    if cuda:
        torch.cuda.synchronize()
        into.peak_bytes = max(into.peak_bytes, torch.cuda.max_memory_allocated())
    elapsed = time.perf_counter() - began
    into.clips_per_sec.append(clips / elapsed)
    into.data_wait.append(waited / elapsed)


def flops_per_clip(corpus: Corpus, config: Config, device: torch.device) -> float:
    """Floating-point operations of forward and backward, counted operator by operator."""
    model = network(config).to(device).train()
    batch = batches_of(corpus, config, model.stride).load(1, np.arange(2)).to(device)
    with FlopCounterMode(display=False) as counter:
        log_probs, lengths = model(batch.frames, batch.frame_lengths)
        per_token(clip_losses(log_probs, lengths, batch), batch).mean().backward()
    return counter.get_total_flops() / 2


def peak_flops(device: torch.device, side: int) -> float:
    """Operations a second of a large bf16 matrix product here: what "all of the machine" means below."""
    a, b = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    best = 0.0
    for _ in range(5):
        if device.type == "cuda":
            torch.cuda.synchronize()
        began = time.perf_counter()
        for _ in range(5):
            a @ b
        if device.type == "cuda":
            torch.cuda.synchronize()
        best = max(best, 5 * 2 * side**3 / (time.perf_counter() - began))
    return best


def speed(name: str, size: Size, device: torch.device, say: Callable[[str], None]) -> dict[str, Any]:
    corpus = corpus_of(size)
    plain = config_of(name, size, precision="fp32", loader_threads=0)
    loops: dict[str, PlainLoop | OurLoop] = {"plain fp32 loop": PlainLoop(corpus, plain, device)}
    for setting, options in SETTINGS.items():
        if device.type == "cpu" and "compile" in options:
            continue  # minutes of C++ compiler for a figure that says nothing
        loops[setting] = OurLoop(corpus, config_of(name, size, **options), device)
    found = {setting: Rounds() for setting in loops}
    failed: dict[str, str] = {}
    for setting, loop in loops.items():
        say(f"{name}: warming up {setting} …")
        try:
            for _ in range(WARM_UP):
                loop.update()
        except (RuntimeError, OSError) as problem:  # torch's own compiler errors are RuntimeErrors
            # A compiler that is missing must not cost the other settings their figures; it is told in the table.
            failed[setting] = f"{type(problem).__name__}: {str(problem).splitlines()[0] if str(problem) else ''}"
    for number in range(ROUNDS):
        for setting in loops:
            if setting not in failed:
                say(f"{name}: round {number + 1} of {ROUNDS}, {setting} …")
                take_turn(loops[setting].update, size.seconds / ROUNDS, device, found[setting])
    flops = flops_per_clip(corpus, plain, device)
    peak = peak_flops(device, 8192 if device.type == "cuda" else 256)
    base = statistics.median(found["plain fp32 loop"].clips_per_sec)
    rows = {}
    for setting, rounds in found.items():
        if setting in failed:
            rows[setting] = {"failed": failed[setting]}
            continue
        clips_per_sec = statistics.median(rounds.clips_per_sec)
        rows[setting] = {
            "clips_per_sec": clips_per_sec,
            "times_plain": clips_per_sec / base,
            "data_wait_ratio": statistics.median(rounds.data_wait),
            "peak_gib": rounds.peak_bytes / 2**30,
            "flop_share": clips_per_sec * flops / peak,
        }
    for loop in loops.values():
        if isinstance(loop, OurLoop):
            loop.training.loader.close()
    return {"rows": rows, "gflop_per_clip": flops / 1e9, "peak_tflops": peak / 1e12}


# -- the report --------------------------------------------------------------------------------------------------


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
