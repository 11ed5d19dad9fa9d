"""The shapes of the list of runs: a row a run, and what was tried in the folder.

tests/ui/test_page_fields.py holds the page's script to these fields.
"""

from __future__ import annotations

import msgspec

from monitor.run_dir import Severity
from monitor.run_dir.metric import Unit

Setting = bool | int | float | str


class RunEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What happened to a run that a person may have missed. `at`: UTC seconds; `kind`: a severity, a state or
    "outcome"; `rule`: of a flag; `word`: of an outcome."""

    at: float
    kind: str
    text: str
    rule: str = ""
    word: str = ""


class RunRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A run in the list; one that cannot be read has its name, the state "unreadable" and the evidence alone.

    `mine`: whether this user owns it, None where that is not known; `changed`: settings that differ from its parent;
    `flags`: how many are open, by severity, None where they were not counted; `score` is the newest value of the
    primary metric, whose name is `metric`; it, `chance`, `gap`, `eta`, `age` are words; `value` is in the metric's unit
    `unit`, `error` the same as an error that falls, `ratio` the share of epochs done, `spark` the gap over the run,
    `at` when it last wrote anything (UTC seconds); `seeds`: of the first of several seeds, their mean in words;
    `seed_of`: of the others, the name of the first; `diff`: what its settings have changed against its parent's, in
    words; `settings`: those in which the runs of the folder differ; `numbers`: name of a measurement → its newest
    finite value; `title`, `note`, `tags`, `pinned`: what people say of it; `group`: the name of its folder, where there
    are several; `run`, `parent`, `seed_of` are then addresses; `brief`: only what a list is sorted, searched and folded
    by; the page asks for the rest of what it shows; `sweep`: the name of the sweep that it is a trial of.
    """

    run: str
    state: str
    evidence: str
    parent: str | None = None
    mine: bool | None = None
    owner: str = ""
    changed: list[str] = []
    waits_for: str = ""
    live: bool = False
    verdict: str = ""
    severity: Severity | None = None
    worst: str = ""
    flags: dict[Severity, int] | None = None
    reason: str = ""
    coverage: str = ""
    outcome: str = ""
    outcome_line: str = ""
    seeds: str = ""
    seed_of: str = ""
    epoch: float | None = None
    epochs: int | None = None
    ratio: float | None = None
    device: str = ""
    eta: str = ""
    metric: str = ""
    score: str = ""
    value: float | None = None
    error: float | None = None
    unit: Unit = "fraction"
    chance: str = ""
    gap: str = ""
    spark: list[float] = []
    at: float = 0.0
    events: list[RunEvent] = []
    age: str = ""
    diff: str = ""
    settings: dict[str, Setting] = {}
    numbers: dict[str, float] = {}
    title: str = ""
    note: str = ""
    tags: list[str] = []
    pinned: bool = False
    brief: bool = False
    group: str = ""
    sweep: str = ""


def brief(row: RunRow, seen_at: float | None) -> RunRow:
    """The row as it is sent before the page shows it, with what happened since a person last looked (UTC seconds)."""
    return RunRow(
        run=row.run,
        state=row.state,
        evidence="",
        parent=row.parent,
        mine=row.mine,
        owner=row.owner,
        changed=row.changed,
        live=row.live,
        verdict=row.verdict,
        severity=row.severity,
        worst=row.worst,
        outcome=row.outcome,
        seed_of=row.seed_of,
        error=row.error,
        unit=row.unit,
        at=row.at,
        settings=row.settings,
        numbers=row.numbers,
        title=row.title,
        tags=row.tags,
        pinned=row.pinned,
        events=[event for event in row.events if seen_at is not None and event.at > seen_at],
        brief=True,
        group=row.group,
        sweep=row.sweep,
    )


class RunGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A folder among several: its heading, where it lies, and why it cannot be read now, else "". `far`: it lies on
    another host or in an `archive`."""

    name: str
    where: str
    problem: str = ""
    far: bool = False
    archive: bool = False


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """The runs of one sweep as a row of the list. `group`: the name of their folder, where there are several.

    `counts`: how many trials are in which state, in words; `verdict`: the gravest of those at work, else how all
    ended; `severity`, `flagged`: the worst of all trials, and in how many; `differ`: the settings in which they
    differ; `at`, `age`: when one of them last wrote anything, in UTC seconds and in words.
    Scores are each trial's best, of the metric that most trials have, under the name `best_of` in the rows' `numbers`;
    `falls`: whether less is better; `scored`: how many trials have one. `best`, `spread` (from the best trial to the
    worst) and `median` are words, "" where no trial has a score; `best_settings`: what of `differ` the best one has.
    """

    name: str
    group: str = ""
    trials: int
    live: int
    counts: str
    verdict: str
    severity: Severity | None
    flagged: str
    differ: list[str]
    at: float
    age: str
    metric: str = ""
    best_of: str = ""
    unit: Unit = "fraction"
    falls: bool = True
    scored: int = 0
    best_run: str = ""
    best: str = ""
    best_settings: str = ""
    spread: str = ""
    median: str = ""


class TriedChild(msgspec.Struct, frozen=True, kw_only=True):
    """A child that was started with an option, and its outcome against its parent."""

    run: str
    parent: str
    word: str
    line: str


class TriedOption(msgspec.Struct, frozen=True, kw_only=True):
    """An option that was tried in the folder, with its counts in words."""

    option: str
    text: str
    children: list[TriedChild]
