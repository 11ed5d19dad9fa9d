"""`train.log` of ESPnet2 (`espnet2/train/reporter.py`, `log_message`; written by `espnet2/train/trainer.py`).

    … INFO: 5epoch results: [train] iter_time=…, loss_ctc=45.3, loss=41.2, …, [valid] loss=38.1, cer=0.21, wer=0.63, …
    … INFO: 5epoch:train:1-100batch: iter_time=…, loss=43.7, optim0_lr0=2.5e-05, …

Losses are nats summed over an utterance (mean over the batch), so that train and valid agree; cer and wer are
fractions. Names get their part in front: `train/loss`, `valid/wer`. Everything else in the log is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from monitor.importers.formats.text import TextImporter
from monitor.importers.items import Item, Row, Unread
from monitor.importers.numbers import number

RESULTS = re.compile(r"(\d+)epoch results: (.*)$")
BATCHES = re.compile(r"(\d+)epoch:train:\d+-\d+batch: (.*)$")
PART = re.compile(r"\[(\w+)\] ([^\[]*)")
PAIR = re.compile(r"([A-Za-z]\w*)=([-+.\w]+)")


class EspNet(TextImporter):
    """Reads the results of each epoch under names with their part in front (`valid/wer`), and lines of batches."""

    name = "espnet"
    title = "train.log of ESPnet2"
    shape = "events"
    names: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "train_loss": ("train/loss",),
        "val_loss": ("valid/loss",),
        "val_wer": ("valid/wer", "valid/wer_ctc"),
        "lr": ("train/optim0_lr0", "optim0_lr0"),
        "step_train_loss": ("loss",),
    }
    percent = False

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        super().__init__(path, follow=follow)
        self.run_name = path.absolute().parent.name or path.stem

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """High where the head holds a line of results or of batches, lower for a `.log` that only names espnet."""
        text = head.decode("utf-8", "replace") if b"\0" not in head else ""
        if "epoch results: [" in text or BATCHES.search(text):
            return 0.9
        return 0.6 if "espnet" in text and path.suffix == ".log" else 0.0

    def item(self, line: int, text: str) -> Item | None:
        """The epoch and numbers of a line of results or of batches; None for any other line."""
        if "epoch" not in text:
            return None
        if found := RESULTS.search(text):
            return self._results(line, float(found[1]), found[2])
        found = BATCHES.search(text)
        return Row(line, {"epoch": float(found[1]), **_pairs(found[2], "")}) if found else None

    def _results(self, line: int, epoch: float, text: str) -> Item:
        values = {"epoch": epoch}
        for part, pairs in PART.findall(text):
            values |= _pairs(pairs, f"{part}/")
        return Row(line, values) if len(values) > 1 else Unread(line, "results of an epoch without numbers")


def _pairs(text: str, prefix: str) -> dict[str, float]:
    found = {f"{prefix}{name}": number(cell.rstrip(",")) for name, cell in PAIR.findall(text)}
    return {name: value for name, value in found.items() if value is not None}
