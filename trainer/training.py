"""The state of a training and its one operation: an optimiser update. All of it fits into one dict and back.

With several processes each computes its share of every batch; their gradients are averaged, so all stay equal.
"""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import asdict
from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from trainer.checkpoints import restore_rng, rng_state
from trainer.config import Config
from trainer.data.batches import TrainingBatches
from trainer.data.prefetch import Prefetch
from trainer.devices import Precision
from trainer.distributed import ALONE, Ranks
from trainer.loss import Objective
from trainer.models.base import CtcModel
from trainer.optimiser import EagerAdamW
from trainer.settings import Setting, can_capture, in_buckets, preparation, untried
from trainer.tally import Tally, Update

GPU_LOADER_THREADS = 8
"""Beside a GPU; on a CPU threads take from the network what they give (docs/log.md)."""
FLOOR_RATIO = 0.01
"""Share of the peak learning rate that is left at the end."""
NEVER = (math.inf, math.inf)
"""Rank of a best evaluation that has not happened yet."""


class Training:
    """Model, optimiser and position. `epoch` counts from 1; `position` is the updates made in it."""

    def __init__(
        self,
        config: Config,
        model: CtcModel,
        batches: TrainingBatches,
        device: torch.device,
        ranks: Ranks = ALONE,
        setting: Setting | None = None,
    ) -> None:
        self.config, self.device, self.ranks = config, device, ranks
        self.setting = untried(config, device) if setting is None else setting
        if self.setting.compile == "graphs" and not can_capture(config, device, ranks.world):
            self.setting = msgspec.structs.replace(self.setting, compile="off")
        self.batches = batches = padded(batches, config, device)
        self.model = model.to(device)
        self.precision = Precision(device, self.setting.precision == "bf16")
        self.objective = make_objective(model, config, device, ranks, self.setting)
        cuda = device.type == "cuda"
        threads = config.loader_threads if config.loader_threads >= 0 else GPU_LOADER_THREADS if cuda else 0
        self.loader = Prefetch(batches, threads, rank=ranks.rank, world=ranks.world, pin=cuda)
        self.optimiser = make_optimiser(model, config)
        self.epoch, self.position, self.step = 1, 0, 0
        self.tally = Tally()
        self.skipped_in_a_row = 0
        self.best_rank, self.best_epoch = NEVER, 0
        self.best_loss = math.inf

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps, each of `accumulation_steps` batches; the last one may have fewer."""
        return -(-len(self.batches) // self.config.accumulation_steps)

    @property
    def epoch_is_over(self) -> bool:
        """Whether the epoch's last step was made."""
        return self.position >= self.steps_per_epoch

    @property
    def epochs_done(self) -> int:
        """Epochs whose last step was made."""
        return self.epoch if self.epoch_is_over else self.epoch - 1

    @property
    def out_of_patience(self) -> bool:
        """Whether `patience` epochs or more passed since the best evaluation; never where `patience` is 0."""
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
        """Goes to the first step of the next epoch, with an empty tally."""
        self.epoch, self.position, self.tally = self.epoch + 1, 0, Tally()

    def update(self) -> Update:
        """One optimiser step over `accumulation_steps` batches. The loss is the mean over all their clips."""
        started = time.perf_counter()
        self.to_training_mode()
        lr = self._set_rate()
        first = self.position * self.config.accumulation_steps
        places = range(first, min(first + self.config.accumulation_steps, len(self.batches)))
        clips = sum(self.loader.clips(self.epoch, place) for place in places)
        losses, data_secs = self._backward(places, clips)
        # The device is waited for once, after all its work is queued.
        norm = float(nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm))
        loss = self.ranks.sum(sum(float(each) for each in losses))
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
            clips=clips,
            data_secs=data_secs,
            total_secs=time.perf_counter() - started,
        )
        self.step, self.position = self.step + 1, self.position + 1
        self.skipped_in_a_row = self.skipped_in_a_row + 1 if done.skipped else 0
        self.tally.count(done, self.skipped_in_a_row)
        return done

    def to_training_mode(self) -> None:
        """Dropout and batch statistics on; frozen batch norm keeps to its running figures."""
        self.model.train()
        if self.config.batchnorm == "frozen":
            for module in self.model.modules():
                if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
                    module.eval()

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

    def _backward(self, places: range, clips: int) -> tuple[list[Tensor], float]:
        """Gradients of the mean loss over all `clips` of an update, however they are cut into batches and processes.

        Returns the parts of the reported loss, on the device, and the seconds spent waiting for data.
        """
        losses, data_secs = list[Tensor](), 0.0
        for place in places:
            started = time.perf_counter()
            batch = self.loader.get(self.epoch, place).to(self.device)
            data_secs += time.perf_counter() - started
            counted = self.loader.own(self.epoch, place)[1]
            with self._gradients_travel(last=place == places[-1]):
                with self.precision.autocast():
                    reported, minimised = self.objective(batch)
                # The processes' gradients are averaged; times their number, it is the mean over all clips.
                (minimised.sum() * (counted * self.ranks.world) / clips).backward()
            losses.append(reported.detach().sum() * counted / clips)
        return losses, data_secs

    def _gradients_travel(self, last: bool) -> contextlib.AbstractContextManager[Any]:
        """Between processes gradients travel once per update, with its last batch."""
        if last or not isinstance(self.objective, nn.parallel.DistributedDataParallel):
            return contextlib.nullcontext()
        return self.objective.no_sync()

    def _apply(self, measured: bool) -> None:
        """The optimiser's step; where `measured`, also how far it moved each stage, and which gradients were zero."""
        if not measured:
            self.optimiser.step()
            return
        self.tally.zero_gradient_ratio = _zero_share(self.model)
        before = {name: _flat(stage) for name, stage in self.model.stages().items()}
        self.optimiser.step()
        with contextlib.suppress(torch.OutOfMemoryError):  # the step is made: it must not be repeated for a figure
            for name, stage in self.model.stages().items():
                moved = (_flat(stage) - before[name]).norm() / before[name].norm().clamp(min=1e-12)
                self.tally.update_ratios[name] = float(moved)

    def state(self) -> dict[str, Any]:
        """Everything a resume needs to go on to the bit; tensors and plain values only."""
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "rng": self.ranks.gather(rng_state()),
            "position": {"epoch": self.epoch, "position": self.position, "step": self.step},
            "tally": asdict(self.tally),
            "skipped_in_a_row": self.skipped_in_a_row,
            "best": {"rank": list(self.best_rank), "epoch": self.best_epoch, "loss": self.best_loss},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Goes back to a saved state; the learning rate follows from the step."""
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        # Another number of processes is another sequence of random numbers anyway.
        if len(state["rng"]) == self.ranks.world:
            restore_rng(state["rng"][self.ranks.rank])
        where = state["position"]
        self.epoch, self.position, self.step = where["epoch"], where["position"], where["step"]
        self.tally = Tally(**state["tally"])
        self.skipped_in_a_row = state["skipped_in_a_row"]
        self.best_rank, self.best_epoch = tuple(state["best"]["rank"]), state["best"]["epoch"]
        self.best_loss = state["best"].get("loss", math.inf)


def padded(batches: TrainingBatches, config: Config, device: torch.device) -> TrainingBatches:
    """In buckets where the options ask for them, unless they are already."""
    return batches.in_buckets() if batches.buckets is None and in_buckets(config, device) else batches


def make_objective(model: CtcModel, config: Config, device: torch.device, ranks: Ranks, setting: Setting) -> nn.Module:
    """The model with its loss, prepared as the setting says, and for several processes."""
    model.prepare(preparation(config, setting, device))
    objective = Objective(model, config.auxiliary_ctc)
    if ranks.world == 1:
        return objective
    return nn.parallel.DistributedDataParallel(objective, device_ids=_gpu(device))


def _gpu(device: torch.device) -> list[int] | None:
    return [torch.cuda.current_device()] if device.type == "cuda" else None


def make_optimiser(model: nn.Module, config: Config) -> torch.optim.AdamW:
    """AdamW, fused (4 times faster on a CPU). Biases and normalisation gains are not decayed."""
    weights = [each for each in model.parameters() if each.ndim >= 2]
    others = [each for each in model.parameters() if each.ndim < 2]
    groups = [{"params": weights, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return EagerAdamW(groups, lr=config.learning_rate, fused=True)


def _flat(stage: nn.Module) -> Tensor:
    return torch.cat([weights.detach().reshape(-1) for weights in stage.parameters()])


def _zero_share(model: nn.Module) -> float:
    gradients = [each.grad for each in model.parameters() if each.grad is not None]
    zeros = torch.stack([(gradient == 0).sum() for gradient in gradients]).sum()
    return float(zeros) / max(1, sum(gradient.numel() for gradient in gradients))


def learning_rate(step: int, *, peak: float, warmup_steps: float, total_steps: int) -> float:
    """Rate of optimiser step `step` (from 0): a linear rise over the warm-up, then a cosine down to 1 % of the peak.

    Of the step alone, so that a resume needs no state of it.
    """
    if step < warmup_steps:
        return peak * (step + 1) / (warmup_steps + 1)
    done = min(1.0, (step - warmup_steps) / max(1.0, total_steps - warmup_steps))
    return peak * (FLOOR_RATIO + (1 - FLOOR_RATIO) * 0.5 * (1 + math.cos(math.pi * done)))
