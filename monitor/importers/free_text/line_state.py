"""What is known of a line while it is read from left to right (`line.Walk`)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class LineState:
    """The state of reading a line. `section`: the split of the heading above it."""

    section: str = ""
    known_epoch: float | None = None
    """The number of the present epoch: of another one, the heading means nothing."""
    words: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    """Words before a bracket that has not closed."""
    phrase: set[str] = field(default_factory=set)
    """Every word since the last value: whether an epoch begins or is only mentioned depends on them."""
    quantity: str = ""
    """The quantity before the colon of `loss: train 2.1, val 2.4`."""
    values: list[tuple[str, str]] = field(default_factory=list)
    unsplit: list[tuple[int, str]] = field(default_factory=list)
    """(value, split in force) of names that hold none, and that are no words beside a split."""
    means: dict[int, str] = field(default_factory=dict)
    """Value → the mean in brackets behind it, as `Loss 6.9 (7.0)` shows it."""
    epoch: float | None = None
    epochs: float | None = None
    step: float | None = None
    bar: tuple[float, float] | None = None
    awaits_epoch: bool = False
    epoch_word: str = ""
    labels: bool = False
    """The last value is a whole number directly behind its name, which may be the name's own number: `clip 3`."""
    names_mean: bool = False
    """The last name was that of a mean: a number in brackets behind its value is no mean of it."""
    separated: str = ""
    """The mark between the words and what they name: a colon, a dash."""
    counts_epochs: bool = False
    through: bool = False
    """The step is counted through all epochs."""
    incidental: bool = False
    """The line tells of a checkpoint, of the best so far, of options."""
    seen: int = 0
    last: str = ""
    """What the last number was: "epoch", "step", "value", "bare" or nothing."""
    over: bool = False
    before: str = ""
    """The mark directly before."""
    bare: float = 0.0
    bare_text: str = ""
    compound: str = ""
    """Split of the last name that was one word with it: `train_loss`."""
    behind: str = ""
    """What stood before a bracket that has not closed: "value" or "bare"."""
    bare_splits: list[int] = field(default_factory=list)
    """Values under a split alone: `val: 2.4`."""
    averages: bool = False
    """The line says that it holds means."""
    split_behind: bool = False
    """A split stands behind its number: `loss 2.1 (train) 2.4 (valid)`."""
    heading: bool = False
