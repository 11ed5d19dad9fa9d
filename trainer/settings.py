"""How a run computes: number format, order of pictures in memory, kernels. What of it was left to `auto`, is decided
once, before the first step, and stays the same for the whole run."""

from __future__ import annotations

import os
from typing import Any, Literal

import msgspec
import torch

from monitor.run_dir.cache import cache_dir
from trainer import kernels
from trainer.config import Config
from trainer.devices import Precision
from trainer.models.base import Preparation

MOST_GRAPHS = 64
"""Compiled variants of one function; torch's own limit of 8 is below the number of shapes."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One combination. The defaults are the plain loop: fp32, contiguous, not compiled."""

    precision: Literal["fp32", "bf16"] = "fp32"
    memory_format: Literal["contiguous", "channels_last"] = "contiguous"
    compile: Literal["off", "on", "graphs"] = "off"

    def __str__(self) -> str:
        compiled = {"off": "", "on": ", compiled", "graphs": ", as CUDA graphs"}[self.compile]
        order = ", channels last" if self.memory_format == "channels_last" else ""
        return f"{self.precision}{order}{compiled}"


PLAIN = Setting()


def untried(config: Config, device: torch.device) -> Setting:
    """What the options say where nothing is measured: `auto` is bf16 on a GPU that computes in it, else the plain loop.

    Raises RefusedError for bf16 on a GPU that does not.
    """
    return Setting(
        precision="bf16" if Precision.of(config.precision, device).bf16 else "fp32",
        memory_format="contiguous" if config.memory_format == "auto" else config.memory_format,
        compile="off" if config.compile == "auto" else config.compile,
    )


def in_buckets(config: Config, device: torch.device) -> bool:
    """Whether batches are padded to a few lengths; `auto` does so where a new shape is dear."""
    dear = device.type == "cuda" or config.compile in ("on", "graphs")
    return config.padding == "buckets" or (config.padding == "auto" and dear)


def can_capture(config: Config, device: torch.device, world: int = 1) -> bool:
    """Whether a run can use CUDA graphs: one process of `world`, and one batch an update, whose gradients the next one
    would overwrite."""
    return device.type == "cuda" and config.accumulation_steps == 1 and world == 1


def preparation(config: Config, setting: Setting, device: torch.device) -> Preparation:
    """How a network is to compute under a setting, on this device."""
    return Preparation(
        channels_last=setting.memory_format == "channels_last",
        own_kernels=setting.memory_format == "channels_last" and kernels.available(device),
        few_shapes=in_buckets(config, device) or setting.compile != "off",
        recompute=config.recompute == "on",
        compiler=_compiler() if setting.compile == "on" else None,
        graphs=setting.compile == "graphs" and can_capture(config, device),
    )


def _compiler() -> dict[str, Any]:
    """Options of torch.compile. What is compiled is kept for later runs, below the user's cache unless set otherwise:
    torch's own place is a temporary folder."""
    torch._dynamo.config.recompile_limit = MOST_GRAPHS
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache_dir() / "compiled"))
    return {"mode": "default"}
