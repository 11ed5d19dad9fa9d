"""Sweeps: runs that carry one name as their setting `sweep`, summed up as one row of the list. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, TypeVar

from msgspec.structs import replace

from monitor.run_dir import SEVERITIES, words
from monitor.run_dir.metric import Metric
from monitor.view.settings import differing
from monitor.view.shapes.listing import RunRow, Setting, Sweep

SETTING = "sweep"
LONGEST_NAME = 100
LEAST_TRIALS = 2
"""Fewer stand in the list as the run that they are."""
MOST_TOLD = 4
"""Settings of the best trial that are shown at most."""
STATES = ("running", "queued", "finished", "stopped", "failed", "lost", "unreadable")
GRAVEST = ("STOP", "LOOK", "CAN'T JUDGE", "TOO EARLY", "KEEP GOING")

Trial = tuple[RunRow, Metric]
"""A run of a sweep, and the metric that decides in it."""
T = TypeVar("T")


def sweep_of(config: Mapping[str, Any]) -> str:
    """The name of the sweep that a run with these settings belongs to; "" where it has none."""
    name = config.get(SETTING)
    return name[:LONGEST_NAME] if isinstance(name, str) else ""


def settings_within(
    rows: Iterable[RunRow], settings: Mapping[str, Mapping[str, Setting]]
) -> dict[str, dict[str, Setting]]:
    """Run → its values of the settings in which the trials of its sweep differ, of `settings` by run."""
    found: dict[str, dict[str, Setting]] = {}
    for trials in _by_sweep((row.sweep, row.run) for row in rows):
        found.update(differing({run: settings[run] for run in trials}))
    return found


def sweeps_of(trials: Iterable[Trial]) -> list[Sweep]:
    """The sweeps among the runs of a folder, in the order of their first trial. The settings of a run that differ
    within its sweep stand in its row."""
    return [_summed_up(each) for each in _by_sweep((trial[0].sweep, trial) for trial in trials)]


def ranked(sweep: Sweep, rows: Iterable[RunRow]) -> list[RunRow]:
    """The trials of a sweep, the best first; those without a score last."""
    sign = 1 if sweep.falls else -1
    scored = {row.run: sign * value for row in rows if (value := best_in(sweep, row)) is not None}
    own = [row for row in rows if row.sweep == sweep.name]
    return sorted(own, key=lambda row: (row.run not in scored, scored.get(row.run, 0.0), row.run))


def best_in(sweep: Sweep, row: RunRow) -> float | None:
    """The best score of a trial, in the sweep's metric and unit; None where it has none of that metric."""
    return row.numbers.get(sweep.best_of) if row.unit == sweep.unit else None


def best_text(sweep: Sweep, row: RunRow) -> str:
    """The same in words; "–" where it has none."""
    return Metric(sweep.best_of, unit=sweep.unit).text(best_in(sweep, row))


def best_name(metric: Metric) -> str:
    """Under which a row has its best score among its numbers."""
    return f"best {metric.label}"


def _by_sweep(named: Iterable[tuple[str, T]]) -> list[list[T]]:
    found: dict[str, list[T]] = {}
    for name, each in named:
        if name:
            found.setdefault(name, []).append(each)
    return [each for each in found.values() if len(each) >= LEAST_TRIALS]


def _summed_up(trials: Sequence[Trial]) -> Sweep:
    rows = [row for row, _ in trials]
    newest = max(rows, key=lambda row: row.at)
    sweep = Sweep(
        name=rows[0].sweep,
        trials=len(rows),
        live=sum(row.live for row in rows),
        counts=_counts(rows),
        verdict=_verdict(rows),
        severity=next((each for each in SEVERITIES if any(row.severity == each for row in rows)), None),
        flagged=_flagged(rows),
        differ=sorted({name for own in differing({row.run: row.settings for row in rows}).values() for name in own}),
        at=newest.at,
        age=newest.age,
    )
    scored = [(row, metric) for row, metric in trials if best_name(metric) in row.numbers]
    if not scored:
        return sweep
    kind = Counter((metric.label, metric.unit) for _, metric in scored).most_common(1)[0][0]
    own = [(row, metric) for row, metric in scored if (metric.label, metric.unit) == kind]
    return _with_scores(sweep, own[0][1], [row for row, _ in own])


def _with_scores(sweep: Sweep, metric: Metric, rows: Sequence[RunRow]) -> Sweep:
    """The sweep with its best trial and how far its trials lie apart; `rows`: those with a score of this metric."""
    falls = metric.direction == "error"
    values = {row.run: row.numbers[best_name(metric)] for row in rows}
    best = min(rows, key=lambda row: (values[row.run] if falls else -values[row.run], row.run))
    ends = sorted(values.values(), reverse=not falls)
    told = [f"{name} {setting_text(best.settings[name])}" for name in sweep.differ if name in best.settings]
    more = [f"{len(told) - MOST_TOLD} more"] if len(told) > MOST_TOLD else []
    first, last = metric.text(ends[0]), metric.text(ends[-1])
    return replace(
        sweep,
        metric=metric.title,
        best_of=best_name(metric),
        unit=metric.unit,
        falls=falls,
        scored=len(rows),
        best_run=best.run,
        best=first,
        best_settings=", ".join([*told[:MOST_TOLD], *more]),
        spread=first if first == last else f"{first} to {last}",
        median=metric.text(median(ends)),
    )


def setting_text(value: Setting) -> str:
    """As the page writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return words.number(value) if isinstance(value, float) else str(value)


def _counts(rows: Sequence[RunRow]) -> str:
    """How many trials are in which state, such as "2 running, 36 finished, 2 failed"."""
    found = Counter(_state(row) for row in rows)
    return ", ".join(f"{found[each]:,} {each}" for each in [*STATES, *sorted(found.keys() - {*STATES})] if found[each])


def _state(row: RunRow) -> str:
    first = re.split(r"[ ,]", row.state, maxsplit=1)[0]
    return "running" if row.live and first != "queued" else first


def _verdict(rows: Sequence[RunRow]) -> str:
    """Of the trials at work the gravest word; where none is, ENDED, unless every one of them failed or was lost."""
    live = [row.verdict for row in rows if row.live]
    if live:
        return next((each for each in GRAVEST if each in live), "")
    ended = {row.verdict for row in rows}
    return "ENDED" if len(ended) > 1 else ended.pop()


def _flagged(rows: Sequence[RunRow]) -> str:
    """In how many trials the gravest flag is of which severity: "⬣ critical in 2, ▲ warning in 5"."""
    found = Counter(row.severity for row in rows)
    grave = [each for each in SEVERITIES if each != "info" and found[each]]
    return ", ".join(f"{words.SEVERITY_GLYPHS[each]} {each} in {found[each]:,}" for each in grave)
