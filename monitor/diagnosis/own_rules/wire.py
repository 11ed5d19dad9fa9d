"""What goes to the process that runs rules of one's own, and what comes back, a line of JSON each.

Nothing that comes back is believed: the rules' file may write to the same pipe.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from monitor.run_dir import Severity

CHECK_SECS = 2.0
"""One rule's time for one evaluation."""
LOAD_SECS = 10.0
"""A file's time until its classes are there: it may import a large library."""
MOST_RULES = 50
MOST_TEXT = 300
"""Characters of a title or a sentence."""
MOST_NUMBERS = 12
LATE = "took longer than"
"""In the reason of a rule that is not asked again for a while."""

Values = dict[str, float | str]


class RuleJob(msgspec.Struct, frozen=True):
    """Whom to ask about which run. `text`: the rules' file as it was checked, else `entry` names an entry point.

    `skip`: rules that were too slow before. Epochs: at which evaluations. `thresholds`: by "rule.name", those that are
    set in place of the classes' own.
    """

    run_dir: str
    epochs: list[float]
    path: str = ""
    text: str = ""
    entry: str = ""
    skip: list[str] = []
    thresholds: dict[str, float] = {}


class Facts(msgspec.Struct, frozen=True):
    """One class. `why`: what is wrong with the class itself."""

    rule: str
    title: str
    thresholds: dict[str, float] = {}
    why: str = ""


class Loaded(msgspec.Struct, frozen=True, tag="loaded"):
    """The classes that were found; `why`: why there are none."""

    rules: Annotated[list[Facts], Meta(max_length=MOST_RULES)]
    why: str = ""


class RuleAnswer(msgspec.Struct, frozen=True, tag="answer"):
    """One rule at one evaluation. `severity` None: quiet. `why`: that it gave no answer, with line and error."""

    rule: str
    epoch: float
    line: str = ""
    severity: Severity | None = None
    since: float | None = None
    now: Values = {}
    limits: Values = {}
    remedy: str = ""
    cannot_tell: str = ""
    why: str = ""


class Done(msgspec.Struct, frozen=True, tag="done"):
    """All questions were asked."""


Reply = Loaded | RuleAnswer | Done
