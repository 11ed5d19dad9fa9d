"""Networks by name. Every one takes padded clips and their lengths, and padding never changes what comes out."""

from __future__ import annotations

from torch import nn

from monitor.errors import UsageError
from monitor.run_dir import ModelInfo
from trainer.models.base import CtcModel
from trainer.models.digits_cnn import DigitsCnn
from trainer.models.landmark_tcn import LandmarkTcn

MODELS: dict[str, type[CtcModel]] = {"landmark_tcn": LandmarkTcn, "digits_cnn": DigitsCnn}


def build_model(
    name: str,
    *,
    vocabulary_size: int,
    features: int,
    width: float = 1.0,
    hidden_dim: int = 128,
    dropout: float = 0.3,
) -> CtcModel:
    """A fresh network; `vocabulary_size` counts the blank. Raises UsageError for an unknown name."""
    if name not in MODELS:
        raise UsageError(f"--model {name} is unknown; choose one of {', '.join(MODELS)}.")
    return MODELS[name](
        vocabulary_size=vocabulary_size, features=features, width=width, hidden_dim=hidden_dim, dropout=dropout
    )


def describe_model(name: str, model: CtcModel) -> ModelInfo:
    """Name, number of trainable parameters, and their share per stage."""
    counts = {stage: _count(module) for stage, module in model.stages().items()}
    total = _count(model)
    return ModelInfo(name=name, parameters=total, share_per_stage={key: n / total for key, n in counts.items()})


def _count(module: nn.Module) -> int:
    return sum(weights.numel() for weights in module.parameters() if weights.requires_grad)
