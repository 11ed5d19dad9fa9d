"""Video in, glosses out: Inception-v1 inflated to three dimensions (Carreira & Zisserman 2017), BiLSTM, CTC head.

The trunk is the published one, 12,287,264 parameters at width 1, but for the temporal stride of its last pooling:
1 instead of 2, so that the total is 4. At 8, every twentieth clip of PHOENIX-2014 SI5 is too short for its target.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.kernels import is_channels_last
from trainer.models.base import PLAIN, BiLstm, CtcHead, CtcModel, HeadOptions, Preparation, halve, valid_frames
from trainer.models.norms import Real, RealNorm3d, again_in_backward, normalise

MIXED: tuple[tuple[int, ...], ...] = (
    (64, 96, 128, 16, 32, 32),  # 3b
    (128, 128, 192, 32, 96, 64),  # 3c
    (192, 96, 208, 16, 48, 64),  # 4b
    (160, 112, 224, 24, 64, 64),  # 4c
    (128, 128, 256, 24, 64, 64),  # 4d
    (112, 144, 288, 32, 64, 64),  # 4e
    (256, 160, 320, 32, 128, 128),  # 4f
    (256, 160, 320, 32, 128, 128),  # 5b
    (384, 192, 384, 48, 128, 128),  # 5c
)
"""Channels of each inception block: 1x1 | 1x1, 3x3 | 1x1, 3x3 | after the pooling."""
POOLED_BEFORE = {2: "4a", 7: "5a"}
"""Place of a block in MIXED → the pooling before it."""

Three = tuple[int, int, int]
"""Over (T, H, W)."""


class Unit(nn.Module):
    """Convolution without bias, batch norm over real frames, ReLU; frames behind a clip's end stay zero."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv3d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
        # The authors' momentum of .01 is for millions of steps; with hundreds the running figures lag far behind.
        self.norm = RealNorm3d(outputs, eps=1e-3)

    def forward(self, x: Tensor, real: Real, *, windowed: bool = True) -> Tensor:
        """(N, C, T, H, W), `real` of the output's frames; `windowed` as in `normalise`."""
        return normalise([self.norm], self.conv(x), real, windowed=windowed, activation="relu")


class Stem(Unit):
    """The first convolution: a kernel of 7 over few channels, with stride 2."""

    folded = False
    """Whether it is computed as one with a kernel of 4 and stride 1 over eight times as many channels: two pixels of
    each dimension lie beside each other there. The same sums; a GPU multiplies many channels faster (docs/log.md)."""

    def forward(self, x: Tensor, real: Real, *, windowed: bool = True) -> Tensor:
        """As `Unit.forward`, folded or not."""
        if not self.folded:
            return super().forward(x, real, windowed=windowed)
        y = F.conv3d(folded(x), folded_kernel(self.conv.weight))
        return normalise([self.norm], y, real, windowed=windowed, activation="relu")


