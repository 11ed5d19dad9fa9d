"""What a rule answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from monitor.run_dir import Severity, Snapshot
from monitor.run_dir.words import brief, percent

Numbers = dict[str, float | str]
PARTS = frozenset(
    {
        *("val loss above best", "critical above", "train loss fall since"),
        *("above best", "above best (warning)", "above best (critical)"),
    }
)
"""Numbers that are a part of something: "val loss above best 0.47" would be read as a loss."""


@dataclass(frozen=True)
class Finding:
    """A red flag. Epochs: `onset` where its condition began, `fired` when a watcher could know,
    `critical_since` when it became critical. `line`: what, now against yardstick, since when, in one line.
    `began`: since when, in words; the guard's evaluations count for the words, not for the onset."""

    rule: str
    title: str
    severity: Severity
    line: str
    onset: float | None
    fired: float | None
    critical_since: float | None = None
    now: Numbers = field(default_factory=dict)
    limits: Numbers = field(default_factory=dict)
    remedy: str = ""
    cannot_tell: str = ""
    began: str = ""


@dataclass(frozen=True)
class Quiet:
    """The check ran and found nothing; `line`: what it saw."""

    rule: str
    title: str
    line: str


@dataclass(frozen=True)
class NotApplicable:
    """The run does not log what the check needs."""

    rule: str
    title: str
    needs: str


@dataclass(frozen=True)
class NotEnoughData:
    """The check needs more evaluations: `have` of `need`; `of` is what is counted, where it is something else."""

    rule: str
    title: str
    have: int
    need: int
    of: str = "evaluations"


@dataclass(frozen=True)
class LeftOut:
    """A rule of one's own, or a file of them, that gave no answer; `why` names file, line and error."""

    rule: str
    title: str
    why: str


def in_words(numbers: Numbers, write: Callable[[float | str], str] = brief) -> dict[str, str]:
    """The numbers beside a finding as people read them: what is a part of something in percent."""
    return {
        name: percent(value) if name in PARTS and isinstance(value, (int, float)) else write(value)
        for name, value in numbers.items()
    }


Result = Finding | Quiet | NotApplicable | NotEnoughData | LeftOut


@dataclass(frozen=True)
class OwnAnswers:
    """What a project's own rules have answered, as data: diagnosis.own_rules runs them, judgement starts nothing.

    `by_epoch`: at an evaluation, every rule's answer. `thresholds`: by "rule.name", as their classes set them.
    """

    by_epoch: Mapping[float, tuple[Result, ...]] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)

    def at(self, snapshot: Snapshot) -> tuple[Result, ...]:
        """The answers at the newest evaluation of a snapshot; none before the first."""
        return self.by_epoch.get(snapshot.epochs[-1].epoch, ()) if snapshot.epochs else ()


NO_RULES = OwnAnswers()
