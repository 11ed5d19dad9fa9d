"""Weights & Biases offline runs: `wandb/offline-run-*/run-*.wandb`, without the wandb package and without its server.

The file is a LevelDB log (blocks of 32 KiB; `wandb/sdk/internal/datastore.py` up to 0.2x, Go's `store.go` since) of
protobuf records (`wandb/proto/wandb_internal.proto`); read are history (`run.log`), config, name and exit code.
System statistics, console output, media and tables are passed over. `_step` counts calls of `run.log`; where the
script logs a step of its own (`train/global_step`), that one is taken. Units are the script's own.
A damaged block is left out and named; reading goes on behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from monitor.importers.formats.level_log import OfflineRun
from monitor.importers.formats.protobuf_wire import fields, inside
from monitor.importers.items import Item, Row, Unread
from monitor.importers.json_objects import numbers_of, parse

MAGIC = b":W&B"
FILES = ("run-*.wandb", "*run-*/run-*.wandb")
HISTORY, CONFIG, RUN, EXIT = 2, 5, 17, 18
"""Field numbers of `Record`."""
KEY, NESTED_KEY, VALUE = 1, 2, 16
"""Of an item of history and config."""


class Wandb(OfflineRun):
    """Reads history, settings, name and exit code from the records of one run."""

    name = "wandb"
    title = "an offline run of Weights & Biases"
    magic = MAGIC
    patterns = FILES
    whose = "Weights & Biases"
    names: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "step": ("train/global_step", "trainer/global_step", "global_step", "_step"),
        "epoch": ("epoch", "train/epoch", "trainer/epoch"),
        "lr": ("train/learning_rate", "lr", "learning_rate"),
    }

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        super().__init__(path, follow=follow)
        self.run_name = self.path.stem

    def items(self) -> Iterator[Item]:
        """The rows of history that are new; a damaged record or block is named, and reading goes on behind it."""
        for found in self._log.read(last=not self.follow):
            if isinstance(found, str):
                yield Unread(self._records, found)
                continue
            self._records += 1
            try:
                yield from self._record(found)
            except (ValueError, UnicodeDecodeError):
                yield Unread(self._records, "the record is damaged")

    def _record(self, record: bytes) -> Iterator[Item]:
        for number, value in fields(record):
            if not isinstance(value, bytes):
                continue
            if number == HISTORY:
                row = _history(self._records, value)
                if row is not None:
                    yield row
            elif number == CONFIG:
                self._configure(value)
            elif number == RUN:
                self._describe(value)
            elif number == EXIT:
                codes = [code for field, code in fields(value) if field == 1]
                self.outcome = "failed" if codes and codes[0] else "finished"

    def _configure(self, message: bytes) -> None:
        for item in inside(message, 1):
            name, value = _item(item)
            if name and not name.startswith("_") and len(self.config) < 1000:
                self.config[name] = value

    def _describe(self, message: bytes) -> None:
        for number, value in fields(message):
            if number == 8 and isinstance(value, bytes) and value:
                self.run_name = value.decode("utf-8", "replace")
            elif number == 4 and isinstance(value, bytes):
                self._configure(value)


def _item(message: bytes) -> tuple[str, object]:
    name, nested, text = "", [], ""
    for number, value in fields(message):
        if isinstance(value, bytes) and number in (KEY, NESTED_KEY, VALUE):
            word = value.decode("utf-8")
            if number == KEY:
                name = word
            elif number == NESTED_KEY:
                nested.append(word)
            else:
                text = word
    return name or "/".join(nested), parse(text) if text else None


def _history(record: int, message: bytes) -> Row | None:
    found = dict(_item(item) for item in inside(message, 1))
    values = numbers_of(found)
    at = values.pop("_timestamp", 0.0)
    values.pop("_runtime", None)
    if "_step" not in values:
        for step in inside(message, 2):
            values["_step"] = float(next((int(value) for number, value in fields(step) if number == 1), 0))
    return Row(record, values, at if 0 < at < 1e11 else 0.0) if len(values) > 1 else None
