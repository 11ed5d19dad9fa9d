"""What an evaluation says: word errors, and whether the output looks like speech or like silence.

Sums over the whole corpus are divided once, so neither batch size nor clip order can change a figure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import jiwer
import torch
from torch import Tensor

from trainer.data.corpus import BLANK
from trainer.models.base import valid_frames


@dataclass(frozen=True)
class WordErrors:
    """Corpus totals; `wer` = (S + D + I) / reference words, a fraction that may exceed 1."""

    substitutions: int
    deletions: int
    insertions: int
    tokens: int
    hypothesis_tokens: int

    @property
    def wer(self) -> float:
        """Errors per target word, a fraction that may exceed 1; NaN without target words."""
        errors = self.substitutions + self.deletions + self.insertions
        return errors / self.tokens if self.tokens else math.nan


def word_errors(references: Sequence[str], hypotheses: Sequence[str]) -> WordErrors:
    """jiwer's alignment of sentences; reference first, as everywhere."""
    out = jiwer.process_words(list(references), list(hypotheses))
    return WordErrors(
        substitutions=out.substitutions,
        deletions=out.deletions,
        insertions=out.insertions,
        tokens=out.hits + out.substitutions + out.deletions,
        hypothesis_tokens=out.hits + out.substitutions + out.insertions,
    )


class FrameStatistics:
    """Running sums over valid output frames: blanks, entropy, and the mean distribution (float64 throughout)."""

    def __init__(self, classes: int) -> None:
        self.frames = 0
        self.blanks = 0
        self.entropy_sum = 0.0
        self.mean_sum = torch.zeros(classes, dtype=torch.float64)

    @classmethod
    def merged(cls, parts: Sequence[FrameStatistics]) -> FrameStatistics:
        """The statistics of all parts' frames together."""
        whole = cls(len(parts[0].mean_sum))
        for part in parts:
            whole.frames += part.frames
            whole.blanks += part.blanks
            whole.entropy_sum += part.entropy_sum
            whole.mean_sum += part.mean_sum
        return whole

    def add(self, log_probs: Tensor, lengths: Tensor) -> None:
        """Counts one batch: log_probs (T, N, C), lengths (N,)."""
        frames = log_probs.transpose(0, 1)[valid_frames(lengths, log_probs.shape[0])].double()  # (frames, C)
        odds = frames.exp()
        self.frames += len(frames)
        self.blanks += int((frames.argmax(dim=1) == BLANK).sum())
        # A probability of zero adds nothing; 0 * -inf would be NaN.
        self.entropy_sum -= float(torch.where(odds > 0, odds * frames, 0.0).sum())
        self.mean_sum += odds.sum(dim=0).cpu()

    @property
    def blank_ratio(self) -> float:
        """Share of valid frames whose most likely class is the blank."""
        return self.blanks / max(1, self.frames)

    @property
    def entropy(self) -> float:
        """Mean entropy of a frame's distribution, nats."""
        return self.entropy_sum / max(1, self.frames)

    @property
    def mutual_information(self) -> float:
        """H(mean p) - mean H(p), nats: how much a frame's output depends on the input at all."""
        mean = self.mean_sum / max(1, self.frames)
        return float(torch.special.entr(mean).sum()) - self.entropy
