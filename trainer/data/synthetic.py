"""The synthetic sign corpus: 12 landmarks per frame of invented people signing weather sentences.

Train, val and test have different people and different sentences, so a model that memorises its signers shows it
on val. Everything follows from the seed; a clip of 66 frames costs about a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from trainer.data.augmentation import augment_landmarks, mirror_landmarks
from trainer.data.corpus import SEEN, SPLITS, Corpus, Progress, Sample
from trainer.data.signs import GLOSSES, LOCATIONS, MOVEMENTS, VOCABULARY, Phonology, phonology, sentence

LANDMARKS = 12
EVAL_SIGNERS = 5
"""People in val, and as many others in test."""

# A pose: dominant wrist x y, second wrist x y, hand angle, hand length, thumb angle.
REST = np.array([0.55, 1.35, -0.55, 1.35, np.pi / 2, 0.3, 0.5])
BASE_HAND = np.array([-0.15, 0.45])
DETECTION_NOISE = 0.012
"""Jitter of a landmark, shoulder widths."""


@dataclass(frozen=True)
class Signer:
    """A person: how large, how fast, seen from where, and a fixed way (idiolect) of signing each gloss."""

    name: str
    body: np.ndarray
    """(2, 2) scale, stretch and rotation of the whole picture."""
    shift: np.ndarray
    speed: float
    hand: float
    location: np.ndarray
    """(glosses, 2) offset of the start location."""
    angle: np.ndarray
    amplitude: np.ndarray
    orientation: np.ndarray
    duration: np.ndarray
    movement: np.ndarray
    """(glosses,) movement used; now and then a variant that others do not use."""


def make_signer(name: str, rng: np.random.Generator, language: Phonology) -> Signer:
    """A random person before a random camera; each figure is drawn once and kept for all of their clips."""
    count = len(GLOSSES)
    turn = rng.normal(0, 0.25)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    variant = rng.random(count) < 0.03
    return Signer(
        name=name,
        body=rotation @ np.diag(_factor(rng, 0.35) * np.array([_factor(rng, 0.15), 1.0])),
        shift=rng.normal(0, 0.6, size=2),
        speed=_factor(rng, 0.15),
        hand=_factor(rng, 0.25),
        location=rng.normal(0, 0.06, size=(count, 2)),
        angle=rng.normal(0, 0.13, size=count),
        amplitude=_factor(rng, 0.2) * np.exp(rng.normal(0, 0.12, size=count)),
        orientation=rng.normal(0, 0.2, size=count),
        duration=rng.integers(-1, 2, size=count),
        movement=np.where(variant, rng.integers(MOVEMENTS, size=count), language.movement),
    )


def _factor(rng: np.random.Generator, spread: float) -> float:
    """A factor around 1: log-normal, cut off at two spreads."""
    return float(np.exp(spread * np.clip(rng.normal(), -2, 2)))


def _path(movement: int, u: np.ndarray) -> np.ndarray:
    """(n, 2) track of a movement over u in 0..1, about one unit long, before turning and scaling."""
    zero, two_pi = np.zeros_like(u), 2 * np.pi * u
    tracks = (
        (u, zero),  # straight
        (np.sin(np.pi * u), zero),  # there and back
        (0.5 * np.cos(two_pi) - 0.5, 0.5 * np.sin(two_pi)),  # circle
        (u, 0.5 * np.sin(np.pi * u)),  # arc
        (u, 0.35 * np.abs((3 * u) % 2 - 1)),  # zigzag
        (0.6 * np.abs(np.sin(two_pi)), zero),  # two taps
        (0.05 * np.sin(2 * two_pi), zero),  # hold
        (0.5 * np.sin(two_pi), 0.3 * np.sin(2 * two_pi)),  # figure of eight
    )
    return np.stack(tracks[movement], axis=1)


def _sign(gloss: int, who: Signer, language: Phonology) -> np.ndarray:
    """(n, 7) poses of one gloss (index from 0) by one person."""
    frames = max(5, round((language.duration[gloss] + who.duration[gloss]) / who.speed))
    u = np.linspace(0, 1, frames)
    angle = language.direction[gloss] * np.pi / 2 + who.angle[gloss]
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    reach = language.amplitude[gloss] * who.amplitude[gloss]
    start = LOCATIONS[language.location[gloss]] + who.location[gloss]
    poses = np.empty((frames, len(REST)))
    poses[:, 0:2] = start + reach * _path(int(who.movement[gloss]), u) @ turn
    poses[:, 2:4] = (REST[2:4], poses[:, 0:2] * [-1, 1], BASE_HAND)[language.second[gloss]]
    poses[:, 4] = language.orientation[gloss] + who.orientation[gloss]
    poses[:, 5] = language.size[gloss] * who.hand
    poses[:, 6] = language.aspect[gloss]
    return poses


def _glide(start: np.ndarray, end: np.ndarray, frames: int) -> np.ndarray:
    """(frames, 7) smooth transition between two poses, both ends left out."""
    u = np.linspace(0, 1, frames + 2)[1:-1, None]
    return start + (end - start) * (3 * u**2 - 2 * u**3)


def _poses(tokens: np.ndarray, who: Signer, language: Phonology, rng: np.random.Generator) -> np.ndarray:
    """(T, 7) poses of a sentence: rest, signs with glides of 2 to 4 frames between them, rest."""
    pieces = [np.repeat(REST[None], rng.integers(1, 4), axis=0)]
    for token in tokens:
        sign = _sign(int(token) - 1, who, language)
        pieces += [_glide(pieces[-1][-1], sign[0], int(rng.integers(2, 5))), sign]
    rest = np.repeat(REST[None], rng.integers(1, 4), axis=0)
    return np.concatenate([*pieces, _glide(pieces[-1][-1], REST, 3), rest])


def _landmarks(poses: np.ndarray, who: Signer, rng: np.random.Generator) -> np.ndarray:
    """(T, 24) float32: head, neck, shoulders, elbows, wrists, two fingertips a hand; seen through the camera."""
    frames = len(poses)
    points = np.zeros((frames, LANDMARKS, 2))
    sway = 0.02 * np.sin(np.linspace(0, rng.uniform(2, 8), frames) + rng.uniform(0, 6))
    points[:, 0], points[:, 2], points[:, 3] = [0, -0.5], [0.5, 0.1], [-0.5, 0.1]
    points[:, 6], points[:, 7] = poses[:, 0:2], poses[:, 2:4]
    for side, (shoulder, elbow, wrist) in ((1, (2, 4, 6)), (-1, (3, 5, 7))):
        # Elbows hang a little outside and below the line from shoulder to wrist.
        points[:, elbow] = 0.5 * (points[:, shoulder] + points[:, wrist]) + [0.18 * side, 0.22]
    for side, wrist, tip, thumb in ((1, 6, 8, 9), (-1, 7, 10, 11)):
        angle = poses[:, 4] if side == 1 else np.pi - poses[:, 4]
        for point, at, share in ((tip, angle, 1.0), (thumb, angle + side * poses[:, 6], 0.6)):
            reach = share * poses[:, 5:6]
            points[:, point] = points[:, wrist] + reach * np.stack([np.cos(at), np.sin(at)], axis=1)
    points[:, :, 0] += sway[:, None]
    seen = points @ who.body.T + who.shift + rng.normal(0, DETECTION_NOISE, size=points.shape)
    return seen.reshape(frames, -1).astype(np.float32)


def _split(name: str, clips: int, people: int, seed: int, progress: Progress) -> tuple[Sample, ...]:
    """Clips of one split; its people and sentences come from a generator of its own."""
    language = phonology()
    which = (*SPLITS, SEEN).index(name)
    home = "train" if name == SEEN else name
    people_rng = np.random.default_rng([seed, SPLITS.index(home), 0])
    crowd = [make_signer(f"{home}-{index + 1}", people_rng, language) for index in range(people)]
    samples = []
    for index in progress(range(clips), f"making {name} clips", clips):
        rng = np.random.default_rng([seed, which, 1, index])
        who, tokens = crowd[index % people], sentence(rng)
        frames = _landmarks(_poses(tokens, who, language, rng), who, rng)
        samples.append(Sample(f"{name}-{index:04d}", who.name, frames, tokens))
    return tuple(samples)


def quietly(items: Iterable[int], label: str, total: int) -> Iterable[int]:
    """Passes the items on and shows no progress."""
    return items


def synthetic_corpus(
    train_clips: int, eval_clips: int, signers: int, seed: int, progress: Progress = quietly, *, seen_clips: int = 0
) -> Corpus:
    """The corpus of one seed; more `train_clips` or `signers` never change val or test.

    `seen_clips` make a split of new sentences by the people of train.
    """
    sizes = {"train": (train_clips, signers), "val": (eval_clips, EVAL_SIGNERS), "test": (eval_clips, EVAL_SIGNERS)}
    if seen_clips:
        sizes[SEEN] = (seen_clips, signers)
    return Corpus(
        name="synthetic",
        vocabulary=VOCABULARY,
        splits={name: _split(name, clips, people, seed, progress) for name, (clips, people) in sizes.items()},
        augment=augment_landmarks,
        mirror=mirror_landmarks,
    )
