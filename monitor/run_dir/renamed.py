"""A metric that a run logs under another name from some epoch on: val_acc, then val_accuracy.

Where both names are spellings of one thing, its earlier values stand under the name of now, so that its best is that of
the whole run. Where they may be two things they stay two; either way the page names both.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

import msgspec

from monitor.run_dir.metric_names import metric_of, parsed, spelled
from monitor.run_dir.records import Epoch, Launch, MetricChoice, Renamed, Run

Joined = tuple[tuple[Epoch, ...], tuple[Renamed, ...]]


@dataclass(frozen=True)
class _Span:
    """Where a name was logged: places of its first and its last evaluation."""

    name: str
    first: int
    last: int


def joined(records: tuple[Epoch, ...], kept: Collection[str]) -> Joined:
    """The evaluations with one name for each metric that changed it, and which did.

    `kept`: names that a person, the project or the script has declared: they stay as they are.
    """
    found, names = [], {}
    for before, now in _pairs(records):
        same = before.name not in kept and now.name not in kept and _is_same(records, before, now)
        if same:
            names[before.name] = now.name
        found.append(Renamed(before=before.name, now=now.name, until=records[before.last].epoch, joined=same))
    for before_name in names:  # a name may have changed twice
        while (after := names.get(names[before_name])) is not None:
            names[before_name] = after
    if names:
        records = tuple(_under_new_names(record, names) for record in records)
    return records, tuple(found)


def declared_names(run: Run | None, launch: Launch | None, choice: MetricChoice | None) -> frozenset[str]:
    """The names of metrics that the script, the project or a person has declared."""
    declared = [*(run.metrics if run is not None else []), launch and launch.metric, choice and choice.metric]
    return frozenset(name for metric in declared if metric for name in (metric.name, metric.train))


def _pairs(records: tuple[Epoch, ...]) -> list[tuple[_Span, _Span]]:
    """Two names of metrics with one title, of which the second begins where the first has ended."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for place, record in enumerate(records):
        for name, value in record.metrics.items():
            if value is not None:
                first.setdefault(name, place)
                last[name] = place
    groups: dict[tuple[str | None, str], list[_Span]] = {}
    for name, begun in first.items():
        if (meaning := parsed(name)) is not None:
            groups.setdefault((meaning[0], meaning[1].label), []).append(_Span(name, begun, last[name]))
    return [
        (before, now)
        for spans in groups.values()
        for before, now in pairwise(spans)  # in the order in which they began
        if all(span.last < now.first for span in spans if span is not now and span.first <= now.first)
    ]


def _is_same(records: tuple[Epoch, ...], before: _Span, now: _Span) -> bool:
    """Whether both are spellings of one thing, in one unit."""
    if spelled(before.name) != spelled(now.name):
        return False
    units = {
        metric.unit
        for span in (before, now)
        if (metric := metric_of(span.name, [record.metrics.get(span.name) for record in records])) is not None
    }
    return len(units) == 1


def _under_new_names(record: Epoch, names: dict[str, str]) -> Epoch:
    if names.keys().isdisjoint(record.metrics):
        return record
    return msgspec.structs.replace(
        record, metrics={names.get(name, name): value for name, value in record.metrics.items()}
    )
