"""Landmarks in, glosses out: two strided convolutions, a 2-layer BiLSTM, LayerNorm and a linear CTC head."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.models.base import PLAIN, BiLstm, CtcHead, CtcModel, HeadOptions, halve, silence_padding


class LandmarkTcn(CtcModel):
    """Total stride 4: a sign of about 12 frames leaves 3, enough for CTC even between equal neighbours."""

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
        (features,) = frame_shape
        channels = max(4, round(128 * width))
        self.tcn = nn.ModuleList(
            nn.Conv1d(size, channels, kernel_size=5, stride=2, padding=2) for size in (2 * features, channels)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in self.tcn)
        self.dropout = nn.Identity()
        self.bilstm = BiLstm(channels, hidden_dim, layers=2, dropout=dropout)
        self.head = CtcHead(2 * hidden_dim, vocabulary_size, dropout, channels, head)

    def stages(self) -> dict[str, nn.Module]:
        """Convolutions with their norms, LSTM, head."""
        return {"tcn": nn.ModuleList([self.tcn, self.norms]), "bilstm": self.bilstm, "head": self.head}

    def see(self, *given: Tensor) -> tuple[Tensor, Tensor]:
        """Landmarks (N, T, D) and lengths (N,) → features (N, ceil(T / 4), F) and their lengths."""
        frames, lengths = given
        # Speed beside place: a sign lies in how the hands move, not in where the person stands.
        speed = F.pad(frames[:, 1:] - frames[:, :-1], (0, 0, 1, 0))
        x = silence_padding(torch.cat([frames, 5 * speed], dim=2).transpose(1, 2), lengths)  # (N, 2 D, T)
        for convolution, norm in zip(self.tcn, self.norms, strict=True):
            lengths = halve(lengths)
            x = norm(convolution(x).transpose(1, 2)).transpose(1, 2)  # over channels: other frames play no part
            x = silence_padding(F.relu(x), lengths)  # (N, C, ceil(T / 2)) each time
        return x.transpose(1, 2), lengths
