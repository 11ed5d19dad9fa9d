"""Is it right: loss and gradients on the device against float64 on the CPU."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from benchmarks.trainer_gpu.networks import VECTORS, Size, batches_of, config_of, corpus_of, network
from trainer import kernels
from trainer.data.batches import Batch
from trainer.loss import clip_losses, per_token
from trainer.models.base import CtcModel, Preparation

LOSS_LIMIT = {"fp32": 1e-4, "bf16": 3e-2}
"""Largest relative error of the loss; TF32 is off in this part. Of bf16, with its 8 bits, only the loss is held to a
limit: the gradients of a fresh network with batch norm amplify its rounding."""
GRADIENT_TIMES = 30.0
"""The fp32 gradient may be off by so many times what float64 itself changes by when every weight moves by one part
in 2**23, the last bit of fp32: how much a network amplifies rounding differs by two powers of ten."""
SMALL = Size(clips=2, batch=2, frames=16, pixels=32, width=0.25, hidden=32, threads=0)


def gradients(
    model: CtcModel, batch: Batch, device: torch.device, kind: str, *, last: bool = False
) -> tuple[float, torch.Tensor]:
    """(loss, all gradients in one vector on the CPU, float64) of a batch without dropout; `last`: channels last, with
    the trainer's own kernels where they run."""
    # In training mode: with the figures of a fresh batch norm the picture would fade away, and noise be compared.
    model = model.to(device, torch.float64 if kind == "fp64" else torch.float32).train()
    model.zero_grad(set_to_none=True)
    if last:
        model.prepare(Preparation(channels_last=True, own_kernels=kernels.available(device), few_shapes=True))
    on_device = batch.to(device)
    if kind == "fp64":
        on_device = replace(on_device, frames=on_device.frames.double())
    with torch.autocast(device.type, torch.bfloat16, enabled=kind == "bf16"):
        log_probs, lengths = model(on_device.frames, on_device.frame_lengths)
        loss = per_token(clip_losses(log_probs, lengths, on_device), on_device).mean()
    loss.backward()
    flat = [weights.grad.double().cpu().reshape(-1) for weights in model.parameters() if weights.grad is not None]
    return float(loss.detach()), torch.cat(flat)


def moved(model: CtcModel) -> CtcModel:
    """The same network in float64 with every weight moved by one part in 2**23, up or down."""
    draw = torch.Generator().manual_seed(1)
    model = model.double()
    with torch.no_grad():
        for weights in model.parameters():
            signs = torch.randint(0, 2, weights.shape, generator=draw) * 2.0 - 1.0
            weights.mul_(1 + signs * 2.0**-23)
    return model


def agreement(name: str, device: torch.device, size: Size = SMALL) -> dict[str, Any]:
    """Relative errors of loss and gradient on the device against float64 on the CPU, on a small input."""
    config = config_of(name, size, dropout=0.0, augmentation="none")
    batch = batches_of(corpus_of(size, name), config, 4).load(1, np.arange(2))
    cpu, orders = torch.device("cpu"), [False] if name in VECTORS else [False, True]
    allowed = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        loss, exact = gradients(network(config), batch, cpu, "fp64")
        least = off(gradients(moved(network(config)), batch, cpu, "fp64")[1], exact)
        found: dict[str, Any] = {}
        for kind, limit, last in ((*each, last) for last in orders for each in LOSS_LIMIT.items()):
            other, approximate = gradients(network(config), batch, device, kind, last=last)
            errors = {"loss": abs(other - loss) / abs(loss), "gradient": off(approximate, exact)}
            limits = {"loss": limit} | ({"gradient": GRADIENT_TIMES * least} if kind == "fp32" else {})
            found[f"{kind}, channels last" if last else kind] = {
                **errors,
                "limits": limits,
                "agrees": all(errors[each] <= limits[each] for each in limits),
            }
    finally:
        torch.backends.cudnn.allow_tf32 = allowed
    return found


def off(approximate: torch.Tensor, exact: torch.Tensor) -> float:
    return float((approximate - exact).norm() / exact.norm())
