"""How fast is it: clips/s setting by setting, in rounds that take turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.trainer_gpu.loops import OurLoop, PlainLoop
from benchmarks.trainer_gpu.networks import Size, batches_of, config_of, corpus_of, network
from trainer.config import Config
from trainer.data.corpus import Corpus
from trainer.loss import clip_losses, per_token

WARM_UP = 5
"""Updates before anything is measured: kernels are chosen and compiled in them."""
ROUNDS = 5
SETTINGS: dict[str, dict[str, Any]] = {
    "bf16": {"precision": "bf16"},
    "bf16, channels last": {"precision": "bf16", "memory_format": "channels_last"},
    "bf16, channels last, compiled": {"precision": "bf16", "memory_format": "channels_last", "compile": "on"},
}


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
