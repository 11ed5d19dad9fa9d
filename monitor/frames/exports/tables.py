"""CSV and Parquet: the tables of `vitalsigns.read`, written anew whenever something was added."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any

import pandas as pd

from monitor.frames import tables
from monitor.frames.exports.points import Point
from monitor.frames.exports.sink import Sink
from monitor.run_dir import Snapshot
from monitor.view.numbers import no_formula

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
                # Another reader sees the whole table, the old one or the new one.
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
        # The texts are of a run that anyone may have made, and a spreadsheet opens this file.
        texts = {name: column.map(no_formula, na_action="ignore") for name, column in table.items() if _is_text(column)}
        safe = table.assign(**{str(name): column for name, column in texts.items()}).rename(columns=no_formula)
        safe.to_csv(path, index=table.index.name is not None)


def _is_text(column: pd.Series[Any]) -> bool:
    return bool(pd.api.types.is_string_dtype(column) or pd.api.types.is_object_dtype(column))


class ParquetTables(_Tables):
    """epochs.parquet and so on, with the types of the columns."""

    library = "pyarrow"
    suffix = ".parquet"

    def _save(self, table: pd.DataFrame, path: Path) -> None:
        table.to_parquet(path, index=table.index.name is not None)
