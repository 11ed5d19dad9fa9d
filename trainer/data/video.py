"""The synthetic signers as pictures: landmarks drawn as a grey figure, small enough for a CPU."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from trainer.data.augmentation import NECK, STRENGTHS, mask_time, mirror_pictures, warped_times
from trainer.data.corpus import Corpus, Progress, Sample

LIMBS = ((0, 1), (2, 3), (2, 4), (4, 6), (3, 5), (5, 7), (6, 8), (6, 9), (7, 10), (7, 11))
"""Pairs of landmarks that a line joins: neck, shoulders, arms, fingers."""
BRIGHTNESS = np.array([0.5, 0.4, 0.5, 0.6, 0.5, 0.6, 1.0, 1.0, 1.0, 1.0])
"""Of each limb: hands stand out, as skin does."""
VIEW = ((-1.7, 1.7), (-1.1, 2.3))
"""What the camera sees around the neck, in shoulder widths (x, y): the person stands in the middle."""
THICKNESS = 0.6
"""Pixels of a limb at 24 pixels a side."""

NOISE = 8 / 255
"""Spread of a pixel's noise at full strength, of the whole range of brightness."""


def render(landmarks: np.ndarray, size: int) -> np.ndarray:
    """Landmarks (T, 2K) → pictures (T, 1, size, size) uint8."""
    points = landmarks.reshape(len(landmarks), -1, 2)
    points = points - np.median(points[:, NECK], axis=0)
    low = np.array([VIEW[0][0], VIEW[1][0]])
    span = np.array([VIEW[0][1] - VIEW[0][0], VIEW[1][1] - VIEW[1][0]])
    pixels = ((points - low) / span * size).astype(np.float32)
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32) + 0.5
    spread = 2 * (THICKNESS * size / 24) ** 2
    picture = np.zeros((len(points), size, size), np.float32)
    for (begin, end), brightness in zip(LIMBS, BRIGHTNESS, strict=True):
        distance = _squared_distance(pixels[:, begin], pixels[:, end], columns, rows)
        np.maximum(picture, brightness * np.exp(-distance / spread), out=picture)
    return np.round(255 * picture).astype(np.uint8)[:, None]


def _squared_distance(begin: np.ndarray, end: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(T, size, size) squared distance of every pixel from the line between two points (T, 2)."""
    along = end - begin
    length = np.maximum((along**2).sum(axis=1), 1e-6)[:, None, None]
    dx, dy = x - begin[:, 0, None, None], y - begin[:, 1, None, None]
    share = np.clip((dx * along[:, 0, None, None] + dy * along[:, 1, None, None]) / length, 0, 1)
    out: np.ndarray = (dx - share * along[:, 0, None, None]) ** 2 + (dy - share * along[:, 1, None, None]) ** 2
    return out


def as_video(corpus: Corpus, size: int, progress: Progress) -> Corpus:
    """The same clips as pictures."""
    splits = {}
    for name, clips in corpus.splits.items():
        shown = progress(range(len(clips)), f"drawing {name} clips", len(clips))
        splits[name] = tuple(_drawn(clips[number], size) for number in shown)
    return replace(corpus, splits=splits, augment=augment_video, view=draw_view, mirror=mirror_pictures)


def _drawn(clip: Sample, size: int) -> Sample:
    return replace(clip, frames=render(clip.frames, size))


def augment_video(frames: np.ndarray, rng: np.random.Generator, strength: str) -> np.ndarray:
    """Pictures (T, C, H, W) uint8 at another speed, with frozen stretches: (T', C, H, W). The nearest picture is taken.

    What another camera would have changed is drawn by `draw_view` and done on the device, where it is cheap.
    """
    amount = STRENGTHS[strength]
    if amount == 0:
        return frames
    played = frames[np.rint(warped_times(len(frames), rng, amount)).astype(int)]
    return mask_time(played, rng, amount)


def draw_view(rng: np.random.Generator, strength: str) -> np.ndarray:
    """(8,) float32: where a clip is seen from (a 2 x 3 matrix, row by row), how much light, how much noise."""
    amount = STRENGTHS[strength]
    turn = rng.uniform(-0.35, 0.35) * amount
    zoom = np.exp(rng.uniform(-0.3, 0.3) * amount)
    stretch = np.exp(rng.uniform(-0.15, 0.15) * amount)
    x, y = rng.uniform(-0.25, 0.25, size=2) * amount
    light = np.exp(rng.uniform(-0.3, 0.3) * amount)
    across, down = zoom * stretch * np.array([np.cos(turn), np.sin(turn)])
    matrix = [across, -zoom * np.sin(turn), x, down, zoom * np.cos(turn), y]
    return np.array([*matrix, light, NOISE * amount], dtype=np.float32)
