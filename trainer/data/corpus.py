"""What every corpus gives the trainer: clips of frames with their target tokens, in three splits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from monitor.run_dir import DataInfo

BLANK = 0
"""Class id of the CTC blank; tokens count from 1."""

SPLITS = ("train", "val", "test")

SEEN = "seen"
"""A fourth split where a corpus has one: other clips of people that train knows, scored beside val."""

Augment = Callable[[np.ndarray, np.random.Generator, str], np.ndarray]
"""(frames (T, …), generator, strength) -> distorted frames (T', …) of the same kind."""
DrawView = Callable[[np.random.Generator, str], np.ndarray]
"""(generator, strength) -> (8,) float32, from where and in which light a clip of pictures is seen."""
Mirror = Callable[[np.ndarray], np.ndarray]
"""Frames (T, …) -> the same clip with left and right exchanged."""
Progress = Callable[[Iterable[int], str, int], Iterable[int]]
"""(items, label, how many) -> the items; what passes them on may show a bar."""


@dataclass(frozen=True)
class Sample:
    """One clip. `frames` (T, D) float32 or pictures (T, C, H, W) uint8; `tokens` (L,) int64 in 1..V-1."""

    clip_id: str
    signer: str
    frames: np.ndarray
    tokens: np.ndarray


@dataclass(frozen=True)
class Corpus:
    """All clips of a run. `vocabulary[k]` is the word of class k; `vocabulary[0]` stands for the blank."""

    name: str
    vocabulary: tuple[str, ...]
    splits: dict[str, tuple[Sample, ...]]
    augment: Augment
    view: DrawView | None = None
    mirror: Mirror | None = None
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def frame_shape(self) -> tuple[int, ...]:
        """(D,) of vectors, (C, H, W) of pictures."""
        return tuple(int(size) for size in self.splits["train"][0].frames.shape[1:])

    def sentence(self, tokens: list[int] | np.ndarray) -> str:
        """Token ids as words with single spaces between them."""
        return " ".join(self.vocabulary[int(token)] for token in tokens)


def frames_needed(tokens: np.ndarray) -> int:
    """Output frames CTC needs for a target: one per token and a blank between equal neighbours, L + r."""
    return len(tokens) + int(np.sum(tokens[1:] == tokens[:-1]))


def keep_feasible(corpus: Corpus, stride: int) -> Corpus:
    """The corpus without clips too short for their target after `stride`; they are counted in `left_out`.

    torch's CTC gives such a clip an infinite loss, and with `zero_infinity` a zero that still counts in the mean.
    """
    kept = {
        name: tuple(clip for clip in clips if -(-len(clip.frames) // stride) >= frames_needed(clip.tokens))
        for name, clips in corpus.splits.items()
    }
    left_out = {name: len(corpus.splits[name]) - len(clips) for name, clips in kept.items()}
    return replace(
        corpus,
        splits=kept,
        left_out={name: count for name, count in left_out.items() if count},
    )


def describe(corpus: Corpus, stride: int) -> DataInfo:
    """What run.json says about the corpus."""
    return DataInfo(
        name=corpus.name,
        clips={name: len(clips) for name, clips in corpus.splits.items()},
        tokens={name: sum(len(clip.tokens) for clip in clips) for name, clips in corpus.splits.items()},
        signers={name: len({clip.signer for clip in clips}) for name, clips in corpus.splits.items()},
        vocabulary=len(corpus.vocabulary),
        output_stride=stride,
        left_out=corpus.left_out,
    )
