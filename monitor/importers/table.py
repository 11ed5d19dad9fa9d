"""A table of epochs (CSV, TSV, semicolons, or a Markdown table) → records, with a mapping that can be shown first.

Nothing is guessed silently: `propose` says which column becomes which field and in which unit, `records` applies it.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import UnreadableRunError, UsageError
from monitor.field_names import SHARES, SYNONYMS, plain
from monitor.run_dir import Epoch

MOST_BYTES = 200_000_000
SNIFFED_BYTES = 20_000
DELIMITERS = ",;\t|"
MISSING = frozenset({"", "-", "–", "—", "na", "n/a", "none", "null"})

PERCENT_FROM = 3.0
"""A share with a value above this was written in percent: WER may pass 100 %, but not 300 % at its best."""


RULER = re.compile(r"^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)+\|?\s*$")
"""The line under the names of a Markdown table."""
MARKS = re.compile(r"\*\*|__|`")
"""Bold and code in a cell are no part of its value."""


@dataclass(frozen=True)
class Table:
    """Cells as text; every row as long as `columns`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_line: int
    """Line of the file that holds the first row; for messages."""


@dataclass(frozen=True)
class Use:
    """One column in use: `scale` turns its numbers into the field's unit."""

    field: str
    column: str
    scale: float = 1.0


@dataclass(frozen=True)
class Records:
    epochs: tuple[Epoch, ...]
    notes: tuple[str, ...]
    """What was left out or read with care, in sentences."""


def read_table(path: Path) -> Table:
    """The table in a file. Raises UnreadableRunError in one sentence if there is none."""
    lines = read_lines(path)
    tables = _markdown_tables(lines)
    if tables:
        return max(tables, key=_fields_known)
    skipped = next((place for place, line in enumerate(lines) if line.strip()), len(lines))
    lines = lines[skipped:]
    cells = _split(path, lines)
    if len(cells) < 2:
        raise UnreadableRunError(f"{path} holds no table: give a first line with column names and one line an epoch.")
    return _table(cells, skipped + 2)


def _table(cells: list[list[str]], first_line: int) -> Table:
    columns = tuple(cell.strip() or f"column {place}" for place, cell in enumerate(cells[0], 1))
    width = len(columns)
    rows = tuple(tuple((row + [""] * width)[:width]) for row in cells[1:] if any(cell.strip() for cell in row))
    return Table(columns, rows, first_line)


def _markdown_tables(lines: list[str]) -> list[Table]:
    """Every table of a Markdown text: a line of names, a ruler, and the lines with bars that follow."""
    tables = []
    for place, line in enumerate(lines):
        if place == 0 or not RULER.match(line) or "|" not in lines[place - 1]:
            continue
        rows = list(itertools.takewhile(lambda row: "|" in row, lines[place + 1 :]))
        cells = [[MARKS.sub("", cell).strip() for cell in row.strip().strip("|").split("|")] for row in rows]
        names = [cell.strip() for cell in lines[place - 1].strip().strip("|").split("|")]
        if cells:
            tables.append(_table([[MARKS.sub("", name) for name in names], *cells], place + 2))
    return tables


def _fields_known(table: Table) -> tuple[int, int]:
    """(columns that are fields, rows): the table of epochs is the one with most."""
    names = {name for synonyms in SYNONYMS.values() for name in synonyms}
    return sum(plain(column) in names for column in table.columns), len(table.rows)


def read_lines(path: Path) -> list[str]:
    """The lines of a text file. Raises UnreadableRunError in one sentence where it is none."""
    return _text(path).splitlines()


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UnreadableRunError(f"{path} has {size:,} bytes; a table of epochs has at most {MOST_BYTES:,}.")
        data = path.read_bytes()
    except OSError as problem:
        raise UnreadableRunError(f"{path} cannot be read: {problem.strerror}.") from problem
    if b"\0" in data:
        raise UnreadableRunError(f"{path} is not a text file; give a table of epochs as CSV.")
    return data.decode("utf-8-sig", "replace")


def _split(path: Path, lines: list[str]) -> list[list[str]]:
    sample = "\n".join(lines)[:SNIFFED_BYTES]
    head = lines[0] if lines else ""
    delimiter = max(DELIMITERS, key=head.count)
    try:
        # The sniffer knows quotes; where it finds nothing, the header's most frequent separator is taken.
        delimiter = csv.Sniffer().sniff(sample, DELIMITERS).delimiter if head.count(delimiter) == 0 else delimiter
    except csv.Error:
        delimiter = ","
    try:
        return list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    except csv.Error as problem:
        raise UnreadableRunError(f"{path} cannot be read as a table: {problem}.") from problem


