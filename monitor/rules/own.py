"""What rules of one's own have answered, as data: monitor.diagnosis.own_rules runs them, judgement starts nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.rules.result import Result
from monitor.run_dir import Snapshot


@dataclass(frozen=True)
class OwnAnswers:
    """`by_epoch`: at an evaluation, every rule's answer. `thresholds`: by "rule.name", as their classes set them."""

    by_epoch: Mapping[float, tuple[Result, ...]] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)

    def at(self, snapshot: Snapshot) -> tuple[Result, ...]:
        """The answers at the newest evaluation of a snapshot; none before the first."""
        return self.by_epoch.get(snapshot.epochs[-1].epoch, ()) if snapshot.epochs else ()


NO_RULES = OwnAnswers()
