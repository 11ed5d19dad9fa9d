"""The state of a training and its one operation: an optimiser update. All of it fits into one dict and back."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from trainer.checkpoints import restore_rng, rng_state
from trainer.config import Config
from trainer.data.batches import Batch, TrainingBatches
from trainer.loss import clip_losses, per_token
from trainer.models.base import CtcModel
from trainer.schedule import learning_rate

NEVER = (math.inf, math.inf)
"""Rank of a best evaluation that has not happened yet."""


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

    @property
    def train_loss(self) -> float | None:
        """Running mean over the clips seen, nats per token, with dropout and distortion on."""
        return self.loss_sum / self.clips if self.clips else None

    @property
    def grad_norm(self) -> float | None:
        return statistics.median(self.norms) if self.norms else None


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


class Training:
    """Model, optimiser and position. `epoch` counts from 1; `position` is the updates made in it."""

    def __init__(self, config: Config, model: CtcModel, batches: TrainingBatches, device: torch.device) -> None:
        self.config, self.batches, self.device = config, batches, device
        self.model = model.to(device)
        self.optimiser = make_optimiser(model, config)
        self.epoch, self.position, self.step = 1, 0, 0
        self.tally = Tally()
        self.skipped_in_a_row = 0
        self.best_rank, self.best_epoch = NEVER, 0
        self.best_loss = math.inf

    @property
    def steps_per_epoch(self) -> int:
        return -(-len(self.batches) // self.config.accumulation_steps)

    @property
    def epoch_is_over(self) -> bool:
        return self.position >= self.steps_per_epoch

    @property
    def epochs_done(self) -> int:
        return self.epoch if self.epoch_is_over else self.epoch - 1

    @property
    def out_of_patience(self) -> bool:
        return 0 < self.config.patience <= self.epoch - self.best_epoch

    @property
    def is_last_epoch(self) -> bool:
        """Asked after an epoch's evaluation was ranked."""
        return self.epoch >= self.config.epochs or self.out_of_patience

    @property
    def is_done(self) -> bool:
        """Asked between epochs: nothing is left to train."""
        return self.epoch > self.config.epochs or 0 < self.config.patience < self.epoch - self.best_epoch

    def rank(self, rank: tuple[float, float]) -> bool:
        """Notes an evaluation; True if it is the best so far."""
        if rank >= self.best_rank:
            return False
        self.best_rank, self.best_epoch = rank, self.epoch
        return True

    def rank_loss(self, loss: float) -> bool:
        """Notes a val loss; True if it is the lowest so far (NaN never is)."""
        if not loss < self.best_loss:
            return False
        self.best_loss = loss
        return True

    def next_epoch(self) -> None:
        self.epoch, self.position, self.tally = self.epoch + 1, 0, Tally()

    def update(self) -> Update:
        """One optimiser step over `accumulation_steps` batches. The loss is the mean over all their clips."""
        started = time.perf_counter()
        self.model.train()
        lr = self._set_rate()
        batches = self._load()
        data_secs = time.perf_counter() - started
        loss = self._backward(batches)
        norm = float(nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm))
        finite = math.isfinite(loss) and math.isfinite(norm)
        if finite:
            self._apply(measured=self.position + 1 == self.steps_per_epoch)
        self.optimiser.zero_grad(set_to_none=True)
        done = Update(
            loss=loss,
            lr=lr,
            grad_norm=norm,
            clipped=finite and norm > self.config.clip_norm,
            skipped=not finite,
            clips=sum(len(batch) for batch in batches),
            data_secs=data_secs,
            total_secs=time.perf_counter() - started,
        )
        self._count(done)
        return done

    def _set_rate(self) -> float:
        lr = learning_rate(
            self.step,
            peak=self.config.learning_rate,
            warmup_steps=self.config.warmup_epochs * self.steps_per_epoch,
            total_steps=self.config.epochs * self.steps_per_epoch,
        )
        for group in self.optimiser.param_groups:
            group["lr"] = lr
        return lr

    def _load(self) -> list[Batch]:
        first = self.position * self.config.accumulation_steps
        numbers = self.batches.order(self.epoch)[first : first + self.config.accumulation_steps]
        return [self.batches.load(self.epoch, each).to(self.device) for each in numbers]

    def _backward(self, batches: list[Batch]) -> float:
        """Gradients of the mean loss over every clip of the update, however it is cut into batches."""
        clips = sum(len(batch) for batch in batches)
        total = 0.0
        for batch in batches:
            log_probs, lengths = self.model(batch.frames, batch.frame_lengths)  # (T, N, C), (N,)
            loss: Tensor = per_token(clip_losses(log_probs, lengths, batch), batch).sum() / clips
            loss.backward()
            total += float(loss.detach())
        return total

    def _apply(self, measured: bool) -> None:
        """The optimiser's step; where `measured`, also how far it moved each stage, |change| / |weights|."""
        if not measured:
            self.optimiser.step()
            return
        before = {name: _flat(stage) for name, stage in self.model.stages().items()}
        self.optimiser.step()
        for name, stage in self.model.stages().items():
            after = _flat(stage)
            self.tally.update_ratios[name] = float((after - before[name]).norm() / before[name].norm().clamp(min=1e-12))

    def _count(self, done: Update) -> None:
        tally = self.tally
        self.step, self.position = self.step + 1, self.position + 1
        self.skipped_in_a_row = self.skipped_in_a_row + 1 if done.skipped else 0
        tally.updates += 1
        tally.skipped += done.skipped
        tally.longest_skip = max(tally.longest_skip, self.skipped_in_a_row)
        tally.clipped += done.clipped
        tally.loss_sum += done.loss * done.clips
        tally.clips += done.clips
        tally.norms.append(done.grad_norm)
        tally.data_secs += done.data_secs
        tally.total_secs += done.total_secs

    def state(self) -> dict[str, Any]:
        """Everything a resume needs to go on to the bit; tensors and plain values only."""
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "rng": rng_state(),
            "position": {"epoch": self.epoch, "position": self.position, "step": self.step},
            "tally": asdict(self.tally),
            "skipped_in_a_row": self.skipped_in_a_row,
            "best": {"rank": list(self.best_rank), "epoch": self.best_epoch, "loss": self.best_loss},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Goes back to a saved state; the learning rate follows from the step."""
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        restore_rng(state["rng"])
        where = state["position"]
        self.epoch, self.position, self.step = where["epoch"], where["position"], where["step"]
        self.tally = Tally(**state["tally"])
        self.skipped_in_a_row = state["skipped_in_a_row"]
        self.best_rank, self.best_epoch = tuple(state["best"]["rank"]), state["best"]["epoch"]
        self.best_loss = state["best"].get("loss", math.inf)


def make_optimiser(model: CtcModel, config: Config) -> torch.optim.AdamW:
    """AdamW, fused (4 times faster on a CPU). Biases and normalisation gains are not decayed."""
    weights = [each for each in model.parameters() if each.ndim >= 2]
    others = [each for each in model.parameters() if each.ndim < 2]
    groups = [{"params": weights, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.learning_rate, fused=True)


def _flat(stage: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(stage.parameters()).detach().clone()
