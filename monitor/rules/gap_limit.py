"""The limit of the gap between validation and training loss, for both rules about it and for those who show it."""

from __future__ import annotations

import numpy as np

from monitor.rules import evaluations
from monitor.rules.arithmetic import series
from monitor.rules.thresholds import Limits, Thresholds
from monitor.run_dir import Snapshot


class GapLimits(Limits, frozen=True):
    """How large a gap may be: in the unit of the loss, and as a share of val loss and of the chance loss."""

    gap_limit: float = 1.0
    """In the run's own loss unit: the limit people ask for. The default is one for losses in nats."""
    gap_large_loss: float = 10.0
    """A loss whose lowest is larger (or below zero by more) is none per token or class in nats: unless a limit was set,
    another holds."""
    gap_of_large_loss_ratio: float = 0.2
    gap_of_val_critical_ratio: float = 0.50
    gap_of_unigram_critical_ratio: float = 0.40


def of_large_loss(val_loss: series.Array) -> str:
    """Where the limit of large losses comes from, in words."""
    whole = "the lowest val loss" if float(np.nanmin(val_loss)) > 0 else "the size of the lowest val loss"
    return f"a fifth of {whole} less 1.0, as none is set"


def limits_of(val_loss: series.Array, limits: GapLimits) -> series.Array:
    """The limit at each evaluation: the user's own, else of large losses the default plus a fifth of what the lowest
    lies above 10: no alarm comes because val loss falls past it."""
    own = np.full(len(val_loss), limits.gap_limit)
    if limits.gap_limit != GapLimits().gap_limit or not len(val_loss):
        return own
    lowest = series.running_best(val_loss)
    large = np.isfinite(lowest) & (np.abs(lowest) > limits.gap_large_loss)
    beyond = np.abs(lowest[large]) - limits.gap_large_loss
    grown = limits.gap_limit + limits.gap_of_large_loss_ratio * beyond
    # Two digits, as one would set it.
    own[large] = [float(f"{value:.2g}") for value in grown.tolist()]
    return own


def gap_limit_of(snapshot: Snapshot, thresholds: Thresholds) -> float:
    """The limit that holds now."""
    limits = thresholds.of(GapLimits)
    held = limits_of(evaluations.columns(snapshot, "val_loss")[0], limits)
    return float(held[-1]) if len(held) else limits.gap_limit
