"""What is measured: the networks at a size, with random pictures or invented landmarks for them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from types import MethodType
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from trainer.config import Config, check
from trainer.data.augmentation import Distortion
from trainer.data.batches import TrainingBatches
from trainer.data.corpus import Corpus, Sample
from trainer.data.synthetic import synthetic_corpus
from trainer.data.video import augment_video, draw_view, mirror_pictures
from trainer.models import build_model
from trainer.models.base import CtcModel
from trainer.models.i3d import Mixed, Unit
from trainer.models.norms import Real

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


VECTORS = ("landmark_tcn",)
"""Networks on landmarks; all others see pictures."""


@functools.lru_cache(maxsize=3)
def corpus_of(size: Size, name: str = "i3d", *, even: bool = False) -> Corpus:
    """Random pictures of clips between 3/4 and the whole of `frames` long, as real corpora have them; `even`: all of
    one length, the mean of those. For a network on landmarks the invented signers of the trainer, at their own length.
    """
    if name in VECTORS:
        return synthetic_corpus(size.clips, 1, 2, 0)
    rng = np.random.default_rng(0)
    clips = []
    for number in range(size.clips):
        shortest = 3 * size.frames // 4
        length = (shortest + size.frames) // 2 if even else int(rng.integers(shortest, size.frames + 1))
        frames = rng.integers(0, 256, size=(length, 3, size.pixels, size.pixels), dtype=np.uint8)
        tokens = rng.integers(1, VOCABULARY, size=max(1, length // 16))
        clips.append(Sample(f"clip-{number}", "", frames, tokens))
    words = ("<blank>", *(f"W{number}" for number in range(1, VOCABULARY)))
    splits = {"train": tuple(clips), "val": (), "test": ()}
    return Corpus("random", words, splits, augment_video, view=draw_view, mirror=mirror_pictures)


def config_of(name: str, size: Size, **options: Any) -> Config:
    return check(
        {
            "modality": "landmarks" if name in VECTORS else "video",
            "model": name,
            "width": size.width,
            "hidden_dim": min(size.hidden, 128) if name in VECTORS else size.hidden,
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
    landmarks = synthetic_corpus(1, 1, 1, 0).frame_shape if config.model in VECTORS else None
    return build_model(
        config.model,
        vocabulary_size=VOCABULARY,
        frame_shape=landmarks or (3, config.frame_size, config.frame_size),
        width=config.width,
        hidden_dim=config.hidden_dim,
        dropout=config.dropout,
    )


def beginners(config: Config) -> CtcModel:
    """The same network as a careful beginner writes it: i3d branch by branch, with torch's own batch norm over all of a
    padded batch, and padding silenced afterwards. The others are that already, as long as nothing is prepared."""
    model = network(config)
    for module in model.modules():
        if isinstance(module, Unit):
            module.forward = MethodType(_plain_unit, module)  # type: ignore[method-assign]
        elif isinstance(module, Mixed):
            module.forward = MethodType(_plain_block, module)  # type: ignore[method-assign]
    return model


def _plain_unit(unit: Unit, x: Tensor, real: Real, *, windowed: bool = True) -> Tensor:
    return F.relu(unit.norm(unit.conv(x))) * real.mask


def _plain_block(block: Mixed, x: Tensor, real: Real) -> Tensor:
    near = F.max_pool3d(x, 3, stride=1, padding=1)
    three, five = block.three(block.three_in(x, real), real), block.five(block.five_in(x, real), real)
    return torch.cat([block.one(x, real), three, five, block.pooled(near, real)], dim=1)


def batches_of(corpus: Corpus, config: Config, stride: int) -> TrainingBatches:
    return TrainingBatches(corpus, config.batch_size, Distortion(config.augmentation), seed=0, stride=stride)
