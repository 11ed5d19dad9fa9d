"""What an update asks of the device, operator by operator: floating-point operations, and bytes read and written.

torch's own counter takes the weight gradient of a convolution with groups for a dense one and leaves out LSTMs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten
PRODUCTS = {aten.mm: 0, aten.bmm: 0, aten.addmm: 1, aten.baddbmm: 1}
"""Operator → place of its first factor among the arguments."""
RNN_WEIGHTS = {aten._cudnn_rnn: (1, 2), aten.mkldnn_rnn_layer: (1, 5)}
RNN_BACKWARD = {aten._cudnn_rnn_backward: (1, 2), aten.mkldnn_rnn_layer_backward: (1, 5)}
"""Operator → where its weights stand among the arguments."""
MAKES_NOTHING = {"empty", "empty_like", "empty_strided", "new_empty", "detach"}
"""Operators that neither read nor write the numbers of a tensor."""


class Counter(TorchDispatchMode):
    """Counts what runs on `device` inside `with Counter(device) as counted`.

    `flops`: a multiplication and an addition are two; additions, norms and activations are not counted.
    `moved_bytes`: every operator reads its inputs and writes its outputs once, batch norm in training reads them twice;
    caches and fused kernels move less.
    """

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self.device = device
        self.flops = 0
        self.moved_bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        self.flops += flops_of(func, args, out)
        if not _is_view(func):
            moved = [*_tensors(args), *_tensors(kwargs.values()), *_tensors(out)]
            moved += _read_again(func, args)
            self.moved_bytes += sum(_bytes(each) for each in moved if each.device.type == self.device.type)
        return out


def flops_of(func: Any, args: Any, out: Any) -> int:
    """Operations of one call; 0 for an operator without products."""
    kind = getattr(func, "overloadpacket", func)
    if kind is aten.convolution:
        return _convolution(weight=args[1], positions=args[0] if args[6] else out)
    if kind is aten.convolution_backward:
        once = _convolution(weight=args[2], positions=args[1] if args[7] else args[0])
        return once * sum(args[10][:2])  # for the inputs and for the weights: each costs what the way there costs
    if kind in PRODUCTS:
        place = PRODUCTS[kind]
        first, second = args[place], args[place + 1]
        return 2 * first.numel() * int(second.shape[-1])
    for table, times in ((RNN_WEIGHTS, 1), (RNN_BACKWARD, 2)):
        if kind in table:
            return times * _recurrent(args, *table[kind])
    return 0


def _convolution(weight: Tensor, positions: Tensor) -> int:
    """`positions` (N, C, …): the output, or the input of a transposed one; `weight` (C, inputs of a group, kernel…)."""
    return 2 * positions.numel() * math.prod(weight.shape[1:])


def _recurrent(args: Any, first: int, end: int) -> int:
    """Each time step of each clip is multiplied by both weight matrices of its layer."""
    x = args[0]
    matrices = [each for each in _tensors(args[first:end]) if each.dim() == 2]
    return 2 * (x.numel() // int(x.shape[-1])) * sum(each.numel() for each in matrices)


def _read_again(func: Any, args: Any) -> list[Tensor]:
    """What batch norm reads for its sums before it reads it for its result."""
    kind = getattr(func, "overloadpacket", func)
    if kind is aten.native_batch_norm and args[5]:
        return [args[0]]
    if kind is aten.native_batch_norm_backward and args[7] and args[9][0]:
        return [args[0], args[1]]
    if kind is aten.cudnn_batch_norm and args[5]:
        return [args[0]]
    return [args[0], args[1]] if kind is aten.cudnn_batch_norm_backward else []


def _is_view(func: Any) -> bool:
    """Whether the result is another look at an argument, or holds nothing yet."""
    schema = func._schema
    if schema.name.partition("::")[2] in MAKES_NOTHING:
        return True
    aliases = [each.alias_info for each in schema.returns]
    return any(each is not None and not each.is_write for each in aliases)


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (tuple, list, type({}.values()))):
        for each in value:
            yield from _tensors(each)


def _bytes(tensor: Tensor) -> int:
    """An expanded tensor is read from what it is stored in."""
    return min(tensor.numel() * tensor.element_size(), tensor.untyped_storage().nbytes())
