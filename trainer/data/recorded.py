"""Corpora on disk, PHOENIX-2014 or a manifest, as the trainer wants them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from monitor.run_dir.errors import RefusedError
from trainer.data.augmentation import STRENGTHS, mask_time, mirror_pictures, warp_time
from trainer.data.corpus import SEEN, SPLITS, Corpus, Progress
from trainer.data.entries import Entry
from trainer.data.preflight import Preflight, of_one_shape, read_all, usable
from trainer.data.reading import reader_of
from trainer.data.video import augment_video, draw_view


def recorded_corpus(
    name: str, entries: list[Entry], modality: str, frame_size: int, progress: Progress
) -> tuple[Corpus, Preflight]:
    """The corpus of the usable clips, and what was found before. Raises RefusedError where nothing is left."""
    report = Preflight()
    kept = usable(entries, report)
    words = sorted({word for entry in kept for word in entry.words})
    vocabulary = ("<blank>", *words)
    class_of = {word: number for number, word in enumerate(vocabulary)}
    clips = read_all(kept, reader_of(kept, modality, frame_size), class_of, report, progress)
    clips = of_one_shape(clips, report)
    splits = {split: tuple(clip for entry, clip in clips if entry.split == split) for split in (*SPLITS, SEEN)}
    if not splits[SEEN]:
        del splits[SEEN]
    for split in ("train", "val"):
        if not splits[split]:
            raise RefusedError("\n".join([f"No usable {split} clip is left of the {name} corpus.", *report.lines()]))
    made = Corpus(name, vocabulary, splits, augment_vectors, left_out=report.counts())
    if modality == "video":
        made = replace(made, augment=augment_video, view=draw_view, mirror=mirror_pictures)
    return made, report


def augment_vectors(frames: np.ndarray, rng: np.random.Generator, strength: str) -> np.ndarray:
    """Feature vectors (T, D) whose meaning is unknown: another speed, frozen stretches, a little noise and gain."""
    amount = STRENGTHS[strength]
    if amount == 0:
        return frames
    moved = mask_time(warp_time(frames, rng, amount), rng, amount)
    spread = frames.std(axis=0, keepdims=True)
    gain = np.exp(rng.normal(0, 0.1 * amount, size=(1, frames.shape[1])))
    noisy = moved * gain + rng.normal(0, 0.05 * amount, size=moved.shape) * spread
    return noisy.astype(np.float32)
