"""Batch norm over real pictures and the activation behind it: x is read twice and y written once.

Twin: `trainer.models.norms` (torch operators), to which tests hold it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import triton
import triton.language as tl
from torch import Tensor

from trainer.kernels import block_of, side_by_side, together

ACTIVATIONS = {"none": 0, "relu": 1, "hard_swish": 2}
TILE, COLUMNS = 4096, 64
"""Values of a tile, and its columns at most."""
MOST_PARTS = 512
"""Parts into which the pixels of a channel are cut for a sum."""
PROGRAMS = 2048
"""Programs that keep a large GPU busy."""


@triton.jit(do_not_specialize=["rows", "area", "groups", "beside", "tiles"])
def _figures(
    x,
    real,
    counts,
    means,
    squares,
    rows,
    area,
    groups,
    beside,
    tiles,
    D: tl.constexpr,
    R: tl.constexpr,
    C: tl.constexpr,
):
    """Of one part: how many real rows, and of each column their mean and summed squared distance from it."""
    channels = groups * D
    wide = channels * beside
    part = tl.program_id(0)
    column = tl.program_id(1) * C + tl.arange(0, C)
    known = column < wide
    # Sums of distances from some value of the data lose nothing where the mean is far from zero.
    base = tl.load(x + (part * tiles * R).to(tl.int64) * wide + column, mask=known, other=0.0).to(tl.float32)
    away = tl.zeros([R, C], tl.float32)
    squared = tl.zeros([R, C], tl.float32)
    number = tl.zeros([R], tl.float32)
    for tile in range(tiles):
        row = (part * tiles + tile) * R + tl.arange(0, R)
        is_real = tl.load(real + row // area, mask=row < rows, other=0.0)
        inside = (is_real > 0)[:, None] & known[None, :]
        place = row.to(tl.int64)[:, None] * wide + column[None, :]
        value = tl.load(x + place, mask=inside, other=0.0).to(tl.float32)
        value = tl.where(inside, value - base[None, :], 0.0)
        away += value
        squared += value * value
        number += is_real
    count = tl.sum(number, 0)
    total = tl.sum(away, 0)
    mean = total / tl.maximum(count, 1.0)
    own = part * wide + column
    tl.store(means + own, base + mean, mask=known)
    tl.store(squares + own, tl.maximum(tl.sum(squared, 0) - mean * total, 0.0), mask=known)
    tl.store(counts + part, count)


@triton.jit(do_not_specialize=["channels", "parts", "beside"])
def _joined(counts, means, squares, mean, var, channels, parts, beside, P: tl.constexpr, C: tl.constexpr):
    """Mean and variance of each channel from those of all parts; each has `beside` pixels beside each other."""
    column = tl.program_id(0) * C + tl.arange(0, C)
    part = tl.arange(0, P)
    known = (part < parts)[:, None] & (column < channels)[None, :]
    place = part[:, None] * channels + column[None, :]
    count = tl.load(counts + part // beside, mask=part < parts, other=0.0)
    each = tl.load(means + place, mask=known, other=0.0)
    total = tl.maximum(tl.sum(count, 0), 1.0)
    middle = tl.sum(each * count[:, None], 0) / total
    apart = each - middle[None, :]
    square = tl.load(squares + place, mask=known, other=0.0) + apart * apart * count[:, None]
    tl.store(mean + column, middle, mask=column < channels)
    tl.store(var + column, tl.sum(square, 0) / total, mask=column < channels)


@triton.jit(do_not_specialize=["eps", "rows", "area", "groups", "beside"])
def _apply(
    x,
    y,
    real,
    mean,
    var,
    weight,
    bias,
    eps,
    rows,
    area,
    groups,
    beside,
    A: tl.constexpr,
    D: tl.constexpr,
    R: tl.constexpr,
    C: tl.constexpr,
):
    """(x - mean) / sqrt(var + eps) * weight + bias, the activation, and zero in padding."""
    channels = groups * D
    wide = channels * beside
    row = tl.program_id(0) * R + tl.arange(0, R)
    column = tl.program_id(1) * C + tl.arange(0, C)
    known = column < wide
    channel = column % channels
    scale = tl.load(weight + channel) / tl.sqrt(tl.load(var + channel) + eps)
    shift = tl.load(bias + channel)
    middle = tl.load(mean + channel)
    is_real = tl.load(real + row // area, mask=row < rows, other=0.0) > 0
    place = row.to(tl.int64)[:, None] * wide + column[None, :]
    inside = is_real[:, None] & known[None, :]
    z = (tl.load(x + place, mask=inside, other=0.0).to(tl.float32) - middle[None, :]) * scale[None, :] + shift[None, :]
    if A == 1:
        z = tl.maximum(z, 0.0)
    if A == 2:
        z = z * tl.minimum(tl.maximum(z + 3.0, 0.0), 6.0) / 6.0
    z = tl.where(inside, z, 0.0)
    tl.store(y + place, z, mask=(row < rows)[:, None] & known[None, :])


@triton.jit
def _slope(g, z, A: tl.constexpr):
    """The gradient before the activation."""
    if A == 1:
        g = tl.where(z > 0, g, 0.0)
    if A == 2:
        g = tl.where(z <= -3.0, 0.0, tl.where(z < 3.0, g * (z / 3.0 + 0.5), g))
    return g


@triton.jit(do_not_specialize=["eps", "rows", "area", "groups", "beside", "tiles"])
def _sums(
    g,
    x,
    real,
    mean,
    var,
    weight,
    bias,
    along,
    plain,
    eps,
    rows,
    area,
    groups,
    beside,
    tiles,
    A: tl.constexpr,
    D: tl.constexpr,
    R: tl.constexpr,
    C: tl.constexpr,
):
    """Of one part: the sums of the gradient and of its product with the normalised x, for each column."""
    channels = groups * D
    wide = channels * beside
    part = tl.program_id(0)
    column = tl.program_id(1) * C + tl.arange(0, C)
    known = column < wide
    channel = column % channels
    scale = 1.0 / tl.sqrt(tl.load(var + channel) + eps)
    middle = tl.load(mean + channel)
    gain = tl.load(weight + channel)
    shift = tl.load(bias + channel)
    all_along = tl.zeros([R, C], tl.float32)
    all_plain = tl.zeros([R, C], tl.float32)
    for tile in range(tiles):
        row = (part * tiles + tile) * R + tl.arange(0, R)
        is_real = tl.load(real + row // area, mask=row < rows, other=0.0) > 0
        inside = is_real[:, None] & known[None, :]
        place = row.to(tl.int64)[:, None] * wide + column[None, :]
        normal = (tl.load(x + place, mask=inside, other=0.0).to(tl.float32) - middle[None, :]) * scale[None, :]
        given = tl.load(g + place, mask=inside, other=0.0).to(tl.float32)
        given = _slope(given, normal * gain[None, :] + shift[None, :], A)
        all_plain += given
        all_along += given * normal
    tl.store(along + part * wide + column, tl.sum(all_along, 0), mask=known)
    tl.store(plain + part * wide + column, tl.sum(all_plain, 0), mask=known)


@triton.jit(do_not_specialize=["eps", "rows", "area", "groups", "beside"])
def _back(
    g,
    x,
    dx,
    real,
    mean,
    var,
    weight,
    bias,
    along,
    plain,
    share,
    eps,
    rows,
    area,
    groups,
    beside,
    A: tl.constexpr,
    D: tl.constexpr,
    R: tl.constexpr,
    C: tl.constexpr,
):
    """The gradient of x; `share`: the real part of all rows."""
    channels = groups * D
    wide = channels * beside
    row = tl.program_id(0) * R + tl.arange(0, R)
    column = tl.program_id(1) * C + tl.arange(0, C)
    known = column < wide
    channel = column % channels
    scale = 1.0 / tl.sqrt(tl.load(var + channel) + eps)
    middle = tl.load(mean + channel)
    gain = tl.load(weight + channel)
    shift = tl.load(bias + channel)
    values = tl.load(share).to(tl.float32) * rows * beside
    of_along = tl.load(along + channel) / values
    of_plain = tl.load(plain + channel) / values
    is_real = tl.load(real + row // area, mask=row < rows, other=0.0) > 0
    inside = is_real[:, None] & known[None, :]
    place = row.to(tl.int64)[:, None] * wide + column[None, :]
    normal = (tl.load(x + place, mask=inside, other=0.0).to(tl.float32) - middle[None, :]) * scale[None, :]
    given = tl.load(g + place, mask=inside, other=0.0).to(tl.float32)
    given = _slope(given, normal * gain[None, :] + shift[None, :], A)
    found = (gain * scale)[None, :] * (given - of_plain[None, :] - normal * of_along[None, :])
    tl.store(dx + place, tl.where(inside, found, 0.0), mask=(row < rows)[:, None] & known[None, :])


class NormaliseReal(torch.autograd.Function):
    """x (N, C, …) channels last, weight and bias (C,) fp32, `real` one number a picture (N T,) fp32, `share` their mean
    (float64, no dimensions) → (y like x, mean (C,), variance (C,)), the last two without gradients."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float, real: Tensor, share: Tensor, activation: str
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Figures are summed in fp32 over the real pictures; x is kept for the gradients, y is not."""
        cut, channels, kind = _cut(x), x.shape[1], ACTIVATIONS[activation]
        counts = x.new_empty(cut.parts, dtype=torch.float32)
        means, squares = x.new_empty(2, cut.parts, cut.wide, dtype=torch.float32)
        mean, var = x.new_empty(2, channels, dtype=torch.float32)
        size = {"D": cut.together, "R": cut.height, "C": cut.block}
        _figures[cut.sums](
            x, real, counts, means, squares, cut.rows, cut.area, cut.groups, cut.beside, cut.tiles, **size
        )
        small, parts = block_of(channels, 16), cut.parts * cut.beside
        _joined[(triton.cdiv(channels, small),)](
            *(counts, means, squares, mean, var, channels, parts, cut.beside),
            **{"P": triton.next_power_of_2(parts), "C": small},
        )
        y = torch.empty_like(x)
        figures = (real, mean, var, weight, bias, eps, cut.rows, cut.area, cut.groups, cut.beside)
        _apply[cut.tiled](x, y, *figures, A=kind, **size)
        ctx.save_for_backward(x, weight, bias, mean, var, real, share)
        ctx.eps, ctx.kind = eps, kind
        ctx.mark_non_differentiable(mean, var)
        return y, mean, var

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of x (zero in padding), weight and bias (fp32); none of the rest."""
        x, weight, bias, mean, var, real, share = ctx.saved_tensors
        cut, channels = _cut(x), x.shape[1]
        g = gradients[0].contiguous(memory_format=torch.channels_last if x.ndim == 4 else torch.channels_last_3d)
        both = x.new_empty(2, cut.parts, cut.wide, dtype=torch.float32)
        figures, size = (
            (real, mean, var, weight, bias),
            {"A": ctx.kind, "D": cut.together, "R": cut.height, "C": cut.block},
        )
        where = (ctx.eps, cut.rows, cut.area, cut.groups, cut.beside)
        _sums[cut.sums](g, x, *figures, *both, *where, cut.tiles, **size)
        dweight, dbias = both.view(2, -1, channels).sum(1)
        dx = torch.empty_like(x)
        _back[cut.tiled](g, x, dx, *figures, dweight, dbias, share, *where, **size)
        return dx, dweight, dbias, None, None, None, None


