"""Runs as a paper shows them: conditions with their seeds, mean and interval, the difference to the baseline, curves.

Nothing of user, host or folder is in it: conditions are letters, not run ids, and `private` decides which settings are
shown. All values are at one epoch, the last at which every run measured the metric; none is the best of its curve.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from string import ascii_uppercase
from typing import Any

from monitor.diagnosis.moment import differing_units
from monitor.diagnosis.seed_groups import SEED_NAMES, set_of
from monitor.diagnosis.seed_spread import Spread, difference, spread
from monitor.rules.primary import primary_of
from monitor.run_dir import Snapshot
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.field_names import plain
from monitor.run_dir.metric import LOSS, Metric
from monitor.run_dir.words import count
from monitor.view.report.blocks import Block, Figure, Heading, Line, Table, Text
from monitor.view.report.private import PaperSettings, names_of, paper_settings

SEEDS = "Mean and 95 % interval of Student's t over seeds."
ONE_SEED = "One seed has no interval."
DIFFERENCE = (
    "Difference to A: over pairs of equal seeds where there are at least two (paired t), else of the means (Welch's t)."
)
VAL_LOSS = Metric(name=LOSS, direction="error", unit="raw", label="loss")


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
    """`hidden`: names of settings that may say whose run it is, or where, and are left out. `notes`: sentences."""

    metric: Metric
    epoch: float
    conditions: tuple[Condition, ...]
    hidden: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def conditions_of(runs: Sequence[Snapshot]) -> list[list[Snapshot]]:
    """The runs in groups that differ in their seed alone, and in what a run is called and where; in the order of their
    first."""
    names = names_of(runs)
    groups: dict[str, list[Snapshot]] = {}
    for run in runs:
        own = _settings_of(run, names)
        groups.setdefault(repr((sorted(own.shown.items()), own.other, _code(run), set_of(run.run))), []).append(run)
    return list(groups.values())


def paper_of(groups: Sequence[Sequence[Snapshot]]) -> Paper:
    """`groups`: conditions in their order, the baseline first. Raises RefusedError where none is comparable."""
    runs = [run for group in groups for run in group]
    metric, epoch = _measured(runs)
    values = [{_seed(run, place): _value(run, metric, epoch) for place, run in enumerate(group)} for group in groups]
    if any(not math.isfinite(value) for each in values for value in each.values()):
        raise RefusedError(f"Not every run has a finite {metric.title} at epoch {epoch:g}.")
    names = names_of(runs)
    own = [_settings_of(group[0], names) for group in groups]
    differing = _differing([each.shown for each in own])
    letters = _letters(len(groups))
    conditions = []
    for place, group in enumerate(groups):
        against, is_paired = _against(values[0], values[place]) if place else (None, False)
        settings = {key: own[place].shown.get(key, "–") for key in differing}
        found = spread(list(values[place].values()), metric)
        conditions.append(Condition(letters[place], tuple(group), found, settings, _code(group[0]), against, is_paired))
    hidden = tuple(dict.fromkeys(name for run in runs for name in _settings_of(run, names).hidden))
    return Paper(metric, epoch, tuple(conditions), hidden, tuple(_notes(conditions, own, hidden)))


def _measured(runs: Sequence[Snapshot]) -> tuple[Metric, float]:
    """The metric that decides, else val loss, and the last epoch at which every run measured it."""
    pairs = [(runs[0], run) for run in runs[1:]]
    if wrong := next(filter(None, (differing_units(one, other) for one, other in pairs)), ""):
        raise RefusedError(wrong)
    decide = [metric for run in runs if (metric := primary_of(run)) is not None]
    for metric in (*decide, VAL_LOSS):
        each = [{record.epoch for record in run.epochs if metric.of(record) is not None} for run in runs]
        if common := set.intersection(*each):
            return metric, max(common)
    raise RefusedError("These runs have no evaluated epoch in common: neither an error or score, nor val loss.")


def _letters(number: int) -> list[str]:
    """A, B … Z, AA, AB …"""
    words = ("".join(letters) for length in (1, 2, 3) for letters in product(ascii_uppercase, repeat=length))
    return [word for word, _ in zip(words, range(number), strict=False)]


def _notes(conditions: Sequence[Condition], own: Sequence[PaperSettings], hidden: Sequence[str]) -> Iterator[str]:
    """How the numbers came about, and what the columns do not show."""
    counts = [one.spread.count for one in conditions]
    yield from [SEEDS] * (max(counts) > 1) + [ONE_SEED] * (min(counts) == 1)
    yield from [DIFFERENCE] * any(one.against is not None for one in conditions)
    if hidden:
        yield (
            f"{count(len(hidden), 'setting')} that may name a person, a machine, a place or a run "
            f"{'is' if len(hidden) == 1 else 'are'} left out."
        )
    for place, one in enumerate(conditions):
        for before, other in zip(conditions[:place], own, strict=False):
            if (before.settings, before.code) != (one.settings, one.code):
                continue
            why = "in a setting that is left out" if other.other != own[place].other else "in their validation set"
            yield f"{before.letter} and {one.letter} differ {why}."


def _settings_of(run: Snapshot, names: Sequence[str]) -> PaperSettings:
    found = paper_settings(run, names)
    return PaperSettings(
        {key: value for key, value in found.shown.items() if not _is_seed(key)}, found.hidden, found.other
    )


def _is_seed(key: str) -> bool:
    return plain(key.rsplit(".", 1)[-1]) in SEED_NAMES


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


def _caption(paper: Paper) -> str:
    return " ".join([f"{paper.metric.heading} at epoch {paper.epoch:g}.", *paper.notes])


def blocks_of(paper: Paper) -> Iterator[Block]:
    """Heading, table of the conditions, notes and curves."""
    yield Heading("Results", 1)
    yield Table(tuple(_columns(paper)), tuple(tuple(_cells(paper, one)) for one in paper.conditions))
    yield Text(_caption(paper))
    yield figure_of(paper)


def figure_of(paper: Paper) -> Figure:
    """The curves of the metric."""
    lines = [
        Line(one.letter, tuple((record.epoch, _drawn(paper.metric, record)) for record in one.runs[0].epochs))
        for one in paper.conditions
    ]
    return Figure(f"{paper.metric.title}, first seed of each", tuple(lines), percent=paper.metric.is_share)


def _drawn(metric: Metric, record: Any) -> float:
    value = metric.of(record)
    return math.nan if value is None else metric.fraction(value)


SPECIAL = {"&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}", "^": r"\^{}"}
SPECIAL |= {"–": "--", "−": "$-$", "±": r"$\pm$", "|": "$|$", "<": "$<$", ">": "$>$", "~": r"\~{}"}
SPECIAL |= {"\\": r"\textbackslash{}", "\n": " "}


def latex_of(paper: Paper) -> str:
    """A `tabular` that needs no package."""
    rows = [_columns(paper), *(_cells(paper, one) for one in paper.conditions)]
    lines = [" & ".join("".join(SPECIAL.get(sign, sign) for sign in cell) for cell in row) + r" \\" for row in rows]
    body = "\n".join([lines[0], r"\hline", *lines[1:]])
    return f"\\begin{{tabular}}{{{'l' * len(rows[0])}}}\n{body}\n\\end{{tabular}}\n% {_caption(paper)}\n"
