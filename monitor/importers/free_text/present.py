"""The present epoch of a log: what its lines have stated so far, by how much of it they speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.importers.free_text.statement import Statement, is_a_loss, losses_in, validated

MOST_NAMES = 200
STEP, BAR, WHOLE = 0, 1, 2
"""How much of an epoch a line speaks of: one step, all that a full bar went through, the epoch itself."""


@dataclass(frozen=True)
class Row:
    """The statements of a log about one epoch: cells as written, under plain names."""

    epoch: float
    cells: Mapping[str, str]
    generation: int = 1
    epochs: float | None = None
    step: float | None = None
    of_steps: frozenset[str] = frozenset()
    """The names that stand only in lines of its steps, or in lines below those."""

    def cell(self, column: str) -> tuple[str, str] | None:
        """The name and the number under it; `loss` and `train_loss` of two epochs are one quantity."""
        names = (column, f"train_{column}", column.removeprefix("train_"))
        return next(((name, text) for name in names if (text := self.cells.get(name))), None)


@dataclass
class Present:
    """The present epoch: its statements, by how much of it the lines cover."""

    epoch: float
    generation: int
    epochs: float | None = None
    step: float | None = None
    at: float | None = None
    """The step that its evaluation names."""
    said: list[dict[str, str]] = field(default_factory=lambda: [{}, {}, {}])
    under_way: bool = False
    """The last line about its training was one of a bar that had not come to its end."""
    reached: float = -1.0
    """Where the last bar under way stood."""
    full_bar: float = 0.0
    """What the first bar that came to its end, with a loss, counts to."""
    lines: int = 0
    told: dict[str, str] | None = None
    """The cells that were handed out already."""
    stated: list[str] = field(default_factory=list)
    """The names in the lines that name this epoch themselves."""
    summed: list[str] = field(default_factory=list)
    """Those of them that are of all of it."""
    again: list[str] = field(default_factory=list)
    """The losses that lines without a place gave more than once: of a step above them, as it seems."""

    @property
    def whole(self) -> dict[str, str]:
        """The cells from lines about a full bar and about the epoch itself; of one name, the latter counts."""
        return {**self.said[BAR], **self.said[WHOLE]}

    @property
    def named(self) -> set[str]:
        """The names of all its quantities."""
        return {name for said in self.said for name in said}

    @property
    def measured(self) -> bool:
        """Whether it was handed out, or has more than the learning rate and the gradient norm."""
        return self.told is not None or any(set(said) - {"lr", "grad_norm"} for said in self.said)

    def row(self) -> Row:
        """All its cells as one row; of one quantity, the line counts that covers most of the epoch."""
        cells: dict[str, str] = {}
        for said in self.said:
            for name in said:
                # `loss` of the last step and `train_loss` of the epoch are one quantity.
                cells.pop(f"train_{name}", None)
                cells.pop(name.removeprefix("train_"), None)
            cells.update(said)
        of_steps = frozenset((set(self.said[STEP]) - set(self.whole)) | set(self.again))
        return Row(self.epoch, cells, self.generation, self.epochs, self.at or self.step, of_steps)

    def news(self) -> list[Row]:
        """Its row, unless it has no cells or the same were handed out already."""
        row = self.row()
        if not row.cells or row.cells == self.told:
            return []
        self.told = dict(row.cells)
        return [row]

    def is_over(self, said: Statement) -> bool:
        """Whether a full bar has given the same quantity already: the line that names the epoch after it is about all
        of it."""
        if said.bar is not None or said.of_a_batch or said.epoch != self.epoch:
            return False
        full = {name.removeprefix("train_") for name in self.said[BAR]}
        return any("loss" in name and name.removeprefix("train_") in full for name, _ in said.values)

    def is_of_another_bar(self, said: Statement) -> bool:
        """Whether a bar of another total than the training's tells a loss behind it: of an evaluation."""
        if said.bar is None or said.step is not None or said.epoch is not None:
            return False
        losses = losses_in(name for name, _ in said.values)
        return bool(self.full_bar and said.bar[1] != self.full_bar and losses & self.said[BAR].keys())


def trains(said: Statement) -> bool:
    """Whether a line tells a loss of the training, and not in the middle of an epoch."""
    return not said.partial and any(is_a_loss(name) for name, _ in said.values)


def was_a_step(now: Present, number: float) -> bool:
    """Whether what seemed an epoch was a step at a whole one: the first evaluation stands at epoch 1.23."""
    return now.epoch.is_integer() and not number.is_integer() and not (now.told or validated(now.whole))


def put(cells: dict[str, str], said: Statement) -> None:
    """The last statement counts; `loss` and `train_loss` of two lines are one quantity."""
    now = {name for name, _ in said.values}
    for name, text in said.values:
        if name in cells or len(cells) < MOST_NAMES:
            cells[name] = text
        for other in {f"train_{name}", name.removeprefix("train_")} - now:
            cells.pop(other, None)
