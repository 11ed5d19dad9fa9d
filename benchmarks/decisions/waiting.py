"""Whether the best at the end lay inside the band that was drawn for it, and whether wait or restart was right."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.decisions.pairs import Pair, bests, ratio
from benchmarks.decisions.policies import errors
from benchmarks.rules.curves import Curve
from benchmarks.rules.scores import wilson
from monitor.diagnosis.wait_or_restart import NEAR_CHANCE, Effect, decide
from monitor.rules.arithmetic.best_at_end import AtEnd, best_at_end

GRAVE = ("STOP", "LOOK")
SAME = 0.02
"""Two bests within this share of one another are no reason for or against a restart."""


def band(judged: Sequence[tuple[Curve, Sequence[str]]]) -> dict[str, Any]:
    """Share of ends inside the band, each run counting as one: at all evaluations, and at those under a grave word.

    `closer_than_no_change`: runs whose expected best was nearer to the end, as a ratio, than the best so far.
    """
    everywhere, grave, closer = [], [], 0
    for curve, words in judged:
        rows = list(_outlooks(curve, words))
        if not rows:
            continue
        end = float(np.nanmin(errors(curve)))
        hits = [(word, seen.lowest <= end * (1 + 1e-9)) for word, seen in rows]
        everywhere.append(float(np.mean([hit for _, hit in hits])))
        under = [hit for word, hit in hits if word in GRAVE]
        grave += [float(np.mean(under))] if under else []
        off = [(abs(math.log(seen.expected / end)), abs(math.log(seen.so_far / end))) for _, seen in rows]
        closer += sum(expected for expected, _ in off) < sum(same for _, same in off)
    return {
        "runs": len(everywhere),
        "inside": float(np.mean(everywhere)) if everywhere else None,
        "runs_under_stop_or_look": len(grave),
        "inside_under_stop_or_look": float(np.mean(grave)) if grave else None,
        "closer_than_no_change": closer,
    }


def _outlooks(curve: Curve, words: Sequence[str]) -> list[tuple[str, AtEnd]]:
    rates = errors(curve)
    rows = [n for n, rate in enumerate(rates) if math.isfinite(rate)]
    found = []
    for count in range(1, len(rows)):
        at = [float(n + 1) for n in rows[:count]]
        seen = best_at_end(at, [float(rates[n]) for n in rows[:count]], float(rows[-1] + 1))
        # As the product does: near chance, which is 1 for an error rate, nothing is expected.
        if seen is not None and seen.so_far <= NEAR_CHANCE:
            found.append((words[rows[count - 1]], seen))
    return found


def choices(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Wait or restart at the evaluation at which the option was given: each by what other parents' children brought.

    Right: RESTART where the child's best is better than the parent's, WAIT where it is not; better by more than 2 %.
    """
    rows = []
    for pair in pairs:
        parent, child = bests(pair)
        others = [
            ratio(other)
            for other in pairs
            if (other.option, other.task) == (pair.option, pair.task) and other.parent != pair.parent
        ]
        seen = _seen(pair)
        word = decide(seen, Effect(tuple(others), "") if others else None)[0]
        truth = "RESTART" if child < parent * (1 - SAME) else "WAIT" if child > parent * (1 + SAME) else "CLOSE CALL"
        rows.append((word, truth, seen is None or seen.lowest <= parent * (1 + 1e-9), parent, child))
    decided = [(word, truth) for word, truth, *_ in rows if word in ("WAIT", "RESTART")]
    right = sum(word == truth for word, truth in decided)
    return {
        "pairs": len(rows),
        "words": dict(Counter(word for word, *_ in rows)),
        "truth": dict(Counter(truth for _, truth, *_ in rows)),
        "decided": len(decided),
        "right": right,
        "right_interval": wilson(right, len(decided)),
        "opposite": sum({word, truth} == {"WAIT", "RESTART"} for word, truth in decided),
        "parents_end_inside_band": sum(inside for _, _, inside, *_ in rows),
    }


def _seen(pair: Pair) -> AtEnd | None:
    rows = [
        (row[0], row[4])
        for row in pair.parent_curve
        if row[0] is not None and row[0] <= pair.flagged and row[4] is not None
    ]
    seen = best_at_end([epoch for epoch, _ in rows], [error for _, error in rows], pair.planned)
    return seen if seen is not None and seen.so_far <= NEAR_CHANCE else None
