"""Several processes that train one network (`torchrun`): who they are and what they tell each other.

Gradients travel by DistributedDataParallel; everything else is a handful of numbers, sent over gloo on the CPU.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed


@dataclass(frozen=True)
class Ranks:
    """This process among `world` equal ones. Alone, every method gives back what it was given."""

    rank: int = 0
    world: int = 1
    group: Any = None

    @property
    def is_first(self) -> bool:
        """The one that writes, saves and speaks."""
        return self.rank == 0

    def sum(self, value: float) -> float:
        """The sum over all ranks, in float64; every rank has to ask."""
        if self.world == 1:
            return value
        total = torch.tensor(value, dtype=torch.float64)
        distributed.all_reduce(total, group=self.group)
        return float(total)

    def any(self, flag: bool) -> bool:
        """Whether the flag is set on any rank; every rank has to ask."""
        return self.sum(float(flag)) > 0

    def gather(self, value: Any) -> list[Any]:
        """Everyone's value, by rank."""
        if self.world == 1:
            return [value]
        found: list[Any] = [None] * self.world
        distributed.all_gather_object(found, value, group=self.group)
        return found

    def of_first(self, value: Any) -> Any:
        """The first process's value."""
        return self.gather(value)[0]

    def wait(self) -> None:
        """Returns once every process has called it."""
        self.sum(0.0)


ALONE = Ranks()


def join() -> Ranks:
    """Joins the processes that torchrun or Ray started; ALONE without them."""
    world = int(os.environ.get("WORLD_SIZE") or 1)
    if world == 1:
        return ALONE
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK") or 0) % torch.cuda.device_count())
    if not distributed.is_initialized():  # Ray's workers have met already
        distributed.init_process_group("nccl" if cuda else "gloo")
    group = distributed.new_group(backend="gloo") if cuda else None
    return Ranks(distributed.get_rank(), distributed.get_world_size(), group)


def leave(ranks: Ranks) -> None:
    """Leaves the group once every process has called this. Not called after an error: torchrun ends the others then."""
    if ranks.world > 1:
        ranks.wait()
        distributed.destroy_process_group()
