"""What trackers with many runs in one SQLite file share: which run is meant, and its rows in the order they came."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from monitor.importers.formats.sqlite_file import MAGIC, BusyError, Database
from monitor.importers.items import Importer, Item, NothingYetError, Row, Unread
from monitor.importers.several import chosen, container
from monitor.run_dir import Place
from monitor.run_dir.errors import UnreadableRunError

CHUNK_ROWS = 20_000
LEAST_ROW_BYTES = 4
MOST_RUNS = 1000
MOST_SETTINGS = 1000
LONGEST_NAME = 250


class StoredRun(Importer):
    """One run of a database. `needs`: the tables that show whose it is, with columns that are used.

    `rows_query`: rows of a run behind a row id, the id first; values: the run, the id, how many at most.
    """

    shape = "events"
    several = True
    needs: ClassVar[Mapping[str, frozenset[str]]]
    tables: ClassVar[tuple[str, ...]]
    rows_query: str

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        place, part = container(path)
        super().__init__(self.file_in(place), follow=follow)
        self.database = Database(self.path, self.tables)
        if not self.is_whole(self.path):
            raise NothingYetError(f"{self.path} is not {self.title}: a table or a column is missing.")
        self.run_id = chosen(self.path, part, self.runs(), self.title)
        self._last = self._count = 0
        self._told: list[Unread] = []
        self.describe()

    @classmethod
    def is_whole(cls, path: Path) -> bool:
        """Whether a database holds the tables of this tool. Raises UnreadableRunError where it cannot be read."""
        database = Database(path, ())
        return all(columns <= database.columns(table) for table, columns in cls.needs.items())

    @classmethod
    def is_database(cls, path: Path, head: bytes) -> bool:
        """Whether a file is a SQLite database with the tables of this tool. Raises as `is_whole` does."""
        return head.startswith(MAGIC) and cls.is_whole(path)

    @classmethod
    def file_in(cls, place: Path) -> Path:
        """The database itself, where a folder was given. Raises UnreadableRunError."""
        return place

    @abstractmethod
    def runs(self) -> dict[str, str]:
        """Id → name, at most MOST_RUNS."""

    @abstractmethod
    def describe(self) -> None:
        """Reads name, settings and outcome; called before each reading of rows."""

    @abstractmethod
    def row(self, number: int, cells: tuple[Any, ...]) -> Row | Unread:
        """What one row states; `cells` without its id."""

    def joined(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows, where a row of the table is all that was logged at once."""
        return rows

    def items(self) -> Iterator[Item]:
        """The rows that are new; none of a busy database that is followed. Raises UnreadableRunError."""
        try:
            self.describe()
            yield from self.joined(self._rows())
        except BusyError:
            if not self.follow:
                raise
        told, self._told = self._told, []
        yield from told

    def _rows(self) -> Iterator[Row]:
        while found := self.database.rows(self.rows_query, self.run_id, self._last, CHUNK_ROWS):
            self._count += len(found)
            if not all(one[0] < other[0] for one, other in zip([(self._last,), *found], found, strict=False)):
                raise UnreadableRunError(f"{self.path} is damaged: its rows are in no order.")
            if self._count * LEAST_ROW_BYTES > self.path.stat().st_size * 2:
                raise UnreadableRunError(f"{self.path} is damaged: it gives more rows than it has room for.")
            self._last = found[-1][0]
            for number, *cells in found:
                row = self.row(number, tuple(cells))
                if isinstance(row, Row):
                    yield row
                elif len(self._told) < 1000:
                    self._told.append(row)

    def places(self) -> dict[str, Place]:
        """The last row id that was read as the offset, and how many rows were read as the lines."""
        return {self.path.name: Place(offset=self._last, lines=self._count)}

    def grown_at(self) -> float:
        """When the database or its write-ahead log was last written, UTC seconds; 0 where neither is there."""
        return self.database.changed_at

    def bytes_all(self) -> int:
        """0: the places count rows and no bytes, so there is no size to compare them with."""
        return 0
