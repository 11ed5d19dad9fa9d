"""Trackio's database of a project, `trackio/<project>.db`, as the library of that name writes it.

Each row of the table metrics is one call of `trackio.log`: a JSON object of numbers, with the step and the time. The
table configs holds the settings. Media, tables, alerts, traces and system metrics are not read. The database does not
say how a run ended.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from monitor.importers.formats.sqlite_file import MAGIC
from monitor.importers.formats.stored import MOST_RUNS, StoredRun
from monitor.importers.items import Row, Unread
from monitor.importers.json_objects import numbers_of, parse
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.opening import OddFileError, open_foreign


class Trackio(StoredRun):
    """Takes each call of `trackio.log` in one run as a row; a run may have an id, or only a name."""

    name = "trackio"
    title = "Trackio's database"
    tables = ("metrics", "configs")
    needs: ClassVar[Mapping[str, frozenset[str]]] = {
        "metrics": frozenset({"id", "run_name", "step", "timestamp", "metrics"}),
        "configs": frozenset({"run_name", "config"}),
    }

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """High for a database with the tables, lower for a folder that holds one. Raises UnreadableRunError."""
        if path.is_dir():
            return 0.7 * bool(_projects(path))
        return 0.95 if cls.is_database(path, head) else 0.0

    @classmethod
    def file_in(cls, place: Path) -> Path:
        """The one database in a folder; a file as it is. Raises UnreadableRunError where there is none, or several."""
        if not place.is_dir():
            return place
        found = _projects(place)
        if len(found) != 1:
            names = ", ".join(each.name for each in found[:10]) or "none"
            raise UnreadableRunError(f"{place} holds {len(found)} projects of Trackio ({names}); give the file of one.")
        return found[0]

    @property
    def _key(self) -> str:
        """What tells runs apart: two may have one name since Trackio gives each an id."""
        return "run_id" if "run_id" in self.database.columns("metrics") else "run_name"

    @property
    def rows_query(self) -> str:  # type: ignore[override]
        """The query of a run's rows, by its id where the table has ids, else by its name."""
        return f"SELECT id, metrics, step, timestamp FROM metrics WHERE {self._key} = ? AND id > ? ORDER BY id LIMIT ?"

    def runs(self) -> dict[str, str]:
        """Id → name, the newest run first; in a table without ids, the name stands for the id."""
        newest = f"SELECT {self._key}, run_name FROM metrics GROUP BY {self._key} ORDER BY id DESC LIMIT ?"
        found = self.database.rows(newest, MOST_RUNS)
        return {str(key): str(name) for key, name in found}

    def describe(self) -> None:
        """Reads the run's name, and its settings but for those that begin with an underscore."""
        named = self.database.rows(f"SELECT run_name FROM metrics WHERE {self._key} = ? LIMIT 1", self.run_id)
        self.run_name = str(named[0][0]) if named else self.run_id
        key = self._key if self._key in self.database.columns("configs") else "run_name"
        for (text,) in self.database.rows(f"SELECT config FROM configs WHERE {key} = ?", self.run_id):
            found = _object(text)
            self.config = {name: value for name, value in found.items() if not name.startswith("_")}

    def row(self, number: int, cells: tuple[Any, ...]) -> Row | Unread:
        """The numbers of one call at its step; Unread where there is no number or no step."""
        text, step, at = cells
        found = numbers_of(_object(text))
        if not found or not isinstance(step, int):
            return Unread(number, "no object with numbers")
        return Row(number, {**found, "step": float(step)}, _seconds(at))


def _projects(folder: Path) -> list[Path]:
    """Databases in a folder whose names say nothing: by their first bytes and their tables; a link is none."""
    found = []
    for each in sorted(folder.glob("*.db"))[:100]:
        try:
            with open_foreign(each) as file:
                if each.is_symlink() or not file.read(len(MAGIC)).startswith(MAGIC):
                    continue
            found += [each] if Trackio.is_whole(each) else []
        except (OSError, OddFileError, UnreadableRunError):
            continue
    return found


def _object(text: Any) -> dict[str, Any]:
    try:
        found = parse(text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(stamp: Any) -> float:
    """UTC seconds of an ISO time, 0 for what is none."""
    try:
        found = datetime.datetime.fromisoformat(str(stamp))
        return (found if found.tzinfo else found.replace(tzinfo=datetime.UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0
