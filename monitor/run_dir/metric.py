"""What an error or a score of a run is: its name, its direction, its unit. The code asks the metric, never its name.

Rules judge every metric as an error that falls: `error` turns a value into one, `value` turns it back.
A share (a fraction or percent) becomes a fraction, a score `s` of it `1 - s`; a raw score becomes `-s`.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec

from monitor.run_dir.words import NOT_MEASURED, agreeing, number, percent, points, signed, signed_points

Direction = Literal["error", "score", "auto"]
Unit = Literal["fraction", "percent", "raw", "auto"]
Split = Literal["train", "val", "test", ""]
"""The split it is measured on; "" where that is neither given nor implied."""


class Metric(msgspec.Struct, frozen=True, omit_defaults=True):
    """A number of the evaluations that measures how good the model is.

    `name`: the field or the key of `Epoch.metrics` that holds it. `direction`: "auto" takes that of the table of known
    names, an error for a name that it does not hold. `unit`: "fraction" and "percent" are shares, "raw" anything else,
    "auto" follows from its name and, once there are some, its values. `chance` (of an output that ignores the input)
    and `target` are in that unit. `primary`: the one that decides. `label`: its name for people, without its split.
    `train`: the name of the same on the train split.
    """

    name: str
    direction: Direction = "auto"
    unit: Unit = "auto"
    split: Split = "val"
    chance: float | None = None
    target: float | None = None
    primary: bool = False
    label: str = ""
    train: str = ""

    @property
    def title(self) -> str:
        """Such as "val WER"."""
        return " ".join(f"{self.split} {self.label or self.name}".split())

    @property
    def heading(self) -> str:
        """The title as a sentence begins with it: "Val WER"."""
        return self.title[:1].upper() + self.title[1:]

    @property
    def is_share(self) -> bool:
        """Whether it is a fraction or percent of something, and written in percent."""
        return self.unit in ("fraction", "percent")

    @property
    def improves(self) -> str:
        """What it does when it gets better: "falls" or "rises"."""
        return "falls" if self.direction == "error" else "rises"

    def of(self, record: Any) -> float | None:
        """Its value in an evaluation, in its own unit; None where it was not measured."""
        return read(record, self.name)

    def train_of(self, record: Any) -> float | None:
        """The same on the train split."""
        return read(record, self.train) if self.train else None

    def error_of(self, record: Any) -> float | None:
        """Its value in an evaluation as an error."""
        value = self.of(record)
        return None if value is None else self.error(value)

    def error(self, value: float) -> float:
        """A value as an error that falls: a fraction where it is a share."""
        share = self.fraction(value)
        if self.direction == "error":
            return share
        return 1 - share if self.is_share else -share

    def value(self, error: float) -> float:
        """The value, in its own unit, that has this error."""
        share = error if self.direction == "error" else 1 - error if self.is_share else -error
        return 100 * share if self.unit == "percent" else share

    def fraction(self, value: float) -> float:
        """A share as a fraction; a raw value as it is."""
        return value / 100 if self.unit == "percent" else value

    def text(self, value: float | None) -> str:
        """A value with its unit: "41.8 %", "212"."""
        if value is None:
            return NOT_MEASURED
        return percent(self.fraction(value)) if self.is_share else number(value)

    def bare(self, value: float | None) -> str:
        """A value without its sign of percent: "41.8"."""
        if value is None:
            return NOT_MEASURED
        return points(self.fraction(value)) if self.is_share else number(value)

    def error_text(self, error: float) -> str:
        """The value that has this error, with its unit."""
        return self.text(self.value(error))

    def change(self, difference: float) -> str:
        """A difference of two values with its sign: "−3.2 points", "+4.1"."""
        return self.bare_change(difference) + (" points" if self.is_share else "")

    def bare_change(self, difference: float) -> str:
        """The same without "points"."""
        share = self.fraction(difference)
        return signed_points(share) if self.is_share else signed(share)

    def change_texts(self, before: float, after: float, more: int = 1) -> tuple[str, str, str]:
        """Two finite values and their difference, such as "41.8 %", "44.9 %" and "+3.1 points", that agree as shown,
        with `more` decimals more than usual at most."""
        one, other, apart = agreeing(self.fraction(before), self.fraction(after), self.is_share, more)
        return (f"{one} %", f"{other} %", f"{apart} points") if self.is_share else (one, other, apart)

    def is_better(self, difference: float) -> bool:
        """Whether a value that is so much larger is a better one."""
        return (difference < 0) == (self.direction == "error")

    def size(self, difference: float) -> str:
        """A difference without a sign of its own: "3.2 points", "4.1"."""
        share = self.fraction(difference)
        return f"{points(share)} points" if self.is_share else number(share)

    def apart(self, error: float, other: float) -> str:
        """How far one error is from another, such as "8.2 points better than"; "at" where it is not."""
        if error == other:
            return "at"
        side = "better" if error < other else "worse"
        return f"{self.size(abs(self.value(error) - self.value(other)))} {side} than"


def read(record: Any, name: str) -> float | None:
    """A number of a record by its name: one of its fields, or a key of its `metrics`."""
    value = getattr(record, name, None) if name in type(record).__struct_fields__ else record.metrics.get(name)
    return value if isinstance(value, (int, float)) else None


def is_finite(value: float | None) -> bool:
    """Whether a value is there and is neither NaN nor infinite."""
    return value is not None and math.isfinite(value)


def finite(value: float | None) -> float | None:
    """The value; None for NaN and infinity, too."""
    return value if is_finite(value) else None


LOSS = "val_loss"
"""The name that stands for no metric: the loss alone decides."""
THE_LOSS = Metric(LOSS, "error", "raw", label="loss")
"""The loss as a run's summary names it, where it decides although a metric is known: by choice, or in doubt."""
WER = Metric("val_wer", "error", "fraction", label="WER", train="train_wer")
"""The word error rate, which records hold as a field of their own."""
