"""Where the figures of a log's first and last evaluation stand in it, so that a person can check how it was read.

They are looked for by their digits among the lines that the second look keeps, not remembered by the grammar that
read them: a figure whose line is not among them has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from monitor.importers.free_text.figures import EPOCH, SPLIT, WORD, plain
from monitor.importers.free_text.kinds import Kind
from monitor.importers.free_text.present import Row
from monitor.importers.mapping import Basis, SourceMapping
from monitor.importers.numbers import number, stated
from monitor.run_dir.words import NOT_MEASURED

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+(?:[.,]\d+)*|\.\d+)(?:[eE][-+]?\d+)?")
LONGEST_SHOWN, MOST_LINES, MOST_BESIDE = 160, 4, 12
ENOUGH_DIGITS = 3
"""A number of fewer digits is looked for behind its name only."""
SPLITS = frozenset({"train", "val", "test", "eval"})
OF_A_NAME = re.compile(r"[\W_]+")
UNSEEN, RIGHT, MISREAD = 383, 249, 75
"""Logs on which nobody had tuned the reader; those read right in all they hold; those with a fault that nothing warned
of. The sum of six measurements, each in docs/log.md."""
WORTH_A_LOOK = (
    f"Compare it with the log: of {UNSEEN} logs that were new to this reader it read {RIGHT} right in everything; "
    f"in {MISREAD} nothing warned of what was false."
)


@dataclass(frozen=True)
class Stands:
    """A line of the log: its number, from 1, and what stands there, its blanks as one."""

    line: int
    text: str


NOWHERE = Stands(0, "")


@dataclass(frozen=True)
class Evidence:
    """The first and the last row of the last start, and for each of their names the line that it stands in."""

    first: Row
    last: Row
    lines_of_first: Mapping[str, Stands]
    lines_of_last: Mapping[str, Stands]


@dataclass(frozen=True)
class Shown:
    """A name of a log with what stands under it first and last, as written; line 0 where its line was not found."""

    column: str
    field: str
    """What it becomes; empty where it is kept under its own name."""
    is_percent: bool
    texts: tuple[str, ...]
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Figures:
    """What a proposal reads in its first and its last evaluation."""

    heads: tuple[str, ...]
    """What they are called, `epoch 3`; one where there is one."""
    names: tuple[Shown, ...]
    lines: tuple[Stands, ...] = ()
    """The lines in which the last one's figures stand."""

    def rows(self) -> list[dict[str, str]]:
        """One for each name, for a table: what it becomes, and what stands under each of `heads`, in which line."""
        return [
            {
                "in the log": each.column,
                "becomes": (each.field or "kept as it is") + (" (percent → fraction)" if each.is_percent else ""),
                **dict(zip(self.heads, map(_where, each.texts, each.lines), strict=True)),
            }
            for each in self.names
        ]

    def document(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "of": list(self.heads),
            "names": [asdict(each) for each in self.names],
            "lines": [asdict(each) for each in self.lines],
        }


def _where(text: str, line: int) -> str:
    return f"{text} (line {line})" if line else text or NOT_MEASURED


NO_FIGURES = Figures((), ())


def figures_of(evidence: Evidence | None, mapping: SourceMapping) -> Figures:
    """The figures of a log's first and last row under the names that a mapping uses, then those kept beside."""
    if evidence is None:
        return NO_FIGURES
    uses = [*((use.column, use.field, use.scale != 1) for use in mapping.uses),
            *((name, "", False) for name in mapping.beside[:MOST_BESIDE])]  # fmt: skip
    rows = [(evidence.first, evidence.lines_of_first), (evidence.last, evidence.lines_of_last)]
    rows = rows if evidence.first is not evidence.last else rows[1:]
    names, last = [], set[Stands]()
    for column, becomes, is_percent in uses:
        cells = [_cell(row, lines, column) for row, lines in rows]
        last |= {cells[-1][1]} - {NOWHERE}
        texts, numbers = tuple(text for text, _ in cells), tuple(stands.line for _, stands in cells)
        names.append(Shown(column, becomes, is_percent, texts, numbers))
    heads = tuple(_head(row, mapping.basis) for row, _ in rows)
    return Figures(heads, tuple(names), tuple(sorted(last, key=lambda each: each.line)[-MOST_LINES:]))


def _head(row: Row, basis: Basis) -> str:
    if not row.epoch:
        return "last step" if row.step is not None else "epoch 0"
    return f"{'epoch' if basis == 'epochs' else 'evaluation'} {row.epoch:g}"


def _cell(row: Row, lines: Mapping[str, Stands], column: str) -> tuple[str, Stands]:
    name, text = row.cell(column) or (column, "")
    return text, lines.get(name, NOWHERE)


def evidence_of(rows: Sequence[Row], kinds: Iterable[Kind]) -> Evidence | None:
    """The evidence for `rows`, in their order; None where there are none."""
    latest = {row.epoch: row for row in rows if row.generation == rows[-1].generation}
    if not latest:
        return None
    first, *_, last = (*latest.values(), *latest.values())
    lines = sorted((place, text) for kind in kinds for place, text in kind.kept())
    read = [(place, text, frozenset(_numbers(text))) for place, text in lines]
    return Evidence(first, last, _lines_of(first, read), _lines_of(last, read[::-1]))


def _lines_of(row: Row, lines: Iterable[tuple[int, str, frozenset[float]]]) -> dict[str, Stands]:
    """Name → the line that fits best, the first of `lines` where several do."""
    wanted = {name: value for name, cell in row.cells.items() if (value := stated(cell)) is not None}
    found: dict[str, tuple[int, Stands]] = {}
    for place, text, numbers in lines:
        here = [name for name, value in wanted.items() if value in numbers]
        if not here:
            continue
        said = _words_of(text)
        for name in here:
            fit = _fit(row, name, said)
            if fit > found.get(name, (0, None))[0]:
                found[name] = (fit, Stands(place, " ".join(text.split())[:LONGEST_SHOWN]))
    return {name: stands for name, (_, stands) in found.items()}


@dataclass(frozen=True)
class _Words:
    """What a line says beside its numbers."""

    words: frozenset[str]
    splits: frozenset[str]
    epoch: int | None


def _fit(row: Row, name: str, said: _Words) -> int:
    """How well a line fits that holds the number of a name: 0 is not at all."""
    own = {word for word in name.split("_") if word} - SPLITS
    named = bool(own & said.words)
    if not named and len(row.cells[name].strip("0.-+%")) < ENOUGH_DIGITS:
        return 0
    of_val = name.startswith(("val_", "test_"))
    right = "val" in said.splits if of_val else said.splits != {"val"}
    return 1 + 4 * named + 2 * (said.epoch == row.epoch) + 2 * right


def _words_of(text: str) -> _Words:
    line = plain(text)
    epoch = EPOCH.search(line)
    splits = frozenset("val" if each["val"] else "train" for each in SPLIT.finditer(line))
    words = frozenset(part for word in WORD.findall(line) for part in OF_A_NAME.split(word))
    return _Words(words, splits, int(epoch[1]) if epoch else None)


def _numbers(text: str) -> Iterable[float]:
    for found in NUMBER.findall(text):
        if (value := number(found)) is not None:
            yield value
