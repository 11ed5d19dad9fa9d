"""By which metric a run is judged and why, which others it logs, and what a person may choose instead."""

from __future__ import annotations

import difflib

import msgspec
import numpy as np
from msgspec.structs import replace

from monitor.rules.columns import columns, metric_names
from monitor.rules.doubts import doubt_of
from monitor.rules.primary import doubted_of, is_by_loss, others_of, primary_of
from monitor.run_dir import Snapshot
from monitor.run_dir.errors import UsageError
from monitor.run_dir.metric import LOSS, WER, Direction, Metric, Unit
from monitor.run_dir.metric_given import checked, metric_named
from monitor.run_dir.metric_names import completed, is_of_train, metric_of
from monitor.run_dir.records import Renamed

MOST_NAMED = 8
"""Of the names of a run in one sentence."""


class MetricRow(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of a run; `last` and `best` are in its unit, None where it was not measured."""

    name: str
    title: str
    direction: Direction
    unit: Unit
    evaluations: int
    last: float | None
    best: float | None
    primary: bool
    in_doubt: bool = False
    """Whether its values contradict its unit: `last` and `best` are as they were logged."""


def metrics_of(snapshot: Snapshot) -> list[Metric]:
    """Every metric of val and test that the run can be judged by, the one that decides first."""
    first = primary_of(snapshot)
    found = ([] if first is None else [first]) + others_of(snapshot)
    if all(metric.name != WER.name for metric in found) and np.isfinite(columns(snapshot, WER.name)[0]).any():
        found.append(WER)
    return found


def rows_of(snapshot: Snapshot) -> list[MetricRow]:
    """The same with their figures."""
    first = primary_of(snapshot)
    return [_row(snapshot, metric, metric == first) for metric in metrics_of(snapshot)]


def _row(snapshot: Snapshot, metric: Metric, primary: bool) -> MetricRow:
    values = columns(snapshot, metric.name)[0]
    values = values[np.isfinite(values)]
    best = None if not len(values) else float(values.min() if metric.direction == "error" else values.max())
    return MetricRow(
        name=metric.name,
        title=metric.title,
        direction=metric.direction,
        unit=metric.unit,
        evaluations=len(values),
        last=float(values[-1]) if len(values) else None,
        best=best,
        primary=primary,
        in_doubt=doubt_of(snapshot, metric) is not None,
    )


def renamed_words(snapshot: Snapshot) -> list[str]:
    """A sentence for each metric that was logged under another name at first."""
    shown = {metric.name for metric in metrics_of(snapshot)}
    return [_renamed_line(each) for each in snapshot.renamed if each.now in shown]


def _renamed_line(each: Renamed) -> str:
    until = f"Until epoch {each.until:g} {each.before} was logged, since then {each.now}"
    if each.joined:
        return f"{until}: it is read as one metric."
    return f"{until}: whether that is the same is not known, so the values until then are not counted with it."


def unknown_names(snapshot: Snapshot) -> list[str]:
    """Other numbers of the evaluations, which are not known to be errors or scores."""
    listed = {metric.name for metric in metrics_of(snapshot)}
    names = sorted(metric_names(snapshot) - listed)
    return [name for name in names if not is_of_train(name) and metric_of(name, (), names) is None]


def reason(snapshot: Snapshot) -> str:
    """Why this metric decides, or none, as the end of a sentence: "a person has chosen it (ana)"."""
    decides = primary_of(snapshot)
    choice, launch, run = snapshot.choice, snapshot.launch, snapshot.run
    doubted = doubted_of(snapshot)
    if doubted is not None:
        return f"{doubted.title} is in doubt (see its flag)"
    if choice is not None and choice.metric is not None:
        return "a person has chosen it" + (f" ({choice.by})" if choice.by else "")
    if launch is not None and launch.metric is not None and launch.metric.name == (decides.name if decides else LOSS):
        of_parent = launch.parent is not None
        return "its parent was judged by it" if of_parent else "the project's vitalsigns.toml names it"
    if run is not None and any(one.primary and decides and one.name == decides.name for one in run.metrics):
        return "the script declares it as primary"
    if decides is None and is_by_loss(snapshot):
        return "the script declares it as primary"
    if decides is None:
        return "no error or score is known"
    if decides is WER:
        return "the word error rate is logged"
    declared = run is not None and any(one.name == decides.name for one in run.metrics)
    return "the script declares it" if declared else "it is the first known name that is logged"


def choice_for(
    snapshot: Snapshot,
    name: str,
    direction: str | None = None,
    unit: str | None = None,
    chance: float | None = None,
    target: float | None = None,
) -> Metric:
    """The metric that a person means by a name of this run; what is not given is as declared, or as the name tells.

    Raises UsageError for a name that the run has not logged (before its first evaluation any is accepted), for one of
    the train split, one without direction that the table of known names lacks, and for numbers out of range.
    """
    if name == LOSS:
        if (direction, unit, chance, target) != (None, None, None, None):
            raise UsageError(f"{LOSS} stands for the loss alone; it takes no direction, unit, chance or target.")
        return Metric(LOSS)
    _refuse_unlogged(snapshot, name)
    declared = next((one for one in (snapshot.run.metrics if snapshot.run else []) if one.name == name), None)
    metric = declared or metric_named(name, direction)
    given = {"direction": direction, "unit": unit, "chance": chance, "target": target}
    metric = replace(metric, primary=True, **{key: value for key, value in given.items() if value is not None})
    names = sorted(metric_names(snapshot))
    values = columns(snapshot, name)[0].tolist()
    known = metric_of(name, values, names)
    if metric.split == "train" or (known is not None and known.split == "train"):
        raise UsageError(f"{name} is measured on the train split, which says nothing of new data; choose one of val.")
    if metric.unit == "auto" and values and (metric.chance, metric.target) != (None, None):
        metric = replace(metric, unit=completed(metric, names, values).unit)
    checked([metric])
    return metric


def _refuse_unlogged(snapshot: Snapshot, name: str) -> None:
    names = sorted({*metric_names(snapshot), *(metric.name for metric in metrics_of(snapshot))})
    if not snapshot.epochs or name in names or np.isfinite(columns(snapshot, name)[0]).any():
        return
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    others = f"nearest: {', '.join(near)}" if near else f"it logs {', '.join(names[:MOST_NAMED]) or 'none'}"
    raise UsageError(f"{snapshot.run_id} has logged no metric {name[:100]!r}; {others}.")
