"""Lines of a log that differ in their numbers only are of one kind: what the second look (`witness`) keeps of it.

The first and the last lines of each kind are kept, so memory does not grow with the log.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from monitor.importers.free_text.figures import EPOCH, MEASURES, SPLIT, Figure, figures, pairs, plain

MOST_KINDS, MOST_EPOCHS, LONGEST, LONGEST_HEADING, SHOWN = 400, 20_000, 2_000, 200, 60
KEPT, KEPT_LAST = 8, 2
"""So many lines of a kind are kept of its beginning, and of its end."""
HABIT = 3
"""What one line in so many does may be how the log is written."""
HAS_FIGURE = re.compile(r"\d\.\d|\d\s?%|(?<![^\W\d_])(?:nan|inf)\b", re.IGNORECASE)
MAY_VALIDATE = re.compile(r"val|eval|dev|cv|test", re.IGNORECASE)
NUMBERS = re.compile(r"\s*[-+]?\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?\s*")
ASIDE = re.compile(
    r"(?<![a-z/])(?:best|improved|saved?|saving|early|earlystopping|patience|restor\w+|config|namespace|loaded|loading"
    r"|args|checkpoint|resum\w+|warning|traceback|usage|train_runtime)(?![a-z])|\[ iou="
    r"|:\s*precision: 0 %;\s*recall: 0 %;\s*fb? 0 : 0\s+0"  # of one class
)
"""A line with such a word tells of something else than the evaluation of this moment."""
OF_A_STEP = re.compile(
    r"(?<![a-z])(?:(?:mini-?)?batch|step|iter|iters|iteration|updates?|num_updates)(?:_(?:idx|index|id))?(?![a-z])\W{0,4}0"
    r"|%\||it/s|s/it|0\s?/\s?0\s+loss|^\W*0,\s+train.?loss|(?<![a-z])eta(?![a-z])|\[\s*0\s*/\s*0\b|batch[ _]loss"
)
"""In the shape of a line: it is about a step."""

OF_A_PART = re.compile(r"epoch['\"]?\s?[:=]\s?\d*\.\d*[1-9]", re.IGNORECASE)
"""A share of an epoch: such a line is of a step."""
COLUMNS = re.compile(r"(?:[a-z_]{1,20})?(?: ?0 ){4,}(?:[a-z]{1,4} ?)?")
"""The shape of a row of numbers without a word, but for one at its beginning and the unit of the last number."""
OF_MANY = re.compile(
    r"(?<![a-z])(subject|fold|patient|participant|speaker|client|task|seed|site)s?\b"
    r"\W{0,4}(?:(?:no|nr|id)\W{0,3})?(\d{1,4})(?![.\d])"
)
"""One of several that a model is trained for."""

FULL, UNDER_WAY = "100%|", " it/s"
"""What tells a full bar, and what a bar under way is known by in a shape."""
KERAS = re.compile(r"(?<![\d.])(\d{1,9})/(\d{1,9})(?![\d.])")


@dataclass
class Kind:
    """Lines that differ in their numbers only."""

    names_epoch: bool
    names_step: bool
    names_many: bool = False
    is_full: bool = False
    """A bar stands there that has come to its end."""
    is_row: bool = False
    """It holds numbers alone, a row below a table's names."""
    count: int = 0
    epochs: set[int] = field(default_factory=set)
    """The epochs that they name, MOST_EPOCHS at most."""
    of_many: dict[str, set[int]] = field(default_factory=dict)
    """`subject` and the like → the numbers that stand behind it."""
    epoch: int = -1
    """The last of them."""
    falls: int = 0
    """How often one named an earlier epoch than the one before."""
    again: list[tuple[int, int]] = field(default_factory=list)
    """(line, epoch) of those that named the epoch of the one before, KEPT at most."""
    first: list[tuple[int, str]] = field(default_factory=list)
    last: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=KEPT_LAST))

    def take(self, number: int, line: str) -> None:
        """Counts a line, and keeps the first and the last KEPT lines with their numbers."""
        self.count += 1
        (self.first if len(self.first) < KEPT else self.last).append((number, line))

    def kept(self) -> tuple[tuple[int, str], ...]:
        """The lines that were kept, each with its number."""
        return (*self.first, *self.last)

    def begun_again(self) -> list[int]:
        """The lines that name the first epoch as the one of this kind before them did, where that is no habit."""
        is_habit = self.names_step or self.is_full or len(self.again) * HABIT > self.count
        return [] if is_habit else [line for line, epoch in self.again if epoch <= 1]

    def figures(self) -> Iterator[Figure]:
        """The figures of the lines that were kept, in the order of the lines."""
        for number, line in self.kept():
            yield from figures(line, number)

    def pairs(self) -> Iterator[tuple[int, list[tuple[str, tuple[str, ...]]]]]:
        """The names with a number of each line that was kept, and the line's number."""
        for number, line in self.kept():
            yield number, list(pairs(line))


