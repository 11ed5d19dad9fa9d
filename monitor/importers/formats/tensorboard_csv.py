"""What TensorBoard's page saves as CSV: `run-<run>-tag-<tag>.csv` with Wall time, Step and Value, one tag a file.

A folder of such files is one run, its tags put together by step. The page keeps at most some thousand points of a tag,
so steps may be missing. Such a file does not grow.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from pathlib import Path

from monitor.importers.formats.table import header_of
from monitor.importers.items import Importer, Item, Row, SameStep, Unread
from monitor.importers.lines import Lines
from monitor.importers.numbers import number
from monitor.importers.several import chosen, container
from monitor.run_dir import Place

HEADER = ["Wall time", "Step", "Value"]
NAMED = re.compile(r"run-(.+)-tag-(.+)\.csv")
"""The browser puts _ in the place of what no file name may hold."""
MOST_FILES = 2000


class TensorBoardCsv(Importer):
    """Joins the tags of one run, each in a file of its own, by step."""

    name = "tensorboard-csv"
    title = "TensorBoard's CSV of a chart"
    shape = "events"
    grows = False
    several = True

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        place, part = container(path)
        super().__init__(place, follow=follow)
        self.files = {place: _tag_of(place)} if place.is_file() else self._of_run(place, part)
        found = NAMED.fullmatch(next(iter(self.files)).name)
        self.run_name = found[1] if found else place.stem
        self._lines = {file: Lines(file) for file in self.files}
        left_out = [] if place.is_file() else [each for each in _named(place) if not _is_plain(each)]
        self._odd = [Unread(0, f"{file.name} is a link or no plain file and is not read") for file in left_out]

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """High for a file with the page's header, lower for a folder of files with the names that the page gives."""
        if path.is_dir():
            return 0.65 * bool(_saved(path))
        return 0.9 * (header_of(head) == HEADER)

    def _of_run(self, folder: Path, part: str) -> dict[Path, str]:
        saved = _saved(folder)
        run = chosen(folder, part, {run: run for run in saved.values()}, self.title)
        return {file: _tag_of(file) for file, name in saved.items() if name == run}

    def items(self) -> Iterator[Item]:
        """The numbers of all tags as rows, in order of steps, then the files and lines that were not read."""
        streams = [self._rows(tag, self._lines[file]) for file, tag in self.files.items()]
        yield from SameStep().join(heapq.merge(*streams, key=lambda row: row.values["step"]), hold=False)
        yield from self._odd

    def _rows(self, tag: str, lines: Lines) -> Iterator[Row]:
        for line, text in lines.read():
            cells = [number(cell) for cell in text.split(",")]
            if line == 1 and header_of(text.encode()) == HEADER:
                continue
            if len(cells) != len(HEADER) or None in cells:
                self._odd += [Unread(line, f"{lines.path.name}: no time, step and value")] if text.strip() else []
                continue
            at, step, value = (cell or 0.0 for cell in cells)
            yield Row(line, {tag: value, "step": step}, at)

    def places(self) -> dict[str, Place]:
        """How far each file was read, by its path."""
        return {str(file): lines.place for file, lines in self._lines.items()}


def _tag_of(file: Path) -> str:
    found = NAMED.fullmatch(file.name)
    return found[2] if found else file.stem


def _saved(folder: Path) -> dict[Path, str]:
    """File → run, of what is saved under its own name in a folder; no links."""
    return {file: run for file, run in _named(folder).items() if _is_plain(file)}


def _named(folder: Path) -> dict[Path, str]:
    files = sorted(folder.glob("run-*-tag-*.csv"))[:MOST_FILES]
    return {file: named[1] for file in files if (named := NAMED.fullmatch(file.name))}


def _is_plain(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()
