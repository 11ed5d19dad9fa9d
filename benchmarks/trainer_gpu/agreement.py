"""Is it right: loss and gradients on the device against float64 on the CPU."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from benchmarks.trainer_gpu.networks import Size, batches_of, config_of, corpus_of, network
from trainer.data.batches import Batch
from trainer.loss import clip_losses, per_token
from trainer.models.base import CtcModel

AGREE = {"fp32": {"loss": 1e-4, "gradient": 2e-3}, "bf16": {"loss": 3e-2}}
"""Largest relative error that counts as agreement with float64; TF32 is off in this part. bf16 has 8 bits, and
the gradients of a fresh network with batch norm amplify their rounding: only its loss is held to a limit."""


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
