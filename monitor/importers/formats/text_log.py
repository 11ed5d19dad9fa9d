"""Any text log, read once as `attach` reads it along (`free_text`): for a file that no other format fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from monitor.importers.free_text.proposal import numbers_of, unread
from monitor.importers.free_text.scan import scan
from monitor.importers.items import LOG_FORMAT, Aside, Importer, Item
from monitor.run_dir import Place
from monitor.run_dir.errors import UnreadableRunError


class TextLog(Importer):
    name = LOG_FORMAT
    title = "a text log"
    grows: ClassVar[bool] = False

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        return 0.0 if path.is_dir() else 0.02

    def items(self) -> Iterator[Item]:
        found = scan(self.path)
        if not found.rows:
            raise UnreadableRunError(
                f"{self.path.name}: {unread(found)} "
                f"A log that still grows, or of steps alone: python -m monitor attach {self.path}"
            )
        yield from (Aside(f"Check what was read: {doubt}") for doubt in found.doubts)
        # An evaluation is told again when a line below it adds to it: the fuller row is the one that counts.
        rows = {(row.generation, row.epoch): row for row in found.rows}
        for place, row in enumerate(rows.values(), 1):
            where = {"epoch": row.epoch} if found.basis == "epochs" else {}
            if row.step is not None:
                where["step"] = row.step
            numbers = numbers_of(row, place)
            yield replace(numbers, values={**where, **numbers.values})

    def places(self) -> dict[str, Place]:
        return {}
