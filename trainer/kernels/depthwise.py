"""A convolution of each channel by itself, over pictures. Twin: `torch.nn.functional.conv2d` with as many groups as
channels."""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from trainer.kernels import block_of, side_by_side, together

TILE, COLUMNS = 2048, 64
"""Values of a tile, and its columns at most."""
MOST_PARTS = 256
"""Parts into which the pixels are cut for the gradient of the weights."""
SIZES = ["rows", "height", "width", "out_height", "out_width", "groups"]
"""Of which no kernel is made anew: making one takes seconds."""

# A row of a tile is B pixels beside each other, so B times as many values as there are channels; B divides the width of
# a picture. Channels are passed as `groups` of D, a power of two, so that the compiler may read D values at once.


@triton.jit(do_not_specialize=SIZES)
def _forward(
    x,
    w,
    y,
    rows,
    height,
    width,
    out_height,
    out_width,
    groups,
    K: tl.constexpr,
    S: tl.constexpr,
    D: tl.constexpr,
    B: tl.constexpr,
    R: tl.constexpr,
    C: tl.constexpr,
):
    column = tl.program_id(0) * C + tl.arange(0, C)
    row = tl.program_id(1) * R + tl.arange(0, R)
    channels = groups * D
    wide = channels * B
    known = column < wide
    pixel, channel = column // channels, column % channels
    across = row % (out_width // B) * B
    down = row // (out_width // B) % out_height
    picture = row // (out_width // B * out_height)
    right = pixel * S * channels + channel
    total = tl.zeros([R, C], tl.float32)
    for i in range(K):
        r = down * S + i - K // 2
        ok = (row < rows) & (r >= 0) & (r < height)
        first = ((picture * height + r) * width + across * S).to(tl.int64) * channels
        for j in tl.static_range(K):
            c = (across * S)[:, None] + (pixel * S)[None, :] + (j - K // 2)
            inside = ok[:, None] & known[None, :] & (c >= 0) & (c < width)
            here = first[:, None] + (right + (j - K // 2) * channels)[None, :]
            value = tl.load(x + here, mask=inside, other=0.0).to(tl.float32)
            total += value * tl.load(w + (i * K + j) * channels + channel).to(tl.float32)[None, :]
    there = row.to(tl.int64)[:, None] * wide + column[None, :]
    tl.store(y + there, total, mask=(row < rows)[:, None] & known[None, :])


@triton.jit(do_not_specialize=SIZES)
def _of_input(
    g,
    w,
    dx,
    rows,
    height,
    width,
    out_height,
    out_width,
    groups,
    K: tl.constexpr,
    S: tl.constexpr,
    D: tl.constexpr,
    B: tl.constexpr,
    R: tl.constexpr,
    C: tl.constexpr,
):
    """`rows` are those of the input."""
    column = tl.program_id(0) * C + tl.arange(0, C)
    row = tl.program_id(1) * R + tl.arange(0, R)
    channels = groups * D
    wide = channels * B
    known = column < wide
    pixel, channel = column // channels, column % channels
    across = row % (width // B) * B
    down = row // (width // B) % height
    picture = row // (width // B * height)
    total = tl.zeros([R, C], tl.float32)
    for i in range(K):
        r = down + K // 2 - i
        ok = (row < rows) & (r >= 0)
        if S > 1:
            ok = ok & (r % S == 0)
            r = r // S
        ok = ok & (r < out_height)
        first = ((picture * out_height + r) * out_width).to(tl.int64) * channels
        for j in tl.static_range(K):
            c = across[:, None] + pixel[None, :] + (K // 2 - j)
            inside = ok[:, None] & known[None, :] & (c >= 0)
            if S > 1:
                inside = inside & (c % S == 0)
                c = c // S
            inside = inside & (c < out_width)
            here = first[:, None] + c * channels + channel[None, :]
            value = tl.load(g + here, mask=inside, other=0.0).to(tl.float32)
            total += value * tl.load(w + (i * K + j) * channels + channel).to(tl.float32)[None, :]
    there = row.to(tl.int64)[:, None] * wide + column[None, :]
    tl.store(dx + there, total, mask=(row < rows)[:, None] & known[None, :])


@triton.jit
def _along(x, given, first, right, across, ok, j: tl.constexpr, width, channels):
    """The gradient times what lies j pixels to the right."""
    c = across + j
    inside = ok & (c >= 0) & (c < width)
    return given * tl.load(x + first + right + j * channels, mask=inside, other=0.0).to(tl.float32)


@triton.jit
def _keep(own, wide, a, b, d, e, f, known, K: tl.constexpr):
    """The sums of a row's K taps, one below the other from `own` on; a and f are those of a row of 5 alone."""
    middle = own + K // 2 * wide
    tl.store(middle - wide, tl.sum(b, 0), mask=known)
    tl.store(middle, tl.sum(d, 0), mask=known)
    tl.store(middle + wide, tl.sum(e, 0), mask=known)
    if K == 5:
        tl.store(own, tl.sum(a, 0), mask=known)
        tl.store(own + 4 * wide, tl.sum(f, 0), mask=known)


@triton.jit(do_not_specialize=[*SIZES, "tiles"])
def _of_weight(
    g,
    x,
    dw,
    rows,
    height,
    width,
    out_height,
    out_width,
    groups,
    tiles,
    K: tl.constexpr,
    S: tl.constexpr,
    D: tl.constexpr,
    B: tl.constexpr,
    R: tl.constexpr,
    C: tl.constexpr,
):
    """One row of the kernel and one part of the pixels: its K sums for each column. K is 3 or 5."""
    i = tl.program_id(0)
    column = tl.program_id(1) * C + tl.arange(0, C)
    part = tl.program_id(2)
    channels = groups * D
    wide = channels * B
    known = column < wide
    pixel, channel = column // channels, column % channels
    right = (pixel * S * channels + channel)[None, :]
    a = tl.zeros([R, C], tl.float32)
    b = tl.zeros([R, C], tl.float32)
    d = tl.zeros([R, C], tl.float32)
    e = tl.zeros([R, C], tl.float32)
    f = tl.zeros([R, C], tl.float32)
    for tile in range(tiles):
        row = (part * tiles + tile) * R + tl.arange(0, R)
        across = row % (out_width // B) * B
        r = row // (out_width // B) % out_height * S + i - K // 2
        picture = row // (out_width // B * out_height)
        ok = ((row < rows) & (r >= 0) & (r < height))[:, None] & known[None, :]
        there = row.to(tl.int64)[:, None] * wide + column[None, :]
        given = tl.load(g + there, mask=ok, other=0.0).to(tl.float32)
        first = (((picture * height + r) * width + across * S).to(tl.int64) * channels)[:, None]
        c = (across * S)[:, None] + (pixel * S)[None, :]
        b += _along(x, given, first, right, c, ok, -1, width, channels)
        d += _along(x, given, first, right, c, ok, 0, width, channels)
        e += _along(x, given, first, right, c, ok, 1, width, channels)
        if K == 5:
            a += _along(x, given, first, right, c, ok, -2, width, channels)
            f += _along(x, given, first, right, c, ok, 2, width, channels)
    _keep(dw + (part * K + i) * K * wide + column, wide, a, b, d, e, f, known, K)


class Depthwise(torch.autograd.Function):
    """x (N, C, H, W) channels last, weight (C, 1, K, K), K 3 or 5, a stride → like x, (N, C, ceil(H / stride), …)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int) -> Tensor:
        """Keeps x and the taps (K K, C) for the gradients."""
        number, channels, height, width = x.shape
        size = weight.shape[-1]
        out_height, out_width = (height - 1) // stride + 1, (width - 1) // stride + 1
        taps = weight.reshape(channels, size * size).t().contiguous()
        y = x.new_empty(number, out_height, out_width, channels).permute(0, 3, 1, 2)
        rows, how, columns = _cut(y)
        over = (columns, triton.cdiv(rows, how["R"]))
        _forward[over](
            x, taps, y, rows, height, width, out_height, out_width, channels // how["D"], K=size, S=stride, **how
        )
        ctx.save_for_backward(x, taps)
        ctx.stride, ctx.kind = stride, weight.dtype
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of x and of the weight, whose sums are fp32; none of the stride."""
        x, taps = ctx.saved_tensors
        g = gradients[0].contiguous(memory_format=torch.channels_last)
        channels, size = x.shape[1], int(len(taps) ** 0.5)
        options = {"K": size, "S": ctx.stride}
        dx = torch.empty_like(x)
        rows, how, columns = _cut(x)
        sizes = (*x.shape[2:], *g.shape[2:], channels // how["D"])
        _of_input[(columns, triton.cdiv(rows, how["R"]))](g, taps, dx, rows, *sizes, **options, **how)
        rows, how, columns = _cut(g)
        tiles = triton.cdiv(rows, how["R"])
        each = triton.cdiv(tiles, min(MOST_PARTS, tiles))
        parts = triton.cdiv(tiles, each)
        dw = x.new_empty(parts, size, size, how["B"], channels, dtype=torch.float32)
        _of_weight[(size, columns, parts)](g, x, dw, rows, *sizes, each, **options, **how)
        return dx, dw.sum((0, 3)).permute(2, 0, 1).unsqueeze(1).to(ctx.kind), None


def _cut(x: Tensor) -> tuple[int, dict[str, int], int]:
    """(rows of a tensor, sizes of a tile, tiles beside each other)."""
    channels, width = x.shape[1], x.shape[3]
    beside = side_by_side(channels, width, COLUMNS)
    block = block_of(channels * beside, COLUMNS)
    sizes = {"D": together(channels), "B": beside, "R": TILE // block, "C": block}
    return x.numel() // (channels * beside), sizes, triton.cdiv(channels * beside, block)
