"""A network's own part of a step as CUDA graphs, one for each shape that training has, captured before its first step
(`trainer/warming.py`): the GPU gets its some thousand kernels in one piece, and does not wait for Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

Function = Callable[..., Any]


class Graphs:
    """Functions (tensors in, tensors out) of a network, as they are called in training; without gradients they run as
    they are. What a graph gives is overwritten when it runs again, its gradients too: so each update has one batch.
    """

    def __init__(self, owner: nn.Module) -> None:
        self.owner = owner
        """Whose parameters get gradients."""
        self.made: dict[tuple[Any, ...], Function] = {}
        self.pool: Any = None
        self.is_closed = False

    def close(self) -> None:
        """From here on nothing is captured: a shape that comes now for the first time runs as it is."""
        self.is_closed = True

    def __call__(self, function: Function, *given: Tensor) -> Any:
        """Replays the graph of these shapes; without one, or where no gradients are wanted, calls the function."""
        if not torch.is_grad_enabled():
            return function(*given)
        trained = sum(module.training for module in self.owner.modules())  # dropout is part of a graph, or not
        key = (function.__name__, trained, *((each.shape, each.dtype) for each in given))
        if key not in self.made:
            if self.is_closed:
                return function(*given)
            self.made[key] = self._capture(function, given)
        return self.made[key](*given)

    def _capture(self, function: Function, given: tuple[Tensor, ...]) -> Function:
        # All graphs share their memory: they run one after the other, forward and backward together.
        self.pool = torch.cuda.graph_pool_handle() if self.pool is None else self.pool
        # Weights are cast in every graph: what autocast keeps of them belongs to another one.
        kind, is_on = torch.get_autocast_dtype("cuda"), torch.is_autocast_enabled("cuda")
        with torch.autocast("cuda", dtype=kind, enabled=is_on, cache_enabled=False):
            made: Function = torch.cuda.make_graphed_callables(
                _Part(self.owner, function),
                tuple(each.detach().clone().requires_grad_(each.requires_grad) for each in given),
                allow_unused_input=True,
                pool=self.pool,
            )
        return made


class _Part(nn.Module):
    """What torch captures: a function, with the parameters of its owner."""

    def __init__(self, owner: nn.Module, function: Function) -> None:
        super().__init__()
        self.owner, self.function = owner, function

    def forward(self, *given: Tensor) -> Any:
        """What the function makes of the same tensors."""
        return self.function(*given)
