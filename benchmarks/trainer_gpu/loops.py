"""The two loops that are compared."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.trainer_gpu.networks import batches_of, beginners, network
from trainer import kernels, tuning
from trainer.config import Config
from trainer.data.batches import Batch
from trainer.data.corpus import Corpus
from trainer.loss import clip_losses, per_token
from trainer.settings import untried
from trainer.training import Training, make_optimiser, padded
from trainer.tuning import Choice
from trainer.warming import warm_up


class PlainLoop:
    """What a careful beginner writes: fp32, eager, contiguous, AdamW, data made and moved between two steps."""

    def __init__(self, corpus: Corpus, config: Config, device: torch.device) -> None:
        self.model = beginners(config).to(device).train()
        self.optimiser = make_optimiser(self.model, config)
        self.batches = batches_of(corpus, config, self.model.stride)
        self.device, self.step = device, 0
        self.shape: tuple[int, ...] = ()
        self.chose = ""
        self.is_countable = True
        self.updates_per_epoch = len(self.batches)

    def update(self) -> tuple[int, float]:
        """One step; (clips, seconds spent on data)."""
        started = time.perf_counter()
        epoch, place = divmod(self.step, len(self.batches))
        batch = self.batches.load(1 + epoch, self.batches.order(1 + epoch)[place]).to(self.device)
        self.shape = shape_of(batch)
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

    def close(self) -> None:
        """Nothing is left open."""


class OurLoop:
    """The trainer's own update with the given options."""

    def __init__(self, corpus: Corpus, config: Config, device: torch.device) -> None:
        model = network(config)
        batches = padded(batches_of(corpus, config, model.stride), config, device)
        choice = Choice(setting=untried(config, device), line="")
        if tuning.is_open(config, device):
            updates = config.epochs * len(batches)
            choice = tuning.decide(config, model, batches, device, updates=updates, say=lambda line: None)
        self.training = Training(config, model, batches, device, setting=choice.setting)
        self.chose = choice.line
        """What the trainer decided by measurement, in its own words."""
        uncompiled = warm_up(self.training, say=lambda line: None)
        if uncompiled:
            raise RuntimeError(uncompiled)
        self.shape: tuple[int, ...] = ()
        setting = self.training.setting
        own = setting.memory_format == "channels_last" and kernels.available(device)
        self.is_countable = setting.compile == "off" and not own
        """Whether torch sees each operator: not inside of a graph or of a kernel of our own."""
        self.updates_per_epoch = self.training.steps_per_epoch
        self.training.objective.register_forward_pre_hook(self._see)

    def update(self) -> tuple[int, float]:
        if self.training.epoch_is_over:
            self.training.next_epoch()
        done = self.training.update()
        return done.clips, done.data_secs

    def close(self) -> None:
        self.training.loader.close()

    def _see(self, module: torch.nn.Module, given: tuple[Any, ...]) -> None:
        if given and isinstance(given[0], Batch):
            self.shape = shape_of(given[0])


AnyLoop = PlainLoop | OurLoop
MakeLoop = Callable[[], AnyLoop]


def shape_of(batch: Batch) -> tuple[int, ...]:
    return tuple(batch.frames.shape)
