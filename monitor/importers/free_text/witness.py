"""A second look at a log, by other means than the grammar that reads it: where the two disagree, somebody should look.

It knows no tools, no tables, no headings: a figure is a decimal number behind a word that measures, its split is the
last word before it that names one, an epoch is a number behind that word. Lines that differ in their numbers only are of one
kind; of each the first and the last are kept, so memory does not grow. Afterwards the figures are looked for in the rows.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from monitor.importers.languages import in_english

MOST_KINDS, MOST_EPOCHS, LONGEST = 400, 20_000, 2_000
KEPT = 2
"""So many lines of a kind are kept of its beginning, and of its end."""
STEPS_FROM = 1.5
"""What stands there more often than so many times an evaluation is told of steps."""
LEAST = 3
DIGITS_TO_KNOW = 3
LONGEST_HEADING = 200
MAY_VALIDATE = re.compile(r"val|eval|dev|cv|test", re.IGNORECASE)
"""A number of fewer digits may stand anywhere."""

HAS_FIGURE = re.compile(r"\d\.\d|\d\s?%|(?<![^\W\d_])(?:nan|inf)\b", re.IGNORECASE)
NUMBERS = re.compile(r"\s*[-+]?\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?\s*")
TERMINAL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
FIGURE = re.compile(
    r"(?<![\w.@])(?P<text>[-+]?(?:\d+\.\d+(?:[ef][-+]?\d+)?|\.\d+(?:[ef][-+]?\d+)?|\d+(?=\s?%(?!\|))|nan\b|inf\b))(?![\d:]|\.\d)"
    r"|\d+(?:[.,:]\d+)*"
)
UNIT = re.compile(r"\s?(?:[mun]?s|secs?|seconds?|mins?|minutes?|h|hrs?|hours?|[kmgt]i?b|\w+/\w+)(?![^\W_])")
WORD = re.compile(r"[^\W\d_][\w@/.]*")
_SHORT = r"wer|cer|acc|err|ppl|map|auc|iou|miou|dice|f1|bleu|nll|mse|mae|rmse|mcc|fid|eer|ter|per|psnr|ssim|xent"
MEASURES = re.compile(rf"loss|accuracy|perplexity|precision|recall|error|(?<![a-z])(?:m?ap|{_SHORT})(?![a-z])")
BESIDE = re.compile(
    r"best|max|min|lowest|highest|prev|last|target|threshold|patience|improv|decreas|increas|from|weight|smooth"
    r"|margin|dropout|decay|scale|(?<![a-z])(?:lr|tol|eps|eta|old|delta)(?![a-z])|rate$|time|per[ _]sec|ratio"
)
"""A figure behind such a word is no measurement of this moment."""
ASIDE = re.compile(
    r"(?<![a-z])(?:best|improved|saved?|saving|early|earlystopping|patience|restor\w+|config|namespace|loaded|loading|args"
    r"|checkpoint|resum\w+|warning|traceback|usage)(?![a-z])|\[ iou="
)
"""A line with such a word tells of something else than the evaluation of this moment."""
VAL = r"val|valid|validation|validate|validating|vali|dev|eval|evaluation|evaluating|cv|held-?out|tests?|testing|tst"
SPLIT = re.compile(
    rf"(?<![a-z])(?:(?P<val>{VAL}|v(?=loss|acc|wer)|val(?=loss|acc|wer))|(?P<train>train|training|trn|tr|train(?=loss|acc|wer)))(?![a-z])"
    rf"|(?<![a-z])(?P<v2>val|test)(?=loss|acc|wer)|(?<![a-z])(?P<t2>train)(?=loss|acc|wer)"
)
OF_A_STEP = re.compile(
    r"(?<![a-z])(?:(?:mini-?)?batch|step|iter|iters|iteration|updates?|num_updates)(?![a-z])\W{0,4}0|%\||it/s|s/it"
    r"|\[\s*0\s*/\s*0\b|batch[ _]loss"
)
"""In the shape of a line: it tells of a step."""
STEP = re.compile(r"(?<![a-z])(?:global_step|step|iter|iters|iteration|updates?|num_updates)[\"'\])]*\W{0,10}(\d[\d,]{0,12})(?![\d.])")
EPOCH = re.compile(r"(?<!\d[- ])(?<![a-z])epochs?(?:[_ ](?:no|nr|num|number|idx|id))?[\"'\])]*\s{0,3}[:=#.\[(]?\s{0,5}(\d{1,6})(?![\d.])")


BEHIND = re.compile(r"\d\s*%?\s*\((?:train|val)|(?:train\w*|val\w*)\s?[/|&]\s?(?:train|val|dev|test)")
"""A split behind its number, or two at once: what a split is said of is not sure there."""


class Told(Protocol):
    @property
    def epoch(self) -> float: ...
    @property
    def generation(self) -> int: ...
    @property
    def step(self) -> float | None: ...
    @property
    def cells(self) -> Mapping[str, str]: ...


@dataclass
class Kind:
    """Lines that differ in their numbers only."""

    count: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)
    last: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=KEPT))
    names_epoch: bool = False
    names_step: bool = False

    def take(self, number: int, line: str) -> None:
        self.count += 1
        (self.first if len(self.first) < KEPT else self.last).append((number, line))

    @property
    def lines(self) -> list[tuple[int, str]]:
        return [*self.first, *self.last]


@dataclass(frozen=True)
class Figure:
    """A number with what stands before it. `others`: what stands beside it under the same name."""

    name: str
    split: str
    value: float
    line: int
    epoch: int | None = None
    """The epoch that its line names."""
    step: int | None = None
    others: tuple[float, ...] = ()


class Witness:
    def __init__(self) -> None:
        self._kinds: dict[str, Kind | None] = {}
        self._full = False
        self._epochs: set[int] = set()
        self._validating = 0
        self._validating_first: tuple[int, str] | None = None
        self._announced = False
        """The line before announced what was best."""

    def take(self, number: int, line: str) -> None:
        """A line of the log as it stands there, and its number."""
        if len(line) < LONGEST_HEADING and MAY_VALIDATE.search(line):
            self._note_heading(number, line)
        announced, self._announced = self._announced, line.rstrip()[-1:] == ":" and bool(ASIDE.search(line.lower()))
        if announced or not HAS_FIGURE.search(line):
            return
        line = line[:LONGEST]
        shape = NUMBERS.sub(" 0 ", line)
        kind = self._kinds.get(shape)
        if kind is None:
            if shape in self._kinds or len(self._kinds) >= MOST_KINDS:
                return
            plain = _plain(shape)
            if not MEASURES.search(plain) or ASIDE.search(plain):
                self._kinds[shape] = None
                return
            kind = self._kinds[shape] = Kind(
                names_epoch=EPOCH.search(plain) is not None, names_step=OF_A_STEP.search(plain) is not None
            )
        kind.take(number, line)
        if kind.names_epoch and len(self._epochs) < MOST_EPOCHS and (found := EPOCH.search(_plain(line))):
            self._epochs.add(int(found[1]))

    def _note_heading(self, number: int, line: str) -> None:
        """Counts the lines that name a validation, with or without figures."""
        plain = _plain(line)
        if not ASIDE.search(plain) and any(each["val"] or each["v2"] for each in SPLIT.finditer(plain)):
            self._validating += 1
            self._validating_first = self._validating_first or (number, line.strip()[:60])

    def sentences(self, rows: Sequence[Told], beside: Iterable[Mapping[str, str]] = (), *, ended: bool, by_epoch: bool = True) -> list[str]:
        if not self._kinds:
            return []
        kinds = self._per_epoch(len(rows))
        taken = {key for cells in (*(row.cells for row in rows), *beside) for text in cells.values() for key in _keys(text)}
        return [
            *self._not_taken(kinds, taken, len(rows), ended),
            *self._of_epochs(rows, ended),
            *self._of_validation(rows),
            *_of_splits(self._all(), rows, by_epoch),
            *_of_values(rows),
        ]

    def _all(self) -> Iterator[Figure]:
        for kind in filter(None, self._kinds.values()):
            for number, line in kind.lines:
                yield from figures(line, number)

    def _per_epoch(self, rows: int) -> list[tuple[Kind, list[Figure]]]:
        """The lines that may tell of an evaluation, with their figures."""
        most = STEPS_FROM * rows + 1 if rows else math.inf
        found = []
        for kind in self._kinds.values():
            if kind is not None and kind.count <= most:
                all_figures = [figure for number, line in kind.lines for figure in figures(line, number)]
                found.append((kind, [each for each in all_figures if not kind.names_step or each.split == "val"]))
        return found

    def _not_taken(
        self, kinds: list[tuple[Kind, list[Figure]]], taken: set[str], rows: int, ended: bool
    ) -> Iterator[str]:
        lost: dict[str, tuple[int, Figure]] = {}
        known: set[str] = set()
        ends = []
        for kind, found in kinds:
            for name in dict.fromkeys((figure.split, figure.name) for figure in found):
                figures_ = [figure for figure in found if (figure.split, figure.name) == name]
                what = " ".join(filter(None, name))
                is_in = [_is_in(figure, taken) for figure in figures_]
                first, last = figures_[0], figures_[-1]
                if any(is_in):
                    known.add(what)
                    if kind.names_step:
                        continue
                    if kind.count >= LEAST and rows and not is_in[0]:
                        ends.append(f"The first {what}, {first.value:g} in line {first.line}, was not taken.")
                    elif kind.count >= LEAST and rows and ended and not is_in[-1]:
                        ends.append(f"The last {what}, {last.value:g} in line {last.line}, was not taken.")
                elif (rows or name[0] == "val") and not (kind.names_step and rows and "loss" in what):
                    count, before = lost.get(what, (0, first))
                    lost[what] = count + kind.count, before
        least = max(2, (rows + 1) // 2)
        told = [
            f"{what} ({count} lines, line {figure.line}: {figure.value:g})"
            for what, (count, figure) in sorted(lost.items(), key=lambda each: -each[1][0])
            if what not in known and count >= least
        ]
        if told:
            yield f"Not taken: {', '.join(told[:3])}."
        yield from ends[:1]

    def _of_epochs(self, rows: Sequence[Told], ended: bool) -> Iterator[str]:
        if len(self._epochs) < 3:
            return
        read = {row.epoch for row in rows}
        named = sorted(self._epochs)
        if len(read) + 1 < len(named) and (len(read) < 0.9 * len(named)):
            yield f"Lines with figures name {len(named)} epochs, {named[0]} to {named[-1]}, and {len(read)} were read."


    def _of_validation(self, rows: Sequence[Told]) -> Iterator[str]:
        if self._validating < max(2, len(rows) // 2) or not rows or self._validating_first is None:
            return
        names = {name for row in rows for name in row.cells}
        if not any(name.startswith(("val_", "test_")) or "wer" in name for name in names) and any("loss" in name for name in names):
            number, line = self._validating_first
            yield f"{self._validating} lines name a validation, line {number} first ({line!r}), and no figure was read of it."


def figures(line: str, number: int = 0) -> list[Figure]:
    """The figures of a line, in their order."""
    found: list[Figure] = []
    text, split, begin, name = _plain(line), "", 0, ""
    epochs = {int(each) for each in EPOCH.findall(text)}
    epoch = epochs.pop() if len(epochs) == 1 else None
    named = STEP.search(text)
    step = int(named[1].replace(",", "")) if named else None
    for match in FIGURE.finditer(text):
        chunk, begin = text[begin : match.start()], match.end()
        said = {"val" if each["val"] or each["v2"] else "train" for each in SPLIT.finditer(chunk)}
        words = [word for word in WORD.findall(chunk) if "/s" not in word and "s/" not in word]
        if len(said) > 1 or BEHIND.search(text):
            said, split = set(), ""
        now = next(iter(said), split)
        if words:
            name = _name(words)
            split = "" if said and not MEASURES.search(name) and match["text"] else now
        if match["text"] is None:
            continue
        value = float(match["text"].replace("f", "e") if match["text"] not in ("inf", "-inf", "+inf") else match["text"])
        if not words:
            if found and name and chunk.strip() in ("(", "/", "[", ""):
                last = found[-1]
                found[-1] = replace(last, others=(*last.others, value))
            continue
        if not MEASURES.search(name) or BESIDE.search(chunk) or UNIT.match(text, match.end()):
            name = ""
            continue
        found.append(Figure(name, now, value, number, epoch, step))
    return found


def _name(words: list[str]) -> str:
    """The words from the one that measures on, without splits."""
    kept = [word for word in words[-4:] if not SPLIT.fullmatch(word)]
    place = next((place for place, word in enumerate(kept) if MEASURES.search(word)), 0)
    return " ".join(kept[max(0, place - 1) :] if place and len(kept[place - 1]) > 2 else kept[place:])


def _plain(line: str) -> str:
    if "\x1b" in line:
        line = TERMINAL.sub("", line)
    return in_english(line)


def _keys(text: str) -> Iterator[str]:
    try:
        value = float(text.rstrip("%"))
    except ValueError:
        return
    yield from (f"{value * scale:.4g}" for scale in (1.0, 100.0, 0.01))


def _is_in(figure: Figure, taken: set[str]) -> bool:
    return any(f"{value:.4g}" in taken for value in (figure.value, *figure.others))


def _of_splits(found: Iterable[Figure], rows: Sequence[Told], by_epoch: bool) -> Iterator[str]:
    """A figure of the rows that stands behind the other split's word, or in lines of another epoch, wherever it stands."""
    if not rows:
        return
    by_value: dict[str, list[Figure]] = {}
    for figure in found:
        for value in (figure.value, *figure.others):
            by_value.setdefault(f"{value:.4g}", []).append(figure)
    for row in (rows[-1], rows[0]):
        for name, text in row.cells.items():
            of_val = name.startswith(("val_", "test_"))
            of_train = name.startswith("train_") or "loss" in name
            if len(text.rstrip("%").replace(".", "").lstrip("-").strip("0")) < DIGITS_TO_KNOW:
                continue
            key = f"{float(text.rstrip('%')):.4g}"
            where = by_value.get(key, [])
            splits = {figure.split for figure in where}
            if (of_val and splits == {"train"}) or (of_train and not of_val and splits == {"val"}):
                other = "train" if of_val else "val"
                yield (
                    f"The {name.replace('_', ' ')} {text.rstrip('%')} of epoch {row.epoch:g} stands behind the word for {other} in line {where[0].line}."
                )
                return
            steps = {figure.step for figure in where}
            if not by_epoch and of_train and not of_val and row.step and where and None not in steps and min(steps) > row.step:  # type: ignore[type-var]
                yield (
                    f"The {name.replace('_', ' ')} {text.rstrip('%')} of step {row.step:g} stands in line {where[0].line}, which names step {where[0].step}."
                )
                return
            others = {figure.epoch for figure in where}
            if by_epoch and where and None not in others and row.epoch not in others and row.epoch + 1 not in others:
                yield (
                    f"The {name.replace('_', ' ')} {text.rstrip('%')} of epoch {row.epoch:g} stands in line {where[0].line}, which names epoch {where[0].epoch}."
                )
                return


def _of_values(rows: Sequence[Told]) -> Iterator[str]:
    columns: dict[str, list[float]] = {}
    for row in rows:
        for name, text in row.cells.items():
            if name in ("loss", "train_loss", "val_loss") and "." not in text:
                try:
                    columns.setdefault(name, []).append(float(text.rstrip("%")))
                except ValueError:
                    continue
    for name, values in columns.items():
        finite = [value for value in values if math.isfinite(value)]
        if len(finite) == len(rows) >= LEAST and len(set(finite)) > 1:
            yield f"The {name.replace('_', ' ')} holds whole numbers only, such as {finite[0]:g} and {finite[-1]:g}."
            return
    both = [(row.cells.get("train_loss") or row.cells.get("loss"), row.cells.get("val_loss")) for row in rows]
    both = [each for each in both if all(each)]
    if len(both) >= LEAST and all(one == other for one, other in both):
        yield "Train and val loss are the same numbers."
