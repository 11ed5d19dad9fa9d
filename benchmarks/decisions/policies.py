"""When each policy stops a run: our own words, and early stopping and textbook rules with their own defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import comb

import numpy as np

from benchmarks.rules.curves import Curve
from benchmarks.rules.peers import PEERS, early_stopping, losses
from benchmarks.rules.replay import Flags, first_row, replay
from monitor.rules.arithmetic.best_at_end import best_at_end

LITTLE = 0.02
PATIENCES = (3, 5, 10, 20)
TEXTBOOK = ("Prechelt UP3", "Prechelt GL5", "Prechelt PQ.75", "SageMaker Overfit", "gap > 1.0")
Words = tuple[str, ...]
"""The verdict after each evaluation."""
Policy = Callable[[Curve, Words], Flags]


@dataclass(frozen=True)
class Decision:
    """What a policy did on one run. `row`: the 1-based evaluation of the stop; None where it never stops.

    `regret`: share by which the lowest error rate up to then lies above the run's lowest; 0 without a stop.
    `saved`: share of the evaluations that would not have been trained.
    """

    curve: str
    family: str
    row: int | None
    regret: float
    saved: float


def policies() -> dict[str, Policy]:
    """Name → the policy, ours first."""

    def on_loss(patience: int) -> Policy:
        return lambda curve, _: early_stopping(patience)(*losses(curve))

    def on_errors(patience: int) -> Policy:
        return lambda curve, _: early_stopping(patience)(errors(curve), errors(curve))

    def textbook(name: str) -> Policy:
        return lambda curve, _: PEERS[name](*losses(curve))

    found: dict[str, Policy] = {
        "our STOP": lambda _, words: np.array([word == "STOP" for word in words]),
        f"our band of waiting below {100 * LITTLE:g} %": lambda curve, _: little_left(curve),
        "our STOP or LOOK": lambda _, words: np.array([word in ("STOP", "LOOK") for word in words]),
    }
    found |= {f"early stopping on val loss, patience {patience}": on_loss(patience) for patience in PATIENCES}
    found |= {f"early stopping on WER, patience {patience}": on_errors(patience) for patience in PATIENCES}
    return found | {name: textbook(name) for name in TEXTBOOK}


def errors(curve: Curve) -> np.ndarray:
    """Val WER (evaluations,), NaN where it was not logged."""
    return np.array([np.nan if r.val_wer is None else r.val_wer for r in curve.records], dtype=float)


def little_left(curve: Curve) -> Flags:
    """Where even the lowest of the band of waiting would improve the best error by less than 2 %."""
    rates = errors(curve)
    rows = np.flatnonzero(np.isfinite(rates))
    found = np.zeros(len(rates), dtype=bool)
    for count in range(1, len(rows)):
        seen = best_at_end([float(row + 1) for row in rows[:count]], rates[rows[:count]].tolist(), float(rows[-1] + 1))
        found[rows[count - 1]] = seen is not None and seen.lowest > (1 - LITTLE) * seen.so_far
    return found


def has_errors(curve: Curve) -> bool:
    """Whether the run has an error rate to regret: three finite values, the lowest above zero."""
    finite = errors(curve)[np.isfinite(errors(curve))]
    return len(finite) >= 3 and float(finite.min()) > 0


def words_of(curve: Curve) -> Words:
    return replay(curve).verdicts


def decide(curve: Curve, flags: Flags) -> Decision:
    """The stop at the first evaluation with a flag. One at the last evaluation saves nothing and stops nothing."""
    row = first_row(flags)
    rates = errors(curve)
    if row is None or row == len(rates):
        return Decision(curve.id, curve.family, None, 0.0, 0.0)
    until = rates[:row][np.isfinite(rates[:row])]
    lowest = float(until.min()) if len(until) else float("inf")
    return Decision(curve.id, curve.family, row, lowest / float(np.nanmin(rates)) - 1, 1 - row / len(rates))


def exact(part: int, whole: int) -> tuple[float, float] | None:
    """Clopper and Pearson's 95 % interval of a share, by bisection; None without cases."""
    if not whole:
        return None

    def tail(share: float, counts: Iterable[int]) -> float:
        return sum(comb(whole, k) * share**k * (1 - share) ** (whole - k) for k in counts)

    def solve(counts: range, rising: bool) -> float:
        low, high = 0.0, 1.0
        for _ in range(50):
            middle = (low + high) / 2
            below = tail(middle, counts) < 0.025
            low, high = (middle, high) if below == rising else (low, middle)
        return (low + high) / 2

    low = 0.0 if part == 0 else solve(range(part, whole + 1), True)
    high = 1.0 if part == whole else solve(range(part + 1), False)
    return low, high
