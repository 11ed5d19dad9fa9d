"""Batch norm over what is real: frames behind a clip's end enter no mean and no variance, however long a batch is.

Its parameters and running figures are those of torch's own; without padding so is its output.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from trainer.kernels import is_channels_last

Norm = nn.BatchNorm2d | nn.BatchNorm3d
AFTER: dict[str, Callable[[Tensor], Tensor]] = {"none": lambda y: y, "relu": F.relu, "hard_swish": F.hardswish}
"""What can follow a batch norm."""


class Real(NamedTuple):
    """Which part of a tensor (N, C, …) is real: clips (N, C, T, H, W) up to their ends, or the first of N pictures."""

    mask: Tensor
    """Ones and zeros that multiply it: (N, 1, T, 1, 1) of clips, (N, 1, 1, 1) of single pictures."""
    share: Tensor
    """The mean of the mask, float64 without dimensions: it must not add a rounding of its own."""

    def rows(self, channels: int) -> Tensor:
        """The mask of each picture in each channel, in the order of contiguous memory: (N C T,)."""
        mask = self.mask.squeeze(-1).squeeze(-1)
        return mask.expand(-1, channels, *mask.shape[2:]).reshape(-1)


class RealNorm3d(nn.BatchNorm3d):
    """Torch's own, which may be computed by `trainer.kernels`."""

    own_kernels = False


class RealNorm2d(nn.BatchNorm2d):
    """Batch norm over the real pictures of a stack, all of them where `real` is None, and the activation behind it."""

    own_kernels = False

    def __init__(self, channels: int, eps: float, activation: str) -> None:
        super().__init__(channels, eps=eps)
        self.activation = activation

    def forward(self, x: Tensor, real: Real | None = None) -> Tensor:
        """Pictures (N, C, H, W), normalised and activated; in eval mode `real` plays no part."""
        if real is None or not self.training:
            return AFTER[self.activation](super().forward(x))
        return normalise([self], x, real, windowed=True, activation=self.activation)


def normalise(
    norms: Sequence[RealNorm2d | RealNorm3d], x: Tensor, real: Real, *, windowed: bool, activation: str
) -> Tensor:
    """Channels (N, C, …) normalised by `norms`, side by side over C; with "relu" also rectified, and zero in padding.

    `windowed`: x may be other than zero in padding, because what made it looks at neighbours. x may be overwritten
    there. `activation`: a key of AFTER. But for "relu", what comes out of padding means nothing.
    """
    relu, rest = activation == "relu", AFTER["none" if activation == "relu" else activation]
    if not norms[0].training:
        return rest(_by_running_figures(norms, x, real, relu))
    weight, bias = _joined([norm.weight for norm in norms]), _joined([norm.bias for norm in norms])
    if norms[0].own_kernels and is_channels_last(x) and not torch.compiler.is_compiling():
        from trainer.kernels.norm import NormaliseReal  # needs Triton

        y, mean, var = NormaliseReal.apply(x, weight, bias, norms[0].eps, real.mask.flatten(), real.share, activation)
        rest = AFTER["none"]
    elif torch.compiler.is_compiling():
        y, mean, var = _spelt_out(x, weight, bias, norms[0].eps, real, relu)
    else:
        y, mean, var = _NormaliseReal.apply(x, weight, bias, norms[0].eps, real, windowed, relu)
    if not _again:
        _note(norms, mean.detach(), var.detach(), real.share * (x.numel() / x.shape[1]))
    return rest(y)


