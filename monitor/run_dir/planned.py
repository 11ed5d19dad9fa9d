"""For how many epochs a training is planned, by the settings that it was given. Pure."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from typing import Any

from monitor.run_dir.records import Snapshot

EPOCHS_KEYS = ("epochs", "num_epochs", "max_epochs", "n_epochs", "num_train_epochs", "max_epoch")
"""Names that scripts give the option for the number of epochs."""


def planned_epochs(snapshot: Snapshot) -> float | None:
    """Epochs that a run is planned for, by its own word or its settings; None where neither says."""
    own = snapshot.progress.epochs if snapshot.progress is not None else snapshot.planned
    return (
        float(own)
        if own is not None and own > 0
        else planned_by(snapshot.run.config if snapshot.run is not None else {})
    )


def planned_by(settings: Mapping[str, Any]) -> float | None:
    """The number of epochs among settings, which may be text from a command line."""
    return next((number for number in numbers_of_epochs(settings) if number > 0), None)


def numbers_of_epochs(settings: Mapping[str, Any]) -> list[float]:
    """What stands under such names, also where it plans none, such as -1."""
    found = []
    for key, value in settings.items():
        if key.lstrip("-").replace("-", "_").lower().rpartition(".")[2] in EPOCHS_KEYS:
            with contextlib.suppress(TypeError, ValueError):
                found.append(float(value))
    return [number for number in found if math.isfinite(number)]
