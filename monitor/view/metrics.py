"""Every number of a run: the charts that fit a question, and the columns of those that a tab has in view."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitor.rules.arithmetic.series import Array
from monitor.rules.primary import primary_of
from monitor.run_dir import Snapshot
from monitor.view.kept import LOCK, Kept, kept_of
from monitor.view.metric_charts import ChartOf, Source, charts_of
from monitor.view.series import number
from monitor.view.shapes.metrics import MetricCurve, MetricCurves, MetricGroup, MetricHead, Metrics

MOST_CHARTS = 2000
MOST_DRAWN = 40
"""Charts whose columns travel in one answer: more than any screen holds."""
MOST_COLUMNS = 400
MOST_PINNED = 200
AXES = ("epoch", "step", "time")


@dataclass(frozen=True)
class MetricsQuestion:
    """What is asked: the first `most` charts with `word` in a name, and the columns of the charts `keys`.

    `columns`: how many values wide a chart is; `span`: the part of x that is seen, None for all.
    """

    word: str = ""
    group: str | None = None
    pinned: Collection[str] = ()
    most: int = 60
    keys: Collection[str] = ()
    axis: str = "epoch"
    span: tuple[float, float] | None = None
    columns: int = 150


def metrics(snapshot: Snapshot, question: MetricsQuestion) -> Metrics:
    """The charts in their order, pinned ones first, with the columns of those asked for."""
    with LOCK:
        epochs, steps = kept_of(snapshot)
        return _answer(snapshot, epochs, steps, question)


def _answer(snapshot: Snapshot, epochs: Kept, steps: Kept, question: MetricsQuestion) -> Metrics:
    by_epochs, by_steps = epochs.names(), steps.names()
    primary = primary_of(snapshot)
    pinned, wanted = set(question.pinned), set(question.keys)
    charts = charts_of(by_epochs, by_steps, primary.name if primary is not None else "")
    fitting = [chart for chart in charts if _has(chart, question.word)]
    shown = [chart for chart in fitting if question.group is None or chart.group == question.group]
    heads = sorted(shown, key=lambda chart: chart.key not in pinned)[: question.most]
    axes = Axes(epochs, steps, question.axis)
    drawn = [chart for chart in heads if chart.key in wanted][:MOST_DRAWN]
    return Metrics(
        axis=question.axis,
        ends=axes.ends(),
        heads=[_head(chart, chart.key in pinned) for chart in heads],
        drawn=[_curves(chart, axes, question) for chart in drawn],
        groups=_groups(fitting),
        matching=len(shown),
        total=len(charts),
        numbers=len(by_epochs | by_steps),
        seq=snapshot.seq,
    )


def _head(chart: ChartOf, pinned: bool) -> MetricHead:
    names = list(dict.fromkeys(source.name for source in chart.sources))
    return MetricHead(key=chart.key, title=chart.title, group=chart.group, names=names, pinned=pinned)


def _has(chart: ChartOf, word: str) -> bool:
    """Whether each part of the search stands in a name of the chart."""
    parts = word.casefold().split()
    return any(all(part in source.name.casefold() for part in parts) for source in chart.sources)


def _groups(charts: list[ChartOf]) -> list[MetricGroup]:
    counts: dict[str, int] = {}
    for chart in charts:
        counts[chart.group] = counts.get(chart.group, 0) + 1
    return [MetricGroup(name=name, count=count) for name, count in counts.items()]


class Axes:
    """Where evaluations and steps stand on the axis that was asked for; None where their records do not say it."""

    def __init__(self, epochs: Kept, steps: Kept, axis: str) -> None:
        self.kept = {False: epochs, True: steps}
        start = _start(epochs, steps) if axis == "time" else 0.0
        self.x = {by_steps: _placed(kept, axis, start) for by_steps, kept in self.kept.items()}
        if axis == "epoch":
            # An epoch may be nought: the first evaluation of an untrained model.
            self.x[False] = epochs.column("epoch")
            self.x[True] = self.x[True] if self.x[True] is not None else _between(epochs, steps)

    def ends(self) -> list[float] | None:
        """[least, most] of the axis over all records."""
        known = [x[np.isfinite(x)] for x in self.x.values() if x is not None]
        known = [x for x in known if len(x)]
        return [min(float(x.min()) for x in known), max(float(x.max()) for x in known)] if known else None


def _placed(kept: Kept, axis: str, start: float) -> Array | None:
    """The places of the records, or None where none was logged: they are then all nought."""
    logged = kept.column("at" if axis == "time" else axis)
    if not len(logged) or not (logged > 0).any():
        return None
    return (logged - start) / 3600 if axis == "time" else logged


def _start(epochs: Kept, steps: Kept) -> float:
    """When the run began: one evaluation before the first, as the page counts it; else its first step."""
    times = epochs.column("at")[:2].tolist()
    if len(times) > 1:
        return times[0] - min(times[1] - times[0], times[0])
    return next(iter([*steps.column("at")[:1].tolist(), *times]), 0.0)


def _between(epochs: Kept, steps: Kept) -> Array | None:
    """Epochs of the steps by the evaluations around them, None where those do not say their step."""
    at, which = epochs.column("step"), epochs.column("epoch")
    if len(at) < 2 or not (np.diff(at) > 0).all():
        return None
    return np.interp(steps.column("step"), np.concatenate([[0.0], at]), np.concatenate([[0.0], which]))


def _curves(chart: ChartOf, axes: Axes, question: MetricsQuestion) -> MetricCurves:
    curves, unplaced = [], []
    for source in chart.sources:
        x = axes.x[source.by_steps]
        if x is None:
            unplaced.append(source.name)
        else:
            curves.append(_curve(axes.kept[source.by_steps], source, x, question))
    return MetricCurves(key=chart.key, curves=curves, unplaced=unplaced)


def _curve(kept: Kept, source: Source, x: Array, question: MetricsQuestion) -> MetricCurve:
    y = kept.column(source.name)
    finite = np.isfinite(y) & np.isfinite(x)
    values, last = kept.measured(source.name)
    series = thinned(x[finite], y[finite], question.span, question.columns)
    return MetricCurve(
        name=source.name,
        split=source.split,
        by_steps=source.by_steps,
        x=short(series.x),
        y=short(series.y),
        low=None if series.low is None else short(series.low),
        high=None if series.high is None else short(series.high),
        last=number(last),
        values=values,
        unfinite=values - int(np.isfinite(y).sum()),
    )


class Thinned(NamedTuple):
    """A series for a chart; `low` and `high` where several points share a column."""

    x: Array
    y: Array
    low: Array | None = None
    high: Array | None = None


def thinned(x: Array, y: Array, span: tuple[float, float] | None, columns: int) -> Thinned:
    """A finite series (points,) as at most `columns` points.

    Within a column the least and the most are kept, so that no spike is lost, and the median stands for the rest.
    """
    if span is not None:
        seen = _with_neighbours((x >= span[0]) & (x <= span[1]))
        x, y = x[seen], y[seen]
    if len(x) <= columns:
        return Thinned(x, y)
    first, last = float(x.min()), float(x.max())
    place = np.minimum(((x - first) / ((last - first) / columns or 1.0)).astype(int), columns - 1)
    order = np.lexsort((y, place))
    starts = np.flatnonzero(np.diff(place[order], prepend=-1))
    ends = np.append(starts[1:], len(order))
    ordered, middle = y[order], (starts + ends - 1) / 2
    median = 0.5 * (ordered[np.floor(middle).astype(int)] + ordered[np.ceil(middle).astype(int)])
    at = np.add.reduceat(x[order], starts) / (ends - starts)
    return Thinned(at, median, ordered[starts], ordered[ends - 1])


def _with_neighbours(seen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Also the point before the range and the one after it: the line goes on to the edge."""
    grown = seen.copy()
    grown[:-1] |= seen[1:]
    grown[1:] |= seen[:-1]
    return grown


def short(values: Array) -> list[float]:
    """Seven digits are more than a screen shows."""
    return [float(f"{value:.7g}") for value in values.tolist()]