class _NormaliseReal(torch.autograd.Function):
    """Few passes over the data, all by torch's own fused kernels. Those see every picture of every channel as a channel
    of its own where memory is contiguous: padding is left out by its coefficients, and all of a GPU has work."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float, real: Real, windowed: bool, relu: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        """(y like x, mean (C,), variance (C,)), the last two without gradients; x may be overwritten in padding."""
        by_row = x.is_contiguous() and rows_pay(x)
        if by_row:
            mean, var = _figures_by_row(x, real)
            y = _affine(x, mean, var, weight, bias, eps, real)
        else:
            if windowed:
                x.mul_(real.mask.to(x.dtype))
            mean, var = _figures(x, real)
            y = F.batch_norm(x, mean, var, weight, bias, False, 0.0, eps)
        if relu and by_row:
            y.relu_()
        elif relu:  # one pass: at most 0 in padding, at least 0 everywhere
            y.clamp_(min=y.new_zeros(()), max=torch.where(real.mask > 0, torch.inf, 0.0).to(y.dtype))
        ctx.save_for_backward(x, weight, mean, var, *real, *([y] if relu else []))
        ctx.eps, ctx.windowed, ctx.by_row = eps, windowed, by_row
        ctx.mark_non_differentiable(mean, var)
        return y, mean, var

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of x, weight (C,) and bias (C,); none of the rest."""
        x, weight, mean, var, mask, share, *after = ctx.saved_tensors
        real, g = Real(mask, share), gradients[0]
        # Without ReLU g is zero in padding already: pictures do not look at each other, and no loss looks at padding.
        g = torch.ops.aten.threshold_backward(g, after[0], 0) if after else g
        scale, shape = (var + ctx.eps).rsqrt(), (1, -1, *[1] * (x.ndim - 2))
        if ctx.by_row:
            g = g.contiguous()
            dweight, dbias = _sums_by_row(g, x, mean, scale)
            values = share * (x.numel() / x.shape[1])
            slope = weight * scale
            dx = _affine(x, mean, var, -slope * dweight / values, -slope * dbias / values, ctx.eps, real)
            dx.addcmul_(g, slope.to(g.dtype).view(shape))
            return dx, dweight, dbias, None, None, None, None
        # torch divides its sums by all values: a smaller weight and a share of g make it the real ones.
        flat, flat_g = (each.flatten(2, -2) for each in (x, g))
        dx, dweight, dbias = torch.ops.aten.native_batch_norm_backward(
            flat_g, flat, weight / share, mean, var, mean, scale, True, ctx.eps, [True, True, True]
        )
        dx = dx.unflatten(2, x.shape[2:-1])
        dx.addcmul_(g, (weight * scale * (1 - 1 / share)).to(g.dtype).view(shape))
        if ctx.windowed:
            dx.mul_(mask.to(dx.dtype))
        return dx, dweight, dbias, None, None, None, None


def rows_pay(x: Tensor) -> bool:
    """On a GPU, and for stacks of pictures; the clips of a CPU are faster by whole channels."""
    return x.is_cuda or x.ndim == 4


def _wide(figures: tuple[Tensor, Tensor], kind: torch.dtype) -> tuple[Tensor, Tensor]:
    """Figures of bf16 data are fp32 (on a GPU they are that already)."""
    mean, var = figures
    return (mean, var) if kind == torch.float64 else (mean.float(), var.float())


def _figures_by_row(x: Tensor, real: Real) -> tuple[Tensor, Tensor]:
    """Mean and variance of each channel (C,) from those of its real pictures, in one pass over contiguous x."""
    rows = (x.shape[0], x.shape[1], -1)
    found = torch.batch_norm_update_stats(x.view(1, -1, x.shape[-2] * x.shape[-1]), None, None, 0.0)
    means, variances = (each.view(rows) for each in _wide(found, x.dtype))
    weights = (real.rows(x.shape[1]).view(rows) / (real.share * (means.numel() / x.shape[1]))).to(means.dtype)
    mean = (means * weights).sum((0, 2))
    return mean, ((variances + (means - mean[:, None]).square()) * weights).sum((0, 2))


def _affine(x: Tensor, mean: Tensor, var: Tensor, weight: Tensor, bias: Tensor, eps: float, real: Real) -> Tensor:
    """(x - mean) / sqrt(var + eps) * weight + bias in contiguous memory, and zero in padding, in one pass."""
    pictures = real.rows(1).view(x.shape[0], 1, -1)

    def _by_row(figure: Tensor) -> Tensor:
        return figure.view(1, -1, 1).expand(x.shape[0], -1, pictures.shape[2])

    means, variances = (_by_row(each).reshape(-1) for each in (mean, var))
    weights, biases = ((_by_row(each.to(mean.dtype)) * pictures.to(mean.dtype)).reshape(-1) for each in (weight, bias))
    flat = x.view(1, -1, x.shape[-2] * x.shape[-1])
    return torch.batch_norm(flat, weights, biases, means, variances, False, 0.0, eps, False).view(x.shape)


