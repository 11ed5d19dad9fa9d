"""The second collapse: not silence, but one word, or one sentence, for everything."""

from __future__ import annotations

import functools
from collections import Counter

import numpy as np

from monitor.rules import evaluations
from monitor.rules.episodes import Level, open_episode
from monitor.rules.kind import is_ctc
from monitor.rules.result import Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import CommonLimits, Limits, Thresholds
from monitor.run_dir import Clip, Epoch, Snapshot

LEAST_WORDS_RATIO = 0.3
"""Words out per word in below which there is too little to be varied: that is another flag."""


REMEDY = (
    "Find out whether the input reaches the classifier before anything else; start the biases of the last layer at "
    "the words' frequencies, and look at the learning rate."
)
REMEDY_WITHOUT_BLANKS = (
    "Give it another input: if the same words come out, the input does not reach them. Else look at how the output is "
    "decoded (temperature, beam, repetition) and at the learning rate."
)


class DominanceLimits(Limits, frozen=True):
    dominance_top_ratio: float = 0.4
    dominance_times_usual: float = 3.0
    dominance_unique_ratio: float = 0.3
    dominance_distinct_ratio: float = 0.2


class TokenDominance(Rule):
    """Watches three signs of an output that does not vary: the share of its commonest word against that word's share
    of the targets, how many predictions differ from each other, and how much of the vocabulary is said at all.

    Two of them are a warning, all three critical. The blank ratio does not show this collapse: it is near zero.
    It cannot tell why the output does not depend on the clip.
    """

    name = "token_dominance"
    title = "The same words for everything"
    place = 100
    kind = "sequence"
    watches = ("distinct_token_ratio", "unique_hypothesis_ratio", "top_token_ratio", "top_token", "length_ratio")
    picture = "length_ratio"
    yardstick = "one"
    causes = ("no_evidence",)
    limits = DominanceLimits
    never_learnt = True
    collapsed = True

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        limits = thresholds.of(DominanceLimits)
        common = thresholds.of(CommonLimits)
        snapshot = evaluations.measured(snapshot, _whole)
        if unready := self.unready(
            snapshot, thresholds, "top_token_ratio, unique_hypothesis_ratio and distinct_token_ratio"
        ):
            return unready
        data = evaluations.read(snapshot, thresholds)
        usual = _shares(snapshot.clips)
        signs = [_signs(record, usual, limits) for record in snapshot.epochs]
        levels = [
            Level.CLEAR if not ok or count < 2 else Level.CRITICAL if count == 3 else Level.WARNING
            for ok, count in zip(data.judged, map(len, signs), strict=True)
        ]
        # A model that finds its words begins with the common ones.
        distinct = evaluations.columns(snapshot, "distinct_token_ratio")[0]
        levels = [
            min(level, Level.HOLD) if _grows(distinct[: place + 1], common) else level
            for place, level in enumerate(levels)
        ]
        episode = open_episode(data.epochs, levels, thresholds)
        last = snapshot.epochs[-1]
        if episode is None:
            return self.quiet(f"{100 * (last.unique_hypothesis_ratio or 0):.0f} % differ.")
        return self.flag(
            data.epochs,
            episode,
            "Predictions hardly vary: " + ", ".join(signs[-1] or ("they began to",)) + ".",
            now={
                name: value
                for name, value in (
                    ("share of the commonest word", last.top_token_ratio),
                    ("different predictions", last.unique_hypothesis_ratio),
                    ("vocabulary said", last.distinct_token_ratio),
                )
                if value is not None
            },
            limits={
                "share of the commonest word": limits.dominance_top_ratio,
                "times its share of the targets": limits.dominance_times_usual,
                "different predictions": limits.dominance_unique_ratio,
                "vocabulary said": limits.dominance_distinct_ratio,
            },
            remedy=REMEDY if is_ctc(snapshot) else REMEDY_WITHOUT_BLANKS,
            cannot_tell="Why the output does not depend on the input.",
        )


def _whole(record: Epoch) -> float | None:
    """Something where all three are known. A model that says nothing has no commonest word, and another flag."""
    known = None not in (record.unique_hypothesis_ratio, record.distinct_token_ratio)
    return record.distinct_token_ratio if known else None


@functools.lru_cache(maxsize=8)
def _shares(clips: tuple[Clip, ...]) -> dict[str, float]:
    """Each word's share of the val targets."""
    counts = Counter(word for clip in clips if clip.split == "val" for word in clip.reference.split())
    return {word: count / counts.total() for word, count in counts.items()}


def _signs(record: Epoch, usual: dict[str, float], limits: DominanceLimits) -> tuple[str, ...]:
    """The signs that an evaluation shows, in words."""
    top, unique, distinct = record.top_token_ratio, record.unique_hypothesis_ratio, record.distinct_token_ratio
    if record.length_ratio is not None and not record.length_ratio > LEAST_WORDS_RATIO:
        return ()
    signs = []
    if top is not None and top > limits.dominance_top_ratio:
        share = usual.get(record.top_token or "", 0.0)
        if not usual or top > limits.dominance_times_usual * share:
            signs.append(f"{100 * top:.0f} % of all words are {record.top_token or 'the same'}")
    if unique is not None and unique < limits.dominance_unique_ratio:
        signs.append(f"{100 * unique:.0f} % of predictions differ")
    if distinct is not None and distinct < limits.dominance_distinct_ratio:
        signs.append(f"{100 * distinct:.0f} % of the vocabulary is said")
    return tuple(signs)


def _grows(values: np.ndarray, common: CommonLimits) -> bool:
    return len(values) > 2 and bool(values[-1] > values[-3] * (1 + common.hysteresis_ratio) and values[-1] > 0)
