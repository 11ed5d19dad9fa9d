"""What a report is made of; each writer turns these into its own form and escapes what a run says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """`level`: 1 for the report's title, 2 for its parts, 3 below them."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """One paragraph."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list; `numbered` where its order has a meaning."""

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Code:
    """Lines that are shown exactly as they are, such as a command."""

    text: str


@dataclass(frozen=True)
class Table:
    """`columns`: the heads. Each row has as many cells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Line:
    """One curve of a figure: (epoch, value) points; `dashed` for yardsticks."""

    name: str
    points: tuple[tuple[float, float], ...]
    dashed: bool = False


@dataclass(frozen=True)
class Figure:
    """A chart over epochs. Markdown has no picture of its own and names what it would show."""

    title: str
    lines: tuple[Line, ...]
    percent: bool = False


Block = Heading | Text | Bullets | Code | Table | Figure
Blocks = Sequence[Block]
