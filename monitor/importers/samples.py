"""Printed predictions in a text (`Target: …` above `Pred: …`, GT/Hyp, REF/HYP) → pairs, with their epoch where known.

The forms are those that training scripts print and people paste: a word count in brackets behind the sentence, and
(EMPTY) for a prediction without words, are no part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

TARGET = re.compile(
    r"^[\s>*-]*(?:target|gt|ground[ _]truth|ref(?:erence)?|label|truth|true)\W{0,3}[:=][*_]{0,2}\s*(.*)$", re.IGNORECASE
)
SAID = re.compile(
    r"^[\s>*-]*(?:pred(?:iction|icted)?|hyp(?:othesis)?|output|decoded)\W{0,3}[:=][*_]{0,2}\s*(.*)$", re.IGNORECASE
)
MAY_BE_ONE = re.compile(r"[\s>*|-]*[tgrlphod]", re.IGNORECASE)
"""How a target, a prediction and the names of their table begin: most lines of a log do not."""
EPOCH = re.compile(r"\bepoch\W{0,4}(\d+(?:\.\d+)?)", re.IGNORECASE)
WORD_COUNT = re.compile(r"\s*\(\d+ words?\)\s*$", re.IGNORECASE)
EMPTY = re.compile(r"^[(<\[]?(?:empty|blank|none)[)>\]]?$", re.IGNORECASE)
TABLE = re.compile(
    r"^\s*\|?\s*(?:ground[ _]truth|target|reference)\s*\|\s*(?:prediction|hypothesis|predicted)\b", re.IGNORECASE
)
"""Names of a table of predictions: `Ground Truth | Prediction | Confidence`."""
RULE = re.compile(r"[\s|:=+-]*")
MOST_SAMPLES = 10_000


@dataclass(frozen=True)
class Sample:
    """One printed pair. `epoch` is the last one named above it, None where none was."""

    epoch: float | None
    reference: str
    hypothesis: str


def read_samples(lines: Iterable[str]) -> tuple[Sample, ...]:
    """Every target that is followed by its prediction, in order; at most 10,000."""
    scan = SampleScan()
    found: list[Sample] = []
    epoch: float | None = None
    for line in lines:
        if scan.take(line, epoch):
            found += scan.found()
        elif (named := EPOCH.search(line)) and "|" not in line:
            epoch = float(named[1])
        if len(found) == MOST_SAMPLES:
            break
    return tuple(found)


class SampleScan:
    """Pairs targets with the predictions below them, line by line."""

    def __init__(self, target: str | None = None) -> None:
        self.target = target
        """The target that waits for its prediction."""
        self._found: list[Sample] = []
        self.in_table = False
        """Whether the lines are a table of predictions."""

    def may_take(self, line: str) -> bool:
        """Whether `take` may find anything in the line."""
        return self.in_table or MAY_BE_ONE.match(line) is not None

    def take(self, line: str, epoch: float | None) -> bool:
        """Whether the line is a target or a prediction; `epoch` is the one that it belongs to, if one was named."""
        if self._row(line, epoch):
            return True
        if wanted := TARGET.match(line):
            self.target = _sentence(wanted[1])
        elif said := SAID.match(line):
            if self.target:
                self._found.append(Sample(epoch, self.target, _sentence(said[1])))
            self.target = None
        else:
            return False
        return True

    def _row(self, line: str, epoch: float | None) -> bool:
        """Whether the line belongs to a table of predictions."""
        if "|" in line and TABLE.match(line):
            self.in_table = True
            return True
        if not self.in_table or RULE.fullmatch(line[:200]):
            return self.in_table
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        self.in_table = len(cells) > 1
        if self.in_table and cells[0]:
            self._found.append(Sample(epoch, _sentence(cells[0]), _sentence(cells[1])))
        return self.in_table

    def found(self) -> list[Sample]:
        """The pairs since the last call."""
        new, self._found = self._found, []
        return new


def _sentence(text: str) -> str:
    bare = WORD_COUNT.sub("", text.strip().strip("`\"'")).strip()
    return "" if EMPTY.match(bare) else bare
