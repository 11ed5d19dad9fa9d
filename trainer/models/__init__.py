"""Networks by name. Every one takes padded clips and their lengths, and padding never changes what comes out."""

from __future__ import annotations

from torch import nn

from monitor.run_dir import ModelInfo
from monitor.run_dir.errors import UsageError
from trainer.models.base import PLAIN, CtcModel, HeadOptions
from trainer.models.digits_cnn import DigitsCnn
from trainer.models.i3d import I3d
from trainer.models.landmark_tcn import LandmarkTcn
from trainer.models.mobilenet_v3 import MobileNetV3

MODELS: dict[str, type[CtcModel]] = {
    "landmark_tcn": LandmarkTcn,
    "mobilenet_v3": MobileNetV3,
    "i3d": I3d,
    "digits_cnn": DigitsCnn,
}
USUAL_HIDDEN_DIM = {"landmark_tcn": 128, "mobilenet_v3": 224, "i3d": 512, "digits_cnn": 128}
"""Units per direction of the published sizes."""


def build_model(
    name: str,
    *,
    vocabulary_size: int,
    frame_shape: tuple[int, ...],
    width: float = 1.0,
    hidden_dim: int | None = None,
    dropout: float = 0.3,
    head: HeadOptions = PLAIN,
) -> CtcModel:
    """A fresh network; `vocabulary_size` counts the blank, `frame_shape` is (D,) or (C, H, W).

    Raises UsageError for an unknown name, or where the network cannot read such frames.
    """
    if name not in MODELS:
        raise UsageError(f"--model {name} is unknown; choose one of {', '.join(MODELS)}.")
    pictures = name in ("i3d", "mobilenet_v3")
    if pictures != (len(frame_shape) == 3):
        wanted = "pictures (channels, height, width)" if pictures else "vectors"
        raise UsageError(f"--model {name} reads {wanted}; this corpus has frames of shape {frame_shape}.")
    return MODELS[name](
        vocabulary_size=vocabulary_size,
        frame_shape=frame_shape,
        width=width,
        hidden_dim=hidden_dim or USUAL_HIDDEN_DIM[name],
        dropout=dropout,
        head=head,
    )


def describe_model(name: str, model: CtcModel) -> ModelInfo:
    """Name, number of trainable parameters, and their share per stage."""
    counts = {stage: _count(module) for stage, module in model.stages().items()}
    total = _count(model)
    return ModelInfo(name=name, parameters=total, share_per_stage={key: n / total for key, n in counts.items()})


def _count(module: nn.Module) -> int:
    return sum(weights.numel() for weights in module.parameters() if weights.requires_grad)
