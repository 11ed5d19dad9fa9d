"""Counts of what was tried: only the same changes on the same kind of task are tries of one thing. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from monitor.diagnosis.prescriptions.prescription import Changes, Prescription, number_in, titled
from monitor.diagnosis.seed_groups import SEED_NAMES
from monitor.diagnosis.seed_spread import SeedGroup, difference, spread
from monitor.run_dir import ChildOutcome, words
from monitor.run_dir.metric import WER, Metric
from monitor.run_dir.planned import EPOCHS_KEYS

ENOUGH_FOR_SHARES = 10
UNDECIDED = frozenset({"CAN'T COMPARE", "WAITING"})
NO_CHANGE = frozenset({*SEED_NAMES, "data_seed", "device", *EPOCHS_KEYS})
"""Settings that may differ between two tries of the same change."""


@dataclass(frozen=True)
class Tried:
    """How often the same changes were tried and with what result. `others`: children that are not counted, by reason.

    `task`: the name of the data, "" where none is known.
    """

    prescription: str
    title: str
    words: dict[str, int]
    others: dict[str, int]
    task: str = ""
    children: tuple[ChildOutcome, ...] = ()
    of_seeds: int = 0
    """Children that are counted together with others of the same change on other seeds."""
    ended_early: int = 0
    """Children that are counted and ended before the epoch at which they were to be judged."""

    @property
    def tries(self) -> int:
        """Tries with a word (helped, too close, worse …); the `others` are not among them."""
        return sum(self.words.values())

    @property
    def text(self) -> str:
        """Such as "3 tries: 2 helped, 1 worse"; shares only from ten tries on, as those of few say nothing."""
        said = [f"{count} {word.lower()}{self._share(count)}" for word, count in self.words.items()]
        tried = f"{self.tries} {'try' if self.tries == 1 else 'tries'}{': ' if said else ''}{', '.join(said)}"
        notes = [f"{self.of_seeds} seeds, by their mean"] if self.of_seeds else []
        notes += [f"{self.ended_early} ended before the agreed epoch"] if self.ended_early else []
        return "; ".join([tried, *notes, *(f"{count} {reason}" for reason, count in self.others.items())])

    def _share(self, count: int) -> str:
        return f" ({100 * count / self.tries:.0f} %)" if self.tries >= ENOUGH_FOR_SHARES else ""


@dataclass(frozen=True)
class SeedsOfChange:
    """Children of one parent with one change on several seeds, as one result. Differences are those of errors."""

    runs: tuple[str, ...]
    word: str
    text: str

    @property
    def title(self) -> str:
        """Such as "x-2 and 2 seeds"."""
        return f"{self.runs[0]} and {words.count(len(self.runs) - 1, 'seed')}"


def seeds_of_changes(children: Sequence[ChildOutcome], groups: Iterable[SeedGroup]) -> list[SeedsOfChange]:
    """The changes that were tried on several seeds, decided by the t interval of their mean difference: of both sides
    where the parent has seeds among `children` too, else against that one run.

    Only children that were compared and are credited count. Other seeds of a run that is no child stand together with
    it by their mean, as nothing was changed.
    """
    by_run = {each.run_id: each for each in rebased(children)}
    found = []
    for group in groups:
        known = [by_run[run] for run in group.runs if run in by_run]
        if known and (lead := known[0].parent_id) in group.runs and lead not in by_run:
            found += _seeds_of_parent(lead, known)
            continue
        if len(known) < 2 or {each.parent_id for each in known} & set(group.runs):
            continue
        counts = [each for each in known if not _why_not_counted(each) or each.provisional]
        metric = _metric(known[0])
        moved = [change for each in counts if _metric(each) == metric and (change := _moved(each)) is not None]
        if len(moved) < 2:
            found.append(SeedsOfChange(tuple(each.run_id for each in known), "WAITING", "fewer than two are judged"))
            continue
        so_far = " So far." if any(each.provisional for each in counts) or len(moved) < len(known) else ""
        word, text = _decided(counts, children)
        found.append(SeedsOfChange(tuple(each.run_id for each in known), word, f"{text}.{so_far}"))
    return found


def _decided(seeds: Sequence[ChildOutcome], children: Sequence[ChildOutcome]) -> tuple[str, str]:
    """What one change on two seeds or more came to, with its interval: against the parent's seeds where it has some."""
    metric = _metric(seeds[0])
    alike = [each for each in seeds if _metric(each) == metric and _moved(each) is not None]
    after = [value for each in alike if (value := _values(each)[1]) is not None]
    before = _seeds_before(seeds[0], children)
    between = difference(before, after)
    if between is not None:
        mean, low, high = between
        interval = f"95 % Welch t interval {metric.bare_change(low)} to {metric.bare_change(high)}"
        counts = f"{words.count(len(after), 'seed')}, against {len(before)} of the parent{_by_trends(alike)}"
        return _by_interval(mean, low, high, metric), f"mean {metric.change(mean)} of {counts} ({interval})"
    found = spread([moved for each in alike if (moved := _moved(each)) is not None], metric)
    word = _by_interval(found.mean, found.low, found.high, metric)
    return word, f"{found.difference_text}, against one run of the parent{_by_trends(alike)}"


