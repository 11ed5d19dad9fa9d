"""Named starting points: a preset fills in values that the command line may override.

`broken` overfits on purpose, `fixed`, `best` and `more_data` are cures that were measured (docs/log.md), and
`regularised_only` / `regularised` are the popular advice that moves the gap without curing the run.
"""

from __future__ import annotations

from typing import Any

from monitor.run_dir.errors import UsageError

Values = dict[str, Any]

PLAIN_HEAD: Values = {"classifier": "linear", "auxiliary_ctc": 0.0, "bias_init": "random"}
"""The last layer as most people write it; today's defaults do without its weaknesses."""
SYNTHETIC_BROKEN: Values = {
    **PLAIN_HEAD,
    "dropout": 0.3,
    "weight_decay": 1e-4,
    "learning_rate": 1e-3,
    "hidden_dim": 128,
    "augmentation": "none",
}
SYNTHETIC_FIXED: Values = {
    **PLAIN_HEAD,
    "dropout": 0.5,
    "weight_decay": 1e-3,
    "learning_rate": 2e-3,
    "batch_size": 4,
    "hidden_dim": 64,
    "augmentation": "strong",
}
VIDEO_BROKEN: Values = {
    **PLAIN_HEAD,
    "modality": "video",
    "width": 0.125,
    "hidden_dim": 64,
    "frame_size": 24,
    "train_clips": 100,
    "signers": 2,
    "epochs": 60,
    "learning_rate": 3e-3,
    "dropout": 0.3,
    "weight_decay": 1e-4,
    "augmentation": "none",
}
DIGITS_BROKEN: Values = {
    **PLAIN_HEAD,
    "learning_rate": 2e-3,
    "epochs": 60,
    "train_images": 60,
    "train_clips": 120,
    "dropout": 0.1,
    "weight_decay": 1e-4,
    "augmentation": "none",
}

HEAD: Values = {"classifier": "normalised", "auxiliary_ctc": 1.0, "bias_init": "prior"}
"""The measured defaults, stated explicitly."""

PRESETS: dict[str, dict[str, Values]] = {
    "synthetic": {
        "broken": SYNTHETIC_BROKEN,
        "fixed": SYNTHETIC_FIXED,
        "best": {**SYNTHETIC_FIXED, **HEAD},
        "regularised_only": {**SYNTHETIC_BROKEN, "dropout": 0.5, "weight_decay": 1e-3, "hidden_dim": 64},
        "video_broken": VIDEO_BROKEN,
        "video_fixed": {
            **VIDEO_BROKEN,
            **HEAD,
            "train_clips": 800,
            "signers": 20,
            "epochs": 30,
            "weight_decay": 1e-3,
            "augmentation": "light",
        },
    },
    "digits": {
        "broken": DIGITS_BROKEN,
        "regularised": {**DIGITS_BROKEN, "dropout": 0.5, "weight_decay": 1e-3, "augmentation": "strong"},
        "more_data": {
            **DIGITS_BROKEN,
            "train_images": 600,
            "train_clips": 240,
            "dropout": 0.3,
            "weight_decay": 1e-2,
            "augmentation": "strong",
        },
    },
}


def preset(name: str, data: str) -> Values:
    """The values that preset `name` gives a run on the corpus `data`. Raises UsageError for an unknown name."""
    known = PRESETS.get(data, {})
    if name not in known:
        raise UsageError(f"There is no preset {name} for the {data} corpus; it has {', '.join(known)}.")
    return known[name]
