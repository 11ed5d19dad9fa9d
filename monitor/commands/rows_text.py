"""A table of thousands of rows as text: a row that fits is one line, put together without any layout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from monitor.commands.common import harmless

BETWEEN = "  "


def print_rows(console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints heads and rows in columns; where the console is too narrow, the widest columns are wrapped."""
    safe = [[harmless(cell) for cell in row] for row in rows]
    widths = _widths([list(heads), *safe], console.width)
    for line in _lines(console, heads, widths):
        console.print(Text(line, style="bold"), no_wrap=True, overflow="ignore", crop=False)
    body = "\n".join(line for row in safe for line in _lines(console, row, widths))
    console.file.write(f"{body}\n")


def _widths(rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """Cells for each column: what its longest text needs, less where all together do not fit."""
    columns = list(zip(*rows, strict=True))
    texts = [set(column) for column in columns]
    widths = [max(_width(line) for cell in column for line in cell.split("\n")) for column in texts]
    least = [max(_width(word) for cell in column for word in cell.split() or [""]) for column in texts]
    room -= len(BETWEEN) * (len(widths) - 1)
    while sum(widths) > room:
        wide = [place for place, width in enumerate(widths) if width > least[place]] or range(len(widths))
        widest = max(wide, key=lambda place: widths[place])
        if widths[widest] <= 1:
            break
        widths[widest] -= 1
    return widths


def _lines(console: Console, row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    if all("\n" not in cell and _width(cell) <= width for cell, width in zip(row, widths, strict=True)):
        yield _line(row, widths)
        return
    wrapped = [
        [part.plain for part in Text(cell).wrap(console, width)] for cell, width in zip(row, widths, strict=True)
    ]
    for number in range(max(map(len, wrapped))):
        yield _line([parts[number] if number < len(parts) else "" for parts in wrapped], widths)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (
        cell.ljust(width) if cell.isascii() and len(cell) <= width else set_cell_size(cell, width)
        for cell, width in zip(row, widths, strict=True)
    )
    return BETWEEN.join(cells).rstrip()


def _width(text: str) -> int:
    """Cells of a text without control codes; most are plain ASCII, of which each letter is one."""
    return len(text) if text.isascii() else cell_len(text)
