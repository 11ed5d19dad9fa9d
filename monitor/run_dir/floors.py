"""Chance floors of a CTC corpus: what an output scores that never looks at the input.

A loss or word error rate means nothing without its chance line. Everything here follows from target lengths, frame
counts and token frequencies, in under three seconds for 500 clips.
Losses are nats per token: the mean over clips of NLL / L, torch's `CTCLoss(reduction="mean")`.
T = output frames of a clip, L = its target tokens, r = equal neighbours in its target, V = classes with the blank.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.run_dir.records import Floors

UNSEEN_COUNT = 0.5
"""What a token counts that train never shows: something above zero, so that the unigram loss stays finite."""
CANDIDATES = 40
"""Most frequent train tokens that the constant sentence is grown from."""
SUBSAMPLE = 300
"""Train clips that it is grown on."""


@dataclass(frozen=True)
class Targets:
    """One split: token ids of each clip (1..V-1) and its number of output frames, stride applied."""

    tokens: Sequence[Sequence[int]]
    frames: Sequence[int]

    def lengths(self) -> np.ndarray:
        """Tokens of each clip, shape (clips,)."""
        return np.array([len(target) for target in self.tokens], dtype=np.int64)


def compute(train: Targets, val: Targets, vocabulary: Sequence[str]) -> Floors:
    """All floors of a corpus: frequencies and the constant sentence from `train`, scored on `val`.

    `vocabulary[0]` is the blank. A floor that the data cannot give (an empty split) is None.
    """
    counts = token_counts(train, len(vocabulary))
    if not len(val.tokens) or not counts.sum():
        return Floors()
    share = counts / counts.sum()
    constant = constant_sentence([list(target) for target in train.tokens], counts)
    return Floors(
        blank_ratio=blank_ratio(val),
        loss_uniform=loss_uniform(val, len(vocabulary)),
        loss_flat=loss_static(val, np.full(len(vocabulary) - 1, 1 / (len(vocabulary) - 1))),
        loss_unigram=loss_static(val, unigram(counts)),
        wer_constant=wer_of_constant(constant, val),
        constant_sentence=" ".join(vocabulary[token] for token in constant),
        wer_empty=wer_of_constant([], val),
        unigram_entropy=float(-sum(p * math.log(p) for p in share if p > 0)),
    )


def skill(loss: float, loss_unigram: float | None) -> float:
    """1 - loss / L_unigram: 0 knows the frequencies and nothing else, 1 is perfect. NaN where that is not known."""
    return 1 - loss / loss_unigram if loss_unigram else math.nan


def token_counts(split: Targets, classes: int) -> np.ndarray:
    """(V-1,) how often each token occurs; index 0 is class 1."""
    flat = np.concatenate([np.asarray(target, dtype=np.int64) for target in split.tokens] or [np.zeros(0, np.int64)])
    return np.bincount(flat, minlength=classes)[1:classes]


def unigram(counts: np.ndarray) -> np.ndarray:
    """(V-1,) token frequencies that sum to 1 and are nowhere zero."""
    filled = np.where(counts > 0, counts, UNSEEN_COUNT)
    return filled / filled.sum()


def repeats(target: Sequence[int]) -> int:
    """r: neighbours in a target that are equal and need a blank between them."""
    return sum(left == right for left, right in itertools.pairwise(target))


def blank_ratio(split: Targets) -> float | None:
    """b* = 1 - sum(L) / sum(T): the blank ratio of a correct output that spends one frame on each token."""
    frames = sum(split.frames)
    return 1.0 - float(split.lengths().sum()) / frames if frames else None


def loss_uniform(split: Targets, classes: int) -> float | None:
    """Loss of a uniform output: mean of (T ln V - ln C(T + L - r, 2L)) / L.

    C(T + L - r, 2L) is the number of paths of T frames that collapse to the target. Clips without one are left out.
    """
    losses = []
    for target, frames in zip(split.tokens, split.frames, strict=True):
        length, repeated = len(target), repeats(target)
        if length and frames >= length + repeated:
            paths = _log_binomial(frames + length - repeated, 2 * length)
            losses.append((frames * math.log(classes) - paths) / length)
    return float(np.mean(losses)) if losses else None


def loss_static(split: Targets, odds: np.ndarray) -> float | None:
    """Lowest loss of one distribution used in every frame: blank b, token k (1 - b) * odds[k - 1].

    With equal odds this is L_flat, with the train frequencies L_unigram. Only b is free; the best lies near b*.
    """
    clips = _PaddedTargets.of(split)
    if clips is None:
        return None
    return _minimum(lambda blank: float(np.mean(clips.losses(blank, odds))))


@dataclass(frozen=True)
class _PaddedTargets:
    """Feasible, non-empty targets as a rectangle: tokens (N, Lmax) padded with 0, lengths (N,), frames (N,)."""

    tokens: np.ndarray
    lengths: np.ndarray
    frames: np.ndarray

    @classmethod
    def of(cls, split: Targets) -> _PaddedTargets | None:
        """The clips whose target fits into their frames, padded; None where there is none."""
        pairs = [
            (list(target), frames)
            for target, frames in zip(split.tokens, split.frames, strict=True)
            if len(target) and frames >= len(target) + repeats(target)
        ]
        if not pairs:
            return None
        lengths = np.array([len(target) for target, _ in pairs])
        tokens = np.zeros((len(pairs), lengths.max()), dtype=np.int64)
        for row, (target, _) in zip(tokens, pairs, strict=True):
            row[: len(target)] = target
        return cls(tokens, lengths, np.array([frames for _, frames in pairs]))

    def losses(self, blank: float, odds: np.ndarray) -> np.ndarray:
        """(N,) NLL / L under the static distribution, by the CTC forward recursion.

        The probability of entering a token is taken out of the recursion and added at the end; each frame's row is
        rescaled. So nothing underflows, however long the clip.
        """
        token_odds = np.concatenate([[0.0], (1 - blank) * odds])[self.tokens]  # (N, Lmax)
        with np.errstate(divide="ignore"):
            entering = np.where(self.tokens > 0, np.log(token_odds), 0.0).sum(axis=1)
        return -(self._log_paths(blank, token_odds) + entering) / self.lengths

    def _log_paths(self, blank: float, token_odds: np.ndarray) -> np.ndarray:
        """(N,) log of the forward sum, without the entering probabilities."""
        clips, longest = self.tokens.shape
        # A token may follow the one before it without a blank unless they are equal.
        direct = np.ones((clips, longest))
        direct[:, 1:] = self.tokens[:, 1:] != self.tokens[:, :-1]
        direct[:, 0] = 0.0
        blanks = np.zeros((clips, longest + 1))  # at the blank before token j (or behind the last)
        inside = np.zeros((clips, longest))  # in token j
        blanks[:, 0], inside[:, 0] = blank, 1.0
        scale, result = np.zeros(clips), np.zeros(clips)
        rows = np.arange(clips)
        for frame in range(1, int(self.frames.max()) + 1):
            if frame > 1:
                entered = blanks[:, :-1].copy()
                entered[:, 1:] += direct[:, 1:] * inside[:, :-1]
                blanks[:, 1:] += inside
                blanks *= blank
                inside = inside * token_odds + entered
            done = self.frames == frame
            if done.any():
                ends = blanks[rows, self.lengths] + inside[rows, self.lengths - 1]
                result[done] = np.log(ends[done]) + scale[done]
            total = blanks.sum(axis=1) + inside.sum(axis=1)
            blanks, inside = blanks / total[:, None], inside / total[:, None]
            scale += np.log(total)
        return result


def _minimum(loss: Callable[[float], float]) -> float:
    """Smallest value of a smooth function of a share in 0..1: a coarse scan, then a golden section."""
    grid = [0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.995]
    best = int(np.argmin([loss(share) for share in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    golden = (math.sqrt(5) - 1) / 2
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = loss(left), loss(right)
    while high - low > 1e-4:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = loss(right)
    return min(at_left, at_right)


def _log_binomial(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def constant_sentence(
    targets: Sequence[Sequence[int]],
    counts: np.ndarray,
    *,
    candidates: int = CANDIDATES,
    sample: int = SUBSAMPLE,
    longest: int | None = None,
) -> list[int]:
    """The sentence that scores best when it is predicted for every clip, grown greedily one token at a time.

    Each round tries each of the most frequent tokens at each place and keeps the best, while it gets better and is
    shorter than `longest`.
    """
    some = [target for target in targets[:: max(1, len(targets) // sample)] if len(target)][:sample]
    frequent = [int(index) + 1 for index in np.argsort(-counts, kind="stable")[:candidates] if counts[index]]
    sentence: list[int] = []
    errors = sum(len(target) for target in some)
    while True:
        trials = [[*sentence[:at], token, *sentence[at:]] for at in range(len(sentence) + 1) for token in frequent]
        if not trials or len(sentence) == longest:
            return sentence
        scores = edit_distances(trials, some).sum(axis=1)
        best = int(np.argmin(scores))
        if scores[best] >= errors:
            return sentence
        sentence, errors = trials[best], int(scores[best])


def wer_of_constant(sentence: Sequence[int], split: Targets) -> float | None:
    """Corpus WER (a fraction) of saying `sentence` for every clip of `split`."""
    tokens = int(split.lengths().sum())
    if not tokens:
        return None
    return float(edit_distances([sentence], split.tokens).sum()) / tokens


def edit_distances(sentences: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> np.ndarray:
    """(S, N) Levenshtein distances of S sentences to N targets."""
    # Imported here: rules need this module for its formulas alone.
    from rapidfuzz.distance import Levenshtein
    from rapidfuzz.process import cdist

    return cdist(sentences, targets, scorer=Levenshtein.distance)


def correct_information(blank_ratio: float, unigram_entropy: float) -> float:
    """Nats per frame of an output with each word in one frame and blanks elsewhere: H(b*) + (1 - b*) H(words)."""
    ratio = min(max(blank_ratio, 1e-9), 1 - 1e-9)
    is_word = -(ratio * math.log(ratio) + (1 - ratio) * math.log(1 - ratio))
    return is_word + (1 - ratio) * unigram_entropy
