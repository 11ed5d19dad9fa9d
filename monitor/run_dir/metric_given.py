"""A metric as people give it (a script, the settings, a command, the page): checked, or completed by its name."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import get_args

from monitor.run_dir.errors import UsageError
from monitor.run_dir.metric import LOSS, WER, Direction, Metric, Split, Unit
from monitor.run_dir.metric_names import is_of_train, parsed

LONGEST_NAME = 200
_FULL: dict[str, float] = {"fraction": 1.0, "percent": 100.0}


def checked(metrics: Iterable[Metric]) -> list[Metric]:
    """The metrics, each sound and none twice, at most one primary. Raises UsageError, in one sentence."""
    given = list(metrics)
    for metric in given:
        if problem := problem_of(metric):
            raise UsageError(problem)
    names = [metric.name for metric in given]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"Metric {twice!r} is declared twice; declare it once.")
    first = [metric.name for metric in given if metric.primary]
    if len(first) > 1:
        raise UsageError(f"{len(first)} metrics are primary ({', '.join(first[:4])}); only one can decide.")
    return given


def problem_of(metric: object) -> str:
    """What is wrong with one declaration, as a sentence; "" where nothing is."""
    if not isinstance(metric, Metric):
        return f"metrics holds {type(metric).__name__}, not Metric: from monitor.writer import Metric."
    if not isinstance(metric.name, str) or not 0 < len(metric.name) <= LONGEST_NAME:
        return f"A metric's name must be a text of 1 to {LONGEST_NAME} characters."
    about = f"Metric {metric.name!r}"
    for field, kind in (("direction", Direction), ("unit", Unit), ("split", Split)):
        value, allowed = getattr(metric, field), get_args(kind)
        if value not in allowed:
            return f"{about}: {field} {value!r} is unknown; must be one of {', '.join(allowed)}."
    for field in ("chance", "target"):
        value = getattr(metric, field)
        if value is not None and (problem := _out_of_range(metric, field, value)):
            return f"{about}: {problem}"
    return ""


def _out_of_range(metric: Metric, field: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return f"{field} {value!r} must be a number."
    full = _FULL.get(metric.unit)
    if full is not None and not 0 <= value <= full:
        return f"{field} {value:g} must lie between 0 and {full:g}, as its unit is {metric.unit}."
    return ""


def metric_named(
    name: str,
    direction: str | None = None,
    unit: str | None = None,
    chance: float | None = None,
    target: float | None = None,
    primary: bool = False,
) -> Metric:
    """The metric of this name; what is not given comes from the table of known names, the unit from the values.

    Raises UsageError for a name without direction that the table does not hold, and for values out of range.
    """
    found = None if name == WER.name else parsed(name)
    known = WER.direction if name == WER.name else found[1].direction if found is not None else None
    if direction is None and known is None and name != LOSS:
        raise UsageError(
            f"{name!r} is not a known metric: name it an error (lower is better) or a score (higher is better)."
        )
    split: Split = "train" if is_of_train(name) else (found[0] if found is not None and found[0] else "val")
    metric = Metric(
        name=name,
        direction=direction or known or "error",  # type: ignore[arg-type]
        unit=unit or (WER.unit if name == WER.name else "auto"),  # type: ignore[arg-type]
        split=split,
        chance=chance,
        target=target,
        primary=primary,
    )
    checked([metric])
    return metric


def doubts(metrics: Iterable[Metric]) -> list[str]:
    """Which of them are declared as an error under the name of a score."""
    known = ((metric, found[1]) for metric in metrics if (found := parsed(metric.name)) is not None)
    return [
        f"metric {metric.name!r} is declared as an error (lower is better); "
        f"if it is {stands_for.label}, give direction='score'"
        for metric, stands_for in known
        if metric.direction == "error" and stands_for.direction == "score"
    ]


def joined(first: Iterable[Metric], now: Iterable[Metric]) -> tuple[list[Metric], list[str]]:
    """(what a run declares that has been resumed with other declarations, what differs, as sentences).

    Direction, unit and the primary one stay as they were first; chance and target are the newest; new ones are added.
    """
    kept = {metric.name: metric for metric in first}
    decides = next((name for name, metric in kept.items() if metric.primary), None)
    told = []
    for metric in now:
        before = kept.get(metric.name, metric)
        for field in ("direction", "unit"):
            was, new = getattr(before, field), getattr(metric, field)
            if was != new:
                told.append(f"metric {metric.name!r} was declared with {field} {was}, now with {new}; {was} stays")
        if metric.primary and decides not in (None, metric.name):
            told.append(f"metric {decides!r} was declared as primary, now {metric.name!r}; {decides!r} stays")
        same = (before.direction, before.unit) == (metric.direction, metric.unit)
        primary = metric.name == decides if decides is not None else metric.primary
        source = metric if same else before
        kept[metric.name] = Metric(
            **{field: getattr(source, field) for field in source.__struct_fields__ if field != "primary"},
            primary=primary,
        )
    return list(kept.values()), told
