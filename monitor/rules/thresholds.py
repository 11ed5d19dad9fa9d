"""Thresholds, typed: each rule declares its own kind of `Limits` in its file; those that many rules read stand here.

Units stand in the names; `_ratio` are fractions. docs/rules.md gives each one's source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """Base of all kinds. A name is unique among all kinds: it is what vitalsigns.toml and launch.json call it."""


class CommonLimits(Limits, frozen=True):
    """Of the guard, the persistence, the hysteresis and the trend test, which many rules share."""

    guard_epochs: float = 5.0
    guard_evaluations: int = 3
    guard_many_evaluations: int = 5
    """So many evaluations lift the guard of `guard_epochs` too: fine-tuning evaluates several times an epoch."""
    warning_epochs: float = 2.0
    critical_epochs: float = 3.0
    hysteresis_ratio: float = 0.2
    trend_p_value: float = 0.05
    trend_evaluations: int = 8


L = TypeVar("L", bound=Limits)


@dataclass(frozen=True)
class Thresholds:
    """The limits in force. Equal limits are equal values, so they can be a key of what was found with them."""

    changed: frozenset[Limits] = frozenset()
    """The kinds that differ from their defaults, at most one value of each."""

    def of(self, kind: type[L]) -> L:
        """The limits of one kind: `thresholds.of(GapLimits).gap_limit`."""
        return next((limits for limits in self.changed if isinstance(limits, kind)), None) or kind()

    def but(self, *limits: Limits) -> Thresholds:
        """These thresholds with the given kinds in place of what they were."""
        others = {known for known in self.changed if type(known) not in {type(each) for each in limits}}
        return Thresholds(frozenset(others | {each for each in limits if each != type(each)()}))


DEFAULTS = Thresholds()
