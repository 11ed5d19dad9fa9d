"""What one line of a log says: which split, which quantity, which number, which epoch or step, whether under way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from monitor.importers.vocabulary import PARTS_OF_A_TOTAL

ROLLOUT = "rollout_"
EVALUATED = ("val_", "test_", ROLLOUT)
"""How the names of what a validation measured begin, or what an agent was given while it was trained."""


@dataclass(frozen=True)
class Statement:
    """The statement of one line. `partial`: made in the middle of an epoch (a step, a progress bar under way)."""

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
    batch: tuple[tuple[str, str], ...] = ()
    """Values of this step alone, where the line gives a mean behind them."""
    split: str = ""
    """The split that the line speaks of."""
    ends: bool = False
    """The line says that its epoch is over."""
    through: bool = False
    """Its step is counted through all epochs, as a `global_step` is."""

    unnamed: bool = False
    """A loss stands behind a word for its split alone: `train 2.1, val 2.4`."""
    of_a_batch: bool = False
    """It tells of one batch of a validation, which are counted by themselves."""

    @property
    def evaluates(self) -> bool:
        """Whether it tells a number of val, of test or of an agent's rollouts."""
        return any(name.startswith(EVALUATED) for name, _ in self.values)

    @property
    def is_of_rollouts(self) -> bool:
        """Whether it tells a number of an agent's rollouts."""
        return any(name.startswith(ROLLOUT) for name, _ in self.values)

    @property
    def is_under_way(self) -> bool:
        """Whether a progress bar stands there that has not come to its end."""
        return self.bar is not None and self.bar[0] < self.bar[1]

    @property
    def is_of_a_step(self) -> bool:
        """Whether it names a step or shows a progress bar."""
        return self.step is not None or self.bar is not None


def validated(cells: Mapping[str, str]) -> bool:
    """Whether the cells hold a number of val or test, or a WER without a split."""
    return any(name.startswith(("val_", "test_")) or name == "wer" for name in cells)


def tells_both(said: Statement) -> bool:
    """Whether one line tells the losses of the training and of the validation."""
    losses = losses_in(name for name, _ in said.values)
    return said.evaluates and any(not name.startswith(("val_", "test_")) for name in losses) and len(losses) > 1


def is_a_loss(name: str) -> bool:
    """Whether a name is that of a loss of the training."""
    return "loss" in name and not name.startswith(EVALUATED)


def losses_in(cells: Iterable[str]) -> set[str]:
    """The names that hold the word loss."""
    return {name for name in cells if "loss" in name}


def sums_up(above: Mapping[str, str], said: Statement) -> bool:
    """Whether a line tells an epoch's validation alone, and its training stands above: `Epoch 1 - val loss 3.2`."""
    trained, told = (
        {name for name in losses_in(cells) if not name.startswith(("val_", "test_"))}
        for cells in (above, (name for name, _ in said.values))
    )
    return said.evaluates and not said.is_under_way and bool(trained) and not told


def with_its_total(said: Statement) -> Statement:
    """`rec 0.2, kl 14.9, total 1.7`: beside its parts, the total is a loss."""
    names = [name for name, _ in said.values]
    if "total" not in names or PARTS_OF_A_TOTAL.isdisjoint(names):
        return said
    return replace(said, values=tuple(("total_loss" if name == "total" else name, text) for name, text in said.values))
