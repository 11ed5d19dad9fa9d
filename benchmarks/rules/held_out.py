"""Thresholds chosen on all families but one and counted on that one, and curves with noise added."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from benchmarks.rules.curves import Curve
from benchmarks.rules.replay import DETECTORS, Flags, says_nothing_is_learnt, should_go_on, snapshot_of
from benchmarks.rules.scores import Outcome, score
from monitor.rules import evaluations
from monitor.rules.episodes import Level
from monitor.rules.overfitting import EVALUATIONS_WARNING, OverfittingLimits, look
from monitor.rules.registry import facts_of, from_mapping
from monitor.rules.result import Finding
from monitor.rules.thresholds import DEFAULTS, Thresholds

GRID = {
    "overfitting_rise_ratio": (0.01, 0.02),
    "overfitting_scatters": (1.0, 1.5, 2.0),
    "overfitting_learnt_ratio": (0.02, 0.03, 0.05),
    "overfitting_wer_step_ratio": (0.005, 0.01),
    "overfitting_flat_evaluations": (2, 3),
}
NOT_LEARNING_GRID = {
    "wer_plateau": [{"plateau_learnt_ratio": ratio} for ratio in (0.5, 0.6, 0.67, 0.75)],
    "not_moved": [{"not_moved_ratio": ratio} for ratio in (0.005, 0.01, 0.02, 0.03)],
}
"""Rule → the thresholds that are tried, in order of caution: those that change fewer warnings first."""
STOP_GRID = {
    "at_chance": {"chance_margin": (0.01, 0.02, 0.05), "chance_critical_epochs": (15.0, 25.0)},
    "overfitting": {"overfitting_rise_critical_ratio": (0.05, 0.1), "overfitting_flat_critical_evaluations": (3, 5, 8)},
}
"""Rule → the thresholds of its critical finding that are tried. `non_finite` has none that was chosen on curves."""
NOISE = (0.003, 0.01, 0.03)
REPEATS = 5


def cross_validated(curves: Sequence[Curve], progress: Callable[[float], None]) -> dict[str, Any]:
    """Each family judged with the thresholds that did best on the others."""
    judged = [curve for curve in curves if "overfitting" in curve.verdicts or "loss_only" in curve.verdicts]
    points = [from_mapping(dict(zip(GRID, values, strict=True))) for values in _grid()]
    outcomes = []
    for number, point in enumerate(points):
        outcomes.append([outcome_of(curve, point) for curve in judged])
        progress((number + 1) / len(points))
    held, chosen = [], []
    for family in sorted({curve.family for curve in judged}):
        costs = [_cost([o for o in found if o.curve.family != family]) for found in outcomes]
        best = min(range(len(points)), key=lambda place: (costs[place], -place))
        chosen.append(tuple(getattr(points[best].of(OverfittingLimits), name) for name in GRID))
        held.extend(o for o in outcomes[best] if o.curve.family == family)
    # Of the points that do equally well the most cautious wins: they are in order of caution.
    modes = sorted(set(chosen), key=chosen.count, reverse=True)
    return {**score(held), "points": len(points), "chosen": [dict(zip(GRID, mode, strict=True)) for mode in modes]}


def not_learning(curves: Sequence[Curve]) -> dict[str, Any]:
    """The claim "not learning", each family judged with the thresholds that did best on the others."""
    judged = [curve for curve in curves if "not_learning" in curve.verdicts]
    others = sorted(DETECTORS["not_learning"] - set(NOT_LEARNING_GRID))
    always = {curve.id: _claims(curve, others, DEFAULTS) for curve in judged}
    tried = {
        (rule, place): {curve.id: _claims(curve, [rule], from_mapping(values)) for curve in judged}
        for rule, some in NOT_LEARNING_GRID.items()
        for place, values in enumerate(some)
    }
    points = itertools.product(*([(rule, n) for n in range(len(some))] for rule, some in NOT_LEARNING_GRID.items()))
    found = []
    for point in points:
        flags = {c.id: np.logical_or.reduce([always[c.id], *(tried[each][c.id] for each in point)]) for c in judged}
        found.append([Outcome(curve, curve.verdicts["not_learning"], flags[curve.id]) for curve in judged])
    held: list[Outcome] = []
    for family in sorted({curve.family for curve in judged}):
        wrong = [sum(o.flagged != o.truth for o in outcomes if o.curve.family != family) for outcomes in found]
        held.extend(o for o in found[int(np.argmin(wrong))] if o.curve.family == family)
    return score(held)


def _claims(curve: Curve, rules: Sequence[str], thresholds: Thresholds) -> Flags:
    """At each evaluation whether one of the rules says that nothing is learnt."""
    flags = np.zeros(len(curve.records), dtype=bool)
    for row in range(len(flags)):
        seen = snapshot_of(curve.id, curve.records[: row + 1])
        answers = [facts_of(rule).check(seen, thresholds, 0.0) for rule in rules]
        flags[row] = any(isinstance(each, Finding) and says_nothing_is_learnt(each) for each in answers)
    return flags


def stop_odds(curves: Sequence[Curve]) -> dict[str, dict[str, Any]]:
    """For each rule of STOP_GRID how many runs that should go on, and on how many of them it became critical, with
    thresholds that were wrong least often on the other families, and of those found most of the ill runs."""
    table = {}
    for rule, grid in STOP_GRID.items():
        points = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
        found = [{c.id: critical_at(c, rule, from_mapping(point)) for c in curves} for point in points]
        well, wrong = 0, []
        for family in sorted({curve.family for curve in curves}):
            others = [curve for curve in curves if curve.family != family]
            costs = [_stop_cost(rule, others, flags) for flags in found]
            flags = found[costs.index(min(costs))]
            go_on = [c for c in curves if c.family == family and should_go_on(c, rule, flags[c.id])]
            well += len(go_on)
            wrong += [curve.id for curve in go_on if flags[curve.id].any()]
        table[rule] = {"runs": well, "false": wrong}
    return table


def _stop_cost(rule: str, curves: Sequence[Curve], flags: Mapping[str, Flags]) -> tuple[int, int]:
    """(runs that should go on and are stopped, ill runs that are not)."""
    well = [should_go_on(curve, rule, flags[curve.id]) for curve in curves]
    said = [bool(flags[curve.id].any()) for curve in curves]
    return sum(w and s for w, s in zip(well, said, strict=True)), -sum(
        s and not w for w, s in zip(well, said, strict=True)
    )


def critical_at(curve: Curve, rule: str, thresholds: Thresholds) -> Flags:
    """At each evaluation whether the rule's finding is critical."""
    flags = np.zeros(len(curve.records), dtype=bool)
    for row in range(len(flags)):
        answer = facts_of(rule).check(snapshot_of(curve.id, curve.records[: row + 1]), thresholds, 0.0)
        flags[row] = isinstance(answer, Finding) and answer.severity == "critical"
    return flags


