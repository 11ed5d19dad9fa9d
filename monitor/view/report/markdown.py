"""A report as GitHub-flavoured Markdown."""

from __future__ import annotations

import re

from monitor.run_dir.words import steady
from monitor.view.report.blocks import Block, Blocks, Bullets, Code, Figure, Heading, Table, Text

MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]<>|#])")


def to_markdown(blocks: Blocks) -> str:
    """GitHub-flavoured Markdown; what a run says is escaped."""
    return steady("\n".join(_markdown(block) for block in blocks))


def _markdown(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {_escaped(text)}\n"
        case Text(text):
            return f"{_escaped(text)}\n"
        case Bullets(items, numbered):
            marks = (f"{place}." if numbered else "-" for place in range(1, len(items) + 1))
            return "".join(f"{mark} {_escaped(item)}\n" for mark, item in zip(marks, items, strict=True))
        case Code(text):
            fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
            return f"{fence}\n{text}\n{fence}\n"
        case Figure():
            return ""
        case Table(columns, rows):
            lines = [columns, ("---",) * len(columns), *rows]
            return "".join("| " + " | ".join(_cell(c, n) for c in row) + " |\n" for n, row in enumerate(lines))


def _cell(text: str, line: int) -> str:
    return text if line == 1 else _escaped(text)


def _escaped(text: str) -> str:
    return MARKDOWN_SIGNS.sub(r"\\\1", " ".join(text.split()))
