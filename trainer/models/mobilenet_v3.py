"""Video in, glosses out: MobileNetV3-Large (Howard et al. 2019) frame by frame, a TCN over time, BiLSTM, CTC head.

The trunk is the published one without its classifier, 2,971,952 parameters at width 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.data.buckets import stack_size
from trainer.kernels import is_channels_last
from trainer.models.base import (
    PLAIN,
    BiLstm,
    CtcHead,
    CtcModel,
    HeadOptions,
    Preparation,
    halve,
    silence_padding,
    valid_frames,
)
from trainer.models.compiled import Compiled
from trainer.models.graphs import Graphs
from trainer.models.norms import Real, RealNorm2d, again_in_backward


@dataclass(frozen=True)
class Block:
    """One inverted residual of the paper's table 1."""

    kernel: int
    expanded: int
    outputs: int
    squeeze: bool
    hard_swish: bool
    stride: int


BLOCKS = (
    Block(3, 16, 16, False, False, 1),
    Block(3, 64, 24, False, False, 2),
    Block(3, 72, 24, False, False, 1),
    Block(5, 72, 40, True, False, 2),
    Block(5, 120, 40, True, False, 1),
    Block(5, 120, 40, True, False, 1),
    Block(3, 240, 80, False, True, 2),
    Block(3, 200, 80, False, True, 1),
    Block(3, 184, 80, False, True, 1),
    Block(3, 184, 80, False, True, 1),
    Block(3, 480, 112, True, True, 1),
    Block(3, 672, 112, True, True, 1),
    Block(5, 672, 160, True, True, 2),
    Block(5, 960, 160, True, True, 1),
    Block(5, 960, 160, True, True, 1),
)
LAST_EXPANSION = 6
TCN_CHANNELS = 448


