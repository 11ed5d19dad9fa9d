"""A table of epochs in a text: one line with names, then one line an epoch; commas, semicolons, tabs or bars between.

What any script writes with `csv.DictWriter`, `DataFrame.to_csv` or a spreadsheet. Read line by line, as it grows.
A header that is written again, or another one, is taken as the names of what follows: the script was started anew.
A cell with a line break inside quotes is not read; its lines are named.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from monitor.importers.columns import OTHERS, of_run, refuse_a_table_of_runs, runs_of
from monitor.importers.formats.text import TextImporter
from monitor.importers.items import Item, Row, Unread, without_summary
from monitor.importers.lines import check_text
from monitor.importers.numbers import MARKS, number
from monitor.importers.several import chosen, container
from monitor.importers.splits import KEYS, named_by_split, split_of
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.field_names import SYNONYMS, plain

DELIMITERS = ",;\t|"
OF_CATBOOST = {"learn_error.tsv": "train", "test_error.tsv": "val"}
"""The split of CatBoost's tables stands in the name of the file only."""
KNOWN = frozenset(name for names in SYNONYMS.values() for name in names)
MOST_CELLS = 2000
IN_WORDS = re.compile(r"\[\d{1,9}/\d{1,9}\]|(?:loss|acc|accuracy)\s?[:=]\s?[-+]?\d*\.\d", re.IGNORECASE)
"""`Epoch [6/6], Step [10/1549], Loss: 0.05`: a name with its number is no name of a column."""


class Table(TextImporter):
    """CSV of any script. The formats below it know more about whose table it is."""

    name = "table"
    title = "a table of epochs (CSV, TSV, semicolons)"
    several = True

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        place, self._part = container(path)
        super().__init__(place, follow=follow)
        self.run_name = self._part or place.stem
        self._columns: list[str] = []
        self._delimiter = ","
        self._splits = False
        self._split = next((split for name, split in OF_CATBOOST.items() if place.name.endswith(name)), "")
        self._begun = (self.lives, self.rewrites)

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """At most 0.4, so that a format that knows whose table it is comes first."""
        names = header_of(head)
        if any(map(IN_WORDS.search, names)):
            return 0.0
        known = sum(plain(name) in KNOWN for name in names)
        usual = path.suffix.lower() in (".csv", ".tsv")
        return 0.0 if len(names) < 2 and not usual else 0.3 + 0.1 * usual if known else 0.1 * usual + 0.01

    def items(self) -> Iterator[Item]:
        """The rows that are new. Raises UnreadableRunError for what is no table of one run."""
        yield from super().items()
        if not self._columns and not self.follow:
            raise UnreadableRunError(
                f"{self.path} holds no table: give a first line with column names and one line an epoch."
            )

    def item(self, line: int, text: str) -> Item | None:
        """The numbers of a line; None for a header, an empty line, another run. Raises UnreadableRunError."""
        if (self.lives, self.rewrites) != self._begun:
            self._columns, self._begun = [], (self.lives, self.rewrites)
        if not text or text.isspace():
            return None
        if not self._columns:
            check_text(self.path, text.encode("utf-8", "replace")[:1000])
            self._delimiter = max(DELIMITERS, key=text.count)
        try:
            cells = _cells_of(text, self._delimiter)
        except csv.Error as problem:
            return Unread(line, f"no row of a table ({problem})")
        if self._columns and not self._is_header(cells):
            return self._row(line, cells)
        self._begin(cells)
        return None

    def _begin(self, cells: list[str]) -> None:
        names = [cell.strip() or f"column {place}" for place, cell in enumerate(cells, 1)][:MOST_CELLS]
        refuse_a_table_of_runs(self.path, names)
        runs = {run: run for run in runs_of(names)}
        if self._part and not runs:
            raise UnreadableRunError(f"{self.path} is a table of one run: there is no {self._part} in it.")
        self._columns = of_run(names, chosen(self.path, self._part, runs, "this chart")) if runs else names
        self._splits = any(plain(name) in KEYS for name in self._columns)

    def _is_header(self, cells: list[str]) -> bool:
        if len(cells) < 2 or not (cells[0].strip(' "*')[:1].isalpha() or cells[-1].strip(' "*')[:1].isalpha()):
            return False
        return sum(plain(cell) in KNOWN for cell in cells) > 1

    def _row(self, line: int, cells: list[str]) -> Item | None:
        if len(cells) < len(self._columns) and (len(cells) < 2 or self._lines.unfinished):
            return Unread(line, f"{len(cells)} of {len(self._columns)} cells")
        item = without_summary(row_of(line, self._columns, cells))
        if OTHERS in self._columns and (not isinstance(item, Row) or len(item.values) == 1):
            return None  # a step of another run
        if not (self._splits or self._split) or not isinstance(item, Row):
            return item
        pairs = zip(self._columns, cells, strict=False)
        split = self._split or next((split for name, cell in pairs if (split := split_of(name, cell))), "")
        self.shape = "events" if self._splits else self.shape
        percents = frozenset(f"{split}/{name}" if split else name for name in item.percents)
        return Row(line, named_by_split(item.values, split), item.at, percents)


def header_of(head: bytes) -> list[str]:
    """The names in the first line of a text; none where it is no text."""
    if b"\0" in head:
        return []
    text = head.decode("utf-8-sig", "replace").lstrip()
    first = text.split("\n", 1)[0]
    try:
        return [cell.strip() for cell in _cells_of(first, max(DELIMITERS, key=first.count))]
    except csv.Error:
        return []


def _cells_of(text: str, delimiter: str) -> list[str]:
    if '"' not in text:
        return text.split(delimiter)
    return next(csv.reader([text.replace("\0", "")], delimiter=delimiter), [])


def row_of(line: int, columns: list[str], cells: list[str]) -> Row | Unread:
    """The numbers of one line. Words in its epoch's place (best, test, mean) mean that it is no epoch."""
    values: dict[str, float] = {}
    percents = []
    for name, cell in zip(columns, cells, strict=False):
        if name == OTHERS or name.endswith(("__MIN", "__MAX")):
            continue
        value = number(MARKS.sub("", cell) if "*" in cell or "`" in cell else cell)
        if value is not None:
            values[name] = value
            if cell.rstrip(" *`|").endswith("%"):
                percents.append(name)
        elif plain(name) == "epoch" and any(letter.isalpha() for letter in cell):
            return Unread(line, f"{cell.strip()[:40]!r} stands where the epoch should")
    if not values:
        return Unread(line, "no number in it")
    return Row(line, values, percents=frozenset(percents))
