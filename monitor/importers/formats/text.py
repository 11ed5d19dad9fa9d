"""What formats of text files share: one file, read line by line, as it grows; a format says what a line states."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from monitor.importers.items import Aside, Importer, Item, Unread
from monitor.importers.lines import Lines
from monitor.run_dir import Place


class TextImporter(Importer):
    """`rewritten`: the tool writes the whole file again now and then; that is no new start of the run."""

    rewritten: ClassVar[bool] = False

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        super().__init__(path, follow=follow)
        self._lines = Lines(path, follow=follow, rewritten=self.rewritten)

    def items(self) -> Iterator[Item]:
        """What the new lines state, then what was no whole line of text."""
        for line, text in self._read():
            if (item := self.item(line, text)) is not None:
                yield item
        yield from self._unread()

    def item(self, line: int, text: str) -> Item | None:
        """What a line states; None for one that states nothing."""
        raise NotImplementedError("each format of text says what its own lines state")

    def _read(self) -> Iterator[tuple[int, str]]:
        """Every line that is new, with its number."""
        for line, text in self._lines.read():
            self.lives, self.rewrites = self._lines.lives, self._lines.rewrites
            yield line, text

    def _unread(self) -> Iterator[Item]:
        """Lines that were no lines of a text."""
        for line in self._lines.too_long:
            yield Unread(line, "longer than a line of text")
        self._lines.too_long = []
        if self._lines.unfinished:
            yield Aside(f"The last line, {self._lines.unfinished}, has no line end: it may be cut off.")
            self._lines.unfinished = 0
        if self._lines.not_utf8:
            said = (
                f"{self._lines.not_utf8} lines hold bytes that are no UTF-8; they are read as Windows-1252, or without"
            )
            yield Unread(0, f"{said} those bytes")
            self._lines.not_utf8 = 0

    def places(self) -> dict[str, Place]:
        """How far the file was read, under its name."""
        return {self.path.name: self._lines.place}

    def tails(self) -> dict[str, str]:
        """The bytes (hex) before the place, under the file's name."""
        return {self.path.name: self._lines.tail.hex()}
