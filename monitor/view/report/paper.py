"""Runs as a paper shows them: conditions with their seeds, mean and interval, the difference to the baseline, curves.

Nothing of user, host or folder is in it: conditions are letters, not run ids, and a setting that names a place is left
out. All values are at one epoch, the last that every run has evaluated; none is the best of its curve.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.diagnosis.moment import common_metric
from monitor.diagnosis.seed_groups import SEED_NAMES, set_of
from monitor.diagnosis.seed_spread import Spread, difference, spread
from monitor.run_dir import Snapshot
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.field_names import plain
from monitor.run_dir.metric import WER, Metric, read
from monitor.run_dir.redaction import redacted
from monitor.view.report.blocks import Block, Figure, Heading, Line, Table, Text

NOTE = (
    "Mean and 95 % interval of Student's t over seeds. Difference to A: over pairs of equal seeds where there are at "
    "least two (paired t), else of the means (Welch's t). Settings that name a place are left out."
)


@dataclass(frozen=True)
class Condition:
    """One row: runs that differ in their seed alone. `against`: the difference to the first row, with its interval."""

    letter: str
    runs: tuple[Snapshot, ...]
    spread: Spread
    settings: dict[str, str]
    code: str
    against: tuple[float, float, float] | None = None
    is_paired: bool = False


@dataclass(frozen=True)
class Paper:
    metric: Metric
    epoch: float
    conditions: tuple[Condition, ...]


def conditions_of(runs: Sequence[Snapshot]) -> list[list[Snapshot]]:
    """The runs in groups that differ in their seed, and in where they write, alone; in the order of their first."""
    groups: dict[str, list[Snapshot]] = {}
    for run in runs:
        config = run.run.config if run.run is not None else {}
        kept = {key: value for key, value in config.items() if plain(key) not in SEED_NAMES}
        same = sorted((key, repr(value)) for key, value in kept.items() if run.run_id not in str(value))
        groups.setdefault(repr((same, _code(run), set_of(run.run))), []).append(run)
    return list(groups.values())


def paper_of(groups: Sequence[Sequence[Snapshot]]) -> Paper:
    """`groups`: conditions in their order, the baseline first. Raises RefusedError where none is comparable."""
    runs = [run for group in groups for run in group]
    common = set.intersection(*({record.epoch for record in run.epochs} for run in runs))
    if not common:
        raise RefusedError("These runs have no evaluated epoch in common.")
    epoch = max(common)
    metric = (common_metric(runs[0], runs[-1]) if len(runs) > 1 else None) or WER
    values = [{_seed(run, place): _value(run, metric, epoch) for place, run in enumerate(group)} for group in groups]
    if any(not math.isfinite(value) for each in values for value in each.values()):
        raise RefusedError(f"Not every run has a finite {metric.title} at epoch {epoch:g}.")
    differing = _differing([_settings(group[0]) for group in groups])
    conditions = []
    for place, group in enumerate(groups):
        against, is_paired = _against(values[0], values[place]) if place else (None, False)
        settings = {key: _settings(group[0]).get(key, "–") for key in differing}
        found = spread(list(values[place].values()), metric)
        conditions.append(
            Condition(chr(ord("A") + place), tuple(group), found, settings, _code(group[0]), against, is_paired)
        )
    return Paper(metric, epoch, tuple(conditions))


def _seed(run: Snapshot, place: int) -> str:
    config = run.run.config if run.run is not None else {}
    return next((str(value) for key, value in config.items() if plain(key) in SEED_NAMES), f"#{place}")


def _value(run: Snapshot, metric: Metric, epoch: float) -> float:
    found = next((metric.of(record) for record in run.epochs if record.epoch == epoch), None)
    return math.nan if found is None else found


def _against(base: dict[str, float], values: dict[str, float]) -> tuple[tuple[float, float, float] | None, bool]:
    """(difference, low, high), and whether it is over pairs of equal seeds."""
    shared = [seed for seed in values if seed in base and not seed.startswith("#")]
    if len(shared) > 1:
        pairs = spread([values[seed] - base[seed] for seed in shared])
        return (pairs.mean, pairs.low, pairs.high), True
    return difference(list(base.values()), list(values.values())), False


def _settings(run: Snapshot) -> dict[str, str]:
    config: dict[str, Any] = redacted(run.run.config) if run.run is not None else {}
    shown = {key: str(value) for key, value in config.items() if plain(key) not in SEED_NAMES}
    return {key: value for key, value in shown.items() if not any(sign in key + value for sign in "/\\~@")}


def _differing(settings: Sequence[dict[str, str]]) -> list[str]:
    keys = dict.fromkeys(key for each in settings for key in each)
    return [key for key in keys if len({each.get(key) for each in settings}) > 1]


def _code(run: Snapshot) -> str:
    """A hash that tells one code from another, and nothing of where it lies."""
    launch = run.launch
    known = (launch.git_tree or launch.script_sha256 or launch.git_commit) if launch is not None else None
    return known[:10] if known else "–"


def _cells(paper: Paper, one: Condition) -> list[str]:
    metric, found = paper.metric, one.spread
    half = f" ± {metric.bare(found.half)}" if math.isfinite(found.half) else ""
    against = "–"
    if one.against is not None:
        mean, low, high = one.against
        kind = "paired" if one.is_paired else "Welch"
        against = f"{metric.change(mean)} ({metric.bare_change(low)} to {metric.bare_change(high)}, {kind})"
    return [one.letter, *one.settings.values(), str(found.count), metric.text(found.mean) + half, against, one.code]


def _columns(paper: Paper) -> list[str]:
    return ["", *paper.conditions[0].settings, "seeds", paper.metric.title, "difference to A", "code"]


def blocks_of(paper: Paper) -> Iterator[Block]:
    yield Heading("Results", 1)
    yield Table(tuple(_columns(paper)), tuple(tuple(_cells(paper, one)) for one in paper.conditions))
    yield Text(f"{paper.metric.title} at epoch {paper.epoch:g}. {NOTE}")
    yield figure_of(paper)


def figure_of(paper: Paper) -> Figure:
    """The curves of the metric."""
    lines = [
        Line(one.letter, tuple((record.epoch, _drawn(paper.metric, record)) for record in one.runs[0].epochs))
        for one in paper.conditions
    ]
    return Figure(f"{paper.metric.title}, first seed of each", tuple(lines), percent=paper.metric.is_share)


def _drawn(metric: Metric, record: Any) -> float:
    value = read(record, metric.name)
    return math.nan if value is None else metric.fraction(value)


SPECIAL = {"&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}", "^": r"\^{}"}
SPECIAL |= {"–": "--", "−": "$-$", "±": r"$\pm$"}


def latex_of(paper: Paper) -> str:
    """A `tabular` that needs no package."""
    rows = [_columns(paper), *(_cells(paper, one) for one in paper.conditions)]
    lines = [" & ".join("".join(SPECIAL.get(sign, sign) for sign in cell) for cell in row) + r" \\" for row in rows]
    body = "\n".join([lines[0], r"\hline", *lines[1:]])
    return (
        f"\\begin{{tabular}}{{{'l' * len(rows[0])}}}\n{body}\n\\end{{tabular}}\n% {paper.metric.title} at epoch "
        f"{paper.epoch:g}. {NOTE}\n"
    )
