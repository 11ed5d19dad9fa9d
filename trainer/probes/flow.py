"""Gradients through the network, module by module: what moves, what stands still."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from monitor.run_dir import Probe
from trainer.loss import Objective
from trainer.probes.subject import Subject

CLIPS = 16
DEAD = 1e-7
"""Gradient norm / weight norm below which a module cannot move."""
QUIET_SHARE = 0.9
"""Share of a module's gradients that are exactly zero, from which on it is called asleep."""


def measure(subject: Subject) -> Probe:
    """Gradients of one train batch, in training mode; no weight changes."""
    model = subject.model
    model.train()
    model.zero_grad(set_to_none=True)
    (batch,) = subject.batches(subject.some("train", CLIPS), CLIPS)
    _, minimised = Objective(model, subject.config.auxiliary_ctc)(batch)
    minimised.mean().backward()
    rows = [_row(name, module) for name, module in model.named_modules() if _has_own_weights(module)]
    model.zero_grad(set_to_none=True)
    model.eval()
    dead = [row["module"] for row in rows if row["gradient / weight"] < DEAD or row["zero"] > QUIET_SHARE]
    weakest = min(rows, key=lambda row: row["gradient / weight"])
    if dead:
        line = (
            f"{len(dead)} of {len(rows)} modules get no gradient: {', '.join(dead[:4])}{' …' if len(dead) > 4 else ''}."
        )
    else:
        line = (
            f"Gradients reach all {len(rows)} modules; the weakest is {weakest['module']} "
            f"with {weakest['gradient / weight']:.1e} of its weights."
        )
    return Probe(
        name="gradient-flow",
        title="Gradient flow",
        line=line,
        cause="no_evidence",
        stance="for" if dead else "against",
        numbers={"modules": float(len(rows)), "dead": float(len(dead))},
        rows=rows,
    )


def _has_own_weights(module: nn.Module) -> bool:
    return any(True for _ in module.parameters(recurse=False))


def _row(name: str, module: nn.Module) -> dict[str, Any]:
    weights = [each for each in module.parameters(recurse=False) if each.requires_grad]
    gradients = [torch.zeros_like(each) if each.grad is None else each.grad for each in weights]
    size = float(torch.stack([each.detach().norm() for each in weights]).norm())
    norm = float(torch.stack([each.norm() for each in gradients]).norm())
    zeros = sum(int((each == 0).sum()) for each in gradients) / max(1, sum(each.numel() for each in gradients))
    return {"module": name, "gradient / weight": norm / max(size, 1e-12), "zero": round(zeros, 4)}
