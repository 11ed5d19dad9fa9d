"""Named starting points: a preset fills in values that the command line may override.

`broken` overfits on purpose, `fixed` and `more_data` are cures that were measured (docs/log.md), and
`regularised_only` / `regularised` are the popular advice that moves the gap without curing the run.
"""

from __future__ import annotations

from typing import Any

from monitor.errors import UsageError

Values = dict[str, Any]

SYNTHETIC_BROKEN: Values = {
    "dropout": 0.3,
    "weight_decay": 1e-4,
    "learning_rate": 1e-3,
    "hidden_dim": 128,
    "augmentation": "none",
}
DIGITS_BROKEN: Values = {
    "learning_rate": 2e-3,
    "epochs": 60,
    "train_images": 60,
    "train_clips": 120,
    "dropout": 0.1,
    "weight_decay": 1e-4,
    "augmentation": "none",
}

PRESETS: dict[str, dict[str, Values]] = {
    "synthetic": {
        "broken": SYNTHETIC_BROKEN,
        "fixed": {
            "dropout": 0.5,
            "weight_decay": 1e-3,
            "learning_rate": 2e-3,
            "batch_size": 4,
            "hidden_dim": 64,
            "augmentation": "strong",
        },
        "regularised_only": {**SYNTHETIC_BROKEN, "dropout": 0.5, "weight_decay": 1e-3, "hidden_dim": 64},
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
