"""A small sign language about the weather: 51 glosses with a phonology, and a grammar for sentences.

The language itself is fixed; only the signers and the sentences depend on a run's seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WORDS: dict[str, tuple[str, ...]] = {
    "time": ("HEUTE", "MORGEN", "NACHT", "ABEND", "TAG", "MITTWOCH", "SONNTAG", "WOCHENENDE", "JETZT"),
    "region": ("NORD", "SUED", "WEST", "OST", "BERG", "KUESTE", "BAYERN", "REGION", "FLUSS"),
    "weather": (
        *("REGEN", "SONNE", "WOLKE", "SCHNEE", "GEWITTER", "NEBEL"),
        *("WIND", "STURM", "FROST", "HAGEL", "KLAR", "WARM"),
    ),
    "modifier": ("VIEL", "WENIG", "STARK", "SCHWACH", "MAESSIG", "UEBERWIEGEND", "MEISTENS"),
    "verb": ("KOMMEN", "BLEIBEN", "STEIGEN", "SINKEN", "ZIEHEN"),
    "connector": ("UND", "AUCH", "DANN"),
    "number": ("NULL", "FUENF", "ZEHN", "FUENFZEHN", "ZWANZIG", "DREISSIG"),
}
GLOSSES: tuple[str, ...] = tuple(word for words in WORDS.values() for word in words)
VOCABULARY: tuple[str, ...] = ("<blank>", *GLOSSES)
LONGEST_SENTENCE = 9

# Start locations of the dominant hand, in shoulder widths from the neck; y grows downwards.
LOCATIONS = np.array([[0.1, -0.55], [0.3, -0.3], [0.5, 0.05], [0.1, 0.3], [0.1, 0.8], [0.85, 0.5], [0.4, 0.5]])
MOVEMENTS = 8
DIRECTIONS = 4
SECOND_HAND = ("rests", "mirrors", "base")

_LANGUAGE_SEED = 1760
"""Drawn once; another number would be another language."""


@dataclass(frozen=True)
class Phonology:
    """How each gloss is signed, as arrays over the 51 glosses."""

    location: np.ndarray
    movement: np.ndarray
    direction: np.ndarray
    second: np.ndarray
    amplitude: np.ndarray
    orientation: np.ndarray
    """Angle of the hand, radians."""
    size: np.ndarray
    """Length of the hand, shoulder widths."""
    aspect: np.ndarray
    """Angle between index finger and thumb, radians."""
    duration: np.ndarray
    """Frames of the sign itself, without transitions."""


def phonology() -> Phonology:
    """The fixed form of every gloss; no two share location, movement and direction."""
    rng = np.random.default_rng(_LANGUAGE_SEED)
    count = len(GLOSSES)
    forms = rng.choice(len(LOCATIONS) * MOVEMENTS * DIRECTIONS, size=count, replace=False)
    return Phonology(
        location=forms % len(LOCATIONS),
        movement=forms // len(LOCATIONS) % MOVEMENTS,
        direction=forms // (len(LOCATIONS) * MOVEMENTS),
        second=rng.integers(len(SECOND_HAND), size=count),
        amplitude=rng.uniform(0.35, 0.6, size=count),
        orientation=rng.integers(3, size=count) * np.pi / 3,
        size=rng.choice([0.25, 0.35], size=count),
        aspect=rng.choice([0.3, 1.2], size=count),
        duration=rng.integers(7, 12, size=count),
    )


def sentence(rng: np.random.Generator) -> np.ndarray:
    """A random sentence: (L,) class ids from 1, 1 <= L <= 9, mean about 5.3."""
    words: list[str] = []
    words += _maybe(rng, 0.8, "time") + _maybe(rng, 0.7, "region") + _clause(rng)
    if rng.random() < 0.5:
        words += [*_pick(rng, "connector"), *_maybe(rng, 0.4, "region"), *_clause(rng)]
    words += _maybe(rng, 0.35, "number") + _maybe(rng, 0.12, "number")
    return np.array([VOCABULARY.index(word) for word in words[:LONGEST_SENTENCE]], dtype=np.int64)


def _clause(rng: np.random.Generator) -> list[str]:
    return _maybe(rng, 0.45, "modifier") + _pick(rng, "weather") + _maybe(rng, 0.35, "verb")


def _maybe(rng: np.random.Generator, chance: float, kind: str) -> list[str]:
    return _pick(rng, kind) if rng.random() < chance else []


def _pick(rng: np.random.Generator, kind: str) -> list[str]:
    """One word of a kind; the first of its list come more often, as words do."""
    words = WORDS[kind]
    weights = 1.0 / (2.0 + np.arange(len(words)))
    return [str(rng.choice(words, p=weights / weights.sum()))]
