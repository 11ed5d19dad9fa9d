"""Kernels of our own for a GPU, in Triton, which comes with torch: for pictures with a pixel's channels beside each
other (channels last), where torch's own batch norm takes several passes, its depthwise convolution is slow and its
pooling over time copies. Each computes what the torch operator named in it computes.
"""

from __future__ import annotations

import importlib.util

import torch


def available(device: torch.device) -> bool:
    """Whether they can run on this device: an NVIDIA or AMD GPU, with Triton installed."""
    return device.type == "cuda" and importlib.util.find_spec("triton") is not None


def is_channels_last(x: torch.Tensor) -> bool:
    """Whether a tensor (N, C, H, W) or (N, C, T, H, W) has a pixel's channels beside each other in memory."""
    order = torch.channels_last if x.ndim == 4 else torch.channels_last_3d
    return x.is_contiguous(memory_format=order)


def block_of(channels: int, most: int) -> int:
    """Channels that one program takes: a power of two, at most `most`."""
    return min(most, 1 << (channels - 1).bit_length())


def side_by_side(channels: int, pixels: int, columns: int) -> int:
    """How many neighbouring pixels to take as one row, so that rows fill tiles of `columns` values: a power of two up
    to 8 that divides `pixels`, the smallest of those that leave the least empty."""

    def _empty(beside: int) -> float:
        wide = channels * beside
        block = block_of(wide, columns)
        return (-wide % block) / wide

    return min(
        (beside for beside in (1, 2, 4, 8) if pixels % beside == 0), key=lambda each: (round(_empty(each), 2), each)
    )


def together(values: int) -> int:
    """How many of so many neighbouring values can be read at once: a power of two up to 8 that divides them."""
    return min(8, values & -values)
