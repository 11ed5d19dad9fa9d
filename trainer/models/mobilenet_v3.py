"""Video in, glosses out: MobileNetV3-Large (Howard et al. 2019) frame by frame, a TCN over time, BiLSTM, CTC head.

The trunk is the published one without its classifier, 2,971,952 parameters at width 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.models.base import PLAIN, BiLstm, CtcHead, CtcModel, HeadOptions, halve, silence_padding, valid_frames


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


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(outputs, eps=1e-3)]


class SqueezeExcite(nn.Module):
    """Each channel scaled by what the whole frame looks like."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = eights(channels // 4)
        self.down, self.up = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * F.hardsigmoid(self.up(F.relu(self.down(x.mean(dim=(2, 3), keepdim=True)))))


class InvertedResidual(nn.Module):
    def __init__(self, inputs: int, block: Block, width: float) -> None:
        super().__init__()
        expanded, outputs = eights(block.expanded * width), eights(block.outputs * width)
        swish: type[nn.Module] = nn.Hardswish if block.hard_swish else nn.ReLU
        layers: list[nn.Module] = []
        if expanded != inputs:
            layers += [*_conv(inputs, expanded, 1), swish()]
        layers += [*_conv(expanded, expanded, block.kernel, block.stride, groups=expanded), swish()]
        if block.squeeze:
            layers.append(SqueezeExcite(expanded))
        self.body = nn.Sequential(*layers, *_conv(expanded, outputs, 1))
        self.skips = block.stride == 1 and inputs == outputs
        self.outputs = outputs

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body(x)
        return x + y if self.skips else y


class MobileNetTrunk(nn.Module):
    """Frames (B, C, H, W) → (B, F), F = 960 at width 1."""

    def __init__(self, channels: int, width: float) -> None:
        super().__init__()
        inputs = eights(16 * width)
        layers: list[nn.Module] = [*_conv(channels, inputs, 3, 2), nn.Hardswish()]
        for block in BLOCKS:
            layers.append(InvertedResidual(inputs, block, width))
            inputs = eights(block.outputs * width)
        self.outputs = LAST_EXPANSION * inputs
        self.layers = nn.Sequential(*layers, *_conv(inputs, self.outputs, 1), nn.Hardswish())

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return y.mean(dim=(2, 3))


class MobileNetV3(CtcModel):
    """Total stride 4, all of it in the TCN: two rounds of a convolution over five frames and a pooling of two."""

    stride = 4

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
        return {
            "trunk": self.trunk,
            "tcn": nn.ModuleList([self.tcn, self.norms]),
            "bilstm": self.bilstm,
            "head": self.head,
        }

    def see(self, frames: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        valid = valid_frames(lengths, frames.shape[1])
        # Only frames that are there are computed: padding neither costs nor enters the batch norm.
        seen = self.trunk(frames[valid])
        x = torch.zeros(*valid.shape, seen.shape[1], dtype=seen.dtype, device=seen.device)
        x[valid] = seen
        x = x.transpose(1, 2)  # (N, F, T)
        for convolution, norm in zip(self.tcn, self.norms, strict=True):
            x = norm(convolution(x).transpose(1, 2)).transpose(1, 2)
            x = silence_padding(F.relu(x), lengths)
            x, lengths = F.max_pool1d(x, kernel_size=2, ceil_mode=True), halve(lengths)
        return x.transpose(1, 2), lengths
