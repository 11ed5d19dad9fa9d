"""`train_log.txt` of SpeechBrain's `FileTrainLogger` (`speechbrain/utils/train_logger.py`): one line an epoch.

    epoch: 1, lr: 1.00e-03 - train loss: 7.44 - valid loss: 6.97, valid CER: 99.4, valid WER: 1.00e+02

Numbers have three digits. WER and CER come from `ErrorRateStats`, which gives percent; a plain "error" is a fraction of
SpeechBrain's classification recipes and no WER: it is kept under its own name. The line `Epoch loaded: N - test …` at
the end is a test of one checkpoint and no epoch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from monitor.importers.formats.text import TextImporter
from monitor.importers.items import Aside, Item, Row, Unread
from monitor.importers.numbers import number

LINE = re.compile(r"^epoch\s*:\s*[\d.]+.* - ", re.IGNORECASE)
LOADED = re.compile(r"^epoch loaded\s*:", re.IGNORECASE)
SEPARATOR = re.compile(r"\s+-\s+|,\s*")


class SpeechBrain(TextImporter):
    """Takes each line of an epoch as a row; its error rates are in percent."""

    name = "speechbrain"
    title = "train_log.txt of SpeechBrain"
    names: ClassVar[Mapping[str, tuple[str, ...]]] = {"val_wer": ("valid WER",), "train_wer": ("train WER",)}
    percent = True

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """High where one of the first 200 lines is that of an epoch, with the words train and loss."""
        lines = head.decode("utf-8", "replace").splitlines()[:200] if b"\0" not in head else []
        return 0.9 if any(LINE.match(line) and "train" in line and "loss" in line for line in lines) else 0.0

    def item(self, line: int, text: str) -> Item | None:
        """The numbers of an epoch's line; an Aside for a test, None for an empty line, Unread for any other."""
        bare = text.strip()
        if LOADED.match(bare):
            return Aside(f"Line {line}, a test and no epoch: {bare[:200]}")
        if LINE.match(bare):
            return self._row(line, bare)
        return Unread(line, f"no line of an epoch: {bare[:60]!r}") if bare else None

    def _row(self, line: int, text: str) -> Item:
        values = {}
        for part in SEPARATOR.split(text):
            name, _, cell = part.rpartition(":")
            value = number(cell)
            if name.strip() and value is not None:
                values[name.strip()] = value
        return Row(line, values) if len(values) > 1 else Unread(line, "no numbers behind its epoch")
