"""MLflow's database, `mlflow.db`: what MLflow writes without a tracking server since 3.7, through SQLAlchemy.

Read are the tables runs, metrics and params. A value that is no number is kept as `is_nan`, infinity as the largest
float. Numbers of one step belong together; there is no epoch unless one is logged as a metric. Deleted runs, artifacts,
tags and traces are not read, and neither is a database that is no SQLite file.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from monitor.importers.formats.stored import LONGEST_NAME, MOST_RUNS, MOST_SETTINGS, StoredRun
from monitor.importers.items import Item, Row, SameStep, Unread
from monitor.run_dir import Outcome

FILE = "mlflow.db"
ENDED: dict[str, Outcome] = {"FINISHED": "finished", "FAILED": "failed", "KILLED": "stopped"}


class MlflowStore(StoredRun):
    """Joins the metrics of one step of one run into a row; its params are its settings."""

    name = "mlflow-db"
    title = "MLflow's database"
    tables = ("runs", "metrics", "params")
    needs: ClassVar[Mapping[str, frozenset[str]]] = {
        "runs": frozenset({"run_uuid", "name", "status", "lifecycle_stage", "start_time"}),
        "metrics": frozenset({"run_uuid", "key", "value", "timestamp", "step", "is_nan"}),
        "params": frozenset({"run_uuid", "key", "value"}),
    }
    rows_query = (
        "SELECT rowid, key, value, timestamp, step, is_nan FROM metrics "
        "WHERE run_uuid = ? AND rowid > ? ORDER BY rowid LIMIT ?"
    )

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        self._steps = SameStep()
        super().__init__(path, follow=follow)

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """High for a folder with `mlflow.db`, and for a database with the tables. Raises UnreadableRunError."""
        if path.is_dir():
            return 0.8 * (path / FILE).is_file()
        return 1.0 if cls.is_database(path, head) else 0.0

    @classmethod
    def file_in(cls, place: Path) -> Path:
        """The path of `mlflow.db` in a folder; a file is taken as it is."""
        return place / FILE if place.is_dir() else place

    def runs(self) -> dict[str, str]:
        """Id → name of the runs that are not deleted, the newest first; the id where there is no name."""
        found = self.database.rows(
            "SELECT run_uuid, name FROM runs WHERE lifecycle_stage = 'active' ORDER BY start_time DESC LIMIT ?",
            MOST_RUNS,
        )
        return {str(key): str(name or key) for key, name in found}

    def describe(self) -> None:
        """Reads the run's name, how it ended, and its params, at most MOST_SETTINGS."""
        for name, status in self.database.rows("SELECT name, status FROM runs WHERE run_uuid = ?", self.run_id):
            self.run_name = str(name or self.run_id)
            self.outcome = ENDED.get(str(status))
        settings = "SELECT key, value FROM params WHERE run_uuid = ? LIMIT ?"
        self.config = {str(key): str(value) for key, value in self.database.rows(settings, self.run_id, MOST_SETTINGS)}

    def joined(self, rows: Iterator[Row]) -> Iterator[Row]:
        """One row of the table is one metric."""
        return self._steps.join(rows, hold=self.follow and self.outcome is None)

    def rest(self) -> Iterator[Item]:
        """The row that waits for more metrics of its step, if one does."""
        return self._steps.rest()

    def row(self, number: int, cells: tuple[Any, ...]) -> Row | Unread:
        """One metric at its step, with NaN and infinity put back; Unread where a cell does not fit."""
        key, value, at, step, is_nan = cells
        if (
            not isinstance(key, str)
            or len(key) > LONGEST_NAME
            or not all(isinstance(n, (int, float)) for n in cells[1:4])
        ):
            return Unread(number, "no metric with a name, a value, a time and a step")
        value = math.nan if is_nan else math.copysign(math.inf, value) if abs(value) == sys.float_info.max else value
        return Row(number, {key: float(value), "step": float(step)}, at / 1000)
