"""Tables in a Markdown text: the one of epochs is found among others.

Source: notes, README files, and the model cards that the Hugging Face `Trainer` writes
(`transformers/modelcard.py`, "Training results"). Cells in bold, code or percent are read as their numbers.
A model card repeats the last train loss until a new one is logged ("No log" before the first): such a repetition is
no measurement and is left out. Losses of a card are those of the `Trainer`; its WER is a fraction or in percent as the
author's `compute_metrics` had it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from monitor.importers.columns import is_table_of_runs, refuse_a_table_of_runs
from monitor.importers.formats.table import KNOWN, row_of
from monitor.importers.formats.text import TextImporter
from monitor.importers.items import Item
from monitor.importers.lines import Lines
from monitor.importers.numbers import MARKS
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.field_names import plain

RULER = re.compile(r"^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)+\|?\s*$")
"""The line under the names of a Markdown table."""
CARD = ("training loss", "validation loss", "epoch", "step")


@dataclass(frozen=True)
class Found:
    """A table in a text: the line of its ruler, its names, and how many rows follow."""

    line: int
    names: tuple[str, ...]
    rows: int

    @property
    def worth(self) -> tuple[float, int]:
        """(names that are fields, rows): the table of epochs is the one with most, before any that compares models."""
        fields = 0.5 if is_table_of_runs(self.names) else sum(plain(name) in KNOWN for name in self.names)
        return fields, self.rows


class Markdown(TextImporter):
    """Reads the table that most looks like one of epochs; the text around it is passed over."""

    name = "markdown"
    title = "a Markdown text with a table of epochs"
    grows = False

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        super().__init__(path, follow=False)

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """0.6 where the best table in the head names a field and compares no models; else at most 0.25."""
        tables = list(_tables((place, line) for place, line in enumerate(_text(head).splitlines(), 1)))
        if not tables:
            return 0.25 if path.suffix.lower() in (".md", ".markdown") else 0.0
        best = max(tables, key=lambda table: table.worth)
        return 0.6 if best.worth[0] and not is_table_of_runs(best.names) else 0.05

    def items(self) -> Iterator[Item]:
        """The rows of the best table. Raises UnreadableRunError where there is none, or where it compares runs."""
        best = max(_tables(Lines(self.path).read()), key=lambda table: table.worth, default=None)
        if best is None:
            raise UnreadableRunError(
                f"{self.path} holds no table: a line of names, a line of dashes, one line an epoch."
            )
        refuse_a_table_of_runs(self.path, best.names)
        for line, text in self._read():
            if best.line < line <= best.line + best.rows:
                yield row_of(line, list(best.names), _cells(text))
        yield from self._unread()


class ModelCard(Markdown):
    """A Markdown text whose table has the names that the `Trainer` gives its losses."""

    name = "model-card"
    title = "a model card of the Hugging Face Trainer"
    names: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "train_loss": ("Training Loss",),
        "val_loss": ("Validation Loss",),
    }

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """0.8 where the head holds the four names of a card's columns and a table of epochs; else 0."""
        text = _text(head).lower()
        return 0.8 if all(name in text for name in CARD) and super().fits(path, head) > 0.5 else 0.0


def _text(head: bytes) -> str:
    return "" if b"\0" in head else head.decode("utf-8", "replace")


def _cells(text: str) -> list[str]:
    return [cell.strip() for cell in text.strip().strip("|").split("|")]


def _tables(lines: Iterator[tuple[int, str]]) -> Iterator[Found]:
    names: tuple[str, ...] = ()
    above, begun, rows = "", 0, 0
    for line, text in lines:
        if begun and "|" in text:
            rows += 1
            continue
        if begun:
            yield Found(begun, names, rows)
            begun = 0
        if "|" in above and RULER.match(text):
            begun, rows = line, 0
            names = tuple(MARKS.sub("", cell) or f"column {place}" for place, cell in enumerate(_cells(above), 1))
        above = text if len(text) < 10_000 else ""
    if begun:
        yield Found(begun, names, rows)
