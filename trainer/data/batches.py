"""Clips as padded tensors, and the order they come in: a pure function of (seed, epoch)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from trainer.data.augmentation import Distortion
from trainer.data.corpus import Corpus, Sample, frames_needed

_POOL = 4
"""Batches that are sorted by length together: less padding, still a fresh mix each epoch."""


@dataclass(frozen=True)
class Batch:
    """N clips. frames (N, T, D) float32 or (N, T, C, H, W) uint8, zero behind each end; targets (sum of L,) int64;
    lengths (N,) int64. On the device pictures are float32 in 0..1."""

    frames: Tensor
    frame_lengths: Tensor
    targets: Tensor
    target_lengths: Tensor

    def __len__(self) -> int:
        return len(self.frame_lengths)

    def pinned(self) -> Batch:
        """The same in page-locked memory, from where a GPU fetches it while it computes."""
        tensors = (self.frames, self.frame_lengths, self.targets, self.target_lengths)
        return Batch(*(tensor.pin_memory() for tensor in tensors))

    def to(self, device: torch.device) -> Batch:
        moved = (self.frames, self.frame_lengths, self.targets, self.target_lengths)
        frames, *rest = (tensor.to(device, non_blocking=True) for tensor in moved)
        # Pictures travel as bytes: a quarter of the way to the device.
        return Batch(frames.float() / 255 if frames.dtype == torch.uint8 else frames, *rest)


def collate(frames: Sequence[np.ndarray], tokens: Sequence[np.ndarray]) -> Batch:
    """One batch from clips of different lengths."""
    lengths = [len(clip) for clip in frames]
    kind = np.uint8 if frames[0].dtype == np.uint8 else np.float32
    padded = np.zeros((len(frames), max(lengths), *frames[0].shape[1:]), dtype=kind)
    for row, clip in zip(padded, frames, strict=True):
        row[: len(clip)] = clip
    return Batch(
        frames=torch.from_numpy(padded),
        frame_lengths=torch.tensor(lengths, dtype=torch.int64),
        targets=torch.from_numpy(np.concatenate(tokens).astype(np.int64)),
        target_lengths=torch.tensor([len(target) for target in tokens], dtype=torch.int64),
    )


def evaluation_batches(clips: Sequence[Sample], batch_size: int) -> Iterator[Batch]:
    """The clips as they are, in order."""
    for start in range(0, len(clips), batch_size):
        some = clips[start : start + batch_size]
        yield collate([clip.frames for clip in some], [clip.tokens for clip in some])


@dataclass(frozen=True)
class TrainingBatches:
    """The training clips of every epoch: which batch holds which clips, and how each clip is distorted."""

    corpus: Corpus
    batch_size: int
    distortion: Distortion
    seed: int
    stride: int

    def __len__(self) -> int:
        return -(-len(self.corpus.splits["train"]) // self.batch_size)

    def order(self, epoch: int) -> list[np.ndarray]:
        """Clip numbers of each batch of an epoch (from 1)."""
        rng = np.random.default_rng([self.seed, epoch, 0])
        clips = self.corpus.splits["train"]
        shuffled = rng.permutation(len(clips))
        pool = self.batch_size * _POOL
        chunks = [shuffled[start : start + pool] for start in range(0, len(shuffled), pool)]
        by_length = [chunk[np.argsort([len(clips[i].frames) for i in chunk], kind="stable")] for chunk in chunks]
        batches = [
            chunk[start : start + self.batch_size]
            for chunk in by_length
            for start in range(0, len(chunk), self.batch_size)
        ]
        return [batches[index] for index in rng.permutation(len(batches))]

    def load(self, epoch: int, numbers: np.ndarray) -> Batch:
        """The clips `numbers`, distorted as this epoch distorts them."""
        clips = [self.corpus.splits["train"][number] for number in numbers]
        frames = [self._distorted(clip, epoch, int(number)) for clip, number in zip(clips, numbers, strict=True)]
        return collate(frames, [clip.tokens for clip in clips])

    def _distorted(self, clip: Sample, epoch: int, number: int) -> np.ndarray:
        rng = np.random.default_rng([self.seed, epoch, 1, number])
        frames = self.distortion.apply(self.corpus, clip.frames, rng)
        # A clip played faster may become too short for its target; then it is taken as it is.
        return frames if -(-len(frames) // self.stride) >= frames_needed(clip.tokens) else clip.frames