def eights(size: float) -> int:
    """The nearest multiple of 8 that loses at most a tenth (the authors' rule)."""
    rounded = max(8, int(size + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * size else rounded


class Depthwise(nn.Conv2d):
    """Each channel by itself. torch's own is contiguous: with channels last, cuDNN was 40 times slower (H200)."""

    own_kernels = False

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (N, C, H, W): by the own kernel where it is on and they are channels last, else by torch."""
        if not self.own_kernels or not is_channels_last(x):
            return super().forward(x.contiguous())
        from trainer.kernels import depthwise  # needs Triton

        y: Tensor = depthwise.Depthwise.apply(x, self.weight, self.stride[0])
        return y


def _conv(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, then: str = "none"
) -> list[nn.Module]:
    """A convolution, its batch norm and the activation `then`."""
    kind = nn.Conv2d if groups == 1 else Depthwise
    conv = kind(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    norm = RealNorm2d(outputs, eps=1e-3, activation=then)
    # Checkpoints count the activation as a layer of its own.
    return [conv, norm] if then == "none" else [conv, norm, nn.Identity()]


def _through(layer: nn.Module, x: Tensor, real: Real | None) -> Tensor:
    """x through a layer, which may want to know what of it is real."""
    y: Tensor = layer(x, real) if isinstance(layer, RealNorm2d | InvertedResidual) else layer(x)
    return y


class SqueezeExcite(nn.Module):
    """Each channel scaled by what the whole frame looks like."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = eights(channels // 4)
        self.down, self.up = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → the same shape, each channel times a number from 0 to 1."""
        return x * F.hardsigmoid(self.up(F.relu(self.down(x.mean(dim=(2, 3), keepdim=True)))))


class InvertedResidual(nn.Module):
    """Expand (1x1), depthwise convolution, squeeze where the table says so, project (1x1).
    Its input is added where it has the shape of the output."""

    def __init__(self, inputs: int, block: Block, width: float) -> None:
        super().__init__()
        expanded, outputs = eights(block.expanded * width), eights(block.outputs * width)
        swish = "hard_swish" if block.hard_swish else "relu"
        layers: list[nn.Module] = []
        if expanded != inputs:
            layers += _conv(inputs, expanded, 1, then=swish)
        layers += _conv(expanded, expanded, block.kernel, block.stride, groups=expanded, then=swish)
        if block.squeeze:
            layers.append(SqueezeExcite(expanded))
        self.body = nn.Sequential(*layers, *_conv(expanded, outputs, 1))
        self.skips = block.stride == 1 and inputs == outputs
        self.outputs = outputs

    def forward(self, x: Tensor, real: Real | None = None) -> Tensor:
        """Pictures (N, C, H, W); `real`: which of them the batch norms count, None for all."""
        y = x
        for layer in self.body:
            y = _through(layer, y, real)
        return x + y if self.skips else y


class MobileNetTrunk(nn.Module):
    """Frames (B, C, H, W) → (B, F), F = 960 at width 1."""

    recompute = False
    """Whether a block's activations are dropped, and computed again when gradients need them."""

    def __init__(self, channels: int, width: float) -> None:
        super().__init__()
        inputs = eights(16 * width)
        layers: list[nn.Module] = _conv(channels, inputs, 3, 2, then="hard_swish")
        for block in BLOCKS:
            layers.append(InvertedResidual(inputs, block, width))
            inputs = eights(block.outputs * width)
        self.outputs = LAST_EXPANSION * inputs
        self.layers = nn.Sequential(*layers, *_conv(inputs, self.outputs, 1, then="hard_swish"))

    def forward(self, x: Tensor, real: Real | None = None) -> Tensor:
        """Pictures (S, C, H, W) → features (S, F); `real` as in a block."""
        for layer in self.layers:
            again = self.recompute and isinstance(layer, InvertedResidual)
            x = again_in_backward(layer, x, real) if again else _through(layer, x, real)
        return x.mean(dim=(2, 3))


class MobileNetV3(CtcModel):
    """Total stride 4, all of it in the TCN: two rounds of a convolution over five frames and a pooling of two."""

    stride = 4
    few_shapes = False

    def __init__(
        self,
        vocabulary_size: int,
        frame_shape: tuple[int, ...],
        width: float,
        hidden_dim: int,
        dropout: float,
        head: HeadOptions = PLAIN,
    ) -> None:
        super().__init__()
        self.trunk = MobileNetTrunk(frame_shape[0], width)
        channels = eights(TCN_CHANNELS * width)
        sizes = (self.trunk.outputs, channels)
        self.tcn = nn.ModuleList(nn.Conv1d(size, channels, kernel_size=5, padding=2) for size in sizes)
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in sizes)
        self.dropout = nn.Dropout(dropout)
        self.bilstm = BiLstm(channels, hidden_dim, layers=1, dropout=dropout)
        self.head = CtcHead(2 * hidden_dim, vocabulary_size, dropout, channels, head)

    def stages(self) -> dict[str, nn.Module]:
        """Trunk, convolutions over time with their norms, LSTM, head."""
        return {
            "trunk": self.trunk,
            "tcn": nn.ModuleList([self.tcn, self.norms]),
            "bilstm": self.bilstm,
            "head": self.head,
        }

    def prepare(self, how: Preparation) -> None:
        """As of every network, but what is compiled is the trunk alone."""
        self.trunk.recompute, self.few_shapes = how.recompute, how.few_shapes
        if how.channels_last:
            for module in self.modules():
                if isinstance(module, nn.Conv2d) and not isinstance(module, Depthwise):
                    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        for module in self.modules():
            if isinstance(module, RealNorm2d | Depthwise):
                module.own_kernels = how.own_kernels
        if how.compiler is not None:
            self.compiled = Compiled(self.trunk.forward, how.compiler)
        if how.graphs:
            self.graphs = Graphs(self)

    def shape(self, lengths: Sequence[int], padded: int) -> tuple[int, ...]:
        """As of every network, with the size of the stack of single pictures."""
        return len(lengths), padded, stack_size(sum(lengths))

    def given(self, frames: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
        """The pictures (S, C, H, W) that are real, those that fill them up to a size, which of both (S,), the place of
        each among all frames (S,), which of those are real (N, T), and the lengths (N,)."""
        # Only frames that are there are computed: padding neither costs nor enters the batch norm.
        valid = valid_frames(lengths, frames.shape[1])
        places = valid.flatten().nonzero()[:, 0]
        number = len(places)
        fill = (0, stack_size(number) - number if self.few_shapes else 0)
        pictures = frames.flatten(0, 1)[F.pad(places, fill)]  # filled up with the first picture
        mask = (torch.arange(len(pictures), device=places.device) < number).float()
        return pictures, mask, F.pad(places, fill, value=valid.numel()), valid, lengths

    def look(self, *given: Tensor) -> tuple[Tensor, Tensor]:
        """`see` itself: within it the trunk is what is compiled."""
        return self.see(*given)  # of it, the trunk is what is compiled

    def see(self, *given: Tensor) -> tuple[Tensor, Tensor]:
        """What `given` returns → features (N, ceil(T / 4), F) and their lengths (N,)."""
        pictures, mask, places, valid, lengths = given
        real = Real(mask[:, None, None, None], mask.double().mean()) if self.few_shapes else None
        seen: Tensor = (self.compiled or self.trunk)(pictures, real)
        # What only fills up goes behind the last frame, and is cut off there.
        x = seen.new_zeros(valid.numel() + 1, seen.shape[1]).index_copy(0, places, seen)[:-1]
        x = x.view(*valid.shape, -1).transpose(1, 2)  # (N, F, T)
        for convolution, norm in zip(self.tcn, self.norms, strict=True):
            x = norm(convolution(x).transpose(1, 2)).transpose(1, 2)
            x = silence_padding(F.relu(x), lengths)
            x, lengths = F.max_pool1d(x, kernel_size=2, ceil_mode=True), halve(lengths)
        return x.transpose(1, 2), lengths
