"""A second look at a log, by other means than the grammar that reads it: it reports where the two disagree.

The figures of the lines that are kept of each kind (`kinds`) are looked for, in the end, in the rows that were read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from monitor.importers.free_text.evidence import Evidence, evidence_of
from monitor.importers.free_text.figures import MEASURES, Figure
from monitor.importers.free_text.kinds import KEPT, KEPT_LAST, Kinds
from monitor.importers.free_text.odd_values import of_values
from monitor.importers.free_text.present import Row
from monitor.importers.numbers import number

STEPS_FROM = 1.5
"""What stands there more often than so many times an evaluation is of steps."""
LEAST = 3
"""So many lines of a kind, or rows, make a habit."""
MORE_THAN = 2
MOST_NAMED = 3
DIGITS_TO_KNOW = 3
"""A number of fewer digits may stand anywhere."""
READ_SHARE = 0.9
EVALUATES = re.compile(r"(?:val|test)_").match


class ReadRow(Protocol):
    """A row as far as it is looked at here."""

    @property
    def epoch(self) -> float:
        """The number of the epoch, or of the evaluation where those are counted."""

    @property
    def generation(self) -> int:
        """Which start of the run it is of, from 1."""

    @property
    def step(self) -> float | None:
        """The step that it stands at, where the log names one."""

    @property
    def cells(self) -> Mapping[str, str]:
        """Name → number as written."""


class Witness:
    """Sees every line that is read, and compares afterwards."""

    def __init__(self) -> None:
        self._kinds = Kinds()
        self.summed: set[str] = set()
        """What an epoch's own line tells, below those of its parts."""
        self.left_out: tuple[str, ...] = ()
        """Names of which no figure was taken and which stand too seldom to be a doubt, since the last `sentences`."""

    def take(self, number: int, line: str) -> None:
        """A line of the log as it stands there, and its number."""
        self._kinds.take(number, line)

    def evidence(self, rows: Sequence[Row]) -> Evidence | None:
        """Where the figures of the first and the last row stand."""
        return evidence_of(rows, self._kinds)

    def sentences(
        self,
        rows: Sequence[ReadRow],
        beside: Iterable[Mapping[str, str]],
        *,
        ended: bool,
        by_epoch: bool,
        steps: int | None = None,
    ) -> list[str]:
        """Where the rows disagree with what stands there; the arguments are those of `Doubts.sentences`."""
        cells = (*(row.cells for row in rows), *beside)
        taken = {key for each in cells for text in each.values() for key in _keys(text)}
        return [
            *self._not_taken(taken, len(rows), ended, by_epoch),
            *self._of_epochs(rows),
            *self._of_starts(rows),
            *(() if by_epoch else self._of_counting(rows)),
            *(() if by_epoch else self._of_many(rows)),
            *(self._of_steps(taken) if steps == 0 else ()),
            *self._of_validation(rows),
            *self._of_several(rows),
            *self._of_places(rows, by_epoch),
            *(self._of_other_epochs(rows) if by_epoch else ()),
            *(() if steps else self._of_columns(taken, len(rows))),
            *self._of_parts(taken, len(rows), bool(steps)),
            *of_values(rows),
        ]

    def _not_taken(self, taken: set[str], rows: int, ended: bool, by_epoch: bool) -> Iterator[str]:
        """Names of which no figure was taken, else a kind of line of which the first or the last was not."""
        lost: dict[str, tuple[int, Figure]] = {}
        known, ends = set(self.summed), []
        for kind in self._kinds:
            if rows and kind.count > STEPS_FROM * rows + 1:
                continue
            by_name: dict[str, list[Figure]] = {}
            for figure in kind.figures():
                if figure.split == "val" or not kind.names_step:
                    by_name.setdefault(figure.what, []).append(figure)
            for what, found in by_name.items():
                is_in = [any(f"{value:.3g}" in taken for value in figure.values) for figure in found]
                if any(is_in):
                    known.add(what)
                    by_steps = not by_epoch and "loss" not in what and found[0].split != "val"
                    if kind.count >= LEAST and rows and not kind.names_step and not by_steps:
                        ends += _end(found, is_in, ended)
                elif found[0].split == "val" if not rows else not (kind.names_step and "loss" in what):
                    lost[what] = (lost.get(what, (0, None))[0] + kind.count, lost.get(what, (0, found[0]))[1])
        least = max(2, (rows + 1) // 2)
        told = {
            what: _times_first(what, count, figure.line, f"{figure.value:g}")
            for what, (count, figure) in sorted(lost.items(), key=lambda each: -each[1][0])
            if what not in known
        }
        grave = [text for what, text in told.items() if lost[what][0] >= least][:MOST_NAMED]
        self.left_out = (
            ()
            if not rows
            else (
                *(text for text in told.values() if text not in grave),
                *self._beside_others(taken, {*lost, *known}),
            )
        )
        if grave:
            yield f"Not taken: {', '.join(grave)}."
        yield from ends[:1]

    def _beside_others(self, taken: set[str], told: set[str]) -> Iterator[str]:
        """Names of which no number was taken, in lines of which others were. `told`: names reported already."""
        left: dict[str, tuple[int, int, str]] = {}
        known = {word for what in told for word in what.split()}
        for kind in self._kinds:
            for line, found in kind.pairs() if not kind.names_step else ():
                told_apart = [each for each in found if _digits(each[1][0]) > 1]  # .5 may stand anywhere
                is_in = [any(key in taken for text in numbers for key in _keys_of(text)) for _, numbers in told_apart]
                known |= {name for (name, _), each in zip(told_apart, is_in, strict=True) if each}
                for name, numbers in told_apart if any(is_in) else ():
                    left.setdefault(name, (kind.count, line, numbers[0]))
        for name, (count, line, text) in left.items():
            if name not in known:
                yield _times_first(name, count, line, text)

    def _of_epochs(self, rows: Sequence[ReadRow]) -> Iterator[str]:
        named, read = sorted(self._kinds.epochs), len({row.epoch for row in rows})
        if len(named) >= LEAST and read + 1 < len(named) and read < READ_SHARE * len(named):
            yield f"Lines with figures name {len(named)} epochs, {named[0]} to {named[-1]}, and {read} were read."

    def _of_starts(self, rows: Sequence[ReadRow]) -> Iterator[str]:
        """More starts than times that an epoch beside figures falls, or fewer than one kind of line shows."""
        starts = len({row.generation for row in rows})
        falls = max((kind.falls for kind in self._kinds if not kind.names_step), default=0)
        again = max((kind.begun_again() for kind in self._kinds), key=len, default=[])
        shown = self._kinds.falls + len(again)
        if 0 < starts <= falls:
            yield (f"{_starts(starts)} read, and the epochs that lines of one kind name fall {_times(falls)}.")
        elif starts - 1 > shown and len(self._kinds.epochs) >= LEAST:
            yield (
                f"{_starts(starts)} read, and the epochs that lines with figures name, {min(self._kinds.epochs)} to "
                f"{max(self._kinds.epochs)}, fall {_times(self._kinds.falls)}."
            )
        elif again and shown >= starts > 0:
            how_often = f"{_times(shown)}, line {again[-1]} last"
            yield f"{_starts(starts)} read, and lines begin with the first epoch again {how_often}."

    def _of_counting(self, rows: Sequence[ReadRow]) -> Iterator[str]:
        """Evaluations were counted, though a line of each names its epoch."""
        for kind in self._kinds:
            named, read = kind.epochs, {row.epoch for row in rows}
            if kind.names_step or not 1 < len(named) == kind.count or named == read:
                continue
            several = len(read) >= 2 * len(named)
            if told := [each for each in kind.figures() if each.split == "val" or not several]:
                yield (
                    f"{kind.count} lines give a {told[0].what} of epochs {min(named)} to {max(named)}, line "
                    f"{told[0].line} first, and {len({row.epoch for row in rows})} evaluations were counted."
                )
                return

    def _of_many(self, rows: Sequence[ReadRow]) -> Iterator[str]:
        """Evaluations that were counted, and that are each of another subject or fold, or of nobody knows what."""
        for kind in self._kinds:
            word, numbers = max(kind.of_many.items(), key=lambda each: len(each[1]), default=("", set()))
            if 1 < len(numbers) >= len(rows) - 1 and (told := next(kind.figures(), None)):
                yield f"{kind.count} lines give a {told.what} of {len(numbers)} {word}s: these are not one training."
                return
        names = {name for row in rows for name in row.cells}
        placed = self._kinds.epochs or any(row.step is not None for row in rows)
        if len(rows) > 1 and not placed and all(map(EVALUATES, names)):
            yield "No line names an epoch or a step, and none is of the training: these may be of as many models."

    def _of_parts(self, taken: set[str], rows: int, by_step: bool) -> Iterator[str]:
        """Two or three lines of one kind in each row, and of so many the figures were not taken."""
        for kind in self._kinds:
            if kind.names_step or kind.is_full or kind.count > KEPT + KEPT_LAST:
                continue
            by_name: dict[str, list[Figure]] = {}
            for figure in kind.figures():
                by_name.setdefault(figure.what, []).append(figure)
            for what, found in by_name.items():
                lost = [each for each in found if not any(f"{value:.3g}" in taken for value in each.values)]
                each_row = len(found) in (2 * rows, 3 * rows) and found[0].step is None
                if by_step and "loss" in what:
                    continue
                if each_row and rows > 1 and max(2, rows - 1) <= len(lost) < len(found):
                    yield (
                        f"{len(lost)} of {len(found)} lines with a figure of {what!r} were not taken, "
                        f"line {lost[0].line} first: {lost[0].value:g}."
                    )
                    return

    def _of_columns(self, taken: set[str], evaluations: int) -> Iterator[str]:
        """Rows of numbers, with a whole number that rises before them or one an evaluation; of them none was taken."""
        for kind in self._kinds:
            rows = [text.split() for _, text in (*kind.first, *kind.last)] if kind.is_row else []
            places = [int(cells[0]) for cells in rows if cells[0].isdigit()]
            rises = len(places) == len(rows) and places == sorted(set(places))
            each = not places and 0 <= kind.count - evaluations <= 1 and rows and rows[0] != rows[-1]
            if len(rows) < LEAST or not (rises or each):
                continue
            told = [text for cells in rows for text in cells if "." in text and _digits(text) >= DIGITS_TO_KNOW]
            is_in = [any(key in taken for key in _keys_of(text)) for text in told]
            if told and sum(is_in) * MORE_THAN < len(told):
                yield f"{kind.count} rows of numbers below each other were not taken, line {kind.first[0][0]} first."
                return

    def _of_steps(self, taken: set[str]) -> Iterator[str]:
        """Lines that tell a loss by step, of which no figure was taken."""
        for kind in self._kinds:
            told = [each for each in kind.figures() if each.step is not None]
            losses = [
                each for each in told if "loss" in each.name and not any(f"{v:.3g}" in taken for v in each.values)
            ]
            if any(each.split == "val" for each in told) or kind.is_full or len({each.step for each in losses}) < LEAST:
                continue
            first = losses[0]
            yield f"{kind.count} lines give {first.what!r} by step, line {first.line} first, and no step was read."
            return

    def _of_validation(self, rows: Sequence[ReadRow]) -> Iterator[str]:
        names = {name for row in rows for name in row.cells}
        if any(name.startswith(("val_", "test_")) for name in names):
            return
        losses = {name for name in names if "loss" in name}
        scores = any(MEASURES.search(name) for name in names - losses)
        least = max(2, len(rows) // 2) if rows else LEAST
        of_val = [
            any(each.split == "val" and "loss" in each.name for each in kind.figures()) * kind.count
            for kind in self._kinds
        ]
        if (self._kinds.validations >= least and not scores and bool(rows) <= bool(losses)) or sum(of_val) >= least:
            named = f"{self._kinds.validations} lines name a validation, {self._kinds.validation}"
            lines = named if self._kinds.validation else f"{sum(of_val)} lines give a val loss"
            yield f"{lines}; no figure was read of it."

    def _of_several(self, rows: Sequence[ReadRow]) -> Iterator[str]:
        """Far more lines that tell a validation, none of them of a step, than evaluations were read."""
        for kind in self._kinds:
            if not rows or kind.count <= MORE_THAN * len(rows) or (kind.names_step and not kind.is_full):
                continue
            told = [each for each in kind.figures() if each.split == "val"]
            if len({each.value for each in told}) > LEAST:
                lines = f"{kind.count} lines give a {told[0].what}, line {told[0].line} first"
                yield f"{lines}, and {len(rows)} evaluation{'s were' if len(rows) > 1 else ' was'} read."
                return

    def _of_other_epochs(self, rows: Sequence[ReadRow]) -> Iterator[str]:
        """A figure whose line names its epoch, and that was read as one of another."""
        where: dict[str, set[float]] = {}
        for row in rows:
            for value in (float(text.rstrip("%")) for text in row.cells.values()):
                for scale in (1.0, 100.0, 0.01):
                    where.setdefault(f"{value * scale:.5g}", set()).add(row.epoch)
        for kind in self._kinds:
            for figure in kind.figures() if not kind.names_step else ():
                if figure.epoch is None or _digits(f"{figure.value:.5g}") <= DIGITS_TO_KNOW:
                    continue
                read = set().union(*(where.get(f"{value:.5g}", ()) for value in figure.values))
                if read and not read & {figure.epoch, figure.epoch + 1}:
                    yield (
                        f"The {figure.what} {figure.value:g} in line {figure.line}, which names epoch {figure.epoch}, "
                        f"was read as of epoch {min(read):g}."
                    )
                    return

    def _of_places(self, rows: Sequence[ReadRow], by_epoch: bool) -> Iterator[str]:
        """A figure of the first or last row that stands behind the other split or in another epoch, wherever it is."""
        where: dict[str, list[Figure]] = {}
        for figure in (each for kind in self._kinds for each in kind.figures()):
            for value in figure.values:
                where.setdefault(f"{value:.4g}", []).append(figure)
        for row in [*rows[-1:], *rows[:1]]:
            for name, text in row.cells.items():
                number = text.rstrip("%")
                found = where.get(f"{float(number):.4g}", []) if _digits(number) >= DIGITS_TO_KNOW else []
                found = [each for each in found if ("loss" in each.name) == ("loss" in name)]
                if found and (elsewhere := _misplaced(row, name, found, by_epoch)):
                    yield f"The {name.replace('_', ' ')} {number} {elsewhere}"
                    return
                if (mean := _mean_behind(float(number), found)) is not None:
                    yield (
                        f"The {name.replace('_', ' ')} {number} of epoch {row.epoch:g} stands before another number, "
                        f"({mean:g}), in line {found[0].line}: that may be the mean."
                    )
                    return


def _times_first(name: str, count: int, line: int, text: str) -> str:
    name = f"val or test {name[4:]}" if name.startswith("val ") else name  # the two are one split here
    return f"{name} ({count} line{'s' * (count > 1)}, line {line} first: {text})"


def _keys_of(text: str) -> Iterator[str]:
    """As `_keys`, of what may be anything in brackets."""
    return _keys(text) if number(text) is not None else iter(())


def _starts(count: int) -> str:
    return f"{count} start{'s were' if count > 1 else ' was'}"


def _times(count: int) -> str:
    return "nowhere" if not count else "once" if count == 1 else f"{count} times"


def _end(found: list[Figure], is_in: list[bool], ended: bool) -> list[str]:
    """The first or the last figure of a kind of line, where it was not taken as others were."""
    which, figure = ("first", found[0]) if not is_in[0] else ("last", found[-1])
    if is_in[0] and (is_in[-1] or not ended):
        return []
    return [f"The {which} {figure.what}, {figure.value:g} in line {figure.line}, was not taken."]


def _misplaced(row: ReadRow, name: str, found: list[Figure], by_epoch: bool) -> str:
    """What is odd about where a row's figure stands; empty where nothing is."""
    line, splits = found[0].line, {figure.split for figure in found}
    of_val = name.startswith(("val_", "test_"))
    of_train = not of_val and (name.startswith("train_") or "loss" in name)
    if (of_val and splits == {"train"}) or (of_train and splits == {"val"}):
        other = "train" if of_val else "val"
        settled = f": --map {other}_loss={name} if it is {other}'s" if name.endswith("loss") else ""
        return f"of epoch {row.epoch:g} stands behind a word for {other} in line {line}{settled}."
    epochs = {figure.epoch for figure in found}
    if by_epoch and None not in epochs and not epochs & {row.epoch, row.epoch + 1}:
        return f"of epoch {row.epoch:g} stands in line {line}, which names epoch {found[0].epoch}."
    steps = [figure.step for figure in found if figure.step is not None]
    if not by_epoch and of_train and row.step and len(steps) == len(found) and min(steps) > row.step:
        return f"of step {row.step:g} stands in line {line}, which names step {found[0].step}."
    return ""


def _mean_behind(number: float, found: list[Figure]) -> float | None:
    """The number in brackets that stands behind a row's figure wherever that is found; None where none does."""
    behind = [each.mean if len(each.others) == 1 and each.value == number else None for each in found]
    last = behind[-1] if behind and None not in behind else None
    return last if last is not None and last != number and 0.3 < abs(last) / max(abs(number), 1e-9) < 3 else None


def _digits(number: str) -> int:
    return len(number.replace(".", "").lstrip("-").strip("0"))


def _keys(text: str) -> Iterator[str]:
    """A number, as itself and as a share or percent, in three digits: a bar rounds."""
    value = float(text.rstrip("%"))
    if math.isfinite(value):
        yield from (f"{value * scale:.3g}" for scale in (1.0, 100.0, 0.01))
    else:
        yield f"{value:.3g}"
