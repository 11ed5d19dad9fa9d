"""Precision, recall, false alarms and lead of a claim, with intervals, per run and per family."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.rules.curves import Curve
from benchmarks.rules.replay import Flags, first_row, openings

RESAMPLES = 1000
Z95 = 1.96


@dataclass(frozen=True)
class Outcome:
    """What a claim did on one curve. `truth` is None where the raters do not say."""

    curve: Curve
    truth: bool | None
    flags: Flags

    @property
    def flagged(self) -> bool:
        return bool(self.flags.any())

    @property
    def lead(self) -> float | None:
        """Evaluations by which it spoke before the person's alarm; negative: after it."""
        row = first_row(self.flags)
        return None if row is None or self.curve.alarm_row is None else float(self.curve.alarm_row - row)


def score(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures of one claim; each `…_interval` holds 95 %: Wilson's for shares, resampled families for the rest."""
    judged = [outcome for outcome in outcomes if outcome.truth is not None]
    hit = [o for o in judged if o.truth and o.flagged]
    missed = [o for o in judged if o.truth and not o.flagged]
    false = [o for o in judged if not o.truth and o.flagged]
    quiet = [o for o in judged if not o.truth and not o.flagged]
    healthy = [o for o in outcomes if o.curve.verdicts.get("healthy")]
    loss_only = [o for o in outcomes if o.curve.verdicts.get("loss_only")]
    return {
        **_share("precision", len(hit), len(hit) + len(false)),
        **_share("recall", len(hit), len(hit) + len(missed)),
        **_share("false_alarm_rate", len(false), len(false) + len(quiet)),
        **_alarms_per_hundred(healthy),
        "median_lead": _median_lead(hit),
        "median_lead_interval": _resampled(hit, _median_lead),
        "on_loss_only": sum(o.flagged for o in loss_only),
        "loss_only_runs": len(loss_only),
        "family_weighted": {
            "precision": _weighted(hit, false),
            "recall": _weighted(hit, missed),
            "false_alarm_rate": _weighted(false, quiet),
        },
        "runs": len(judged),
        "families": len({o.curve.family for o in judged}),
        "hit": [o.curve.id for o in hit],
        "missed": [o.curve.id for o in missed],
        "false": [o.curve.id for o in false],
        "loss_only_flagged": [o.curve.id for o in loss_only if o.flagged],
    }


def _share(name: str, part: int, whole: int) -> dict[str, Any]:
    return {name: part / whole if whole else None, f"{name}_interval": wilson(part, whole)}


def wilson(part: int, whole: int) -> tuple[float, float] | None:
    """Wilson's interval (95 %) of a share; None without cases."""
    if not whole:
        return None
    share, z2 = part / whole, Z95**2
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    half = Z95 / (1 + z2 / whole) * math.sqrt(share * (1 - share) / whole + z2 / (4 * whole**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def _alarms_per_hundred(healthy: Sequence[Outcome]) -> dict[str, Any]:
    def rate(outcomes: Sequence[Outcome]) -> float | None:
        evaluations = sum(len(o.flags) for o in outcomes)
        return 100 * sum(openings(o.flags) for o in outcomes) / evaluations if evaluations else None

    return {
        "alarms_per_100_healthy_evaluations": rate(healthy),
        "alarms_per_100_healthy_evaluations_interval": _resampled(healthy, rate),
    }


def _median_lead(outcomes: Sequence[Outcome]) -> float | None:
    leads = [o.lead for o in outcomes if o.lead is not None]
    return float(np.median(leads)) if leads else None


def _weighted(part: Sequence[Outcome], rest: Sequence[Outcome]) -> float | None:
    """Share of `part`, each family of runs counting as one."""
    families: dict[str, list[int]] = {}
    for member, outcomes in ((1, part), (0, rest)):
        for outcome in outcomes:
            families.setdefault(outcome.curve.family, []).append(member)
    return float(np.mean([np.mean(members) for members in families.values()])) if families else None


def _resampled(
    outcomes: Sequence[Outcome], statistic: Callable[[Sequence[Outcome]], float | None]
) -> tuple[float, float] | None:
    """95 % of the statistic when whole families are drawn again: runs of one family are not independent."""
    families: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        families.setdefault(outcome.curve.family, []).append(outcome)
    if len(families) < 3:
        return None
    names, rng, values = list(families), np.random.default_rng(0), []
    for _ in range(RESAMPLES):
        drawn = [o for name in rng.choice(names, len(names)) for o in families[name]]
        value = statistic(drawn)
        if value is not None:
            values.append(value)
    if not values:
        return None
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)
