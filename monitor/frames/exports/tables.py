"""CSV and Parquet: the tables of `vitalsigns.read`, written anew whenever something was added."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

import pandas as pd

from monitor.frames import tables
from monitor.frames.exports.points import Point
from monitor.frames.exports.sink import Sink
from monitor.run_dir import Snapshot

TABLES = {
    "epochs": tables.of_epochs,
    "steps": tables.of_steps,
    "decodes": tables.of_decodes,
    "alerts": tables.of_alerts,
}


class _Tables(Sink):
    """One file for each table that has a row."""

    def write(self, points: list[Point], snapshot: Snapshot) -> None:
        """Writes every table whole: `points` are in the snapshot."""
        for name, made_of in TABLES.items():
            table = made_of(snapshot)
            if len(table):
                # Whoever reads along sees the whole table, the old one or the new one.
                beside = self.out / f".{name}.new"
                self._save(table, beside)
                beside.replace(self.out / f"{name}{self.suffix}")

    suffix = ""

    @abstractmethod
    def _save(self, table: pd.DataFrame, path: Path) -> None: ...


class CsvTables(_Tables):
    """epochs.csv and so on."""

    suffix = ".csv"

    def _save(self, table: pd.DataFrame, path: Path) -> None:
        table.to_csv(path, index=table.index.name is not None)


class ParquetTables(_Tables):
    """epochs.parquet and so on, with the types of the columns."""

    library = "pyarrow"
    suffix = ".parquet"

    def _save(self, table: pd.DataFrame, path: Path) -> None:
        table.to_parquet(path, index=table.index.name is not None)
