"""Kernels of our own against torch's operators in float64, in Triton's interpreter; and each made for a real GPU."""

import importlib
import json
import os
import subprocess
import sys

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from trainer.kernels import block_of, is_channels_last, side_by_side, together

CL3 = torch.channels_last_3d


def off(found: Tensor, exact: Tensor) -> float:
    return float((found.detach().double() - exact.detach()).norm() / exact.detach().norm().clamp(min=1e-12))


def test_rows_of_pixels_fill_tiles_and_never_reach_into_another_row_of_a_picture():
    for channels in (3, 16, 24, 72, 120, 184, 200, 960):
        for pixels in (1, 7, 14, 49, 56, 112 * 112):
            beside = side_by_side(channels, pixels, 64)
            assert pixels % beside == 0 and beside in (1, 2, 4, 8)
    assert side_by_side(72, 56, 64) == 8 and side_by_side(64, 56, 64) == 1 and side_by_side(24, 49, 64) == 1
    assert [together(each) for each in (960, 72, 20, 6, 3)] == [8, 8, 4, 2, 1]
    assert [block_of(each, 64) for each in (1, 3, 16, 24, 64, 960)] == [1, 4, 16, 32, 64, 64]


def test_the_order_in_memory_is_told_from_the_strides():
    x = torch.zeros(2, 3, 4, 5, 6)
    assert not is_channels_last(x) and is_channels_last(x.to(memory_format=CL3))
    assert not is_channels_last(x[0]) and is_channels_last(x[0].to(memory_format=torch.channels_last))


@pytest.fixture
def interpreted(monkeypatch):
    """The modules of the kernels, run line by line on the CPU."""
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    names = ("norm", "depthwise", "pooling")
    made = {name: importlib.reload(importlib.import_module(f"trainer.kernels.{name}")) for name in names}
    yield made
    monkeypatch.delenv("TRITON_INTERPRET")
    for module in made.values():
        importlib.reload(module)


@pytest.mark.frameworks
@pytest.mark.parametrize("activation", ["none", "relu", "hard_swish"])
@pytest.mark.parametrize("channels, side", [(20, 4), (24, 8), (3, 5)])
def test_batch_norm_over_real_pictures_is_that_of_float64(interpreted, activation, channels, side):
    torch.manual_seed(0)
    lengths, frames = torch.tensor([5, 3, 1]), 5
    real = (torch.arange(frames) < lengths[:, None]).float()
    x = (torch.randn(3, channels, frames, side, side) * 2 + 30).to(memory_format=CL3).requires_grad_()
    weight, bias = (torch.randn(channels).requires_grad_() for _ in range(2))
    share = real.double().mean()
    y, mean, var = interpreted["norm"].NormaliseReal.apply(x, weight, bias, 1e-3, real.flatten(), share, activation)
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


@pytest.mark.frameworks
@pytest.mark.parametrize("channels, size, stride, side", [(8, 3, 1, 7), (72, 3, 2, 8), (20, 5, 1, 6), (6, 5, 2, 9)])
def test_a_depthwise_convolution_is_that_of_torch(interpreted, channels, size, stride, side):
    torch.manual_seed(0)
    x = torch.randn(3, channels, side, side + 1).to(memory_format=torch.channels_last).requires_grad_()
    weight = torch.randn(channels, 1, size, size).requires_grad_()
    y = interpreted["depthwise"].Depthwise.apply(x, weight, stride)
    exact = [each.detach().double().requires_grad_() for each in (x, weight)]
    twin = F.conv2d(*exact, None, stride, size // 2, groups=channels)
    g = torch.randn_like(y)
    found, wanted = torch.autograd.grad(y, [x, weight], g), torch.autograd.grad(twin, exact, g.double())
    assert y.shape == twin.shape and off(y, twin) < 1e-6
    assert all(off(one, other) < 1e-6 for one, other in zip(found, wanted, strict=True))


@pytest.mark.frameworks
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
    interpreted, kernel, stride, padding, ceil_mode, frames, side
):
    torch.manual_seed(0)
    x = torch.randn(2, 12, frames, side, side).round().relu().to(memory_format=CL3).requires_grad_()
    y = interpreted["pooling"].MaxPool3d.apply(x, kernel, stride, padding, ceil_mode)
    twin = F.max_pool3d(x, kernel, stride, padding, ceil_mode=ceil_mode)
    g = torch.randn_like(y)
    assert torch.equal(y, twin)
    assert torch.allclose(torch.autograd.grad(y, x, g)[0], torch.autograd.grad(twin, x, g)[0], atol=1e-6)


@pytest.mark.frameworks
def test_each_kernel_is_made_for_a_hopper_gpu_and_reads_16_bytes_at_once(tmp_path):
    """In a process of its own: the interpreter leaves Triton's language changed."""
    env = {**os.environ, "TRITON_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.trainer.made_kernels"], env=env, capture_output=True, text=True, timeout=250
    )
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert len(made) == 10 and all(each["machine code"] > 1000 for each in made.values())
    assert [name for name, each in made.items() if not each["wide reads"]] == ["norm._joined"]
