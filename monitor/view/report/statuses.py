"""Whether a number of a report is well: one judgement, for the table and for the sentence about it."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.diagnosis.verdict import Judged
from monitor.rules.non_finite import only_val_loss
from monitor.rules.rising import RisingLimits
from monitor.run_dir import SEVERITIES

STATUS = {"critical": "BAD", "warning": "BAD", "info": "WATCH"}
BEGINS = {"OK": "Well", "WATCH": "Watch", "BAD": "Not well"}
"""With which a sentence about a number of this status begins."""


class Statuses:
    """A status from the number itself and from the findings about it, so that neither contradicts the other."""

    def __init__(self, judged: Judged) -> None:
        findings = judged.diagnosis.findings
        self._open = {finding.rule: finding.severity for finding in findings}
        val_alone = any(found.rule == "non_finite" and only_val_loss(found.now) for found in findings)
        self._of_train = ("divergence",) if val_alone else ("non_finite", "divergence")
        self._near = judged.thresholds.of(RisingLimits).val_rise_warning_ratio

    def of(self, is_well: bool, *rules: str) -> str:
        """`is_well`: whether the number is a healthy one; `rules`: those about it."""
        found = [self._open[rule] for rule in rules if rule in self._open]
        if is_well:
            return "WATCH" if found else "OK"
        return STATUS[min(found, key=SEVERITIES.index)] if found else "WATCH"

    def of_train_loss(self, does: str) -> str:
        """`does`: see `monitor.view.report.numbers.course`."""
        return "BAD" if does == "does not fall" else self.of(does == "falls", *self._of_train)

    def of_val_loss(self, points: Sequence[tuple[float, float]]) -> str:
        """`points`: (epoch, value), oldest first."""
        best, now = min(value for _, value in points), points[-1][1]
        near = best <= 0 or now / best - 1 <= self._near
        return self.of(near, "val_loss_rising", "overfitting", "divergence", "overconfident")
