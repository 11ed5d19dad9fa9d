"""Which words of the same clips turned right or wrong between two evaluations, and what is newly confused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from monitor.view.shapes.answers import WordChanges

MOST_CONFUSED = 3

Aligned = tuple[str, str, str]
"""(kind, target, prediction), kind one of h s d i."""


def word_changes(
    before: Mapping[str, Sequence[Aligned]], now: Mapping[str, Sequence[Aligned]], since: str
) -> WordChanges | None:
    """`before`, `now`: clip id → its aligned words. Clips that both have with the same target are compared; None where
    there are none."""
    fixed = broken = compared = 0
    known: set[tuple[str, str]] = set()
    swaps: Counter[tuple[str, str]] = Counter()
    for clip, words in now.items():
        old = [word for word in before.get(clip, ()) if word[0] != "i"]
        new = [word for word in words if word[0] != "i"]
        if not new or [target for _, target, _ in old] != [target for _, target, _ in new]:
            continue
        compared += 1
        rights = [(was[0] == "h", here[0] == "h") for was, here in zip(old, new, strict=True)]
        fixed += rights.count((False, True))
        broken += rights.count((True, False))
        known.update((target, said) for kind, target, said in old if kind == "s")
        swaps.update((target, said) for kind, target, said in new if kind == "s")
    if not compared:
        return None
    fresh = [(target, said, count) for (target, said), count in swaps.most_common() if (target, said) not in known]
    return WordChanges(since=since, fixed=fixed, broken=broken, confused=fresh[:MOST_CONFUSED])