def propose(table: Table, wanted: Mapping[str, str] | None = None, percent: bool | None = None) -> tuple[Use, ...]:
    """Which column becomes which field. `wanted` (field → column) is the user's word and wins over the names.

    `percent`: whether shares such as WER are written in percent; None looks at header and values.
    Raises UsageError for an unknown field or column, or where no loss and no WER can be found.
    """
    chosen = dict(wanted or {})
    for field, column in chosen.items():
        if field not in SYNONYMS:
            raise UsageError(f"There is no field {field}; a column can become {', '.join(SYNONYMS)}.")
        if column not in table.columns:
            raise UsageError(f"There is no column {column!r}; the table has {', '.join(table.columns)}.")
    # Columns without any value claim no field.
    filled = [column for column in table.columns if any(_number(text) is not None for text in _cells(table, column))]
    by_plain = {plain(column): column for column in reversed(filled)}
    for field, names in SYNONYMS.items():
        free = [by_plain[name] for name in names if name in by_plain and by_plain[name] not in chosen.values()]
        if field not in chosen and free:
            chosen[field] = free[0]
    if not {"train_loss", "val_loss", "val_wer"} & set(chosen):
        raise UsageError(
            f"No column looks like a loss or a WER; the table has {', '.join(table.columns)}. "
            "Say which is which: --map val_loss=COLUMN."
        )
    used = [(field, chosen[field]) for field in SYNONYMS if field in chosen]
    return tuple(Use(field, column, _scale(table, field, column, percent)) for field, column in used)


def _scale(table: Table, field: str, column: str, percent: bool | None) -> float:
    if field not in SHARES:
        return 1.0
    if percent is None:
        texts = _cells(table, column)
        named = bool(re.search(r"%|percent|pct", column.lower())) or any("%" in text for text in texts)
        values = [value for value in map(_number, texts) if value is not None and math.isfinite(value)]
        percent = (
            named
            or (field == "val_wer" and bool(values) and min(values) > PERCENT_FROM)
            or (bool(values) and max(values) > PERCENT_FROM)
        )
    return 0.01 if percent else 1.0


def _cells(table: Table, column: str) -> list[str]:
    place = table.columns.index(column)
    return [row[place] for row in table.rows]


def _number(text: str) -> float | None:
    """A cell as a number; None where it is empty or no number. 'nan' and 'inf' are numbers here."""
    bare = text.strip().rstrip("%").strip().lower()
    if bare in MISSING:
        return None
    if "," in bare and "." not in bare and bare.count(",") == 1:
        bare = bare.replace(",", ".")
    try:
        return float(bare)
    except ValueError:
        return None


def records(table: Table, uses: tuple[Use, ...]) -> Records:
    """The epochs of a table, in file order with the last of equal epochs kept, and what was left out."""
    by_field = {use.field: (table.columns.index(use.column), use.scale) for use in uses}
    extra = [place for place in range(len(table.columns)) if place not in {at for at, _ in by_field.values()}]
    found: dict[float, Epoch] = {}
    notes = []
    for number, row in enumerate(table.rows, table.first_line):
        values = {field: _scaled(row[place], scale) for field, (place, scale) in by_field.items()}
        epoch = values.pop("epoch", None) if "epoch" in by_field else float(number - table.first_line + 1)
        if epoch is None or not math.isfinite(epoch):
            notes.append(f"Line {number} has no epoch and was left out.")
            continue
        if epoch in found:
            notes.append(f"Epoch {epoch:g} stands there twice; line {number} is kept.")
        metrics = {table.columns[place]: value for place in extra if (value := _number(row[place])) is not None}
        found[epoch] = _epoch(epoch, values, metrics)
    if not found:
        raise UnreadableRunError("No line of the table has an epoch; say which column holds it: --map epoch=COLUMN.")
    ordered = tuple(found[epoch] for epoch in sorted(found))
    if "epoch" not in by_field:
        notes.append("There is no epoch column: lines are counted instead.")
    return Records(ordered, tuple(notes))


def _scaled(text: str, scale: float) -> float | None:
    value = _number(text)
    return None if value is None else value * scale


def _epoch(epoch: float, values: dict[str, float | None], metrics: dict[str, float]) -> Epoch:
    step = values.pop("step", None)
    known: dict[str, Any] = {field: value for field, value in values.items() if value is not None}
    train = known.get("train_eval_loss", known.get("train_loss"))
    gap = known["val_loss"] - train if train is not None and "val_loss" in known else None
    steps = int(step) if step is not None and math.isfinite(step) else 0
    return Epoch(epoch=epoch, step=steps, gap=gap, metrics=metrics, **known)
