"""What a reader of a log remembers from one line to the next, as it is kept between two readings."""

from __future__ import annotations

import msgspec


class Known(msgspec.Struct, kw_only=True):
    """What the lines so far say of those to come; a part of `LineReader.memory`."""

    section: str = ""
    """The split of the heading above the line."""
    epoch: float | None = None
    names_itself: bool = False
    """Below the last heading stands a loss that names its split: `eval_loss = 2.3`; `loss` is another."""
    below: list[str] = []
    """The names that stood below the last heading of a validation."""
    above: str = ""
    """The line before, where it may hold the upper half of a table's names."""
    trained: dict[str, float] = {}
    """Lines of the training in this epoch without their digits → the total that their bar counts to."""
    heads: str = ""
    """What the line before announces, a validation or a test: a table directly below is of that."""
    decimal_comma: bool = msgspec.field(default=False, name="comma")
    passed_over: bool = msgspec.field(default=False, name="over")
    split_before: str = msgspec.field(default="", name="before")
    place: tuple[float | None, tuple[float, float] | None] | None = None
    """The step and the bar of a line that named only them: the numbers directly below are of that step."""
    lists: bool = False
    """That line ends in a colon: what is indented below it is of the step."""
    columns: tuple[str, ...] = ()
    """The splits at the head of a table in which a quantity has a row: `Training | Validation`."""
    bars_from_1: bool | None = None
    """The log counts its epochs from 0, and the bars in it count them from 1; None before the first bar."""
    shown_alone: bool = False
    """The last validation had a line of its own."""
    loss_of: str = ""
    """The line before gave scores of an epoch and its split, and no loss: a loss alone, right below, is of it."""
    recalls: bool = False
    """The line before announced the best evaluation so far: this one repeats it."""
    restored: bool = False
    """It stopped and took back its best model: figures of no epoch and no step are that model's."""
    shown: list[list[str]] = []
    """The last validation's figures: a bar of the next epoch goes on showing them."""
    trained_to: list[float] = []
    """[epoch, step] of the last line of the training that named both."""
    in_traceback: bool = msgspec.field(default=False, name="traceback")
    """Since a traceback no line named an epoch, a step or a validation: its frames and message hold no figures."""
    stages: str = ""
    """How many stages the script has, where it counts them."""
    cut_name: str | None = None
    """At the end of the line before: Rich wraps the figures beside its bar, also between a name and its number.
    Empty where it ends in a number, None where it is no line of such a bar."""
    in_code: bool = msgspec.field(default=False, name="code")
    """Since an import statement no figure was read: the lines are those of a script."""
    warned: int = 0
    """How many of the next lines may show the code that a warning of Python is about: it stands below its words."""
    in_report: bool = msgspec.field(default=False, name="report")
    """Below the head of scikit-learn's report: a row is of one class."""
    in_options: int = msgspec.field(default=0, name="options")
    """How many more lines may be options of the object that was begun; 0 outside of one."""
