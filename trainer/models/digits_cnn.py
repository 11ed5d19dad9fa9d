"""Columns of handwriting in, digits out: two convolutions with one pooling between them, a BiLSTM and a CTC head."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from trainer.models.base import PLAIN, BiLstm, CtcHead, CtcModel, HeadOptions, halve, silence_padding


class DigitsCnn(CtcModel):
    """Total stride 2: a digit is 8 columns wide."""

    stride = 2

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
        channels = max(4, round(64 * width))
        self.cnn = nn.ModuleList(
            [
                nn.Conv1d(features, channels, kernel_size=5, padding=2),
                nn.Conv1d(channels, 2 * channels, kernel_size=5, padding=2),
            ]
        )
        self.dropout = nn.Dropout(dropout)
        self.bilstm = BiLstm(2 * channels, hidden_dim, layers=1, dropout=dropout)
        self.head = CtcHead(2 * hidden_dim, vocabulary_size, dropout, 2 * channels, head)

    def stages(self) -> dict[str, nn.Module]:
        """Convolutions, LSTM, head."""
        return {"cnn": self.cnn, "bilstm": self.bilstm, "head": self.head}

    def see(self, *given: Tensor) -> tuple[Tensor, Tensor]:
        """Columns (N, T, 8) and lengths (N,) → features (N, ceil(T / 2), F) and their lengths."""
        frames, lengths = given
        x = silence_padding(frames.transpose(1, 2), lengths)  # (N, 8, T)
        x = silence_padding(F.relu(self.cnn[0](x)), lengths)
        # Zeros behind the end never win against a ReLU, so an odd last column pools with nothing.
        x, lengths = F.max_pool1d(x, kernel_size=2, ceil_mode=True), halve(lengths)
        x = silence_padding(F.relu(self.cnn[1](self.dropout(x))), lengths)
        return x.transpose(1, 2), lengths
