"""What shows that a log may be misread, in sentences with figures: the reader's check of itself."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from monitor.importers.free_text.figures import SPLIT
from monitor.importers.free_text.statement import EVALUATED, Statement
from monitor.importers.free_text.witness import ReadRow, Witness
from monitor.importers.numbers import stated
from monitor.importers.vocabulary import ENDS, QUALITY
from monitor.run_dir.metric_names import parsed

MOST_NAMED = 20_000
FEW = 3
"""So many times may be an accident; more often it is how the log is written."""
FEW_ROWS, ENOUGH_ROWS = 4, 6
MOST_TOLD = 2
RISEN = 1.1
LAST_LINES, LAST_SHARE = 6, 8
"""So many lines with a loss at the end of a log, and more than one in so many of all, are worth a word."""
SAME = 0.02
"""Two numbers that differ by less are one, rounded."""
LOSS_AND_NUMBER = re.compile(r"[\w/.-]{0,40}loss[\w/]{0,40}['\")\]]{0,2}\s{0,4}[:=]\s{0,4}[-+(]?\.?\d[^\s,;|)]{0,20}")
BEATEN = re.compile(r"\btest:\s{0,9}([-+]?\d*\.\d+)\s{1,20}best:\s{0,9}([-+]?\d*\.\d+)\s\(\d")
"""CatBoost, which names neither of its numbers: the present one and the best so far."""
JUDGED = frozenset({"loss", "wer", "cer", "val_loss", "val_wer", "val_cer"})
WORDS = re.compile(r"[^\W\d_]+")


@dataclass
class Doubts:
    """Counts, line by line, what does not fit how the log is read."""

    named: set[float] = field(default_factory=set)
    """Epochs that lines name, also those without figures."""
    twice: Counter[str] = field(default_factory=Counter)
    """Name → lines that give it two numbers."""
    replaced: dict[str, tuple[float, str, str]] = field(default_factory=dict)
    """Name → (epoch, number, the other one that took its place), the last time."""
    epochs_replaced: Counter[str] = field(default_factory=Counter)
    losses: int = 0
    unread: int = 0
    """Lines in which a loss and a number stand, and of which no loss was read."""
    unread_first: str = ""
    behind: int = 0
    """Lines with a loss since the last epoch or step: those of a validation are not counted."""
    second_bars: Counter[float] = field(default_factory=Counter)
    """Total of a bar that gave the loss again behind the full one of the training → how often it came to its end."""
    aside: dict[str, str] = field(default_factory=dict)
    """What was left out on purpose, the last of each name: it is missed by nobody."""
    left: dict[str, str] = field(default_factory=dict)
    """Name → the first number of a line that gave it again, without an epoch, behind the epoch's own line."""
    left_lines: Counter[str] = field(default_factory=Counter)
    beaten: tuple[int, str, str] = (0, "", "")
    """Lines of a boosting without a name for its score, of which the best so far is above the present one; the last
    such pair."""
    unnamed: int = 0
    """Lines in which a number stands behind a word for its split alone."""
    alone: int = 0
    """Those of them that name neither a loss nor an epoch nor a step."""
    left_out: int = 0
    """Rows of a table with fewer or more cells than its head, where they go on counting the epochs."""

    inherited: Counter[str] = field(default_factory=Counter)
    """Score → lines that name an evaluation and tell nothing of it, and in which it was taken as the training's."""

    witness: Witness = field(default_factory=Witness)

    def take(self, said: Statement) -> None:
        """Counts what a line states: its epoch, a loss without a name, a name with two numbers."""
        if said.epoch is not None and said.epoch.is_integer() and len(self.named) < MOST_NAMED:
            self.named.add(said.epoch)
        self.unnamed += said.unnamed
        if len(said.values) > 1 and len(found := dict(said.values)) < len(said.values):
            for name, text in said.values:
                if measures(name) and not alike(text, found[name]):
                    self.twice[name] += 1

    def take_line(self, line: str, said: Statement) -> None:
        """`line`: as it was read, in lower case."""
        if "eval" in line or "val" in line or "test" in line:
            self._take_split(line, said)
        if "best" in line and (found := BEATEN.search(line)) and float(found[2]) > float(found[1]):
            self.beaten = (self.beaten[0] + 1, found[1], found[2])
        if "loss" not in line:
            self.alone += said.unnamed and said.epoch is None and not said.is_of_a_step
            return
        if any("loss" in name for name, _ in said.values):
            self.losses += 1
            self.behind += not said.evaluates
        elif (found := LOSS_AND_NUMBER.search(line)) and ENDS.isdisjoint(WORDS.findall(line)):
            self.unread += 1
            self.behind += 1
            self.unread_first = self.unread_first or found[0].strip()

    def _take_split(self, line: str, said: Statement) -> None:
        if said.evaluates or said.epoch is None or not any(each["val"] for each in SPLIT.finditer(line)):
            return
        for name in (name.removeprefix("train_") for name, _ in said.values if name.startswith("train_")):
            if QUALITY.fullmatch(name) and not re.search(rf"train\w*[\W_]{{0,4}}{re.escape(name)}", line):
                self.inherited[name] += 1

    def bring(self) -> None:
        """A line has named an epoch or a step: the count of unread figures begins anew."""
        self.behind = 0

    def take_left(self, said: Statement) -> None:
        """Counts a line that repeats the quantities of the epoch's own line, and names no epoch."""
        for name, text in said.values:
            if "loss" in name and self.left.setdefault(name, text):
                self.left_lines[name] += 1

    def take_replaced(self, epoch: float, cells: Mapping[str, str], said: Statement) -> None:
        """Counts the quantities of a line about the whole epoch that another such line gave with other values."""
        for name, text in said.values:
            before = cells.get(name) or cells.get(f"train_{name}") or cells.get(name.removeprefix("train_"))
            name = name.removeprefix("train_")
            if before is not None and name in JUDGED and not alike(before, text):
                self.epochs_replaced[name] += name not in self.replaced or self.replaced[name][0] != epoch
                self.replaced[name] = (epoch, before, text)

    def settle(self, epoch: float, said: Statement) -> None:
        """Takes back what replaced what in an epoch: its own line tells the quantities, and no other did."""
        for name in {name.removeprefix("train_") for name, _ in said.values}:
            if name in self.replaced and self.replaced[name][0] == epoch:
                self.replaced[name] = (math.nan, *self.replaced[name][1:])
                self.epochs_replaced[name] -= 1
                self.witness.summed.add(name)

    def sentences(
        self,
        rows: Iterable[ReadRow],
        beside: Iterable[Mapping[str, str]] = (),
        *,
        ended: bool = False,
        by_epoch: bool = True,
        steps: int | None = None,
    ) -> list[str]:
        """The doubts about what was read, the gravest first; none where everything fits.

        `beside`: cells that are no row, of the epoch under way and of steps. `ended`: nothing more is to come.
        `steps`: how many steps were read; None where that was not counted.
        """
        told = list({(row.generation, row.epoch): row for row in rows}.values())
        said = [
            *self._of_unnamed(told),
            *self._of_epochs(told),
            *self._of_the_end(told),
            *self._of_names(told, by_epoch),
            *_of_columns(told),
        ]
        said += self.witness.sentences(told, [*beside, self.aside], ended=ended, by_epoch=by_epoch, steps=steps)
        return said[:MOST_TOLD]

    def _of_unnamed(self, rows: list[ReadRow]) -> list[str]:
        """Numbers that no word calls a loss, and that rise as the shares of right answers do."""
        count, now, best = self.beaten
        if count * 2 > len(rows) and rows and "val_loss" in rows[-1].cells:
            return [f"The best so far, {best}, is above the present {now}: these numbers are a score, and no loss."]
        text = rows[-1].cells.get("val_loss", "") if rows else ""
        if text and len(rows) < FEW_ROWS <= self.losses // len(rows) and self.alone >= len(rows):
            return [
                f"No line calls {text} a loss: it stands behind a word for val alone, and {self.losses} lines name one."
            ]
        for name in ("train_loss", "val_loss") if self.unnamed * 2 > len(rows) > 1 else ():
            numbers = [number for row in rows if (number := stated(row.cells.get(name))) is not None]
            if numbers and 0 <= min(numbers) <= max(numbers) <= 1 and numbers[-1] > RISEN * numbers[0]:
                return [
                    f"The numbers behind {name.removesuffix('_loss')} rise from {numbers[0]:.3g} to {numbers[-1]:.3g}, "
                    "and no word says what they measure: taken as losses."
                ]
        return []

    def _of_epochs(self, rows: list[ReadRow]) -> list[str]:
        starts = Counter(row.generation for row in rows)
        short = sum(count <= 2 for count in starts.values())
        if len(starts) > FEW and short * 2 > len(starts):
            return [
                f"{short} of the {len(starts)} starts hold one or two epochs: epochs may be counted in two ways there."
            ]
        epochs = {row.epoch for row in rows}
        if epochs and len(self.named) > FEW and len(epochs) * 2 < len(self.named) and max(self.named) > max(epochs):
            return [f"Lines name {len(self.named)} epochs, and figures were read of {len(epochs)}."]
        if self.left_out:
            return [f"{_count_of(self.left_out, 'row')} of the table left out: not as many cells as names."]
        return []

    def _of_the_end(self, rows: list[ReadRow]) -> list[str]:
        """What stands behind the last epoch or step, and a start that may be none."""
        said = []
        if self.behind >= LAST_LINES and self.behind * LAST_SHARE > self.losses + self.unread:
            said.append(f"The last {self.behind} lines with a loss gave no epoch and no step.")
        before = [row for row in rows if row.generation != rows[-1].generation]
        if len(before) >= ENOUGH_ROWS and len(before) == len(rows) - 1:
            last = rows[-1]
            usual = set.intersection(*(set(row.cells) for row in before))
            if any(measures(name) for name in usual - last.cells.keys()) or last.epoch > before[0].epoch:
                said.append(
                    f"Behind {len(before)} evaluations a new start seems to begin with one, number {last.epoch:g}."
                )
        return said

    def _of_names(self, rows: list[ReadRow], by_epoch: bool) -> list[str]:
        said = []
        if self.unread > FEW and self.unread > self.losses:
            said.append(f"In {self.unread} lines a loss stands that was not read, first {self.unread_first!r}.")
        for name, count in self.inherited.most_common(1):
            said.append(
                f"{_count_of(count, 'line')} name{'s' * (count == 1)} an evaluation, and "
                f"{'its' if count == 1 else 'their'} {_spoken(name)} is taken as the training's."
            )
        for total, count in self.second_bars.most_common(1):
            if count > 1:
                said.append(
                    f"In {count} epochs a second bar, to {total:g}, gives a loss again, no line says of what: left out."
                )
        for name, count in self.left_lines.most_common(1):
            said.append(
                f"{_count_of(count, 'line')} behind the one of the epoch give{'s' * (count == 1)} "
                f"{_spoken(name)} again, {self.left[name]} first, "
                f"and {'names' if count == 1 else 'name'} no epoch: left out."
            )
        for name, count in self.twice.most_common(1):
            if count > 1 or len(rows) < ENOUGH_ROWS:
                lines = f"{_count_of(count, 'line')} give{'s' * (count == 1)}"
                said.append(f"{lines} two numbers for {_spoken(name)}; the last one is taken.")
        for name, count in self.epochs_replaced.most_common(by_epoch):
            epoch, before, text = self.replaced[name]
            often = count > FEW or 1 < count >= len(rows) - 1
            if count < 1 or not (often or (count == 1 and len(rows) >= ENOUGH_ROWS and epoch == rows[-1].epoch)):
                continue
            said.append(
                f"In {_count_of(count, 'epoch')} two lines give another {_spoken(name)}, such as {before} and then "
                f"{text} in epoch {epoch:g}; the later one is taken."
            )
        return said


