"""Greedy CTC decoding without any filter: what the network says is what is scored."""

from __future__ import annotations

import torch
from torch import Tensor

from trainer.data.corpus import BLANK
from trainer.models.base import valid_frames


def greedy(log_probs: Tensor, lengths: Tensor) -> list[list[int]]:
    """Best symbol of each frame, repeats merged, blanks dropped. log_probs (T, N, C), lengths (N,) -> N token lists."""
    best = log_probs.argmax(dim=2).T  # (N, T)
    new = torch.ones_like(best, dtype=torch.bool)
    new[:, 1:] = best[:, 1:] != best[:, :-1]
    said = new & (best != BLANK) & valid_frames(lengths, best.shape[1])
    return [symbols[keep].tolist() for symbols, keep in zip(best.cpu(), said.cpu(), strict=True)]