def folded(x: Tensor) -> Tensor:
    """(N, C, T, H, W) → (N, 8 C, ceil(T / 2) + 3, …), channels last: pairs of pixels as channels, with the padding
    that `folded_kernel` needs."""
    if torch.is_autocast_enabled(x.device.type):
        x = x.to(torch.get_autocast_dtype(x.device.type))  # before it is copied
    x = F.pad(x, [each for size in reversed(x.shape[2:]) for each in (4, 2 + size % 2)])
    number, channels, *sizes = x.shape
    frames, height, width = (size // 2 for size in sizes)
    pairs = x.view(number, channels, frames, 2, height, 2, width, 2).permute(0, 2, 4, 6, 3, 5, 7, 1)
    return pairs.reshape(number, frames, height, width, 8 * channels).permute(0, 4, 1, 2, 3)


def folded_kernel(weight: Tensor) -> Tensor:
    """(O, C, 7, 7, 7) → (O, 8 C, 4, 4, 4), for `folded` pictures."""
    outputs, channels = weight.shape[:2]
    eight = F.pad(weight, (1, 0) * 3)
    pairs = eight.reshape(outputs, channels, 4, 2, 4, 2, 4, 2).permute(0, 2, 4, 6, 3, 5, 7, 1)
    return pairs.reshape(outputs, 4, 4, 4, 8 * channels).permute(0, 4, 1, 2, 3)


class MaxPool(nn.Module):
    """The largest of each window of (N, C, T, H, W); sizes over (T, H, W)."""

    own_kernels = False

    def __init__(
        self, kernel: Three, stride: Three = (1, 1, 1), padding: Three = (0, 0, 0), *, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding, self.ceil_mode = kernel, stride, padding, ceil_mode

    def forward(self, x: Tensor) -> Tensor:
        """By the own kernel where x is channels last and it is on, else by torch; the result is the same."""
        if not self.own_kernels or not is_channels_last(x):
            return F.max_pool3d(x, self.kernel, self.stride, self.padding, ceil_mode=self.ceil_mode)
        from trainer.kernels.pooling import MaxPool3d  # needs Triton

        y: Tensor = MaxPool3d.apply(x, self.kernel, self.stride, self.padding, self.ceil_mode)
        return y


def side_by_side(units: Sequence[Unit], x: Tensor, real: Real) -> tuple[Tensor, ...]:
    """What several units with a kernel of 1 make of the same x, which is read once and gets one gradient."""
    y = F.conv3d(x, torch.cat([unit.conv.weight for unit in units]))
    y = normalise([unit.norm for unit in units], y, real, windowed=False, activation="relu")
    return y.split([unit.norm.num_features for unit in units], dim=1)


class Mixed(nn.Module):
    """An inception block: four branches side by side."""

    def __init__(self, inputs: int, sizes: Sequence[int]) -> None:
        super().__init__()
        one, three_in, three, five_in, five, pooled = sizes
        self.one = Unit(inputs, one, 1)
        self.three_in, self.three = Unit(inputs, three_in, 1), Unit(three_in, three, 3)
        self.five_in, self.five = Unit(inputs, five_in, 1), Unit(five_in, five, 3)
        self.pool, self.pooled = MaxPool((3, 3, 3), padding=(1, 1, 1)), Unit(inputs, pooled, 1)
        self.outputs = one + three + five + pooled

    def forward(self, x: Tensor, real: Real) -> Tensor:
        """(N, C, T, H, W) → (N, `outputs`, T, H, W)."""
        one, three, five = side_by_side([self.one, self.three_in, self.five_in], x, real)
        # The pooling looks over a clip's end, a kernel of 1 does not.
        near = self.pooled(self.pool(x), real)
        return torch.cat([one, self.three(three, real), self.five(five, real), near], dim=1)


class I3dTrunk(nn.Module):
    """(N, C, T, H, W) → (N, F, ceil(T / 4)), F = 1024 at width 1."""

    recompute = False
    """Whether a block's activations are dropped, and computed again when gradients need them."""

    def __init__(self, channels: int, width: float) -> None:
        super().__init__()

        def _scaled(size: int) -> int:
            return max(2, round(size * width))

        self.conv_1a = Stem(channels, _scaled(64), 7, stride=2)
        self.pool_space = MaxPool((1, 3, 3), (1, 2, 2), (0, 1, 1))
        self.pool_4a = MaxPool((3, 3, 3), (2, 2, 2), (1, 1, 1))
        self.pool_5a = MaxPool((1, 2, 2), (1, 2, 2), ceil_mode=True)
        self.conv_2b = Unit(_scaled(64), _scaled(64), 1)
        self.conv_2c = Unit(_scaled(64), _scaled(192), 3)
        blocks, inputs = [], _scaled(192)
        for sizes in MIXED:
            block = Mixed(inputs, [_scaled(size) for size in sizes])
            blocks.append(block)
            inputs = block.outputs
        self.mixed = nn.ModuleList(blocks)
        self.outputs = inputs

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Clips and their lengths (N,) → features and their lengths; frames behind a clip's end count as zero."""
        x = x * _real(lengths, x.shape[2]).mask
        lengths = halve(lengths)
        real = _real(lengths, -(-x.shape[2] // 2))
        x = self.pool_space(self.conv_1a(x, real))
        x = self.pool_space(self.conv_2c(self.conv_2b(x, real, windowed=False), real))
        for place, block in enumerate(self.mixed):
            if POOLED_BEFORE.get(place) == "4a":
                x, lengths = self.pool_4a(x), halve(lengths)
                real = _real(lengths, x.shape[2])
                x = x * real.mask.to(x.dtype)
            elif POOLED_BEFORE.get(place) == "5a":
                x = self.pool_5a(x)
            x = again_in_backward(block, x, real) if self.recompute else block(x, real)
        return x.mean(dim=(3, 4)), lengths


def _real(lengths: Tensor, frames: int) -> Real:
    mask = valid_frames(lengths, frames)[:, None, :, None, None].float()
    return Real(mask, mask.double().mean())


class I3d(CtcModel):
    """Total stride 4; 25.9 to 27.4 million parameters at width 1 with 512 units per direction."""

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
        self.trunk = I3dTrunk(frame_shape[0], width)
        self.dropout = nn.Dropout(dropout)
        self.bilstm = BiLstm(self.trunk.outputs, hidden_dim, layers=2, dropout=dropout)
        self.head = CtcHead(2 * hidden_dim, vocabulary_size, dropout, self.trunk.outputs, head)

    def stages(self) -> dict[str, nn.Module]:
        """Trunk, LSTM, head."""
        return {"trunk": self.trunk, "bilstm": self.bilstm, "head": self.head}

    def prepare(self, how: Preparation) -> None:
        """Of the trunk: recomputation, memory format and own kernels; channels last also folds the stem."""
        self.trunk.recompute = how.recompute
        if how.channels_last:
            self.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
            self.trunk.conv_1a.folded = True
        for module in self.modules():
            if isinstance(module, RealNorm3d | MaxPool):
                module.own_kernels = how.own_kernels
        super().prepare(how)

    def see(self, *given: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (N, T, C, H, W) and lengths (N,) → features (N, ceil(T / 4), F) and their lengths."""
        frames, lengths = given
        x, lengths = self.trunk(frames.transpose(1, 2), lengths)  # (N, C, T, H, W) → (N, F, T')
        return x.transpose(1, 2), lengths
