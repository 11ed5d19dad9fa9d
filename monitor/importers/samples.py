"""Printed predictions in a text (`Target: …` above `Pred: …`, GT/Hyp, REF/HYP) → pairs, with their epoch where told.

The forms are those that training scripts print and people paste: a word count in brackets behind the sentence, and
(EMPTY) for a prediction without words, are no part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

TARGET = re.compile(
    r"^[\s>*-]*(?:target|gt|ground[ _]truth|ref(?:erence)?|label|truth)\W{0,3}[:=][*_]{0,2}\s*(.*)$", re.IGNORECASE
)
SAID = re.compile(
    r"^[\s>*-]*(?:pred(?:iction|icted)?|hyp(?:othesis)?|output|decoded)\W{0,3}[:=][*_]{0,2}\s*(.*)$", re.IGNORECASE
)
EPOCH = re.compile(r"\bepoch\W{0,4}(\d+(?:\.\d+)?)", re.IGNORECASE)
WORD_COUNT = re.compile(r"\s*\(\d+ words?\)\s*$", re.IGNORECASE)
EMPTY = re.compile(r"^[(<\[]?(?:empty|blank|none)[)>\]]?$", re.IGNORECASE)
MOST_SAMPLES = 10_000


@dataclass(frozen=True)
class Sample:
    """One printed pair. `epoch` is the last one named above it, None where none was."""

    epoch: float | None
    reference: str
    hypothesis: str


def read_samples(lines: Iterable[str]) -> tuple[Sample, ...]:
    """Every target that is followed by its prediction, in order; at most 10,000."""
    found = []
    for sample in _pairs(lines):
        found.append(sample)
        if len(found) == MOST_SAMPLES:
            break
    return tuple(found)


def _pairs(lines: Iterable[str]) -> Iterator[Sample]:
    epoch: float | None = None
    target: str | None = None
    for line in lines:
        wanted, said = TARGET.match(line), SAID.match(line)
        if wanted:
            target = _sentence(wanted[1])
        elif said:
            if target:
                yield Sample(epoch, target, _sentence(said[1]))
            target = None
        elif (named := EPOCH.search(line)) and "|" not in line:
            epoch = float(named[1])


def _sentence(text: str) -> str:
    bare = WORD_COUNT.sub("", text.strip().strip("`\"'")).strip()
    return "" if EMPTY.match(bare) else bare
