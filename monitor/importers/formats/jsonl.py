"""JSON lines of any script: one object a line, such as `{"epoch": 3, "val_loss": 2.5}`; inner objects as outer/inner.

Bare `NaN` and `Infinity` are read, as Python's `json` writes them. Train and validation may stand in lines of their
own. Words, lists and true/false are not read. ESPnet1's `log` (a JSON array of such objects) is read here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from monitor.importers.formats.text import TextImporter
from monitor.importers.items import Importer, Item, Row, Unread, without_summary
from monitor.importers.json_objects import Elements, numbers_of, parse
from monitor.importers.splits import named_by_split, split_of
from monitor.run_dir import Place
from monitor.run_dir.errors import UnreadableRunError


class JsonLines(TextImporter):
    """Takes each object as a row; where a word in it names a split, the split goes in front of its names."""

    name = "jsonl"
    title = "JSON lines"
    shape = "events"

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """0.5 where the first line opens an object and closes one, and is not in Python's notation; else 0."""
        if path.is_dir():
            return 0.0
        bare = head.lstrip(b"\xef\xbb\xbf \t\r\n")
        # Python's own way of printing an object, `{'loss': 1.4}`, is a text log's.
        is_json = bare.startswith(b"{") and not bare[1:].lstrip().startswith(b"'")
        return 0.5 if is_json and b"}" in head.split(b"\n")[0] else 0.0

    def item(self, line: int, text: str) -> Item | None:
        """The numbers of one object; None for an empty line, Unread for what is no JSON or holds no number."""
        try:
            return row_of_object(line, parse(bare)) if (bare := text.strip()) else None
        except ValueError:
            return Unread(line, "no JSON, or cut off")


def row_of_object(line: int, found: Any) -> Item:
    """The numbers of one object, under names that hold the split where a word in it names one."""
    values = numbers_of(found) if isinstance(found, dict) else {}
    if not values:
        return Unread(line, "no object with numbers")
    split = next((split for key, word in found.items() if (split := split_of(key, word))), "")
    return without_summary(Row(line, named_by_split(values, split)))


class JsonArray(Importer):
    """A JSON file that is an array of objects, such as ESPnet1's `log` (chainer's LogReport)."""

    name = "json"
    title = "a JSON array of epochs"
    shape = "events"
    grows = False
    names: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "train_loss": ("main/loss",),
        "val_loss": ("validation/main/loss",),
        "val_wer": ("validation/main/wer",),
    }

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        super().__init__(path, follow=False)
        self._elements = Elements(path, "")

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """0.5 where an array begins with an object; else 0."""
        bare = head.lstrip(b"\xef\xbb\xbf \t\r\n")
        return 0.5 if bare.startswith(b"[") and bare[1:].lstrip().startswith(b"{") else 0.0

    def items(self) -> Iterator[Item]:
        """A row for each object with numbers. Raises UnreadableRunError where no object has any."""
        rows = 0
        for found in self._elements.read():
            if isinstance(found, Unread):
                yield found
                continue
            item = row_of_object(*found)
            rows += isinstance(item, Row)
            yield item
        if not rows:
            raise UnreadableRunError(f"{self.path} holds no JSON array of objects with numbers.")

    def places(self) -> dict[str, Place]:
        """How many bytes of the file were read."""
        return {self.path.name: Place(offset=self._elements.bytes_done)}