def with_noise(curves: Sequence[Curve]) -> dict[str, Any]:
    """The defaults on curves whose losses and error rates were multiplied by random factors (seed 0)."""
    rng = np.random.default_rng(0)
    table = {}
    for size in NOISE:
        found = [outcome_of(_noisy(curve, size, rng), DEFAULTS) for _ in range(REPEATS) for curve in curves]
        figures = score(found)
        table[str(size)] = {name: figures[name] for name in ("precision", "recall", "false_alarm_rate", "median_lead")}
    return table


def outcome_of(curve: Curve, thresholds: Thresholds) -> Outcome:
    return Outcome(curve, curve.verdicts.get("overfitting"), _flags(curve, thresholds))


def _flags(curve: Curve, thresholds: Thresholds) -> Flags:
    """What the rule says at each evaluation, from one pass: a level depends on the evaluations up to its own alone."""
    seen = snapshot_of(curve.id, curve.records)
    levels, _ = look(seen, evaluations.read(seen, thresholds), thresholds)
    flags = np.zeros(len(levels), dtype=bool)
    streak, fired = 0, False
    for place, level in enumerate(levels):
        if level is Level.CLEAR or (level is Level.HOLD and not fired):
            streak, fired = 0, False
            continue
        streak += 1
        fired = fired or streak >= EVALUATIONS_WARNING
        flags[place] = fired
    return flags


def _grid() -> Iterator[tuple[float, ...]]:
    yield from itertools.product(*GRID.values())


def _cost(outcomes: Sequence[Outcome]) -> tuple[float, float]:
    """(mistakes, a loss-only run flagged being half a one; evaluations by which the alarm is late)."""
    wrong = sum(o.truth is not None and o.flagged != o.truth for o in outcomes)
    wrong_halves = sum(o.flagged and bool(o.curve.verdicts.get("loss_only")) for o in outcomes)
    leads = [o.lead for o in outcomes if o.truth and o.lead is not None]
    return wrong + wrong_halves / 2, max(0.0, -float(np.median(leads))) if leads else 0.0


def _noisy(curve: Curve, size: float, rng: np.random.Generator) -> Curve:
    names = ("train_loss", "val_loss", "val_wer")
    records = []
    for record in curve.records:
        values = {name: getattr(record, name) for name in names}
        factors = dict(zip(names, np.exp(size * np.array([1, 1, 0.5]) * rng.standard_normal(3)), strict=True))
        records.append(
            msgspec.structs.replace(record, **{k: v * float(factors[k]) for k, v in values.items() if v is not None})
        )
    return replace(curve, records=tuple(records))
