"""Which metric decides, and what chance has of it.

What a person chose comes first, then what the project's settings or the script declare, then WER, then the first name
in the table of known ones (monitor.run_dir.metric_names). Where none is logged, val loss decides: there is none then.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from monitor.rules.arithmetic.series import Array
from monitor.rules.columns import columns, kept_of, metric_names
from monitor.rules.doubts import doubt_of
from monitor.run_dir import Floors, Snapshot
from monitor.run_dir.metric import LOSS, WER, Metric
from monitor.run_dir.metric_names import CHANCES, EDIT_RATES, ENDS_AT_ONE, completed, metric_of, order, parsed

OVERDUE = 2.0
SAYING_NOTHING = 1.0
"""The chance of an error rate over sequences for an empty output; the floor of every corpus."""
NOTHING_RIGHT = 0.9995
"""From this error of a share on it is written as the worst that it can be."""


class Chance(NamedTuple):
    """The score of an output that ignores the input: as an error, its name, and the sentence that it always predicts.

    `assumed`: it holds for every corpus (an empty output); this one's own chance is not known.
    """

    error: float
    who: str
    sentence: str = ""
    assumed: bool = False

    @property
    def does(self) -> str:
        """Such as "one constant sentence scores", before its value."""
        return f"{self.who} is at" if self.who == "chance" else f"{self.who} scores"

    def size(self, metric: Metric) -> float:
        """What a margin is a part of: a share's points, the way from chance to the best of a score that ends at 1, else
        chance itself."""
        if metric.is_share:
            return 1.0
        return abs(metric.error(1.0) - self.error) if metric.label in ENDS_AT_ONE else abs(self.error)


def primary_of(snapshot: Snapshot) -> Metric | None:
    """The metric that decides, None where val loss does: also where its values contradict its unit.

    A fact of the records so far, and of what was declared.
    """
    if snapshot.metric is not None:
        return None if snapshot.metric.name == LOSS else snapshot.metric
    kept, declared = kept_of(snapshot.epochs), (snapshot.choice, snapshot.run, snapshot.launch)
    if kept.primary is None or any(one is not other for one, other in zip(kept.primary[0], declared, strict=True)):
        metric = wanted_of(snapshot)
        kept.primary = declared, None if metric is not None and doubt_of(snapshot, metric) else metric
    return kept.primary[1]


def doubted_of(snapshot: Snapshot) -> Metric | None:
    """The metric that would decide, where its values contradict its unit: val loss decides then."""
    metric = wanted_of(snapshot)
    return metric if metric is not None and doubt_of(snapshot, metric) else None


def is_by_loss(snapshot: Snapshot) -> bool:
    """Whether the loss alone decides, by the choice of a person, the project or the script."""
    declared = declared_of(snapshot)
    return declared is not None and declared.name == LOSS


def wanted_of(snapshot: Snapshot) -> Metric | None:
    """The metric that would decide if its values can be trusted."""
    declared = declared_of(snapshot)
    if declared is not None:
        return None if declared.name == LOSS else _in_one_unit(snapshot, _completed(snapshot, declared))
    if any(record.val_wer is not None for record in snapshot.epochs):
        return WER
    return _in_one_unit(snapshot, _recognised(snapshot, metric_names(snapshot)))


def _in_one_unit(snapshot: Snapshot, metric: Metric | None) -> Metric | None:
    """The metric without its name on train where that is a fraction and this is in percent, or the other way round."""
    if metric is None or not metric.train or not metric.is_share:
        return metric
    of_train = metric_of(metric.train, columns(snapshot, metric.train)[0].tolist())
    alike = of_train is None or not of_train.is_share or of_train.unit == metric.unit
    return metric if alike else replace(metric, train="")


def needs_of(snapshot: Snapshot) -> str:
    """What a check by an error or a score lacks where none decides; one may be logged all the same."""
    if (doubted := doubted_of(snapshot)) is not None:
        return f"{doubted.title} in one unit"
    if is_by_loss(snapshot):
        return "an error rate or a score that decides: the loss was chosen"
    return "an error rate or a score, such as val WER or val accuracy"


def _completed(snapshot: Snapshot, metric: Metric) -> Metric:
    values = columns(snapshot, metric.name)[0].tolist() if metric.unit == "auto" else ()
    return completed(metric, _names(snapshot), values)


def _chosen(snapshot: Snapshot) -> Metric | None:
    if snapshot.choice is not None and snapshot.choice.metric is not None:
        return snapshot.choice.metric
    declared = snapshot.run.metrics if snapshot.run is not None else []
    of_project = snapshot.launch.metric if snapshot.launch is not None else None
    wanted = [of_project, *(metric for metric in declared if metric.primary)]
    return next((metric for metric in wanted if metric is not None and _may_decide(snapshot, metric)), None)


def _may_decide(snapshot: Snapshot, metric: Metric) -> bool:
    """Whether it has been measured, or nothing has: settings of a project may name what this run does not log."""
    return not snapshot.epochs or bool(np.isfinite(columns(snapshot, metric.name)[0]).any())


def unclear_of(snapshot: Snapshot) -> tuple[Metric, list[str]] | None:
    """(the metric that decides, its declared "chance" and "target" that may be in another unit than its values)."""
    chosen, metric = declared_of(snapshot), wanted_of(snapshot)
    if chosen is None or metric is None or chosen.name != metric.name:
        return None
    dropped = [
        name for name in ("chance", "target") if getattr(chosen, name) is not None and getattr(metric, name) is None
    ]
    return (metric, dropped) if dropped else None


def declared_of(snapshot: Snapshot) -> Metric | None:
    """The declaration of the metric that decides, as it was given; None where its name alone defines it."""
    if (chosen := _chosen(snapshot)) is not None:
        return chosen
    if any(record.val_wer is not None for record in snapshot.epochs):
        return None
    names, declared = metric_names(snapshot), snapshot.run.metrics if snapshot.run is not None else []
    return next((metric for metric in declared if metric.name in names and metric.split != "train"), None)


def _names(snapshot: Snapshot) -> list[str]:
    return [*sorted(metric_names(snapshot)), "val_wer", "train_wer"]


def _recognised(snapshot: Snapshot, names: frozenset[str]) -> Metric | None:
    """Of the known names the first of those that were measured at least half as often as any of them."""
    known = sorted(name for name in names if parsed(name) is not None)
    found = []
    for name in known:
        values = columns(snapshot, name)[0]
        metric = metric_of(name, values.tolist(), known)
        if metric is not None and metric.split != "train":
            known_at = np.flatnonzero(np.isfinite(values))
            found.append((len(known_at), -int(known_at[-1]) if len(known_at) else 0, metric))
    found = [row for row in found if not _was_renamed(snapshot, row[2], [each for *_, each in found])]
    most = max((count for count, _, _ in found), default=0)
    often = [(order(metric), newest, metric) for count, newest, metric in found if count and 2 * count >= most]
    # Of two names of one metric the one that is still logged: one may have been left out.
    return min(often, key=lambda row: row[:2], default=(None, 0, None))[2]


def _was_renamed(snapshot: Snapshot, metric: Metric, others: Iterable[Metric]) -> bool:
    """Whether a script, or its log, calls it by another name since: one that begins where this one ends."""
    known = np.flatnonzero(np.isfinite(columns(snapshot, metric.name)[0]))
    for other in others:
        if other.name != metric.name and other.title == metric.title and len(known):
            theirs = np.flatnonzero(np.isfinite(columns(snapshot, other.name)[0]))
            if len(theirs) and theirs[0] > known[-1]:
                return True
    return False


def errors_of(snapshot: Snapshot, metric: Metric | None) -> Array:
    """The metric of the evaluations as an error (evaluations,), NaN where it was not measured."""
    if metric is None:
        return np.full(len(snapshot.epochs), math.nan)
    # Its arithmetic is the same for one value and for a column of them.
    return cast(Array, metric.error(cast(float, columns(snapshot, metric.name)[0])))


def others_of(snapshot: Snapshot) -> list[Metric]:
    """The other known metrics of val and test, the one that was measured most often first."""
    first, names = primary_of(snapshot), metric_names(snapshot)
    declared = {metric.name: metric for metric in (snapshot.run.metrics if snapshot.run is not None else [])}
    known = sorted(name for name in names if name in declared or parsed(name) is not None)
    found = []
    for name in known:
        values = columns(snapshot, name)[0]
        metric = declared.get(name) or metric_of(name, values.tolist(), known)
        if metric is not None and metric.split != "train" and (first is None or name != first.name):
            found.append((-int(np.isfinite(values).sum()), order(metric), completed(metric, known, values.tolist())))
    others = [metric for _, _, metric in sorted(found, key=lambda row: row[:2])]
    all_of_them = others if first is None else [first, *others]
    titles = Counter(metric.title for metric in all_of_them)
    return [
        # Two with one title are distinguished by their names.
        metric if titles[metric.title] == 1 else replace(metric, label=f"{metric.label} ({metric.name})")
        for metric in others
        if not _was_renamed(snapshot, metric, all_of_them)
    ]


def best_of(snapshot: Snapshot, metric: Metric | None = None) -> tuple[float, float] | None:
    """(best value of a metric, the primary one by default, in its unit, its first epoch); None where none is known."""
    metric = metric or primary_of(snapshot)
    errors = errors_of(snapshot, metric)
    known = np.flatnonzero(np.isfinite(errors))
    if metric is None or not len(known):
        return None
    record = snapshot.epochs[known[np.argmin(errors[known])]]
    value = metric.of(record)
    return None if value is None else (value, record.epoch)


def last_of(snapshot: Snapshot, metric: Metric | None = None) -> float | None:
    """The newest measured value of a metric, the primary one by default, in its unit."""
    metric = metric or primary_of(snapshot)
    if metric is None:
        return None
    return next((value for record in reversed(snapshot.epochs) if (value := metric.of(record)) is not None), None)


def measured_last(snapshot: Snapshot, metric: Metric) -> float | None:
    """The epoch of its newest value, where it should have been measured again since: the run went on for more than
    twice as long as ever lay between two of its values. None where it is up to date."""
    known = [record.epoch for record in snapshot.epochs if metric.of(record) is not None]
    if len(known) < 2:
        return None
    apart = max(after - before for before, after in pairwise(known))
    return known[-1] if snapshot.epochs[-1].epoch - known[-1] > OVERDUE * apart else None


def scale_of(metric: Metric | None, errors: Array) -> Array:
    """At each evaluation what a ratio of an improvement is of: the best error so far, or, where errors have no zero
    (a raw score), the range that they have gone through so far."""
    best = np.fmin.accumulate(np.where(np.isfinite(errors), errors, np.inf)) if len(errors) else errors
    if metric is None or metric.is_share or (metric.direction == "error" and not (errors < 0).any()):
        return best
    highest = np.fmax.accumulate(np.where(np.isfinite(errors), errors, -np.inf)) if len(errors) else errors
    with np.errstate(invalid="ignore"):
        scale = np.where(np.isfinite(best), highest - best, np.inf)
    # What is perfect has no step left.
    return np.where(best <= metric.error(1.0) + 1e-12, 0.0, scale) if metric.label in ENDS_AT_ONE else scale


def perfect_of(metric: Metric | None, errors: Array) -> npt.NDArray[np.bool_]:
    """At each evaluation whether the metric is as good as it can be: an error of 0, a score at its maximum.

    Nothing is left to gain then, and nothing of it is lost.
    """
    if metric is None or not (metric.is_share or metric.direction == "error" or metric.label in ENDS_AT_ONE):
        return np.zeros(len(errors), dtype=bool)
    if metric.direction == "error" and bool((errors < 0).any()):
        return np.zeros(len(errors), dtype=bool)
    ends = 0.0 if metric.is_share or metric.direction == "error" else metric.error(1.0)
    return np.asarray(np.abs(errors - ends) <= 1e-12)


def chance_of(snapshot: Snapshot, metric: Metric | None) -> Chance | None:
    """What is known of chance for this metric; None where nothing is."""
    floors = snapshot.run.floors if snapshot.run is not None else Floors()
    if metric is None:
        return None
    if metric.chance is not None:
        return Chance(metric.error(metric.chance), "chance")
    if metric.name == WER.name and floors.wer_constant is not None:
        return Chance(floors.wer_constant, "one constant sentence", floors.constant_sentence or "")
    if metric.label in EDIT_RATES:
        return Chance(SAYING_NOTHING, "saying nothing", assumed=True)
    if metric.label == "accuracy" and floors.accuracy_constant is not None:
        return Chance(1 - floors.accuracy_constant, "the most frequent label", floors.constant_sentence or "")
    if metric.label == "perplexity" and floors.loss_unigram is not None:
        return Chance(math.exp(min(floors.loss_unigram, 700.0)), "word frequencies")
    if metric.label in CHANCES:
        level = CHANCES[metric.label]
        return Chance(metric.error(100 * level if metric.unit == "percent" else level), "chance")
    if metric.is_share and _has_nothing(errors_of(snapshot, metric)):
        return Chance(1.0, "getting nothing right", assumed=True)
    return None


def _has_nothing(errors: Array) -> bool:
    """Whether a share has never been better than the worst that it can be."""
    known = errors[np.isfinite(errors)]
    return bool(len(known) and known.min() >= NOTHING_RIGHT)
