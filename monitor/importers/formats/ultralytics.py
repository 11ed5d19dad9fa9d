"""`results.csv` of Ultralytics (YOLO; `ultralytics/engine/trainer.py`, `save_metrics`): cells padded with spaces.

The loss is logged in parts (`train/box_loss`, `train/cls_loss`, `train/dfl_loss` …, weighted already); train and val
loss are their sums, and the parts stay beside. `epoch` counts from 0 or 1 as the version did. There is no WER; mAP,
precision and recall are kept under their own names. `lr/pg0` is the learning rate of the first group.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from monitor.importers.formats.table import Table, header_of
from monitor.importers.items import Item, Row

PARTS = ("train/", "val/")


class Ultralytics(Table):
    """Adds the sum of the parts of a split's loss to each row, as the loss of that split."""

    name = "ultralytics"
    title = "results.csv of Ultralytics"
    names: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "train_loss": ("train/loss (sum)",),
        "val_loss": ("val/loss (sum)",),
        "lr": ("lr/pg0", "x/lr0"),
    }

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """High for a header with `epoch` and at least two parts of a loss."""
        names = header_of(head)
        parts = [name for name in names if name.startswith(PARTS) and name.endswith("_loss")]
        return 0.9 if "epoch" in names and len(parts) > 1 else 0.0

    def _row(self, line: int, cells: list[str]) -> Item | None:
        item = super()._row(line, cells)
        if not isinstance(item, Row):
            return item
        values = dict(item.values)
        for part in PARTS:
            losses = [value for name, value in values.items() if name.startswith(part) and name.endswith("_loss")]
            if losses:
                values[f"{part}loss (sum)"] = sum(losses)
        return Row(line, values)
