"""`lightning_logs/version_N/metrics.csv` of Lightning's `CSVLogger` (`lightning/fabric/loggers/csv_logs.py`).

Train and validation numbers stand in rows of their own, most cells empty; `epoch` counts from 0 and is kept so.
`X_epoch` is the mean of an epoch, `X_step` one step. The file is rewritten when a new name appears, so it is followed
from its beginning. Units of losses and shares are the script's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from monitor.importers.formats.table import Table, header_of
from monitor.importers.several import only_one

RATES = tuple(f"lr-{kind}{group}" for kind in ("Adam", "AdamW", "SGD", "RAdam") for group in ("", "/pg1"))
"""What its LearningRateMonitor calls the learning rate."""


class Lightning(Table):
    """A table with empty cells, whose file is written again for a new name; the run has the name of its folder."""

    name = "lightning"
    title = "metrics.csv of Lightning"
    shape = "events"
    rewritten = True
    names: ClassVar[Mapping[str, tuple[str, ...]]] = {"lr": RATES}

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        found = _tables(path) if path.is_dir() else [path]
        super().__init__(only_one(path, found, "files metrics.csv"), follow=follow)
        folder = self.path.absolute().parent
        self.run_name = folder.name if not folder.name.startswith("version_") else f"{folder.parent.name}-{folder.name}"

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """High for a folder with `metrics.csv`; for a table with `epoch` and `step`, if so named or mostly sparse."""
        if path.is_dir():
            return 0.7 if _tables(path) else 0.0
        names = header_of(head)
        if not {"epoch", "step"} <= set(names) or len(names) < 3:
            return 0.0
        rows = head.decode("utf-8", "replace").splitlines()[1:50]
        sparse = sum(",," in row or row.endswith(",") for row in rows)
        return 0.8 if path.name == "metrics.csv" or sparse > len(rows) / 2 else 0.0


def _tables(folder: Path) -> list[Path]:
    return sorted([*folder.glob("metrics.csv"), *folder.glob("version_*/metrics.csv")])
