"""Logs of fairseq (`fairseq/logging/progress_bar.py`), with `--log-format json` or `simple`.

    2022-03-01 10:00:00 | INFO | train | {"epoch": 1, "train_loss": "6.1", "train_num_updates": "500", "train_lr": …}
    2022-03-01 10:00:05 | INFO | valid | {"epoch": 1, "valid_loss": "5.2", "valid_wer": "98.1", "valid_num_updates": …}
    2022-03-01 10:00:05 | INFO | valid | epoch 001 | valid on 'valid' subset | loss 5.2 | wer 98.1 | num_updates 500

Numbers are written as text. fairseq divides losses by ln 2 and by the sample size: bits per token (per sentence with
`--sentence-avg`). WER is in percent. `valid_best_*` repeats the best so far and is no measurement; a subset whose name
does not begin with "valid" is kept under its own names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from monitor.importers.formats.text import TextImporter
from monitor.importers.items import Item, Row, Unread
from monitor.importers.json_objects import numbers_of, parse
from monitor.importers.numbers import number

JSON = re.compile(r"\| (?:INFO \| )?([\w.-]+) \| (\{.*\})\s*$")
SIMPLE = re.compile(r"\| INFO \| ([\w.-]+) \| epoch (\d+) \|(.*)$")
PAIR = re.compile(r"\|\s*([A-Za-z]\w*) ([-+.\w]+)\s*(?=\||$)")
INNER = "train_inner"


class Fairseq(TextImporter):
    """Reads lines of statistics, printed as JSON or as pairs between bars; losses are in bits, WER in percent."""

    name = "fairseq"
    title = "a log of fairseq"
    shape = "events"
    names: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "step": ("num_updates",),
        "train_loss": ("train_loss",),
        "val_loss": ("valid_loss",),
        "val_wer": ("valid_wer",),
        "lr": ("train_lr", "inner_lr"),
        "grad_norm": ("inner_gnorm", "train_gnorm"),
        "step_train_loss": ("inner_loss",),
    }
    percent = True
    loss_unit = "bits"

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """High where the head holds a line of statistics, lower where only `fairseq` and `| INFO |` stand in it."""
        text = head.decode("utf-8", "replace") if b"\0" not in head else ""
        if any(JSON.search(line) or SIMPLE.search(line) for line in text.splitlines()):
            return 0.85
        return 0.6 if "fairseq" in text and "| INFO |" in text else 0.0

    def item(self, line: int, text: str) -> Item | None:
        """The numbers of a line of statistics, named by its part (`valid_loss`); None for any other line."""
        if found := JSON.search(text):
            return self._json(line, found[1], found[2])
        if not (found := SIMPLE.search(text)):
            return None
        pairs = ((name, number(cell)) for name, cell in PAIR.findall("|" + found[3]))
        numbers = {name: value for name, value in pairs if value is not None}
        return _row(line, found[1], {"epoch": float(found[2]), **numbers})

    def _json(self, line: int, part: str, text: str) -> Item:
        try:
            found = parse(text)
        except ValueError:
            return Unread(line, f"what {part} writes is no JSON, or cut off")
        return _row(line, part, numbers_of(found, texts=True) if isinstance(found, dict) else {})


def _row(line: int, part: str, found: dict[str, float]) -> Item:
    """The numbers under one spelling: the part in front, but not of epoch and updates."""
    prefix = "inner" if part == INNER else part
    values = {}
    for name, value in found.items():
        bare = name.removeprefix(f"{part}_")
        if "best_" in bare:
            continue
        values[bare if bare in ("epoch", "num_updates") else f"{prefix}_{bare}"] = value
    return Row(line, values) if len(values) > 1 else Unread(line, f"{part} without numbers")
