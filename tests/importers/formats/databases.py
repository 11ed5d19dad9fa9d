"""A database of SQLite with a few tables, as if its program had written it some time ago."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

AGO = 1_700_000_000


def database(path: Path, tables: dict[str, tuple[str, Iterable[tuple[object, ...]]]]) -> Path:
    """`tables`: name → (columns, rows). A file that is there gets more rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for name, (columns, rows) in tables.items():
            connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
            for row in rows:
                connection.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
    os.utime(path, (AGO, AGO))  # what was written just now is waited for
    return path
