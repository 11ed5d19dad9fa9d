"""The largest of a window in time and space. Twin: `torch.nn.functional.max_pool3d`, also in which of equal values gets
the gradient."""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from trainer.kernels import block_of

Three = tuple[int, int, int]
PIXELS, CHANNELS = 32, 64
"""Of a tile."""
SIZES = ["pixels", "frames", "height", "width", "out_frames", "out_height", "out_width"]
"""Of which no kernel is made anew: making one takes seconds."""


@triton.jit(do_not_specialize=SIZES)
def _forward(
    x,
    y,
    chosen,
    pixels,
    frames,
    height,
    width,
    out_frames,
    out_height,
    out_width,
    channels,
    KT: tl.constexpr,
    KS: tl.constexpr,
    ST: tl.constexpr,
    SS: tl.constexpr,
    PT: tl.constexpr,
    PS: tl.constexpr,
    R: tl.constexpr,
    C: tl.constexpr,
):
    place = tl.program_id(0) * R + tl.arange(0, R)
    column = tl.program_id(1) * C + tl.arange(0, C)
    known = (column < channels)[None, :]
    across = place % out_width * SS - PS
    down = place // out_width % out_height * SS - PS
    time = place // (out_width * out_height) % out_frames * ST - PT
    clip = place // (out_width * out_height * out_frames)
    best = tl.full([R, C], float("-inf"), tl.float32)
    which = tl.zeros([R, C], tl.int32)
    for i in range(KT):
        for j in range(KS):
            for k in tl.static_range(KS):
                t, r, c = time + i, down + j, across + k
                inside = (place < pixels) & (t >= 0) & (t < frames) & (r >= 0) & (r < height) & (c >= 0) & (c < width)
                here = (((clip * frames + t) * height + r) * width + c).to(tl.int64) * channels
                mask = inside[:, None] & known
                value = tl.load(x + here[:, None] + column[None, :], mask=mask, other=float("-inf")).to(tl.float32)
                larger = (value > best) | (value != value)
                best = tl.where(larger, value, best)
                which = tl.where(larger, (i * KS + j) * KS + k, which)
    there = place.to(tl.int64)[:, None] * channels + column[None, :]
    mask = (place < pixels)[:, None] & known
    tl.store(y + there, best, mask=mask)
    tl.store(chosen + there, which.to(tl.uint8), mask=mask)


@triton.jit(do_not_specialize=SIZES)
def _back(
    g,
    chosen,
    dx,
    pixels,
    frames,
    height,
    width,
    out_frames,
    out_height,
    out_width,
    channels,
    KT: tl.constexpr,
    KS: tl.constexpr,
    ST: tl.constexpr,
    SS: tl.constexpr,
    PT: tl.constexpr,
    PS: tl.constexpr,
    R: tl.constexpr,
    C: tl.constexpr,
):
    """Each pixel of the input asks the windows that it lies in whether it was chosen."""
    place = tl.program_id(0) * R + tl.arange(0, R)
    column = tl.program_id(1) * C + tl.arange(0, C)
    known = (column < channels)[None, :]
    across = place % width + PS
    down = place // width % height + PS
    time = place // (width * height) % frames + PT
    clip = place // (width * height * frames)
    total = tl.zeros([R, C], tl.float32)
    for i in range(KT):
        for j in range(KS):
            for k in tl.static_range(KS):
                t, r, c = time - i, down - j, across - k
                inside = (place < pixels) & (t >= 0) & (r >= 0) & (c >= 0)
                if ST > 1:
                    inside = inside & (t % ST == 0)
                    t = t // ST
                if SS > 1:
                    inside = inside & (r % SS == 0) & (c % SS == 0)
                    r = r // SS
                    c = c // SS
                inside = inside & (t < out_frames) & (r < out_height) & (c < out_width)
                here = (((clip * out_frames + t) * out_height + r) * out_width + c).to(tl.int64) * channels
                mask = inside[:, None] & known
                mine = tl.load(chosen + here[:, None] + column[None, :], mask=mask, other=255)
                given = tl.load(g + here[:, None] + column[None, :], mask=mask, other=0.0).to(tl.float32)
                total += tl.where(mine == (i * KS + j) * KS + k, given, 0.0)
    there = place.to(tl.int64)[:, None] * channels + column[None, :]
    tl.store(dx + there, total, mask=(place < pixels)[:, None] & known)


class MaxPool3d(torch.autograd.Function):
    """x (N, C, T, H, W) channels last; kernel, stride and padding over (T, H, W), the same over H and W → like x."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Three, stride: Three, padding: Three, ceil_mode: bool) -> Tensor:
        """Keeps which place of its window each output came from (uint8), and not x."""
        number, channels, *sizes = x.shape
        outs = [_out(*each, ceil_mode) for each in zip(sizes, kernel, stride, padding, strict=True)]
        y = x.new_empty(number, *outs, channels).permute(0, 4, 1, 2, 3)
        chosen = torch.empty_like(y, dtype=torch.uint8)
        pixels, block = y.numel() // channels, block_of(channels, CHANNELS)
        ctx.options = {
            **{"KT": kernel[0], "KS": kernel[1], "ST": stride[0], "SS": stride[1], "PT": padding[0], "PS": padding[1]},
            **{"R": PIXELS, "C": block},
        }
        over = (triton.cdiv(pixels, PIXELS), triton.cdiv(channels, block))
        _forward[over](x, y, chosen, pixels, *sizes, *outs, channels, **ctx.options)
        ctx.save_for_backward(chosen)
        ctx.sizes = sizes
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """The gradient of x: each output's goes to the place that was largest."""
        (chosen,) = ctx.saved_tensors
        g = gradients[0].contiguous(memory_format=torch.channels_last_3d)
        number, channels, *outs = chosen.shape
        dx = g.new_empty(number, *ctx.sizes, channels).permute(0, 4, 1, 2, 3)
        pixels, block = dx.numel() // channels, ctx.options["C"]
        over = (triton.cdiv(pixels, PIXELS), triton.cdiv(channels, block))
        _back[over](g, chosen, dx, pixels, *ctx.sizes, *outs, channels, **ctx.options)
        return dx, None, None, None, None


def _out(size: int, kernel: int, stride: int, padding: int, ceil_mode: bool) -> int:
    """torch's own size of the output: a last window must begin inside the input or its padding in front."""
    over = size + 2 * padding - kernel
    number = (-(-over // stride) if ceil_mode else over // stride) + 1
    return number - 1 if ceil_mode and (number - 1) * stride >= size + padding else number
