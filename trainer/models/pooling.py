"""Pooling over time and space, by torch or by `trainer.kernels`."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from trainer.kernels import is_channels_last

Three = tuple[int, int, int]


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
