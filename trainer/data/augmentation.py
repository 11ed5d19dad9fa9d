"""Distortions of training clips: what another person or camera would have changed and the words do not depend on.

Each clip's generator is seeded by (seed, epoch, clip), so a resumed run distorts exactly as the unbroken one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from trainer.data.corpus import Corpus

STRENGTHS: dict[str, float] = {"none": 0.0, "light": 0.4, "strong": 1.0}

PAIRS = ((2, 3), (4, 5), (6, 7), (8, 10), (9, 11))
"""Landmarks of the synthetic corpus that change places in a mirror: shoulders, elbows, wrists, tips, thumbs."""

_HANDS = {6: (4, (8, 9)), 7: (5, (10, 11))}
"""Wrist -> (its elbow, its fingertips), as landmark indices of the synthetic corpus."""
NECK = 1
SPEED = 0.3
"""Largest logarithm of a clip's length over its own, at full strength."""
KNOT_FRAMES = 12
"""Frames over which a habit changes: about one sign."""


@dataclass(frozen=True)
class Distortion:
    """How training clips are distorted: a strength for everything a corpus knows, and three shares beside it."""

    strength: str = "none"
    flip: float = 0.0
    """Probability of a mirrored clip."""
    frame_drop: float = 0.0
    """Share of frames left out."""
    crop: float = 0.0
    """Share of a picture's sides cut off."""

    def stretches(self) -> tuple[float, float]:
        """(slowest, fastest): the frames of a distorted clip per frame of it, at most and at least; dropped ones apart
        at their mean."""
        amount, kept = SPEED * STRENGTHS[self.strength], 1 - self.frame_drop
        return math.exp(amount) * kept, math.exp(-amount) * kept

    def apply(self, corpus: Corpus, frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Frames (T, …) of a training clip → (T', …); a share of zero draws nothing from `rng`."""
        frames = corpus.augment(frames, rng, self.strength)
        if self.frame_drop:
            frames = drop_frames(frames, rng, self.frame_drop)
        if self.flip and corpus.mirror and rng.random() < self.flip:
            frames = corpus.mirror(frames)
        if self.crop:
            frames = crop(frames, rng, self.crop)
        return frames


def drop_frames(frames: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Each frame is left out with this probability; at least one stays."""
    kept = rng.random(len(frames)) >= share
    kept[rng.integers(len(frames))] = True
    return np.ascontiguousarray(frames[kept])


def crop(pictures: np.ndarray, rng: np.random.Generator, share: float) -> np.ndarray:
    """Pictures (T, C, H, W): a window of at least (1 - share) of each side, blown up to the whole (nearest pixel)."""
    height, width = pictures.shape[2:]
    size = 1 - rng.uniform(0, share)
    rows, columns = (
        ((np.arange(side) + 0.5) * size + rng.uniform(0, 1 - size) * side).astype(int).clip(0, side - 1)
        for side in (height, width)
    )
    return np.ascontiguousarray(pictures[:, :, rows[:, None], columns[None, :]])


def mirror_pictures(pictures: np.ndarray) -> np.ndarray:
    """(T, C, H, W) with left and right exchanged."""
    return np.ascontiguousarray(pictures[..., ::-1])


def mirror_landmarks(frames: np.ndarray) -> np.ndarray:
    """Landmarks (T, 2K) of the synthetic corpus in a mirror through the neck: the other hand leads."""
    points = frames.reshape(len(frames), -1, 2).copy()
    axis = points[:, NECK : NECK + 1, 0].mean()
    points[..., 0] = 2 * axis - points[..., 0]
    order = np.arange(points.shape[1])
    for left, right in PAIRS:
        order[left], order[right] = right, left
    return points[:, order].reshape(frames.shape)


def resample(frames: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Frames (T, D) read at fractional positions `at` (T',) by linear interpolation: (T', D)."""
    low = np.clip(at.astype(int), 0, len(frames) - 1)
    high = np.minimum(low + 1, len(frames) - 1)
    share = (at - low)[:, None].astype(frames.dtype)
    return frames[low] * (1 - share) + frames[high] * share


def warp_time(frames: np.ndarray, rng: np.random.Generator, amount: float) -> np.ndarray:
    """Another global speed, and a smooth local one on top: (T', D) with T' within about 30 % of T."""
    return resample(frames, warped_times(len(frames), rng, amount))


def warped_times(frames: int, rng: np.random.Generator, amount: float) -> np.ndarray:
    """Fractional positions (T',) in a clip of T frames that play it at another speed, never backwards."""
    speed = np.exp(rng.uniform(-SPEED, SPEED) * amount)
    length = max(4, round(frames * speed))
    u = np.linspace(0, 1, length)
    # A sine of amplitude a and frequency k keeps time going forward while 2 pi k a < 1.
    waves = rng.integers(1, 4)
    bend = amount * rng.uniform(-0.6, 0.6) / (2 * np.pi * waves)
    u = np.clip(u + bend * np.sin(2 * np.pi * waves * u), 0, 1)
    out: np.ndarray = u * (frames - 1)
    return out


def mask_time(frames: np.ndarray, rng: np.random.Generator, amount: float) -> np.ndarray:
    """Freezes up to two short stretches, as a tracker does that loses the hands."""
    out = frames.copy()
    for _ in range(rng.integers(0, 3)):
        length = int(rng.integers(1, 2 + round(4 * amount)))
        start = int(rng.integers(0, max(1, len(out) - length)))
        out[start : start + length] = out[start]
    return out


def drift(length: int, width: int, rng: np.random.Generator, spread: float) -> np.ndarray:
    """(length, width) smooth random walk around zero with a new direction about every sign: another person's habits."""
    knots = rng.normal(0, spread, size=(max(2, length // KNOT_FRAMES + 2), width))
    return resample(knots, np.linspace(0, len(knots) - 1, length))


def move_hands(points: np.ndarray, rng: np.random.Generator, amount: float) -> np.ndarray:
    """Both hands (T, K, 2) a little elsewhere, turned and of another size, differently from sign to sign."""
    out = points.copy()
    size = np.exp(rng.uniform(-0.35, 0.35) * amount)
    turn = drift(len(points), 1, rng, 0.25 * amount)
    turned = np.concatenate([np.cos(turn), np.sin(turn)], axis=1)
    for wrist, (elbow, tips) in _HANDS.items():
        shift = drift(len(points), 2, rng, 0.06 * amount)
        out[:, wrist] += shift
        out[:, elbow] += shift / 2
        sense = 1 if wrist == 6 else -1
        for tip in tips:
            x, y = (size * (points[:, tip] - points[:, wrist])).T
            cos, sin = turned[:, 0], sense * turned[:, 1]
            out[:, tip] = out[:, wrist] + np.stack([cos * x - sin * y, sin * x + cos * y], axis=1)
    return out


def augment_landmarks(frames: np.ndarray, rng: np.random.Generator, strength: str) -> np.ndarray:
    """Landmarks (T, 2K) of another imaginary person and camera: (T', 2K) float32."""
    amount = STRENGTHS[strength]
    if amount == 0:
        return frames
    moved = mask_time(warp_time(frames, rng, amount), rng, amount)
    points = move_hands(moved.reshape(len(moved), -1, 2).astype(np.float64), rng, amount)
    turn = rng.uniform(-0.5, 0.5) * amount
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    scale = np.exp(rng.uniform(-0.6, 0.6) * amount) * np.array([np.exp(rng.uniform(-0.2, 0.2) * amount), 1.0])
    points = (points * scale) @ rotation.T + rng.normal(0, 0.6 * amount, size=2)
    points += rng.normal(0, 0.02 * amount, size=points.shape)
    return points.reshape(len(moved), -1).astype(np.float32)


def augment_lines(frames: np.ndarray, rng: np.random.Generator, strength: str) -> np.ndarray:
    """A line of handwriting (T columns, 8 rows) written wider or narrower, higher or lower, darker or lighter."""
    amount = STRENGTHS[strength]
    if amount == 0:
        return frames
    moved = warp_time(frames, rng, amount)
    rows = np.arange(moved.shape[1]) + rng.uniform(-1, 1) * amount
    moved = resample(moved.T, np.clip(rows, 0, moved.shape[1] - 1)).T
    moved = moved * np.exp(rng.uniform(-0.3, 0.3) * amount)
    moved = moved + rng.normal(0, 0.15 * amount, size=moved.shape)
    return moved.astype(np.float32)
