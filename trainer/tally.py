"""What the updates of an epoch add up to, for its record."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Sums over the epoch so far. They are saved too: a resume in mid-epoch ends it with the same record."""

    loss_sum: float = 0.0
    clips: int = 0
    norms: list[float] = field(default_factory=list)
    clipped: int = 0
    updates: int = 0
    skipped: int = 0
    longest_skip: int = 0
    data_secs: float = 0.0
    total_secs: float = 0.0
    update_ratios: dict[str, float] = field(default_factory=dict)
    """|change| / |weights| of each stage by the epoch's last update."""
    zero_gradient_ratio: float | None = None
    """Share of gradients that were exactly zero in it."""

    @property
    def train_loss(self) -> float | None:
        """Running mean over the clips seen, nats per token, with dropout and distortion on."""
        return self.loss_sum / self.clips if self.clips else None

    @property
    def grad_norm(self) -> float | None:
        """Median of the updates' norms before clipping; None before the first."""
        return statistics.median(self.norms) if self.norms else None

    def count(self, done: Update, skipped_in_a_row: int) -> None:
        """Adds an update; `skipped_in_a_row` ends with it."""
        self.updates += 1
        self.skipped += done.skipped
        self.longest_skip = max(self.longest_skip, skipped_in_a_row)
        self.clipped += done.clipped
        self.loss_sum += done.loss * done.clips
        self.clips += done.clips
        self.norms.append(done.grad_norm)
        self.data_secs += done.data_secs
        self.total_secs += done.total_secs


@dataclass(frozen=True)
class Update:
    """What one optimiser update did. `skipped`: loss or gradient was not finite, so nothing was changed."""

    loss: float
    lr: float
    grad_norm: float
    clipped: bool
    skipped: bool
    clips: int
    data_secs: float
    total_secs: float
