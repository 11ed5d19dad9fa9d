"""SwanLab's offline runs, without the swanlab package and without its server.

`swanlog/run-*/run-*.swanlab` since 0.8, records in protobuf (`swanlab/proto/swanlab/record/v1`); `backup.swanlab`
before, records in JSON. Both are a LevelDB log. Read are scalars, the run's name, its settings (`files/config.yaml`
beside it) and how it ended. Hardware figures, console output, media and charts are passed over.
"""

from __future__ import annotations

import datetime
import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from monitor.importers.formats.level_log import OfflineRun
from monitor.importers.formats.protobuf_wire import fields, inside
from monitor.importers.items import Item, Row, SameStep, Unread
from monitor.importers.json_objects import numbers_of, parse
from monitor.run_dir import Outcome
from monitor.run_dir.opening import OddFileError, open_to_read

MAGIC = b":SWL"
VERSION = 6
"""Place of the byte of the head that says how records are written: 1 is JSON."""
FILES = ("run-*.swanlab", "backup.swanlab", "run-*/run-*.swanlab", "run-*/backup.swanlab")
START, FINISH, SCALAR = 10, 11, 13
"""Field numbers of `Record`."""
ENDED: dict[int, Outcome] = {1: "finished", 2: "failed", 3: "stopped"}
OF_THE_MACHINE = "__swanlab__"
SETTING = re.compile(r"^([^\s:][^:\n]*):\n(?:  (?!value:).*\n)*  value: (.*)$", re.MULTILINE)
LONGEST_SETTINGS = 1 << 18


class SwanLab(OfflineRun):
    """Joins the scalars of one step into a row; `files/config.yaml` beside the log gives the settings."""

    name = "swanlab"
    title = "an offline run of SwanLab"
    magic = MAGIC
    patterns = FILES
    whose = "SwanLab"

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        super().__init__(path, follow=follow)
        self._steps = SameStep()
        self._unread: list[Unread] = []
        self.run_name = self.path.parent.name
        self.config = _settings(self.path.parent / "files" / "config.yaml")

    def items(self) -> Iterator[Item]:
        """The rows that are new, one a step, then the records that could not be read; an ended run holds none back."""
        yield from self._steps.join(self._rows(), hold=self.follow)
        if self.outcome is not None:
            yield from self._steps.rest()
        unread, self._unread = self._unread, []
        yield from unread

    def _rows(self) -> Iterator[Row]:
        for found in self._log.read(last=not self.follow):
            if isinstance(found, str):
                self._unread.append(Unread(self._records, found))
                continue
            self._records += 1
            try:
                row = self._of_json(found) if self._log.head[VERSION:] == b"\x01" else self._of_protobuf(found)
            except (ValueError, KeyError, TypeError, AttributeError, struct.error):
                if len(self._unread) < 1000:
                    self._unread.append(Unread(self._records, "the record is damaged"))
                continue
            if row is not None:
                yield row

    def _of_protobuf(self, record: bytes) -> Row | None:
        for number, value in fields(record):
            if number == START and isinstance(value, bytes):
                self.run_name = next((name.decode() for name in inside(value, 4)), self.run_name)
            elif number == FINISH and isinstance(value, bytes):
                state = next((int(state) for field, state in fields(value) if field == 1), 0)
                self.outcome = ENDED.get(state, self.outcome)
            elif number == SCALAR and isinstance(value, bytes):
                return self._scalar(dict(fields(value)))
        return None

    def _scalar(self, scalar: dict[int, Any]) -> Row | None:
        """`ScalarRecord`: key, step, type, time, value. A zero is left out of the message."""
        at = dict(fields(scalar.get(4, b"")))
        value: dict[int, Any] = dict(fields(scalar.get(5, b"")))
        number = float(struct.unpack("<d", value.get(1, bytes(8)))[0])
        return self._row(scalar[1].decode(), scalar.get(2, 0), number, float(at.get(1, 0)))

    def _of_json(self, record: bytes) -> Row | None:
        found = parse(record.decode("utf-8", "replace"))
        kind, data = found["model_type"], found["data"]
        if kind == "Experiment":
            self.run_name = str(data["name"])
        elif kind == "Footer":
            self.outcome = "finished" if data["success"] else "failed"
        elif kind == "Scalar" and (number := numbers_of({"it": data["metric"]["data"]})):
            at = datetime.datetime.fromisoformat(data["metric"]["create_time"]).timestamp()
            return self._row(str(data["key"]), data["step"], number["it"], at)
        return None

    def _row(self, key: str, step: int, value: float, at: float) -> Row | None:
        if key.startswith(OF_THE_MACHINE):
            return None
        return Row(self._records, {key: value, "step": float(step)}, at)

    def rest(self) -> Iterator[Item]:
        """The row that waits for more scalars of its step, if one does."""
        return self._steps.rest()


def _settings(file: Path) -> dict[str, Any]:
    """Name → value; those that are more than one line are left out."""
    if file.parent.is_symlink():
        return {}
    try:
        with os.fdopen(open_to_read(file), "rb") as opened:
            text = opened.read(LONGEST_SETTINGS).decode("utf-8", "replace")
    except (OSError, OddFileError):
        return {}
    return {name: _plain(value) for name, value in SETTING.findall(text) if value}


def _plain(text: str) -> object:
    try:
        return parse(text)
    except ValueError:
        return text.strip("'\"")