def _sums_by_row(g: Tensor, x: Tensor, mean: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients of weight and bias (C,), in one pass over both."""
    rows = (x.shape[0], x.shape[1], -1)
    pictures = x.numel() // (x.shape[-2] * x.shape[-1]) // (x.shape[0] * x.shape[1])
    means, scales = (
        each.view(1, -1, 1).expand(x.shape[0], -1, pictures).reshape(-1).contiguous() for each in (mean, scale)
    )
    flat = (1, -1, x.shape[-2] * x.shape[-1])
    _, dweight, dbias = torch.ops.aten.native_batch_norm_backward(
        *(g.view(flat), x.view(flat), torch.ones_like(means), means, scales, means, scales),
        *(True, 0.0, [False, True, True]),
    )
    return dweight.view(rows).sum((0, 2)), dbias.view(rows).sum((0, 2))


def _figures(x: Tensor, real: Real) -> tuple[Tensor, Tensor]:
    """Mean and variance of each channel (C,) in one pass over x of any order in memory, which is zero in padding."""
    found = torch.batch_norm_update_stats(x.flatten(2, -2), None, None, 0.0)
    mean, var = _wide(found, x.dtype)
    mean = mean / real.share
    return mean, (var / real.share - (1 - real.share) * mean * mean).clamp_(min=0)


def _spelt_out(
    x: Tensor, weight: Tensor, bias: Tensor, eps: float, real: Real, relu: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """The same for torch.compile, which makes its own few kernels of it."""
    over, shape = [0, *range(2, x.ndim)], (1, -1, *[1] * (x.ndim - 2))
    values = real.share * (x.numel() / x.shape[1])
    wide = x if x.dtype == torch.float64 else x.float()
    mean = (wide * real.mask).sum(over) / values
    centred = (wide - mean.view(shape)) * real.mask
    var = (centred * centred).sum(over) / values
    y = (wide - mean.view(shape)) * ((var + eps).rsqrt() * weight).view(shape) + bias.view(shape)
    y = y.relu() * real.mask if relu else y
    return y.to(x.dtype), mean, var


def _by_running_figures(norms: Sequence[Norm], x: Tensor, real: Real, relu: bool) -> Tensor:
    mean, var, weight, bias = (
        _joined([getattr(norm, name) for norm in norms]) for name in ("running_mean", "running_var", "weight", "bias")
    )
    y = F.batch_norm(x, mean, var, weight, bias, False, 0.0, norms[0].eps)
    if not relu:
        return y
    mask = real.mask.to(y.dtype)
    return F.relu_(y) * mask if y.requires_grad else F.relu_(y).mul_(mask)


def _joined(tensors: Sequence[Tensor]) -> Tensor:
    return tensors[0] if len(tensors) == 1 else torch.cat(list(tensors))


@torch.no_grad()
def _note(norms: Sequence[Norm], mean: Tensor, var: Tensor, values: Tensor) -> None:
    """Moves the running figures; `values` (a scalar) is how many real values each channel had."""
    var = var * (values / (values - 1).clamp(min=1))
    sizes = [norm.num_features for norm in norms]
    for norm, own_mean, own_var in zip(norms, mean.split(sizes), var.split(sizes), strict=True):
        assert norm.running_mean is not None and norm.running_var is not None and norm.num_batches_tracked is not None
        assert norm.momentum is not None
        norm.running_mean.lerp_(own_mean, norm.momentum)
        norm.running_var.lerp_(own_var, norm.momentum)
        norm.num_batches_tracked.add_(1)


_again = False


@contextlib.contextmanager
def computed_again() -> Iterator[None]:
    """What is computed here has been computed before: running figures have moved already."""
    global _again
    _again = True
    try:
        yield
    finally:
        _again = False


def again_in_backward(block: Callable[[Tensor, Any], Tensor], x: Tensor, real: Any) -> Tensor:
    """block(x, real) without keeping what is inside: it is computed again when gradients need it."""
    if not torch.is_grad_enabled():
        return block(x, real)
    made: Tensor = checkpoint(
        block, x, real, use_reentrant=False, context_fn=lambda: (contextlib.nullcontext(), computed_again())
    )
    return made
