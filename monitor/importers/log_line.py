"""One line of a training log → what it states: epoch, step, and numbers under the names that stand before them.

No format is asked for. A line is cut into words, numbers and marks; a number belongs to the words before it, and
`train:` or `[val]` speaks for what follows. So `Epoch 3/60 | val loss 4.79`, `epoch=3 val_loss=4.79`,
`{"epoch": 3, "val": {"loss": 4.79}}` and the postfix of a progress bar all come to the same statement.
Every step is linear in the line's length: a log is somebody else's text.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

LONGEST_LINE = 20_000
MOST_VALUES = 200
MOST_WORDS = 6

TOKEN = re.compile(
    r"(?P<skip>https?://\S+|0x[0-9a-fA-F]+"
    r"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?Z?)?"
    r"|\d+:\d\d(?::\d\d)?(?:[.,]\d+)?|\d+(?:\.\d+){2,})"
    r"|(?P<percent>\d+%\|)"
    r"|(?P<number>[-+]?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
    r"|[-+]?(?:nan|inf|infinity)(?![A-Za-z0-9_]))(?P<unit>%|[A-Za-z][A-Za-z/]*)?"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_/@]*(?:[-.][A-Za-z0-9_/@]+)*)"
    r"|(?P<mark>\S)",
    re.IGNORECASE,
)
JOINED_EPOCH = re.compile(r"(?:epoch|ep)[-_]?(\d+)")
TERMINAL_CODES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")

SPLITS = {
    **dict.fromkeys(("train", "training", "tr", "trn"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "eval", "evaluation", "validate"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
NOISE = frozenset(
    {"avg", "average", "mean", "running", "epoch", "set", "current", "results", "metrics", "stats", "info"}
)
"""Words of a name that change nothing about what is measured."""
STEPS = frozenset(
    {"step", "steps", "iter", "iteration", "iterations", "it", "batch", "update", "updates", "global_step"}
)
NO_SPLIT = frozenset({"lr", "learning_rate", "grad_norm", "gradient_norm", *STEPS})
"""Quantities of the optimiser: `train: loss 1.2 lr 1e-3` names one rate, not a rate of train."""
TELLS_A_STORY = frozenset(
    [
        "from",
        "to",
        "at",
        "of",
        "in",
        "took",
        "after",
        "before",
        "until",
        "since",
        "than",
        "improved",
        "did",
        "not",
        "for",
        "line",
        "every",
        "next",
        "file",
        "eta",
    ]
)
"""A number after one of these is part of a sentence, not a measurement."""
LOOKS_BACK = frozenset(
    [
        "best",
        "loaded",
        "loading",
        "load",
        "checkpoint",
        "saved",
        "saving",
        "save",
        "resume",
        "resuming",
        "resumed",
        "restored",
        "early",
        "stopping",
        "stop",
        "stopped",
        "patience",
        "from",
        "at",
        "until",
        "last",
        "since",
        "after",
        "max",
        "total",
        "num",
    ]
)
"""After one of these an epoch number is mentioned; it does not begin."""
OPENING, CLOSING, IGNORED = "([{<", ")]}>", "'\"*`~%#\\"


@dataclass(frozen=True)
class Statement:
    """What one line says. `partial`: said in the middle of an epoch (a step, a progress bar under way)."""

    epoch: float | None = None
    epochs: float | None = None
    """How many are planned, from `3/60`."""
    step: float | None = None
    partial: bool = False
    bar: tuple[float, float] | None = None
    """Where a progress bar stands: so many of so many."""
    counts_epochs: bool = False
    """Whether that bar counts epochs: `Epochs: 20%|██ | 12/60`."""
    values: tuple[tuple[str, str], ...] = ()
    """(name, number as written, with its % sign where it has one)."""

    @property
    def evaluates(self) -> bool:
        return any(name.startswith("val_") for name, _ in self.values)


def read_line(line: str) -> Statement:
    """What a line states; an empty statement for a line that states nothing."""
    walk = _Walk()
    for token in TOKEN.finditer(TERMINAL_CODES.sub("", line[:LONGEST_LINE])):
        walk.take(token)
        if len(walk.values) >= MOST_VALUES:
            break
    return walk.statement()


def plain_name(text: str) -> str:
    """The name under which a quantity is kept: split first, no filler words: `Average loss (dev)` → `val_loss`."""
    words = [word for word in re.split(r"[^a-z0-9]+", text.lower()) if word]
    split = next((SPLITS[word] for word in words if word in SPLITS), "")
    rest = "_".join(word for word in words if word not in SPLITS and word not in NOISE)
    return rest if not split or rest in NO_SPLIT else f"{split}_{rest}".rstrip("_")


@dataclass
class _Walk:
    """The state of reading a line from left to right."""

    words: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    """Words before a bracket that has not closed."""
    said: set[str] = field(default_factory=set)
    """Every word so far: whether an epoch begins or is only mentioned depends on them."""
    section: str = ""
    values: list[tuple[str, str]] = field(default_factory=list)
    means: dict[int, str] = field(default_factory=dict)
    """Value → the mean in brackets behind it, as `Loss 6.9 (7.0)` shows it."""
    epoch: float | None = None
    epochs: float | None = None
    step: float | None = None
    bar: tuple[float, float] | None = None
    awaits_epoch: bool = False
    separated: bool = False
    counts_epochs: bool = False
    last: str = ""
    """What the last number was: "epoch", "step", "value", "bare" or nothing."""
    over: bool = False
    before: str = ""
    """The mark directly before."""
    bare: float = 0.0

    def take(self, token: re.Match[str]) -> None:
        kind = token.lastgroup
        if kind in ("number", "unit"):
            self._number(token["number"], token["unit"] or "")
            self.before = ""
        elif kind == "word":
            self._word(token["word"].lower())
            self.before = ""
        elif kind == "percent":
            self._close()
            self.last = ""
        elif kind == "mark":
            self._mark(token["mark"])
            self.before = token["mark"]
        else:
            self.words.clear()
            self.last = ""

    def _word(self, word: str) -> None:
        if self.separated:
            self._close()
        joined = JOINED_EPOCH.fullmatch(word)
        if (word in ("epoch", "ep") or joined) and self.epoch is None and not self.said & LOOKS_BACK:
            self._close()
            self.words.clear()
            self.awaits_epoch = True
            if joined:
                self._begin_epoch(float(joined[1]))
        else:
            self.awaits_epoch = False
            self.words.append(word)
            del self.words[:-MOST_WORDS]
        self.counts_epochs = self.counts_epochs or word in ("epochs", "epoch")
        self.said.update(part for part in re.split(r"[^a-z]+", word) if part)
        self.last, self.over = "", False

    def _mark(self, mark: str) -> None:
        if mark == "%" and self.last == "value":
            name, text = self.values[-1]
            self.values[-1] = (name, text.rstrip("%") + "%")
        if mark in IGNORED:
            return
        if mark in ":=":
            self.separated = bool(self.words)
        elif mark == "/" and self.last:
            self.over = True
        elif mark in OPENING:
            if not self.awaits_epoch:
                self._close_unless_name()
        elif mark in CLOSING:
            self._leave_bracket()
        else:
            self._close()
            self.held.clear()
            self.awaits_epoch = self.awaits_epoch and mark in ".-"
            self.last = self.last if mark in "|" and self.last == "bare" else ""

    def _close_unless_name(self) -> None:
        """At a bracket: what stands before it may be the name of what comes after the bracket."""
        if self.separated:
            self._close()
        self.held = list(self.words)
        self.words.clear()

    def _leave_bracket(self) -> None:
        if self.held and self.words and not self.separated:
            self.words = [*self.held, *self.words]
        elif self.held and not self.words and self.last != "value":
            self.words = list(self.held)
        else:
            self._close()
        self.held = []

    def _close(self) -> None:
        """A phrase ends without a number: `train:` and `[val]` speak for what follows."""
        names = [word for word in self.words if word not in NOISE]
        if len(names) == 1 and names[0] in SPLITS:
            self.section = SPLITS[names[0]]
        self.words.clear()
        self.separated = False

    def _number(self, text: str, unit: str) -> None:
        value = float(text.replace(",", ""))
        if self.over:
            self._second_of_fraction(value)
        elif self.awaits_epoch:
            self._begin_epoch(value)
        elif self.words:
            self._name_value(text.replace(",", ""), value, unit)
        else:
            if self.last == "value" and self.before == "(" and not unit:
                self.means[len(self.values) - 1] = text
                return
            self.bare, self.last = value, "bare"
        self.over = False

    def _begin_epoch(self, value: float) -> None:
        self.awaits_epoch = False
        if math.isfinite(value) and 0 <= value < 1e7:
            self.epoch, self.last = value, "epoch"

    def _second_of_fraction(self, value: float) -> None:
        if self.last == "epoch":
            self.epochs = value
        elif self.last == "bare" and value > 0 and self.bar is None:
            self.bar = (self.bare, value)
        elif self.last == "step":
            self.bar = self.bar or (self.step or 0.0, value)
        elif self.last == "value" and value:
            name, count = self.values[-1]
            if count.replace(".", "").isdigit():
                self.values[-1] = (name, f"{float(count) / value:.6g}")
        self.last = ""

    def _name_value(self, text: str, value: float, unit: str) -> None:
        words, self.words, self.separated = self.words, [], False
        self.held.clear()
        self.last = ""
        if words[-1] in STEPS and not unit:
            if self.step is None and math.isfinite(value):
                self.step, self.last = value, "step"
        elif unit in ("", "%") and not TELLS_A_STORY & set(words):
            name = plain_name(" ".join(words))
            if name and self.section and name.split("_")[0] not in SPLITS.values() and name not in NO_SPLIT:
                name = f"{self.section}_{name}"
            if name and name not in SPLITS.values():
                self.values.append((name, text + unit))
                self.last = "value"

    def statement(self) -> Statement:
        under_way = self.bar is not None and self.bar[0] < self.bar[1]
        on_epochs = self.counts_epochs and self.epoch is None and self.bar is not None
        partial = under_way or (self.step is not None and not any(name.startswith("val_") for name, _ in self.values))
        values = [
            (name, self.means.get(place, text) if partial else text) for place, (name, text) in enumerate(self.values)
        ]
        return Statement(self.epoch, self.epochs, self.step, partial, self.bar, on_epochs, tuple(values))
