"""The shape of what a tab is answered that asks for every number of a run: charts, and the columns of those in view.

tests/ui/test_page_fields.py holds the page's script to these fields.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType


class MetricCurve(msgspec.Struct, frozen=True, kw_only=True):
    """One number over the axis that was asked for; values in the unit in which they are logged, shares in percent.

    `low` and `high` are set where several values share a column: the least and the most of them, and `y` their median.
    `last`: the newest value, as text travels for what is not finite; `unfinite`: values left out for that.
    """

    name: str
    split: str
    by_steps: bool
    x: list[float]
    y: list[float]
    low: list[float] | None = None
    high: list[float] | None = None
    last: float | str | None = None
    percent: bool = False
    values: int = 0
    unfinite: int = 0


class MetricHead(msgspec.Struct, frozen=True, kw_only=True):
    """A chart: `names` as they are logged; `group` is "" for what shares its prefix with nothing else."""

    key: str
    title: str
    group: str
    names: list[str]
    pinned: bool = False


class MetricGroup(msgspec.Struct, frozen=True, kw_only=True):
    """How many charts of a group fit the question."""

    name: str
    count: int


class MetricCurves(msgspec.Struct, frozen=True, kw_only=True):
    """The curves of one chart. `unplaced`: numbers that say nothing of where they stand on the axis asked for."""

    key: str
    curves: list[MetricCurve]
    unplaced: list[str] = []


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """The first `heads` of the `matching` charts, of `total`; `numbers` is how many names the run logs.

    `drawn`: the columns of the charts that were asked for. `axis`: what x counts, unless it is the number `across`;
    `ends`: its least and its most, None without a record on it; `asked` is the tab's own mark.
    """

    axis: str
    across: str = ""
    ends: list[float] | None = None
    heads: list[MetricHead] = []
    drawn: list[MetricCurves] = []
    groups: list[MetricGroup] = []
    matching: int = 0
    total: int = 0
    numbers: int = 0
    seq: int = 0
    kind: str | UnsetType = UNSET
    asked: object = UNSET
