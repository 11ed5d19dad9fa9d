"""How often rules of one's own spoke on recorded runs, and whether those runs became better afterwards."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitor.diagnosis.own_rules.asking import Questions
from monitor.diagnosis.own_rules.sources import RuleSource
from monitor.rules.evaluations import lowest
from monitor.rules.primary import best_of, primary_of
from monitor.rules.result import Finding, LeftOut, Result
from monitor.run_dir import Snapshot
from monitor.run_dir.replay import as_of
from monitor.run_dir.status import is_over

BETTER = 0.02
"""A run became better where its best error at its end is lower by more than this share than it was at the flag."""


@dataclass(frozen=True)
class Spoke:
    """One rule on one run. Epochs: of its first flag, and of its first critical one; None: never.

    `better`: whether the run became better after the first flag; None where it did not flag, or where the run is still
    at work. `left_out`: why it gave no answer at some evaluation.
    """

    run_id: str
    rule: str
    title: str
    evaluations: int
    first: float | None = None
    critical: float | None = None
    better: bool | None = None
    left_out: str = ""


@dataclass(frozen=True)
class Count:
    """One rule on all runs. `better` of `ended` flagged runs became better afterwards: a stop there had been wrong."""

    rule: str
    title: str
    runs: int
    flagged: int
    critical: int
    ended: int
    better: int
    left_out: str


def measure(snapshot: Snapshot, sources: list[RuleSource], thresholds: Mapping[str, float]) -> Iterator[Spoke]:
    """Asks the rules at every evaluation of a run, each seeing what was known then; with the thresholds of now."""
    epochs = [record.epoch for record in snapshot.epochs]
    answers = Questions(snapshot, epochs, sources, thresholds).wait()
    by_rule: dict[str, list[tuple[float, Result]]] = {}
    for epoch in epochs:
        for result in answers.by_epoch.get(epoch, ()):
            by_rule.setdefault(result.rule, []).append((epoch, result))
    for rule, results in by_rule.items():
        flags = [(epoch, result) for epoch, result in results if isinstance(result, Finding)]
        graver = [epoch for epoch, flag in flags if flag.severity == "critical"]
        ended = bool(flags) and is_over(snapshot)
        yield Spoke(
            snapshot.run_id,
            rule,
            results[0][1].title,
            len(results),
            first=flags[0][0] if flags else None,
            critical=graver[0] if graver else None,
            better=_became_better(snapshot, flags[0][0]) if ended else None,
            left_out=next((result.why for _, result in results if isinstance(result, LeftOut)), ""),
        )


def _became_better(snapshot: Snapshot, epoch: float) -> bool:
    then, at_end = _best_error(as_of(snapshot, epoch)), _best_error(snapshot)
    return at_end < then - BETTER * abs(then) if math.isfinite(then) else math.isfinite(at_end)


def _best_error(snapshot: Snapshot) -> float:
    """Of the primary metric, else of val loss; infinite where neither was measured."""
    metric, best = primary_of(snapshot), best_of(snapshot)
    if metric is not None and best is not None:
        return metric.error(best[0])
    loss = lowest(snapshot, "val_loss")
    return loss[0] if loss is not None else math.inf


def counts(spoken: Iterable[Spoke]) -> list[Count]:
    """The same by rule, in the order of the file."""
    by_rule: dict[str, list[Spoke]] = {}
    for each in spoken:
        by_rule.setdefault(each.rule, []).append(each)
    return [
        Count(
            rule,
            found[0].title,
            runs=len(found),
            flagged=sum(each.first is not None for each in found),
            critical=sum(each.critical is not None for each in found),
            ended=sum(each.better is not None for each in found),
            better=sum(bool(each.better) for each in found),
            left_out=next((f"{each.run_id}: {each.left_out}" for each in found if each.left_out), ""),
        )
        for rule, found in by_rule.items()
    ]
