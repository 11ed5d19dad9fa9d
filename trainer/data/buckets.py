"""A few lengths that batches are padded to: on a GPU the first step of each new shape costs a third of a second."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

MOST_PADDING = 0.1
"""Frames added by the buckets, as a share of the frames of batches that are as long as their longest clip."""
MULTIPLE = 4
"""Of the shortest bucket's length; the strides of the networks are 2 and 4."""
MOST_LENGTHS = 256
"""At most so many different lengths are distinguished when buckets are chosen."""
GROWTH = 1.1
"""From one size of a stack of single pictures to the next."""
SMALLEST_STACK = 8


@dataclass(frozen=True)
class Buckets:
    """Lengths in frames, ascending."""

    lengths: tuple[int, ...]
    padding: float = 0.0
    """The share of frames that they add to the batches they were chosen for."""

    def of(self, frames: int) -> int:
        """The shortest one that holds `frames`; beyond the longest one, the next multiple of 4."""
        place = bisect_left(self.lengths, frames)
        return self.lengths[place] if place < len(self.lengths) else _rounded_up(frames, MULTIPLE)


def choose_buckets(longest: Iterable[int], most: int, padding: float = MOST_PADDING) -> Buckets:
    """As few buckets as keep the added frames under `padding`, for batches whose longest clips are `longest` frames.

    `most`: the longest clip that may ever come. An exact search over the lengths that occur.
    """
    frames = np.asarray(list(longest), dtype=np.int64)
    multiple = max(MULTIPLE, _rounded_up(most // MOST_LENGTHS, MULTIPLE))
    sizes, counts = np.unique(-(-frames // multiple) * multiple, return_counts=True)
    sizes[-1] = max(sizes[-1], _rounded_up(most, multiple))
    lengths: list[int] = []
    for number in range(1, len(sizes) + 1):
        lengths = _cheapest(sizes, counts, number)
        added = sum(lengths[bisect_left(lengths, each)] for each in frames.tolist()) / int(frames.sum()) - 1
        if added < padding:
            break
    return Buckets(tuple(lengths), added)


def _cheapest(sizes: np.ndarray, counts: np.ndarray, number: int) -> list[int]:
    """The `number` of `sizes` (ascending, the last one among them) that make the fewest frames in all."""
    before = np.concatenate([[0], np.cumsum(counts)])
    cost = sizes * before[1:]  # of the first sizes, all in one bucket
    cuts: list[np.ndarray] = []
    for _ in range(number - 1):
        # with[i, j]: the sizes up to i in their best buckets, those behind it up to j in one of length sizes[j]
        behind = (before[None, 1:] - before[1:, None]) * sizes[None, :]
        ways = np.where(behind >= 0, cost[:, None] + behind, np.iinfo(np.int64).max)
        ways[np.tril_indices(len(sizes), -1)] = np.iinfo(np.int64).max
        cuts.append(ways.argmin(axis=0))
        cost = ways.min(axis=0)
    place = len(sizes) - 1
    chosen = {int(sizes[place])}
    for cut in reversed(cuts):
        place = int(cut[place])
        chosen.add(int(sizes[place]))
    return sorted(chosen)


def stack_size(pictures: int) -> int:
    """A size of a stack that holds so many single pictures: at most a tenth larger, and few sizes in all."""
    if pictures <= SMALLEST_STACK:
        return SMALLEST_STACK
    step = math.floor(math.log(pictures / SMALLEST_STACK, GROWTH))
    while (size := _rounded_up(math.ceil(SMALLEST_STACK * GROWTH**step), MULTIPLE)) < pictures:
        step += 1
    return size


def _rounded_up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple
