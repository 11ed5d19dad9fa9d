"""What is measured: the networks at a size, and random pictures for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from trainer.config import Config, check
from trainer.data.augmentation import Distortion
from trainer.data.batches import TrainingBatches
from trainer.data.corpus import Corpus, Sample
from trainer.data.video import augment_video, draw_view, mirror_pictures
from trainer.models import build_model
from trainer.models.base import CtcModel

VOCABULARY = 1233
"""Words of PHOENIX-2014 SI5 and a blank."""


@dataclass(frozen=True)
class Size:
    """How large the measured training is."""

    clips: int = 96
    batch: int = 8
    frames: int = 64
    pixels: int = 224
    width: float = 1.0
    hidden: int = 512
    seconds: float = 5.0
    """Of warming up at most, and of measuring, for each setting."""
    threads: int = 8


def corpus_of(size: Size) -> Corpus:
    """Random pictures of clips between 3/4 and the whole of `frames` long, as real corpora have them."""
    rng = np.random.default_rng(0)
    clips = []
    for number in range(size.clips):
        length = int(rng.integers(3 * size.frames // 4, size.frames + 1))
        frames = rng.integers(0, 256, size=(length, 3, size.pixels, size.pixels), dtype=np.uint8)
        tokens = rng.integers(1, VOCABULARY, size=max(1, length // 16))
        clips.append(Sample(f"clip-{number}", "", frames, tokens))
    words = ("<blank>", *(f"W{number}" for number in range(1, VOCABULARY)))
    splits = {"train": tuple(clips), "val": (), "test": ()}
    return Corpus("random", words, splits, augment_video, view=draw_view, mirror=mirror_pictures)


def config_of(name: str, size: Size, **options: Any) -> Config:
    return check(
        {
            "modality": "video",
            "model": name,
            "width": size.width,
            "hidden_dim": size.hidden,
            "frame_size": size.pixels,
            "batch_size": size.batch,
            "epochs": 1000,
            # Both loops minimise the same: the plain CTC loss of a plain last layer.
            "classifier": "linear",
            "auxiliary_ctc": 0.0,
            "loader_threads": size.threads,
            **options,
        }
    )


def network(config: Config) -> CtcModel:
    torch.manual_seed(0)
    return build_model(
        config.model,
        vocabulary_size=VOCABULARY,
        frame_shape=(3, config.frame_size, config.frame_size),
        width=config.width,
        hidden_dim=config.hidden_dim,
        dropout=config.dropout,
    )


def batches_of(corpus: Corpus, config: Config, stride: int) -> TrainingBatches:
    return TrainingBatches(corpus, config.batch_size, Distortion(config.augmentation), seed=0, stride=stride)
