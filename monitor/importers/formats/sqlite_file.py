"""Another program's SQLite file, read while that program may be writing it; its folder is not written.

SQLite itself would write there: a reader of a database with a write-ahead log makes two files beside it. So the file is
opened as one that does not change, and what was read counts only if nothing changed meanwhile; one with a log is
copied, with its log, and the copy is read. A file with an open transaction is waited for.

The file may come from anyone. Only plain tables are read, by name: no view, virtual table or computed column, whose
text the file's author wrote and which may never end. Time, rows and the length of a text are bounded.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.importers.items import NothingYetError
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.opening import OddFileError, open_foreign, open_to_read

MAGIC = b"SQLite format 3\0"
JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
HEADER_BYTES, LOG_HEADER_BYTES = 100, 32
WRITE_VERSION, LOGGED = 18, 2
"""Where the header says how the file is written, and the value that means: with a write-ahead log."""
MOST_COPIED = 256 * 2**20
LONGEST_VALUE = 8 * 2**20
MOST_SECS = 30.0
TRIES, PAUSE_SECS, SETTLED_SECS = 40, 0.05, 0.02
INSTRUCTIONS = 5000


class BusyError(NothingYetError):
    """The file was being written for as long as was waited."""


@dataclass(frozen=True)
class _Moment:
    """What changes with every transaction; `log_bytes` 0: there is no write-ahead log."""

    file: tuple[int, int, int, bytes]
    log: bytes = b""
    log_bytes: int = 0


class Database:
    """Reads of the named tables alone; a view of such a name counts as missing."""

    def __init__(self, path: Path, tables: tuple[str, ...]) -> None:
        self.path = path
        self._tables = tables
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._copied: _Moment | None = None

    def columns(self, table: str) -> frozenset[str]:
        """The names of a table's columns; none where it is no plain table. Raises UnreadableRunError."""
        if not self._read("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? AND rootpage > 0", (table,)):
            return frozenset()
        found = self._read(f"PRAGMA table_xinfo({table})", ())
        return frozenset() if any(row[-1] for row in found) else frozenset(str(row[1]) for row in found)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a query, of one moment. `query` names plain tables only. Raises UnreadableRunError."""
        return self._read(query, values, self._tables)

    @property
    def changed_at(self) -> float:
        """When it was last written, UTC seconds."""
        files = (self.path, _beside(self.path, "-wal"))
        return max((file.stat().st_mtime for file in files if file.is_file()), default=0.0)

    def _read(self, query: str, values: tuple[object, ...], tables: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
        problem: sqlite3.Error | None = None
        for _ in range(TRIES):
            before = self._moment()
            if before is not None:
                try:
                    found = self._answered(before, query, values, tables)
                except sqlite3.Error as raised:
                    problem, found = raised, None
                if (before.log_bytes and found is not None) or self._moment() == before:
                    if found is None:
                        break
                    return found
            time.sleep(PAUSE_SECS)
        else:
            raise BusyError(f"{self.path} is being written just now; try again.")
        late = getattr(problem, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT
        why = f"it did not answer within {MOST_SECS:g} s" if late else str(problem)
        raise UnreadableRunError(f"{self.path} cannot be read as a database: {why}.") from problem

    def _answered(
        self, moment: _Moment, query: str, values: tuple[object, ...], tables: tuple[str, ...]
    ) -> list[tuple[Any, ...]] | None:
        """None where the file changed while it was copied."""
        path, mode = self.path, "mode=ro&immutable=1"
        if moment.log_bytes:
            copied = self._copy_of(moment)
            if copied is None:
                return None
            path, mode = copied, "mode=ro"
        with contextlib.closing(_connected(path, mode)) as connection:
            if tables:
                connection.set_authorizer(_reads_only(tables))
            try:
                return connection.execute(query, values).fetchall()
            except UnicodeDecodeError:  # SQLite's own message quotes a damaged schema as it stands in the file
                raise sqlite3.DatabaseError("its schema is damaged") from None

    def _copy_of(self, moment: _Moment) -> Path | None:
        if self._copied != moment or self._copy is None:
            self._copy = tempfile.TemporaryDirectory(prefix="vitalsigns-")
            self._copied = None
            # The log first: what a checkpoint moves into the file meanwhile shows in the file.
            for ending in ("-wal", ""):
                _copy(_beside(self.path, ending), Path(self._copy.name, f"copy.db{ending}"))
            after = self._moment()
            if after is None or (after.file, after.log) != (moment.file, moment.log):
                return None
            self._copied = moment
        return Path(self._copy.name, "copy.db")

    def _moment(self) -> _Moment | None:
        """None while a transaction is open, or was closed just now. Raises UnreadableRunError."""
        try:
            with open_foreign(self.path) as file:
                head, found = file.read(HEADER_BYTES), os.fstat(file.fileno())
            if not head.startswith(MAGIC):
                raise UnreadableRunError(f"{self.path} is no SQLite database.")
            log = _head(_beside(self.path, "-wal"), LOG_HEADER_BYTES)
            open_transaction = _head(_beside(self.path, "-journal"), len(JOURNAL_MAGIC))[0] == JOURNAL_MAGIC
        except (OSError, OddFileError) as problem:
            why = getattr(problem, "strerror", None) or problem
            raise UnreadableRunError(f"{self.path} cannot be read: {why}.") from problem
        if open_transaction or time.time() - SETTLED_SECS < found.st_mtime <= time.time():
            return None
        is_logged = head[WRITE_VERSION : WRITE_VERSION + 1] == bytes([LOGGED]) and log[1] > LOG_HEADER_BYTES
        if is_logged and found.st_size + log[1] > MOST_COPIED:
            raise UnreadableRunError(
                f"{self.path} has a write-ahead log and more than {MOST_COPIED >> 20} MiB: "
                "it can be imported once the program that writes it has ended."
            )
        file_now = (found.st_size, found.st_mtime_ns, found.st_ino, head)
        return _Moment(file_now, *log) if is_logged else _Moment(file_now)


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=0, isolation_level=None)
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "query_only = ON"):
        connection.execute(f"PRAGMA {pragma}")
    deadline = time.monotonic() + MOST_SECS
    connection.set_progress_handler(lambda: time.monotonic() > deadline, INSTRUCTIONS)
    return connection


def _reads_only(tables: tuple[str, ...]) -> Any:
    def allowed(action: int, table: str | None, _column: str | None, _database: str | None, view: str | None) -> int:
        """SQLite's authorizer: allows reads of the named tables alone, and none through a view."""
        reads = action == sqlite3.SQLITE_READ and table in tables and view is None
        return sqlite3.SQLITE_OK if reads or action == sqlite3.SQLITE_SELECT else sqlite3.SQLITE_DENY

    return allowed


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _head(path: Path, count: int) -> tuple[bytes, int]:
    """(the first bytes of a file beside the database, its size). Raises OddFileError for a link."""
    try:
        with os.fdopen(open_to_read(path), "rb") as file:
            return file.read(count), os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        return b"", 0


def _copy(source: Path, target: Path) -> None:
    """At most MOST_COPIED bytes of it. Raises OSError and OddFileError."""
    with open_foreign(source) as file, target.open("wb") as out:
        for chunk in _chunks(file, MOST_COPIED):
            out.write(chunk)


def _chunks(file: Any, most: int) -> Iterator[bytes]:
    while most > 0 and (chunk := file.read(min(most, 1 << 20))):
        most -= len(chunk)
        yield chunk