def _of_columns(rows: list[ReadRow]) -> list[str]:
    if len(rows) < FEW_ROWS:
        return []
    said = []
    if _shifted(rows):
        first, last = rows[0].epoch, rows[-1].epoch
        said.append(
            f"Epoch {first:g} has no figure of the validation and epoch {last:g} none of the training: "
            "the log may count the two differently."
        )
    for name in ("train_loss", "val_loss", "val_wer"):
        numbers = [number for row in rows if (number := stated(row.cells.get(name))) is not None]
        if name == "train_loss" and not numbers:
            numbers = [number for row in rows if (number := stated(row.cells.get("loss"))) is not None]
        again = sum(one == other for one, other in pairwise(numbers))
        if (
            not numbers
            and name != "train_loss"
            and not any(each.startswith("val_") for row in rows for each in row.cells)
        ):
            name = name.replace("val_", "test_")
            numbers = [number for row in rows if (number := stated(row.cells.get(name))) is not None]
        if len(numbers) >= ENOUGH_ROWS and len(set(numbers)) == 1 and name != "val_wer":
            said.append(f"The {_spoken(name)} is {numbers[0]:g} in all of {len(numbers)} rows.")
        elif len(numbers) == 1 and name != "train_loss":
            said.append(f"The {_spoken(name)} was read of one of {len(rows)} epochs only.")
        elif again * 2 > len(numbers) >= ENOUGH_ROWS and len(set(numbers)) > 1:
            said.append(f"In {again} of {len(numbers)} rows the {_spoken(name)} is the one of the row before.")
    return said


def _shifted(rows: list[ReadRow]) -> bool:
    """Whether all epochs but the first and the last have figures of both, the first of the training alone, and the
    last of the validation alone."""
    of_val = [any(name.startswith(EVALUATED) for name in row.cells) for row in rows]
    of_train = [any(not name.startswith(EVALUATED) and measures(name) for name in row.cells) for row in rows]
    return all(of_val[1:]) and all(of_train[:-1]) and not of_val[0] and not of_train[-1]


def measures(name: str) -> bool:
    """Whether a name says that it measures the model."""
    return QUALITY.fullmatch(name) is not None or "loss" in name or parsed(name) is not None


def _count_of(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def alike(one: str, other: str) -> bool:
    """Whether two numbers as written are the same, up to rounding and percent."""
    first, second = stated(one), stated(other)
    if first is None or second is None:
        return one == other
    return any(math.isclose(first * scale, second, rel_tol=SAME, abs_tol=1e-9) for scale in (1.0, 100.0, 0.01))