class Cut(NamedTuple):
    """How the pixels of a tensor are shared out. A row is `beside` pixels of one picture, so `wide` values."""

    rows: int
    area: int
    """Rows of a picture."""
    beside: int
    wide: int
    parts: int
    """Of the rows, for a sum."""
    tiles: int
    """In each part."""
    height: int
    """Rows of a tile."""
    block: int
    """Columns of a tile."""
    together: int
    """Values that may be read at once: there are `groups` of so many channels."""
    groups: int

    @property
    def sums(self) -> tuple[int, int]:
        """The grid of a sum: parts of the rows, tiles over the columns."""
        return self.parts, triton.cdiv(self.wide, self.block)

    @property
    def tiled(self) -> tuple[int, int]:
        """The grid of a pass over all values: tiles over the rows, tiles over the columns."""
        return triton.cdiv(self.rows, self.height), triton.cdiv(self.wide, self.block)


def _cut(x: Tensor) -> Cut:
    channels, area = x.shape[1], x.shape[-1] * x.shape[-2]
    beside = side_by_side(channels, area, COLUMNS)
    rows, area, wide = x.numel() // (channels * beside), area // beside, channels * beside
    block = block_of(wide, COLUMNS)
    height = min(256, TILE // block)
    tiles = triton.cdiv(rows, height)
    parts = max(1, min(MOST_PARTS // beside, PROGRAMS // triton.cdiv(wide, block), tiles))
    each = triton.cdiv(tiles, parts)
    return Cut(
        rows,
        area,
        beside,
        wide,
        triton.cdiv(tiles, each),
        each,
        height,
        block,
        together(channels),
        channels // together(channels),
    )
