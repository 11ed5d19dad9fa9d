"""Lines of real handwritten digits, from the 1,797 UCI images of 8 x 8 pixels that scikit-learn ships.

A line is 3 to 8 images side by side with gaps of 0 to 4 columns and pixel noise; a frame is one column of 8 pixels.
Lines of train, val and test are made of different images, so the gap between them is a real one.
"""

from __future__ import annotations

import numpy as np

from monitor.run_dir.errors import RefusedError
from trainer.data.augmentation import augment_lines
from trainer.data.corpus import Corpus, Sample

IMAGES = {"test": (900, 1200), "val": (1200, 1797)}
"""Image numbers of the splits that are scored; train takes the first ones, at most 900."""
VOCABULARY = ("<blank>", *(str(digit) for digit in range(10)))
PIXEL_NOISE = 0.3


def digits_corpus(train_clips: int, eval_clips: int, train_images: int, seed: int) -> Corpus:
    """The corpus of one seed; more training images or lines never change val or test."""
    images, labels = _images()
    ranges = {"train": (0, train_images), **IMAGES}
    sizes = {"train": train_clips, "val": eval_clips, "test": eval_clips}
    splits = {}
    for which, name in enumerate(("train", "val", "test")):
        low, high = ranges[name]
        pool = (images[low:high], labels[low:high])
        splits[name] = tuple(
            _line(f"{name}-{index:04d}", pool, np.random.default_rng([seed, which, index]))
            for index in range(sizes[name])
        )
    return Corpus(name="digits", vocabulary=VOCABULARY, splits=splits, augment=augment_lines)


def _images() -> tuple[np.ndarray, np.ndarray]:
    """(1797, 8, 8) pixels in 0..1 and (1797,) digits. Raises RefusedError without scikit-learn."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise RefusedError(
            "The digits corpus needs scikit-learn, which is not installed; run: pip install scikit-learn"
        ) from None
    bundle = load_digits()
    return (bundle.images / 16.0).astype(np.float32), bundle.target


def _line(clip_id: str, pool: tuple[np.ndarray, np.ndarray], rng: np.random.Generator) -> Sample:
    """One line: frames (T, 8), its digits as classes 1..10."""
    images, labels = pool
    chosen = rng.integers(len(images), size=rng.integers(3, 9))
    columns = [np.zeros((int(rng.integers(1, 5)), 8), np.float32)]
    for index in chosen:
        columns += [images[index].T, np.zeros((int(rng.integers(0, 5)), 8), np.float32)]
    clean = np.concatenate(columns)
    frames = (clean + rng.normal(0, PIXEL_NOISE, size=clean.shape)).astype(np.float32)
    return Sample(clip_id, "", frames, labels[chosen].astype(np.int64) + 1)
