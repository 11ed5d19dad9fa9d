"""Clips as padded tensors, and the order they come in: a pure function of (seed, epoch)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from trainer.data.augmentation import Distortion
from trainer.data.buckets import MOST_PADDING, Buckets, choose_buckets
from trainer.data.corpus import Corpus, Sample, frames_needed

_POOL = 4
"""Batches that are sorted by length together: less padding, still a fresh mix each epoch."""

PADDING_AIM = 0.8 * MOST_PADDING
"""The speeds that come are not those that buckets were chosen for."""
ENOUGH_BATCHES = 500
"""From their longest clips buckets are chosen."""


@dataclass(frozen=True)
class Batch:
    """N clips. frames (N, T, D) float32 or (N, T, C, H, W) uint8, zero behind each end; targets (sum of L,) int64;
    lengths (N,) int64. On the device pictures are float32 in 0..1."""

    frames: Tensor
    frame_lengths: Tensor
    targets: Tensor
    target_lengths: Tensor
    views: Tensor | None = None
    """(N, 8): from where, in which light and with how much noise each clip of pictures is seen."""

    def __len__(self) -> int:
        return len(self.frame_lengths)

    def pinned(self) -> Batch:
        """The same in page-locked memory, from where a GPU fetches it while it computes."""
        return self._each(lambda tensor: tensor.pin_memory())

    def to(self, device: torch.device) -> Batch:
        """On the device, pictures as float32, distorted there."""
        moved = self._each(lambda tensor: tensor.to(device, non_blocking=True))
        if moved.frames.dtype != torch.uint8:
            return moved
        # Pictures travel as bytes: a quarter of the way to the device.
        frames = moved.frames.float().div_(255)
        return replace(moved, frames=frames if moved.views is None else seen_from(frames, moved.views), views=None)

    def _each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        return Batch(
            change(self.frames),
            change(self.frame_lengths),
            change(self.targets),
            change(self.target_lengths),
            None if self.views is None else change(self.views),
        )


def seen_from(pictures: Tensor, views: Tensor) -> Tensor:
    """Clips (N, T, C, H, W) in 0..1, each from its own place and in its own light (N, 8), the same in all its frames.

    The noise is drawn from the device's own generator, whose state a checkpoint keeps.
    """
    channels = pictures.flatten(1, 2)  # a clip's frames are the channels of one picture: one grid a clip
    grid = F.affine_grid(views[:, :6].reshape(-1, 2, 3), list(channels.shape), align_corners=False)
    seen = F.grid_sample(channels, grid, padding_mode="zeros", align_corners=False).view_as(pictures)
    light, noise = (views[:, place, None, None, None, None] for place in (6, 7))
    return (seen * light + torch.randn_like(seen) * noise).clamp_(0, 1)


def collate(frames: Sequence[np.ndarray], tokens: Sequence[np.ndarray], buckets: Buckets | None = None) -> Batch:
    """One batch from clips of different lengths, as long as its longest clip or that clip's bucket."""
    lengths = [len(clip) for clip in frames]
    longest = max(lengths) if buckets is None else buckets.of(max(lengths))
    kind = np.uint8 if frames[0].dtype == np.uint8 else np.float32
    padded = np.zeros((len(frames), longest, *frames[0].shape[1:]), dtype=kind)
    for row, clip in zip(padded, frames, strict=True):
        row[: len(clip)] = clip
    return Batch(
        frames=torch.from_numpy(padded),
        frame_lengths=torch.tensor(lengths, dtype=torch.int64),
        targets=torch.from_numpy(np.concatenate(tokens).astype(np.int64)),
        target_lengths=torch.tensor([len(target) for target in tokens], dtype=torch.int64),
    )


def evaluation_batches(clips: Sequence[Sample], batch_size: int, buckets: Buckets | None = None) -> Iterator[Batch]:
    """The clips as they are, in order."""
    for start in range(0, len(clips), batch_size):
        some = clips[start : start + batch_size]
        yield collate([clip.frames for clip in some], [clip.tokens for clip in some], buckets)


@dataclass(frozen=True)
class TrainingBatches:
    """The training clips of every epoch: which batch holds which clips, and how each clip is distorted."""

    corpus: Corpus
    batch_size: int
    distortion: Distortion
    seed: int
    stride: int
    buckets: Buckets | None = None
    """The lengths that batches are padded to; None: as long as their longest clip."""

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
        batch = collate(frames, [clip.tokens for clip in clips], self.buckets)
        draw, strength = self.corpus.view, self.distortion.strength
        if draw is None or strength == "none":
            return batch
        views = [draw(np.random.default_rng([self.seed, epoch, 2, int(number)]), strength) for number in numbers]
        return replace(batch, views=torch.from_numpy(np.stack(views)))

    def in_buckets(self) -> TrainingBatches:
        """The same batches, padded to a few lengths: chosen from these clips and what distortion makes of them."""
        slowest, _ = self.distortion.stretches()
        most = round(max(len(clip.frames) for clip in self.corpus.splits["train"]) * max(1.0, slowest))
        return replace(self, buckets=choose_buckets((int(each.max()) for each in self.drawn()), most, PADDING_AIM))

    def drawn(self) -> Iterator[np.ndarray]:
        """Frames of each clip (N,) of some hundred batches to come.

        The speed of each clip is drawn here as distortion draws it, from another generator.
        """
        frames = np.array([len(clip.frames) for clip in self.corpus.splits["train"]])
        slowest, fastest = self.distortion.stretches()
        rng = np.random.default_rng([self.seed, 3])
        for epoch in range(1, 2 + ENOUGH_BATCHES // len(self)):
            played = frames * np.exp(rng.uniform(np.log(fastest), np.log(slowest), size=len(frames)))
            yield from (np.rint(played[numbers]).astype(np.int64) for numbers in self.order(epoch))

    def _distorted(self, clip: Sample, epoch: int, number: int) -> np.ndarray:
        rng = np.random.default_rng([self.seed, epoch, 1, number])
        frames = self.distortion.apply(self.corpus, clip.frames, rng)
        # A clip played faster may become too short for its target; then it is taken as it is.
        return frames if -(-len(frames) // self.stride) >= frames_needed(clip.tokens) else clip.frames
