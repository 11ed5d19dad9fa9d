"""What of a frame changes only with a new judgement: verdict, flags, options, causes, lanes and limits."""

from __future__ import annotations

from typing import Literal

import msgspec

from monitor.run_dir import Severity


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Wait or restart: two sentences that can be compared, what follows from them, and why (a sentence).

    `word`: WAIT, RESTART, CLOSE CALL or NOT KNOWN.
    """

    word: str
    waiting: str
    restarting: str
    why: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict block. `severity`: of the worst flag, None without a flag; `filled`: drawn on a filled ground.

    `reason`, `also`, `next_step`, `suppressed`, `why` are sentences; `option` is the id of the option that the button
    restarts with, None where none is offered; `other_run`: the one that `next_step` names, a child that has tried the
    option or the parent that can go on; `coverage` says how many checks ran, `not_checked` which could not; `choice`:
    what waiting and that restart are expected to bring, None where there is nothing to choose.
    """

    word: str
    severity: Severity | None
    filled: bool
    reason: str
    also: list[str]
    next_step: str
    option: str | None
    other_run: str | None
    suppressed: list[str]
    why: str
    coverage: str
    not_checked: list[str]
    choice: Choice | None


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """The small picture of a flag: a column of EpochColumns, and the yardstick drawn with it; "" for none."""

    column: str
    yardstick: str


class Flag(msgspec.Struct, frozen=True, kw_only=True):
    """One flag. `since`, `fired`, `critical_since` are epochs, `began` is since when in
    words; `now` and `limits` numbers in words, by name.

    `alert` is the id by which it is marked as seen; `recorded`: whether such an alert stands on disk.
    """

    alert: str
    recorded: bool
    rule: str
    title: str
    severity: Severity
    line: str
    since: float | None
    fired: float | None
    critical_since: float | None
    began: str
    now: dict[str, str]
    limits: dict[str, str]
    own_limits: str
    remedy: str
    cannot_tell: str
    picture: Picture
    acknowledged: bool


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One setting that an option changes; both values in words."""

    key: str
    before: str
    after: str


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A prescription. `command` restarts the run with it, None where it is unknown how the run was started;
    `flags` are the same changes as options of a training command."""

    id: str
    title: str
    changes: list[Change]
    command: str | None
    flags: str
    expected: str
    cost: str
    disproved_by: str
    note: str
    code_edit: str
    restartable: bool


class OfferedOption(Option, frozen=True, kw_only=True):
    """An option that is suggested now. `tried`: its results in this folder, in words."""

    letter: str
    tried: str


class ConsideredOption(Option, frozen=True, kw_only=True):
    """An option that people would think of, with the reason against it now."""

    why_not: str


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """A probable cause, with the lines for it and against it."""

    title: str
    evidence: list[str]
    against: list[str]


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """A bar under the loss chart: from the epoch of a flag's onset to the last one, or to where it was resolved.

    `began`: since when in words, as the flag itself says it.
    """

    rule: str
    title: str
    severity: Severity
    start: float = msgspec.field(name="from")
    began: str
    fired: float | None
    critical_from: float | None
    to: float
    closed: bool


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A threshold in force, in words, with its default and where it comes from."""

    name: str
    value: str
    default: str
    source: Literal["default", "vitalsigns.toml", "your rules"]


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """`healthy`: rows of [measure, what a healthy run shows, what this one shows, status]."""

    verdict: Verdict
    flags: list[Flag]
    prescriptions: list[OfferedOption]
    considered: list[ConsideredOption]
    causes: list[Cause]
    healthy: list[list[str]]
    lanes: list[Lane]
    limits: list[Limit]