def _by_trends(children: Sequence[ChildOutcome]) -> str:
    """That the values are trends, and not those of one evaluation, which a list shows: so without predictions."""
    return ", by their trends" if all(each.evaluations and each.low is None for each in children) else ""


def _seeds_before(child: ChildOutcome, children: Sequence[ChildOutcome]) -> list[float]:
    """The values of the child's parent and of its other seeds, as far as these were judged at the same epoch."""
    seeds = [
        each
        for each in children
        if each.parent_id == child.parent_id
        and each.changes
        and not each.changes.keys() - SEED_NAMES
        and each.word not in UNDECIDED
        and (_metric(each), each.epoch) == (_metric(child), child.epoch)
    ]
    pairs = [(before, after) for before, after in map(_values, seeds) if before is not None and after is not None]
    return [pairs[0][0], *(after for _, after in pairs)] if pairs else []


def _seeds_of_parent(lead: str, seeds: Sequence[ChildOutcome]) -> list[SeedsOfChange]:
    """A run and its other seeds by their mean, at the epoch of the first; none before one of them is judged."""
    metric, epoch = _metric(seeds[0]), seeds[0].epoch
    pairs = [_values(each) for each in seeds if (_metric(each), each.epoch) == (metric, epoch)]
    own = next((before for before, _ in pairs if before is not None), None)
    values = [after for _, after in pairs if after is not None]
    if own is None or not values:
        return []
    mean = spread([own, *values], metric)
    runs = (lead, *(each.run_id for each in seeds))
    return [SeedsOfChange(runs, "SEEDS", f"{metric.title} {mean.text}{_by_trends(seeds)}.")]


def _metric(child: ChildOutcome) -> Metric:
    """By which it was compared; records of before name none and are of WER."""
    return child.metric if child.metric is not None else WER


def _moved(child: ChildOutcome) -> float | None:
    """The metric of the child minus the parent's, in its unit; None where it was not measured."""
    before, after = _values(child)
    return None if before is None or after is None else after - before


def _values(child: ChildOutcome) -> tuple[float | None, float | None]:
    """(the parent's value, the child's) of the metric by which they were compared."""
    return (child.parent_wer, child.child_wer) if child.metric is None else (child.parent_value, child.child_value)


def rebased(children: Sequence[ChildOutcome]) -> list[ChildOutcome]:
    """The children; one that is another seed of a child is set against that child's parent, as a seed of its change."""
    by_run = {each.run_id: each for each in children}
    return [_rebased(each, by_run.get(each.parent_id)) for each in children]


def _rebased(seed: ChildOutcome, lead: ChildOutcome | None) -> ChildOutcome:
    named = {key for key in seed.changes if key not in NO_CHANGE}
    alike = lead is not None and (_metric(seed), seed.epoch) == (_metric(lead), lead.epoch) and not named
    if lead is None or not alike or not SEED_NAMES & seed.changes.keys() or seed.word in UNDECIDED:
        return seed
    return replace(
        seed,
        parent_id=lead.parent_id,
        parent_wer=lead.parent_wer,
        parent_value=lead.parent_value,
        parent_best=lead.parent_best,
        prescription=lead.prescription,
        title=lead.title,
        changes={**lead.changes, **seed.changes},
    )


def counted(outcomes: Sequence[ChildOutcome]) -> list[Tried]:
    """One entry for each option, set of changes and task, in the order of their first children."""
    groups: list[list[ChildOutcome]] = []
    for each in filter(lambda one: one.prescription, rebased(outcomes)):
        group = next((known for known in groups if _is_same(known[0], each)), None)
        if group is None:
            groups.append([each])
        else:
            group.append(each)
    return [_counts(group, outcomes) for group in groups]


def tries_of(option: Prescription, task: str, outcomes: Sequence[ChildOutcome]) -> Tried | None:
    """The results of these very changes on this kind of task, as far as both are known; None where it was not tried."""
    found = [
        each
        for each in outcomes
        if each.prescription == option.id
        and same_changes(each.changes, option.changes)
        and (not each.task or not task or each.task == task)
    ]
    return _counts(found, outcomes) if found else None


def ratios(tried: Tried) -> list[float]:
    """Child's best error by parent's, of each try that counts and whose errors have a zero; below 1 where it helped.

    Outcomes that were kept without the bests are left out.
    """
    found = []
    for each in tried.children:
        metric, pair = _metric(each), (each.parent_best, each.child_best)
        if _why_not_counted(each) or None in pair or not (metric.is_share or metric.direction == "error"):
            continue
        before, after = (metric.error(value) for value in pair if value is not None)
        if before > 0 and after >= 0:
            found.append(after / before)
    return found


