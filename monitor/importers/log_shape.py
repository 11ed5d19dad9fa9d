"""The shape of a line: what a log's lines have in common that differ in their numbers only.

Most lines of a log have one of a few shapes, and what a pattern without particular digits says of a shape holds for all
of its lines: it is asked once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

_T = TypeVar("_T")
_DIGITS = b"0123456789"
_ZEROS = bytes.maketrans(_DIGITS, b"0" * 10)
MOST_SHAPES = 512


def without_digits(line: str) -> str:
    return line.encode("utf-8", "surrogatepass").translate(None, _DIGITS).decode("utf-8", "surrogatepass")


def by_shape(look: Callable[[str], _T]) -> Callable[[str], _T]:
    """`look` for a line, asked once for all lines of its shape; it is given the line with a 0 for each digit."""
    known = lru_cache(MOST_SHAPES)(lambda shape: look(shape.decode("utf-8", "surrogatepass")))
    return lambda line: known(line.encode("utf-8", "surrogatepass").translate(_ZEROS))
