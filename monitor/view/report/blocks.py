"""What a report is made of; each writer turns these into its own form and escapes what a run says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Bullets:
    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Code:
    text: str


@dataclass(frozen=True)
class Table:
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
