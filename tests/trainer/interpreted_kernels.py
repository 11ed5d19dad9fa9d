"""Kernels of our own against torch's operators in float64, run line by line by Triton's interpreter on the CPU: for
test_kernels.py, which starts this with TRITON_INTERPRET=1."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from trainer.kernels import depthwise, norm, pooling

CL3 = torch.channels_last_3d


def off(found: Tensor, exact: Tensor) -> float:
    return float((found.detach().double() - exact.detach()).norm() / exact.detach().norm().clamp(min=1e-12))


@pytest.mark.parametrize("activation", ["none", "relu", "hard_swish"])
@pytest.mark.parametrize("channels, side", [(20, 4), (24, 8), (3, 5)])
def test_batch_norm_over_real_pictures_is_that_of_float64(activation, channels, side):
    torch.manual_seed(0)
    lengths, frames = torch.tensor([5, 3, 1]), 5
    real = (torch.arange(frames) < lengths[:, None]).float()
    x = (torch.randn(3, channels, frames, side, side) * 2 + 30).to(memory_format=CL3).requires_grad_()
    weight, bias = (torch.randn(channels).requires_grad_() for _ in range(2))
    share = real.double().mean()
    y, mean, var = norm.NormaliseReal.apply(x, weight, bias, 1e-3, real.flatten(), share, activation)
    g = torch.randn_like(y)
    found = [y, mean, var, *torch.autograd.grad(y, [x, weight, bias], g)]

    exact = [each.detach().double().requires_grad_() for each in (x, weight, bias)]
    mask, wide = real[:, None, :, None, None].double(), (1, -1, 1, 1, 1)
    values = mask.sum() * side * side
    middle = (exact[0] * mask).sum((0, 2, 3, 4)) / values
    square = (((exact[0] - middle.view(wide)) * mask) ** 2).sum((0, 2, 3, 4)) / values
    z = (exact[0] - middle.view(wide)) / (square.view(wide) + 1e-3).sqrt() * exact[1].view(wide) + exact[2].view(wide)
    z = {"none": lambda z: z, "relu": F.relu, "hard_swish": F.hardswish}[activation](z) * mask
    twin = [z, middle, square, *torch.autograd.grad(z, exact, g.double() * mask)]
    assert all(off(one, other) < 3e-6 for one, other in zip(found, twin, strict=True))
    assert y.is_contiguous(memory_format=CL3) and not y[1, :, 3:].any()


@pytest.mark.parametrize("channels, size, stride, side", [(8, 3, 1, 7), (72, 3, 2, 8), (20, 5, 1, 6), (6, 5, 2, 9)])
def test_a_depthwise_convolution_is_that_of_torch(channels, size, stride, side):
    torch.manual_seed(0)
    x = torch.randn(3, channels, side, side + 1).to(memory_format=torch.channels_last).requires_grad_()
    weight = torch.randn(channels, 1, size, size).requires_grad_()
    y = depthwise.Depthwise.apply(x, weight, stride)
    exact = [each.detach().double().requires_grad_() for each in (x, weight)]
    twin = F.conv2d(*exact, None, stride, size // 2, groups=channels)
    g = torch.randn_like(y)
    found, wanted = torch.autograd.grad(y, [x, weight], g), torch.autograd.grad(twin, exact, g.double())
    assert y.shape == twin.shape and off(y, twin) < 1e-6
    assert all(off(one, other) < 1e-6 for one, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize(
    "kernel, stride, padding, ceil_mode",
    [
        ((3, 3, 3), (1, 1, 1), (1, 1, 1), False),
        ((3, 3, 3), (2, 2, 2), (1, 1, 1), False),
        ((1, 3, 3), (1, 2, 2), (0, 1, 1), False),
        ((1, 2, 2), (1, 2, 2), (0, 0, 0), True),
    ],
)
@pytest.mark.parametrize("frames, side", [(5, 7), (6, 8)])
def test_pooling_is_that_of_torch_and_of_equal_values_the_same_gets_the_gradient(
    kernel, stride, padding, ceil_mode, frames, side
):
    torch.manual_seed(0)
    x = torch.randn(2, 12, frames, side, side).round().relu().to(memory_format=CL3).requires_grad_()
    y = pooling.MaxPool3d.apply(x, kernel, stride, padding, ceil_mode)
    twin = F.max_pool3d(x, kernel, stride, padding, ceil_mode=ceil_mode)
    g = torch.randn_like(y)
    assert torch.equal(y, twin)
    assert torch.allclose(torch.autograd.grad(y, x, g)[0], torch.autograd.grad(twin, x, g)[0], atol=1e-6)
