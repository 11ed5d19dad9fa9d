"""Every number of a run: the charts that fit a question, and the columns of those that a tab has in view."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitor.diagnosis.judged_by import metrics_of
from monitor.rules.arithmetic.series import Array
from monitor.rules.doubts import doubt_of
from monitor.rules.primary import primary_of
from monitor.run_dir import Snapshot
from monitor.run_dir.metric import WER, Unit
from monitor.run_dir.metric_names import metric_of, parsed
from monitor.view.kept import LOCK, Kept, kept_of
from monitor.view.metric_charts import ChartOf, CurveSource, charts_of
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
    """What is asked: the first `most` charts with `word` in a name, and the columns of the charts `keys`; where a tab
    knows of none yet, those of the `first` charts.

    `columns`: how many values wide a chart is; `span`: the part of x that is seen, None for all; `across`: the number
    that is the x axis instead of `axis`.
    """

    word: str = ""
    group: str | None = None
    pinned: Collection[str] = ()
    most: int = 60
    keys: Collection[str] = ()
    first: int = 0
    axis: str = "epoch"
    across: str = ""
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
    across = question.across if question.across in by_epochs | by_steps else ""
    axes = Axes(epochs, steps, question.axis, across)
    shares = Shares(snapshot, epochs, steps)
    asked = [chart for chart in heads if chart.key in wanted] if wanted else heads[: question.first]
    drawn = asked[:MOST_DRAWN]
    return Metrics(
        axis=question.axis,
        ends=axes.ends(),
        heads=[_head(chart, chart.key in pinned) for chart in heads],
        across=across,
        drawn=[_curves(chart, axes, shares, question) for chart in drawn],
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

    def __init__(self, epochs: Kept, steps: Kept, axis: str, across: str = "") -> None:
        self.kept = {False: epochs, True: steps}
        if across:
            self.x = {by_steps: self._across(by_steps, across) for by_steps in self.kept}
            return
        start = _start(epochs, steps) if axis == "time" else 0.0
        self.x = {by_steps: _placed(kept, axis, start) for by_steps, kept in self.kept.items()}
        if axis == "epoch":
            # An epoch may be nought: the first evaluation of an untrained model.
            self.x[False] = epochs.column("epoch")
            self.x[True] = self.x[True] if self.x[True] is not None else _between(epochs, steps)

    def _across(self, by_steps: bool, name: str) -> Array | None:
        """The number at each record; where the others alone log it, what it was about their step."""
        own, others = self.kept[by_steps], self.kept[not by_steps]
        if name in own.names():
            return own.column(name)
        step, at, x = own.column("step"), others.column("step"), others.column(name)
        known = np.isfinite(at) & np.isfinite(x)
        if not (step > 0).any() or not known.any() or not (np.diff(at[known]) >= 0).all():
            return None
        return np.interp(step, at[known], x[known])

    def ends(self) -> list[float] | None:
        """[least, most] of the axis over all records."""
        known = [x[np.isfinite(x)] for x in self.x.values() if x is not None]
        known = [x for x in known if len(x)]
        return [min(float(x.min()) for x in known), max(float(x.max()) for x in known)] if known else None


class Shares:
    """Which numbers are fractions of a known kind, and drawn in percent as the rest of the page has them."""

    def __init__(self, snapshot: Snapshot, epochs: Kept, steps: Kept) -> None:
        self._kept = (epochs, steps)
        self._names = sorted(epochs.names())
        judged = [metric for metric in metrics_of(snapshot) if doubt_of(snapshot, metric) is None]
        self._units = {WER.name: WER.unit, WER.train: WER.unit}
        self._units |= {name: metric.unit for metric in judged for name in (metric.train, metric.name) if name}

    def unit(self, name: str) -> Unit:
        """ "fraction", "percent", or "raw" for what is no share, or of which it is not known."""
        if name not in self._units:
            self._units[name] = self._by_name(name)
        return self._units[name]

    def _by_name(self, name: str) -> Unit:
        if parsed(name) is None:
            return "raw"
        values = np.concatenate([kept.column(name) for kept in self._kept if name in kept.names()] or [np.empty(0)])
        metric = metric_of(name, values[np.isfinite(values)].tolist(), self._names)
        return metric.unit if metric is not None else "raw"


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


def _curves(chart: ChartOf, axes: Axes, shares: Shares, question: MetricsQuestion) -> MetricCurves:
    curves, unplaced = [], []
    for source in chart.sources:
        x = axes.x[source.by_steps]
        if x is None:
            unplaced.append(source.name)
        else:
            curves.append(_curve(axes.kept[source.by_steps], source, x, shares.unit(source.name), question))
    return MetricCurves(key=chart.key, curves=curves, unplaced=unplaced)


def _curve(kept: Kept, source: CurveSource, x: Array, unit: Unit, question: MetricsQuestion) -> MetricCurve:
    times = 100.0 if unit == "fraction" else 1.0
    y = kept.column(source.name) * times if unit == "fraction" else kept.column(source.name)
    finite = np.isfinite(y) & np.isfinite(x)
    values, last = kept.measured(source.name)
    series = thinned(x[finite], y[finite], question.span, question.columns)
    return MetricCurve(
        name=source.name,
        split=source.split,
        by_steps=source.by_steps,
        x=_short(series.x),
        y=_short(series.y),
        low=None if series.low is None else _short(series.low),
        high=None if series.high is None else _short(series.high),
        last=number(last if last is None else times * last),
        percent=unit in ("fraction", "percent"),
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


def _short(values: Array) -> list[float]:
    """Seven digits are more than a screen shows."""
    return [float(f"{value:.7g}") for value in values.tolist()]
