"""One setting tried: updates of a copy of the network on one batch. Weights and random numbers of the run itself are as
before afterwards."""

from __future__ import annotations

import copy
import gc
import math
import statistics
import time

import msgspec
import torch
from torch import Tensor, nn

from trainer.config import Config
from trainer.data.batches import Batch
from trainer.devices import Precision
from trainer.loss import Objective
from trainer.models.base import CtcModel
from trainer.models.compiled import FAILURES, in_one_line
from trainer.settings import PLAIN, Setting, preparation
from trainer.training import make_optimiser

SECS = 1.0
"""Of updates that are timed, once the kernels are there."""
FEWEST, MOST = 3, 50
HOPELESS = 5.0
"""A second update so many times as slow as the plain loop's is not waited for again."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What a setting did. `secs`: of an update, median; `first_secs`: what the first one of a shape takes more.

    `loss_error`: relative to the plain loop; `alike`: cosine between both gradients; None where it is no number.
    `rounded`: that cosine for the plain loop itself with every weight rounded to bf16; None for fp32.
    `failed`: torch's own words.
    """

    setting: Setting
    secs: float | None = None
    first_secs: float = 0.0
    loss_error: float | None = None
    alike: float | None = None
    rounded: float | None = None
    failed: str = ""

    @property
    def runs(self) -> bool:
        """Whether it ran, and its time is known."""
        return not self.failed and self.secs is not None


class Trial:
    """Settings tried one after the other on the same `batch` (on the CPU) and weights. The first is the yardstick."""

    def __init__(self, config: Config, model: CtcModel, batch: Batch, device: torch.device) -> None:
        self.config, self.model, self.batch, self.device = config, model, batch, device
        self.exact: tuple[float, Tensor] | None = None
        self.rounded: float | None = None
        self.plain_secs = math.inf

    def of(self, setting: Setting, secs: float = SECS) -> Tried:
        """Tries one setting; what fails is named in the result. torch's random numbers are afterwards as they were."""
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            try:
                tried = self._of(setting, secs)
            except FAILURES as problem:  # no compiler, no memory, no such kernel
                tried = Tried(setting=setting, failed=in_one_line(problem))
            finally:
                self._tidy()
        return tried

    def _of(self, setting: Setting, secs: float) -> Tried:
        copied = copy.deepcopy(self.model).to(self.device)
        copied.prepare(preparation(self.config, setting, self.device))
        precision = Precision(self.device, setting.precision == "bf16")
        objective = Objective(copied, self.config.auxiliary_ctc)
        batch = self.batch.to(self.device)
        started = time.perf_counter()
        loss, gradient = _without_dropout(objective, batch, precision)
        first_secs = time.perf_counter() - started
        if self.exact is None:
            self.exact = loss, gradient
        exact_loss, exact_gradient = self.exact
        _, *times = self._times(objective, batch, precision, secs)
        usual = statistics.median(times)
        if self.plain_secs == math.inf:
            self.plain_secs = usual
        if setting.precision == "bf16" and self.rounded is None:
            self.rounded = self._rounded(batch, exact_gradient)
        return Tried(
            setting=setting,
            secs=usual,
            rounded=self.rounded if setting.precision == "bf16" else None,
            first_secs=max(0.0, self._new_shape(objective, batch, precision, first_secs) - usual),
            loss_error=abs(loss - exact_loss) / max(abs(exact_loss), 1e-12),
            alike=_alike(gradient, exact_gradient),
        )

    def _rounded(self, batch: Batch, exact: Tensor) -> float:
        """How much of the plain gradient is left when only weights are rounded: a fresh i3d makes much of little."""
        copied = copy.deepcopy(self.model).to(self.device)
        copied.prepare(preparation(self.config, PLAIN, self.device))
        with torch.no_grad():
            for weights in copied.parameters():
                weights.copy_(weights.bfloat16())
        plain = Precision(self.device, False)
        return _alike(_without_dropout(Objective(copied, self.config.auxiliary_ctc), batch, plain)[1], exact)

    def _times(self, objective: nn.Module, batch: Batch, precision: Precision, secs: float) -> list[float]:
        """Seconds of updates; the first one still makes kernels of the optimiser."""
        objective.train()
        optimiser = make_optimiser(objective, self.config)
        times: list[float] = []
        while len(times) <= FEWEST or (sum(times[1:]) < secs and len(times) <= MOST):
            started = time.perf_counter()
            with precision.autocast():
                _, minimised = objective(batch)
            minimised.mean().backward()
            float(nn.utils.clip_grad_norm_(objective.parameters(), self.config.clip_norm))
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            self._wait()
            times.append(time.perf_counter() - started)
            if len(times) > 1 and times[-1] > HOPELESS * self.plain_secs:
                break
        return times

    def _new_shape(self, objective: nn.Module, batch: Batch, precision: Precision, otherwise: float) -> float:
        """Seconds of a forward and backward pass of a shape that has not come before. The kernels themselves are there:
        making them is paid once. `otherwise`, where a batch of one clip cannot become smaller."""
        if len(batch) < 2:
            return otherwise
        smaller = without_last(batch)
        self._wait()
        started = time.perf_counter()
        with precision.autocast():
            _, minimised = objective(smaller)
        minimised.mean().backward()
        objective.zero_grad(set_to_none=True)
        self._wait()
        return time.perf_counter() - started

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def _tidy(self) -> None:
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self.device)


def without_last(batch: Batch) -> Batch:
    """All clips but the last one."""
    return Batch(
        frames=batch.frames[:-1],
        frame_lengths=batch.frame_lengths[:-1],
        targets=batch.targets[: int(batch.target_lengths[:-1].sum())],
        target_lengths=batch.target_lengths[:-1],
    )


def _alike(gradient: Tensor, exact: Tensor) -> float:
    return float(torch.nn.functional.cosine_similarity(gradient, exact, dim=0))


def _without_dropout(objective: Objective, batch: Batch, precision: Precision) -> tuple[float, Tensor]:
    """(mean loss, gradients in one fp32 vector) in training mode, without dropout: its draws differ between kernels."""
    objective.train()
    for module in objective.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    with precision.autocast():
        reported, _ = objective(batch)
    reported.mean().backward()
    gradients = [each.grad.float().reshape(-1) for each in objective.parameters() if each.grad is not None]
    objective.zero_grad(set_to_none=True)
    return float(reported.detach().mean()), torch.cat(gradients)
