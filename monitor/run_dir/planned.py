"""For how many epochs a training is planned, by the settings that it was given. Pure."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Mapping
from typing import Any

from monitor.run_dir.records import Snapshot

EPOCHS_KEYS = ("epochs", "num_epochs", "max_epochs", "n_epochs", "num_train_epochs", "max_epoch")
"""Names that scripts give the option for the number of epochs."""
DURATION_KEYS = ("max_duration", "train_duration")
IN_EPOCHS = re.compile(r"(\d{1,9})ep")
"""How Composer writes a duration of so many epochs: `8ep`; `500ba` plans none."""


def planned_epochs(snapshot: Snapshot) -> float | None:
    """The number of the last planned epoch, from what the run declares or its settings; None where neither holds it.

    A run that counts its epochs from 0 ends one below its setting: 24 where it is planned for 25.
    """
    own = snapshot.progress.epochs if snapshot.progress is not None else snapshot.planned
    many = (
        float(own)
        if own is not None and own > 0
        else planned_by(snapshot.run.config if snapshot.run is not None else {})
    )
    return many - 1 if many is not None and many > 1 and counts_from_0(snapshot, many) else many


def counts_from_0(snapshot: Snapshot, many: float) -> bool:
    """Whether epoch 0 of a run planned for `many` was trained, not only evaluated before the training."""
    rows = snapshot.epochs
    return bool(rows) and rows[0].epoch == 0 and rows[0].train_loss is not None and rows[-1].epoch < many


def planned_by(settings: Mapping[str, Any]) -> float | None:
    """The number of epochs among settings, which may be text from a command line."""
    return next((number for _, number in numbers_of_epochs(settings) if number > 0), None)


def key_of_epochs(settings: Mapping[str, Any]) -> str:
    """The name under which the planned epochs stand among settings; "" where none plans them."""
    return next((key for key, number in numbers_of_epochs(settings) if number > 0), "")


def numbers_of_epochs(settings: Mapping[str, Any]) -> list[tuple[str, float]]:
    """(name, what stands under it) of such names, also where it plans none, such as -1."""
    found = []
    for key, value in settings.items():
        name = key.lstrip("-").replace("-", "_").lower().rpartition(".")[2]
        in_epochs = IN_EPOCHS.fullmatch(str(value)) if name in DURATION_KEYS else None
        if name in EPOCHS_KEYS or in_epochs:
            with contextlib.suppress(TypeError, ValueError):
                found.append((key, float(in_epochs[1] if in_epochs else value)))
    return [(key, number) for key, number in found if math.isfinite(number)]