class Kinds:
    """Every line of a log that holds a figure, by its kind, and what such lines name."""

    def __init__(self) -> None:
        self._of: dict[str, Kind | None] = {}
        """Shape of a line → what is known of such lines; None where they hold no figure."""
        self.epochs: set[int] = set()
        self._epoch = -1
        """The last of them."""
        self.falls = 0
        """How often a line named an earlier one than the line before."""
        self.validations = 0
        self.validation = ""
        """The first line that names a validation."""
        self._announced = False
        """The line before announced what was best."""

    def __iter__(self) -> Iterator[Kind]:
        return filter(None, self._of.values())

    def take(self, number: int, line: str) -> None:
        """A line of the log as it stands there, and its number."""
        line = line[:LONGEST]
        if len(line) < LONGEST_HEADING and MAY_VALIDATE.search(line):
            self._note_validation(number, line)
        announced, self._announced = self._announced, line.rstrip()[-1:] == ":" and bool(ASIDE.search(line.lower()))
        if announced or not HAS_FIGURE.search(line):
            return
        is_full = FULL in line
        shape = NUMBERS.sub(" 0 ", line) + FULL * is_full + UNDER_WAY * _is_under_way(line)
        if shape not in self._of and len(self._of) < MOST_KINDS:
            self._of[shape] = _kind_of(plain(shape), is_full)
        if (kind := self._of.get(shape)) is None:
            return
        kind.take(number, line)
        kind.names_step = kind.names_step or OF_A_PART.search(line) is not None
        if kind.names_many:
            for word, of in OF_MANY.findall(plain(line)):
                kind.of_many.setdefault(word, set()).add(int(of))
        if kind.names_epoch and len(self.epochs) < MOST_EPOCHS and (found := EPOCH.search(plain(line))):
            epoch = int(found[1])
            self.falls += epoch < self._epoch
            kind.falls += epoch < kind.epoch
            if epoch == kind.epoch and len(kind.again) < KEPT:
                kind.again.append((number, epoch))
            self._epoch = kind.epoch = epoch
            self.epochs.add(epoch)
            kind.epochs.add(epoch)

    def _note_validation(self, number: int, line: str) -> None:
        text = plain(line)
        if not ASIDE.search(text) and " took " not in text and any(each["val"] for each in SPLIT.finditer(text)):
            self.validations += 1
            self.validation = self.validation or f"line {number} first ({line.strip()[:SHOWN]!r})"


def _is_under_way(line: str) -> bool:
    """Whether a bar of Keras stands there that has not come to its end."""
    found = KERAS.search(line) if "/step" in line else None
    return found is not None and int(found[1]) < int(found[2])


def _kind_of(shape: str, is_full: bool) -> Kind | None:
    if COLUMNS.fullmatch(shape):
        return Kind(names_epoch=False, names_step=False, is_row=True)
    if not MEASURES.search(shape) or ASIDE.search(shape):
        return None
    of_many = OF_MANY.search(shape) is not None
    return Kind(EPOCH.search(shape) is not None, OF_A_STEP.search(shape) is not None, of_many, is_full)
