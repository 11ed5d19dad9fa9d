"""The shape of a line: what a log's lines have in common that differ in their numbers only.

Most lines of a log have one of a few shapes, and what a pattern without particular digits says of a shape holds for all
of its lines: it is asked once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

_T = TypeVar("_T")
_DIGITS = b"0123456789"
_ZEROS = bytes.maketrans(_DIGITS, b"0" * 10)
MOST_SHAPES, LONGEST_SHAPE = 512, 500
"""What is remembered is bounded: so many shapes, and none of a longer line."""
BEHIND_EPOCH = re.compile(r"(?:poc|POC)[^\W\d_]*\W{0,4}(?:\w+\)\s*\[)?(\d+)")
BEFORE_EPOCH = re.compile(r"(\d+)[- ]?[Ee]$")
ELSEWHERE = re.compile(r"\W*(\d+)[/|]\d+\W{1,4}\d|.{0,60}?(?:atch|[^\x00-\x7f])\W{1,3}(\d+)")
"""Where an epoch stands that no such word names: `[3/25][20/60]`, `TRAIN Batch 3/100`, `第 3 轮`."""


def without_digits(line: str) -> str:
    """The line without its digits 0 to 9."""
    return line.encode("utf-8", "surrogatepass").translate(None, _DIGITS).decode("utf-8", "surrogatepass")


def by_shape(look: Callable[[str], _T]) -> Callable[[str], _T]:
    """`look` for a line, asked once for all lines of its shape; it is given the line with a 0 for each digit."""
    known = lru_cache(MOST_SHAPES)(lambda shape: look(shape.decode("utf-8", "surrogatepass")))

    def answer(line: str) -> _T:
        """The answer for the shape of a line; a line above LONGEST_SHAPE is asked for itself."""
        if len(line) > LONGEST_SHAPE:
            return look(line)
        return known(line.encode("utf-8", "surrogatepass").translate(_ZEROS))

    return answer


class StepLine:
    """A line in the middle of an epoch: those that differ from it only in their numbers say no more of the epoch."""

    def __init__(self, line: bytes) -> None:
        self._words = line.translate(None, _DIGITS)
        self._epoch = self._epoch_in(line)

    def is_like(self, line: bytes) -> bool:
        """Whether a line has the same words and the same number of its epoch."""
        if line.translate(None, _DIGITS) != self._words:
            return False
        if line[: self._until].translate(_ZEROS) == self._before:
            return line[self._begin : self._end] == self._epoch
        return self._epoch_in(line) == self._epoch

    def _epoch_in(self, line: bytes) -> bytes:
        shape = line.translate(_ZEROS)
        place_of_epoch = _place_of_epoch if len(line) <= LONGEST_SHAPE else _place_of_epoch.__wrapped__
        self._begin, self._end = place_of_epoch(shape)
        self._until = self._end + 1  # the number ends there
        self._before = shape[: self._until]
        return line[self._begin : self._end]


@lru_cache(MOST_SHAPES)
def _place_of_epoch(shape: bytes) -> tuple[int, int]:
    """Where in a line the number of its epoch begins and ends, in bytes; both 0 where it names none."""
    text = shape.decode("utf-8", "surrogateescape")
    at = max(text.find("poc"), text.find("POC"))
    if at < 0:
        named = ELSEWHERE.match(text)
    else:
        named = BEHIND_EPOCH.match(text, at) or BEFORE_EPOCH.search(text, max(0, at - 9), at)
    begin, end = named.span(named.lastindex or 0) if named else (0, 0)
    begin, end = (len(text[:place].encode("utf-8", "surrogateescape")) for place in (begin, end))
    return begin, end
