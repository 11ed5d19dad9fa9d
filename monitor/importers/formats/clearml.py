"""ClearML's offline session: `metrics.jsonl` of `Task.set_offline`, an array of events a line; `task.json` beside it.

Read are scalars, named `title/series`, or by the title alone where both are one word. Machine statistics, plots and
debug samples are not read. The session does not say how the task ended.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from monitor.importers.formats.text import TextImporter
from monitor.importers.items import Item, Row, SameStep, Unread
from monitor.importers.json_objects import numbers_of, parse
from monitor.run_dir.opening import OddFileError, open_to_read

METRICS, TASK = "metrics.jsonl", "task.json"
SCALAR = "training_stats_scalar"
OF_THE_MACHINE = ":monitor:"
LONGEST_TASK = 1 << 22


class ClearMl(TextImporter):
    """Joins the scalars of one step into a row; `task.json` beside the file gives the run's name and settings."""

    name = "clearml"
    title = "an offline session of ClearML"
    shape = "events"

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        super().__init__(path / METRICS if path.is_dir() else path, follow=follow)
        self._steps = SameStep()
        self._odd: list[Unread] = []
        task = _object(self.path.parent / TASK)
        if not task and os.path.lexists(self.path.parent / TASK):
            self._odd.append(Unread(0, f"{TASK} beside it cannot be read, so its name and settings are not known"))
        self.run_name = str(task.get("name") or self.path.parent.name)
        self.config = dict(_settings(task))

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """High for a folder that holds both files, and for an array of objects with a scalar in the head."""
        if path.is_dir():
            return 0.8 * ((path / METRICS).is_file() and (path / TASK).is_file())
        return 0.9 * (head.startswith(b"[{") and f'"{SCALAR}"'.encode() in head)

    def items(self) -> Iterator[Item]:
        """The rows that are new, one a step, then the lines that hold no array of events."""
        yield from self._steps.join(self._rows(), hold=self.follow)
        odd, self._odd = self._odd, []
        yield from odd
        yield from self._unread()

    def rest(self) -> Iterator[Item]:
        """The row that waits for more scalars of its step, if one does."""
        return self._steps.rest()

    def _rows(self) -> Iterator[Row]:
        for line, text in self._read():
            try:
                events = parse(text) if text.strip() else []
                rows = [row for event in events if (row := _row(line, event)) is not None]
            except (ValueError, TypeError, AttributeError, KeyError):
                if len(self._odd) < 1000:
                    self._odd.append(Unread(line, "no array of events, or cut off"))
                continue
            yield from rows


def _row(line: int, event: dict[str, Any]) -> Row | None:
    title, series = str(event.get("metric")), str(event.get("variant"))
    found = numbers_of({"it": event.get("value"), "step": event["iter"], "at": event.get("timestamp", 0)})
    if event.get("type") != SCALAR or title.startswith(OF_THE_MACHINE) or not {"it", "step"} <= found.keys():
        return None
    name = title if title == series else f"{title}/{series}"
    return Row(line, {name: found["it"], "step": found["step"]}, found.get("at", 0.0) / 1000)


def _object(file: Path) -> dict[str, Any]:
    try:
        with os.fdopen(open_to_read(file), "rb") as opened:
            found = parse(opened.read(LONGEST_TASK).decode("utf-8", "replace"))
    except (OSError, OddFileError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _settings(task: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Name → value as text, of every section but the command line's own."""
    sections = task.get("hyperparams")
    for section in sections.values() if isinstance(sections, dict) else ():
        for name, entry in list(section.items())[:1000] if isinstance(section, dict) else ():
            if isinstance(entry, dict):
                yield str(name), entry.get("value")
