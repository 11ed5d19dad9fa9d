"""`001_log` and `001_perf` of wav2letter++ and flashlight ASR (`recipes/…/Train.cpp`, `LogHelper`).

    epoch: 3 | nupdates: 3000 | lr: 0.4 | … | loss: 12.3 | train-TER: 40.1 | train-WER: 60.2 | dev.lst-loss: 10.1 | …

One line an evaluation. TER and WER are in percent. The train loss is the criterion's mean over the batch's utterances,
in nats and as the criterion normalises it; the loss and WER of the first list of the dev sets become validation, other
lists stay beside. `001_perf` holds the same as columns under a line that begins with #.
"""

from __future__ import annotations

import re
from pathlib import Path

from monitor.importers.formats.text import TextImporter
from monitor.importers.items import Item, Row, Unread
from monitor.importers.numbers import number

LOG = re.compile(r"epoch:\s*\d+\s*\|\s*nupdates:", re.IGNORECASE)
PERF = re.compile(r"^#\s*date\s+time\s+epoch\s", re.IGNORECASE)
TRAIN = {"loss": "train_loss", "train-ter": "train_ter", "train-wer": "train_wer", "nupdates": "step"}


class Wav2Letter(TextImporter):
    """Takes each line of a log, or of a table under a line with #, as an evaluation; WER and TER are in percent."""

    name = "wav2letter"
    title = "a log of wav2letter++ or flashlight"
    percent = True

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        super().__init__(path, follow=follow)
        self._columns: list[str] = []
        self.run_name = path.absolute().parent.name or path.stem

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """High where a line of the head is that of a log, or is the head of such a table."""
        lines = head.decode("utf-8", "replace").splitlines() if b"\0" not in head else []
        return 0.9 if any(LOG.search(line) or PERF.match(line) for line in lines) else 0.0

    def item(self, line: int, text: str) -> Item | None:
        """The numbers of one evaluation; None for any other line, Unread where cells or the epoch are missing."""
        if PERF.match(text):
            self._columns = text.lstrip("# ").split()
        elif LOG.search(text):
            # `runtime: 03:54:30` is one name and a clock
            pairs = (part.rpartition(": " if ": " in part else ":") for part in text.split(" | "))
            return _row(line, [(name, cell) for name, _, cell in pairs])
        elif self._columns and (cells := text.split()):
            if len(cells) == len(self._columns):
                return _row(line, list(zip(self._columns, cells, strict=True)))
            return Unread(line, f"{len(cells)} cells instead of {len(self._columns)}")
        return None


def _row(line: int, pairs: list[tuple[str, str]]) -> Item:
    values: dict[str, float] = {}
    for name, cell in pairs:
        value = number(cell)
        if value is None:
            continue
        bare = name.strip().split()[-1] if name.strip() else ""
        values[TRAIN.get(bare.lower(), bare)] = value
    for ending, name in (("-loss", "val_loss"), ("-WER", "val_wer"), ("-TER", "val_ter")):
        first = next((known for known in values if known.endswith(ending)), None)
        if first is not None:
            values = {name if known == first else known: value for known, value in values.items()}
    return Row(line, values) if "epoch" in values and len(values) > 1 else Unread(line, "no numbers of an epoch")
