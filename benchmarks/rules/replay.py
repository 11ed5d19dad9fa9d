"""A curve given to the rules evaluation by evaluation, as if it were live; nothing later is ever seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.rules.curves import Curve
from monitor.diagnosis.verdict import diagnose
from monitor.rules.at_chance import INSERTS, LOST, TRAIN_ONLY, VAL_FALLS
from monitor.rules.registry import RULES, evaluate
from monitor.rules.result import Finding
from monitor.rules.thresholds import DEFAULTS, Thresholds
from monitor.rules.unmoved import WHERE_IT_BEGAN
from monitor.rules.wer_plateau import AT_REST, GOT_WORSE, LEVELLED_OFF
from monitor.run_dir import Epoch, Snapshot

Flags = npt.NDArray[np.bool_]

USERS_LIMITS = frozenset({"gap", "gap_forecast", "wer_target"})
"""Rules that hold a limit somebody asked for: they are right by definition, and judge no curve here."""

DETECTORS: dict[str, frozenset[str]] = {
    "overfitting": frozenset({"overfitting"}),
    "loss_only": frozenset({"overconfident"}),
    "not_learning": frozenset(
        {"at_chance", "wer_plateau", "blank_collapse", "token_dominance", "low_information", "not_moved"}
    ),
    "diverged": frozenset({"non_finite", "divergence"}),
    "oscillating": frozenset({"oscillation"}),
    "misleading_metric": frozenset({"scorer_failure", "train_val_mismatch"}),
}
"""Class → the rules whose flags claim it; hints count for the classes that have nothing louder."""
HINTS_COUNT = frozenset({"loss_only", "oscillating"})
AWAY_FROM_CHANCE = 0.95
"""WER at which a run that is known by its error rate alone has certainly left the 100 % of saying nothing."""
CLAIMS_OTHERWISE = (LOST, INSERTS, VAL_FALLS, TRAIN_ONLY, GOT_WORSE, LEVELLED_OFF, AT_REST, WHERE_IT_BEGAN)
"""How the title ends of findings of those rules that say that something was learnt: they claim no `not_learning`."""


@dataclass(frozen=True)
class Replay:
    """For each rule whether its flag (`warned`: warning or critical; `told`: any) was up at each evaluation."""

    curve: Curve
    warned: dict[str, Flags]
    told: dict[str, Flags]
    critical: dict[str, Flags]
    not_learning: Flags
    """Whether a warning of its rules reported that nothing is learnt."""
    verdicts: tuple[str, ...]

    def up(self, claim: str) -> Flags:
        """Whether the claim stood at each evaluation. `healthy`: whether any flag but the user's limits was up."""
        if claim == "healthy":
            names = frozenset(self.warned) - USERS_LIMITS
            return _any([self.warned[name] for name in names], len(self.curve.records))
        if claim == "not_learning":
            return self.not_learning
        flags = self.told if claim in HINTS_COUNT else self.warned
        return _any([flags[name] for name in DETECTORS[claim]], len(self.curve.records))


def replay(curve: Curve, thresholds: Thresholds = DEFAULTS) -> Replay:
    names = [rule.name for rule in RULES]
    rows = len(curve.records)
    warned, told, critical = ({name: np.zeros(rows, dtype=bool) for name in names} for _ in range(3))
    verdicts, not_learning = [], np.zeros(rows, dtype=bool)
    for row in range(rows):
        seen = snapshot_of(curve.id, curve.records[: row + 1])
        results = evaluate(seen, thresholds, 0.0)
        for result in results:
            if isinstance(result, Finding):
                told[result.rule][row] = True
                warned[result.rule][row] = result.severity != "info"
                critical[result.rule][row] = result.severity == "critical"
                not_learning[row] |= says_nothing_is_learnt(result)
        verdicts.append(diagnose(seen, results, thresholds).verdict)
    return Replay(curve, warned, told, critical, not_learning, tuple(verdicts))


def says_nothing_is_learnt(finding: Finding) -> bool:
    """Whether a finding claims `not_learning`: a warning of its rules that does not say what was learnt."""
    of_it = finding.rule in DETECTORS["not_learning"] and finding.severity != "info"
    return of_it and not finding.title.endswith(CLAIMS_OTHERWISE)


def should_go_on(curve: Curve, rule: str, critical: Flags) -> bool:
    """Without the illness of a rule that may say STOP. For `at_chance`: its error rate left chance later, whatever the
    label. `critical`: whether it was critical at each evaluation."""
    if rule != "at_chance":
        return curve.verdicts.get({"non_finite": "diverged"}.get(rule, rule)) is False
    rates = [record.val_wer for record in curve.records]
    return any(rate is not None and rate < AWAY_FROM_CHANCE for rate in rates[(first_row(critical) or 1) - 1 :])


def snapshot_of(run_id: str, records: tuple[Epoch, ...]) -> Snapshot:
    return Snapshot(run_dir="", run_id=run_id, read_at=0.0, epochs=records)


def _any(flags: Sequence[Flags], rows: int) -> Flags:
    return np.logical_or.reduce(flags) if flags else np.zeros(rows, dtype=bool)


def first_row(flags: Flags) -> int | None:
    """1-based evaluation at which a flag first went up."""
    return int(np.argmax(flags)) + 1 if flags.any() else None


def openings(flags: Flags) -> int:
    """How often a flag went up."""
    return int((flags & ~np.concatenate([[False], flags[:-1]])).sum())
