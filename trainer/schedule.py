"""The learning rate: a pure function of the step, so that a resume needs no state of it."""

from __future__ import annotations

import math

FLOOR_RATIO = 0.01
"""Share of the peak that is left at the end."""


def learning_rate(step: int, *, peak: float, warmup_steps: float, total_steps: int) -> float:
    """Rate of optimiser step `step` (from 0): a linear rise over the warm-up, then a cosine down to 1 % of the peak."""
    if step < warmup_steps:
        return peak * (step + 1) / (warmup_steps + 1)
    done = min(1.0, (step - warmup_steps) / max(1.0, total_steps - warmup_steps))
    return peak * (FLOOR_RATIO + (1 - FLOOR_RATIO) * 0.5 * (1 + math.cos(math.pi * done)))
