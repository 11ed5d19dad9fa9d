"""CTC decoding: greedy without any filter, which is what is scored, and what a user may put on top of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trainer.data.corpus import BLANK
from trainer.models.base import valid_frames

NEVER = -math.inf


def greedy(log_probs: Tensor, lengths: Tensor) -> list[list[int]]:
    """Best symbol of each frame, repeats merged, blanks dropped. log_probs (T, N, C), lengths (N,) -> N token lists."""
    best = log_probs.argmax(dim=2).T  # (N, T)
    said = _says(best, lengths)
    return [symbols[keep].tolist() for symbols, keep in zip(best.cpu(), said.cpu(), strict=True)]


def _says(best: Tensor, lengths: Tensor) -> Tensor:
    """(N, T) bool: the frames in which a new token begins. best (N, T)."""
    new = torch.ones_like(best, dtype=torch.bool)
    new[:, 1:] = best[:, 1:] != best[:, :-1]
    return new & (best != BLANK) & valid_frames(lengths, best.shape[1])


@dataclass(frozen=True)
class Adjustment:
    """What a user's decoder does beyond greedy; nothing by default.

    `blank_penalty` is taken from the blank's log-probability in every frame (nats); `min_confidence` empties a
    prediction whose tokens have a lower mean probability, measured per token so that length does not matter.
    """

    blank_penalty: float = 0.0
    min_confidence: float = 0.0

    @property
    def is_on(self) -> bool:
        """Whether it changes the greedy output at all."""
        return self.blank_penalty != 0 or self.min_confidence > 0


def adjusted(log_probs: Tensor, lengths: Tensor, adjustment: Adjustment) -> list[list[int]]:
    """Greedy with a user's adjustment. Shapes as in `greedy`."""
    moved = log_probs.clone()
    moved[:, :, BLANK] -= adjustment.blank_penalty
    hypotheses = greedy(moved, lengths)
    if adjustment.min_confidence <= 0:
        return hypotheses
    confidence = confidences(moved.log_softmax(dim=2), lengths)
    return [
        tokens if sure >= adjustment.min_confidence else [] for tokens, sure in zip(hypotheses, confidence, strict=True)
    ]


def confidences(log_probs: Tensor, lengths: Tensor) -> list[float]:
    """Geometric mean probability of each clip's greedy tokens; 1 for a clip that says nothing."""
    value, best = log_probs.max(dim=2)
    said = _says(best.T, lengths)  # (N, T)
    sums = (value.T * said).sum(dim=1).double()
    counts = said.sum(dim=1)
    return [math.exp(float(total) / int(count)) if count else 1.0 for total, count in zip(sums, counts, strict=True)]


def beam(log_probs: Tensor, lengths: Tensor, width: int = 10, top: int = 20) -> list[list[int]]:
    """The likeliest token sequence of each clip, summed over its paths, by prefix beam search. Shapes as in `greedy`.

    Only the `top` likeliest tokens of a frame may extend a prefix, and `width` prefixes are kept.
    """
    frames = log_probs.detach().transpose(0, 1).double().cpu().numpy()  # (N, T, C)
    return [
        list(_best_prefix(clip[:length], width, top)) for clip, length in zip(frames, lengths.tolist(), strict=True)
    ]


def _best_prefix(frames: np.ndarray, width: int, top: int) -> tuple[int, ...]:
    """One clip (T, C). A beam: prefix → log-probabilities of its paths that end (in a blank, in its last token)."""
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, NEVER)}
    for frame in frames:
        likely = [int(token) for token in np.argsort(frame)[::-1][: top + 1] if token != BLANK][:top]
        beams = _kept(_extended(beams, frame, likely), width)
    return max(beams, key=lambda prefix: np.logaddexp(*beams[prefix]))


def _extended(
    beams: dict[tuple[int, ...], tuple[float, float]], frame: np.ndarray, likely: list[int]
) -> dict[tuple[int, ...], tuple[float, float]]:
    found: dict[tuple[int, ...], tuple[float, float]] = {}

    def _note(prefix: tuple[int, ...], blank: float = NEVER, token: float = NEVER) -> None:
        before = found.get(prefix, (NEVER, NEVER))
        found[prefix] = (_add(before[0], blank), _add(before[1], token))

    for prefix, (in_blank, in_token) in beams.items():
        whole = _add(in_blank, in_token)
        _note(prefix, blank=whole + frame[BLANK])
        if prefix:
            _note(prefix, token=in_token + frame[prefix[-1]])
        for token in likely:
            # After the same token only a path that ends in a blank starts a new one.
            before = in_blank if prefix and token == prefix[-1] else whole
            _note((*prefix, token), token=before + frame[token])
    return found


def _kept(beams: dict[tuple[int, ...], tuple[float, float]], width: int) -> dict[tuple[int, ...], tuple[float, float]]:
    best = sorted(beams.items(), key=lambda item: _add(*item[1]), reverse=True)
    return dict(best[:width])


def _add(one: float, other: float) -> float:
    """log(exp(one) + exp(other))."""
    if one == NEVER or other == NEVER:
        return max(one, other)
    high, low = max(one, other), min(one, other)
    return high + math.log1p(math.exp(low - high))
