"""`training.log` of Keras' `CSVLogger` (`keras/src/callbacks/csv_logger.py`): `epoch`, then the logs in order of name.

`epoch` counts from 0 and is kept so. `loss` is the running mean of the epoch in train mode; `val_*` is on validation.
With `append=True` a later start goes on below without a header. Loss unit as compiled; regularisation is part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from monitor.importers.formats.table import Table, header_of


class Keras(Table):
    """A table in which `loss` is the train loss, and the learning rate has one of Keras' two names."""

    name = "keras"
    title = "a CSVLogger file of Keras"
    names: ClassVar[Mapping[str, tuple[str, ...]]] = {"train_loss": ("loss",), "lr": ("learning_rate", "lr")}

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """High for a header that begins with `epoch` and holds `loss` and `val_loss`, but no `step`."""
        names = header_of(head)
        return (
            0.75 if names[:1] == ["epoch"] and "loss" in names and "val_loss" in names and "step" not in names else 0.0
        )
