"""Which settings are measured, in which order: the chief ones first, those that compile last. Each has a limit of its
own.

A compiled setting is measured on clips of one length, so that there is one graph to wait for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.trainer_gpu.cutting import Clock, TooLong
from benchmarks.trainer_gpu.loops import AnyLoop, OurLoop, PlainLoop
from benchmarks.trainer_gpu.networks import VECTORS, Size, config_of, corpus_of
from benchmarks.trainer_gpu.speed import Row, measure

NETWORKS = ("i3d", "mobilenet_v3", *VECTORS)
PLAIN = "plain fp32 loop"
SETTINGS: dict[str, dict[str, Any]] = {
    PLAIN: {"precision": "fp32", "memory_format": "contiguous", "compile": "off", "loader_threads": 0},
    "the trainer's defaults": {},
    "fp32 (TF32)": {"precision": "fp32", "memory_format": "contiguous", "compile": "off"},
    "fp32 (TF32), channels last": {"precision": "fp32", "memory_format": "channels_last", "compile": "off"},
    "bf16": {"precision": "bf16", "memory_format": "contiguous", "compile": "off"},
    "bf16, channels last": {"precision": "bf16", "memory_format": "channels_last", "compile": "off"},
    "bf16, channels last, CUDA graphs": {"precision": "bf16", "memory_format": "channels_last", "compile": "graphs"},
    "bf16, channels last, compiled": {"precision": "bf16", "memory_format": "channels_last", "compile": "on"},
}
VECTOR_SETTINGS: dict[str, dict[str, Any]] = {
    PLAIN: SETTINGS[PLAIN],
    "the trainer's defaults": {},
    "bf16": SETTINGS["bf16"],
    "fp32, CUDA graphs": {"precision": "fp32", "memory_format": "contiguous", "compile": "graphs"},
}
"""Whatever a setting does not name is the trainer's default."""
TOY_SETTINGS = (PLAIN, "the trainer's defaults", "bf16, channels last")


@dataclass(frozen=True)
class Job:
    """One setting of one network."""

    network: str
    setting: str

    @property
    def options(self) -> dict[str, Any]:
        return settings_of(self.network)[self.setting]

    @property
    def compiles(self) -> bool:
        return self.options.get("compile") == "on"

    @property
    def comes_first(self) -> bool:
        """What a run without options does, and what it is held against."""
        return self.setting == PLAIN or not self.options


def settings_of(network: str) -> dict[str, dict[str, Any]]:
    return VECTOR_SETTINGS if network in VECTORS else SETTINGS


def jobs(device: torch.device) -> Iterator[Job]:
    """Every setting of every network, the chief ones first; on the CPU the few of the toy, none of which compiles."""
    every = [
        Job(network, setting)
        for network in NETWORKS
        for setting in settings_of(network)
        if device.type != "cpu" or setting in TOY_SETTINGS
    ]
    yield from sorted(every, key=lambda job: (job.compiles, not job.comes_first))


def run(job: Job, size: Size, device: torch.device, clock: Clock, compile_secs: float) -> Row:
    """The figures of one job, or {"failed": why}. A job that fails must not cost the others their figures."""
    corpus = corpus_of(size, job.network, even=job.compiles)
    distorted = {"augmentation": "none"} if job.compiles and job.network not in VECTORS else {}
    config = config_of(job.network, size, **job.options, **distorted)

    def make() -> AnyLoop:
        return (PlainLoop if job.setting == PLAIN else OurLoop)(corpus, config, device)

    most = 2 * size.seconds + compile_secs
    try:
        with clock.at_most(most):
            return measure(make, size.seconds, device)
    except TooLong:
        return {"failed": f"took longer than {most:g} s, compiling included"}
    except (RuntimeError, OSError) as problem:  # torch's own compiler errors are RuntimeErrors
        return {"failed": f"{type(problem).__name__}: {str(problem).splitlines()[0] if str(problem) else ''}"}
