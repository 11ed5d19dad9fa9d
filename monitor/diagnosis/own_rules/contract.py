"""What a rule of one's own is written with (`vitalsigns.rules`), and what it may answer.

A rule is a class with `name`, `title`, optional `thresholds` and `check(self, snapshot)`. It is made anew for each
check, in a process of its own: what it keeps, prints or changes is gone afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from monitor.run_dir import Severity


@dataclass(frozen=True)
class Finding:
    """A red flag. `line`: what is wrong, with the number and what it is compared with, in one sentence.

    `since`: the epoch at which it began, None for the evaluation that is judged. `now` and `limits`: the numbers and
    the thresholds behind it, by name. `remedy`: what to do about it. `cannot_tell`: what it does not know.
    """

    severity: Severity
    line: str
    since: float | None = None
    now: dict[str, float | str] = field(default_factory=dict)
    limits: dict[str, float | str] = field(default_factory=dict)
    remedy: str = ""
    cannot_tell: str = ""


@dataclass(frozen=True)
class Quiet:
    """Nothing is wrong; `line` says what was seen."""

    line: str
