"""Every number that a run logs, by name: which of them share a chart, and which charts stand together."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from monitor.run_dir import Epoch, Step
from monitor.run_dir.metric_names import NAMES_KEPT, SPLITS
from monitor.view.kept import fields_of

GENERAL = ""
"""The group of what shares its prefix with nothing else."""

_SPLIT_FIRST = re.compile(rf"\s*({'|'.join(SPLITS)})\s*[/_.:\-\s]\s*(\S.*)", re.IGNORECASE | re.DOTALL)
_SPLIT_LAST = re.compile(rf"(.*\S)\s*[/_.:\-\s]\s*({'|'.join(SPLITS)})\s*", re.IGNORECASE | re.DOTALL)
_PREFIX = re.compile(r"([^/_]+)[/_].")


class CurveSource(NamedTuple):
    """A number of the records: `split` is "train", "val", "test" or "" for a name that says none."""

    name: str
    split: str
    by_steps: bool


class ChartOf(NamedTuple):
    """The numbers that share a chart: those of one name but for its split."""

    key: str
    title: str
    group: str
    sources: tuple[CurveSource, ...]


@lru_cache(NAMES_KEPT)
def split_of(name: str) -> tuple[str, str]:
    """(split that the name says or "", the name without it). A name that is nothing but a split has none."""
    split, rest = "", name
    while True:
        if found := _SPLIT_FIRST.fullmatch(rest):
            word, rest = found[1], found[2]
        elif found := _SPLIT_LAST.fullmatch(rest):
            rest, word = found[1], found[2]
        else:
            return split, rest
        split = split or SPLITS[word.lower()]


@lru_cache(16)
def charts_of(epochs: frozenset[str], steps: frozenset[str], first: str = "") -> tuple[ChartOf, ...]:
    """The charts of the names that evaluations and steps hold, in their order.

    General ones come first, among them the metric `first` and the loss; then group by group.
    """
    by_base: dict[str, list[CurveSource]] = defaultdict(list)
    for name, by_steps in [*((name, False) for name in epochs), *((name, True) for name in steps)]:
        split, base = split_of(name)
        by_base[base.casefold()].append(CurveSource(name, split, by_steps))
    groups = _groups(by_base)
    charts = [_chart(key, groups[key], sources) for key, sources in by_base.items()]
    places = {"loss": 1, **({split_of(first)[1].casefold(): 0} if first else {})}
    charts.sort(key=lambda chart: (places.get(chart.key, 2), _natural(chart.group), _natural(chart.key)))
    return tuple(charts)


def _chart(key: str, group: str, sources: list[CurveSource]) -> ChartOf:
    names = {source.name for source in sources}
    # One name alone is called as it is logged; of several what they share.
    title = next(iter(names)) if len(names) == 1 else split_of(min(names))[1]
    order = {"train": 0, "": 1, "val": 2, "test": 3}
    ordered = sorted(sources, key=lambda source: (order[source.split], not source.by_steps, source.name))
    return ChartOf(key, title, group, tuple(ordered))


def _groups(bases: Iterable[str]) -> dict[str, str]:
    """Base → its group: the text before its first "/" or "_" where several have it, else the general one."""
    own = {split_of(name)[1] for name in (*fields_of(Epoch), *fields_of(Step))}
    prefix = {base: found[1].strip() if (found := _PREFIX.match(base)) and base not in own else "" for base in bases}
    counts = Counter(prefix.values())
    return {base: text if counts[text] > 1 else GENERAL for base, text in prefix.items()}


def _natural(text: str) -> list[tuple[bool, int, str]]:
    """A key by which "layer2" stands before "layer10"."""
    return [(not part.isdecimal(), int(part[:18]) if part.isdecimal() else 0, part) for part in _parts(text)]


def _parts(text: str) -> Iterator[str]:
    return (part for part in re.split(r"(\d+)", text[:200]) if part)