def child_with(option: Prescription, children: Iterable[ChildOutcome]) -> ChildOutcome | None:
    """Of a run's children that were started with the changes of this option one that it helped, else the newest."""
    found = [
        each
        for each in children
        if each.prescription in ("", option.id)
        and same_changes(each.changes, option.changes)
        and (option.changes or each.prescription)
    ]
    return max(found, key=lambda each: (each.word == "HELPED", each.at), default=None)


def came_of(child: ChildOutcome) -> str:
    """Such as "Tried in demo-3: helped (−30.0 points)."."""
    if child.word == "CAN'T COMPARE":
        return f"Tried in {child.run_id}, without a comparison: {child.line}"
    about = []
    moved = _moved(child)
    if moved is not None:
        about.append(_metric(child).change(moved))
    if not child.credited:
        about.append("not by the settings alone")
    if child.provisional:
        about.append("so far")
    return f"Tried in {child.run_id}: {child.word.lower()}" + (f" ({', '.join(about)})." if about else ".")


def same_changes(one: Mapping[str, Sequence[Any]], other: Mapping[str, Sequence[Any]]) -> bool:
    """Whether two sets of changes have the same keys, and each goes from the same value to the same value."""
    first, second = _telling(one), _telling(other)
    return first.keys() == second.keys() and all(_is_alike(first[key], second[key]) for key in first)


def _is_same(one: ChildOutcome, other: ChildOutcome) -> bool:
    same = (one.prescription, one.task) == (other.prescription, other.task)
    return same and same_changes(one.changes, other.changes)


def _is_alike(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return all(_is_equal(*values) for values in zip(one, other, strict=True))


def _is_equal(one: Any, other: Any) -> bool:
    first, second = number_in(one), number_in(other)
    return str(one) == str(other) if first is None or second is None else math.isclose(first, second)


def _telling(changes: Mapping[str, Sequence[Any]]) -> Changes:
    """The changes without those that every child has of its own: seed, length, folders."""
    return {
        key: list(pair)
        for key, pair in changes.items()
        if len(pair) == 2 and key not in NO_CHANGE and not (isinstance(pair[1], str) and "/" in pair[1])
    }


def _counts(group: Sequence[ChildOutcome], outcomes: Sequence[ChildOutcome]) -> Tried:
    """Seeds of one change of one parent are one try, by their mean. `outcomes`: those of other changes too."""
    decided, others, of_seeds = Counter[str](), Counter[str](), 0
    for seeds in _by_seeds(group):
        known = [each for each in seeds if not _why_not_counted(each)]
        if not known:
            others[_why_not_counted(seeds[0])] += 1
            continue
        decided[_word_of(known, outcomes)] += 1
        of_seeds += len(known) if len(known) > 1 else 0
    first = group[0]
    return Tried(
        prescription=first.prescription,
        title=_title(first),
        words=dict(decided.most_common()),
        others=dict(others.most_common()),
        task=first.task,
        children=tuple(group),
        of_seeds=of_seeds,
        ended_early=sum(each.ended_early and not _why_not_counted(each) for each in group),
    )


def _by_seeds(group: Sequence[ChildOutcome]) -> list[list[ChildOutcome]]:
    """The children that differ in their seed alone together; the same change on the same seed is another try."""
    found: list[list[ChildOutcome]] = []
    for each in group:
        for known in found:
            alike = (known[0].parent_id, _telling(known[0].changes)) == (each.parent_id, _telling(each.changes))
            if alike and _seed(each) not in map(_seed, known):
                known.append(each)
                break
        else:
            found.append([each])
    return found


def _seed(child: ChildOutcome) -> str:
    """The seed that it was started with, "" for its parent's."""
    return next((str(pair[-1]) for key, pair in child.changes.items() if key in SEED_NAMES and pair), "")


def _word_of(seeds: Sequence[ChildOutcome], outcomes: Sequence[ChildOutcome]) -> str:
    """The result of one change over some seeds: of several by the t interval of their mean difference."""
    metric = _metric(seeds[0])
    moved = [change for each in seeds if _metric(each) == metric and (change := _moved(each)) is not None]
    return seeds[0].word if len(moved) < 2 else _decided(seeds, outcomes)[0]


def _by_interval(mean: float, low: float, high: float, metric: Metric) -> str:
    apart = high < 0 or low > 0
    return ("HELPED" if metric.is_better(mean) else "WORSE") if apart else "TOO CLOSE"


def _title(each: ChildOutcome) -> str:
    """Its changes by name; of a child without any, such as after an edit of the code, the option's own title."""
    telling = _telling(each.changes)
    return titled(telling) if telling else each.title


def _why_not_counted(each: ChildOutcome) -> str:
    if each.word == "WAITING":
        return "not judged yet"
    if each.word in UNDECIDED:
        return "could not be compared"
    if each.provisional:
        return "judged provisionally"
    return "" if each.credited else "not credited"
