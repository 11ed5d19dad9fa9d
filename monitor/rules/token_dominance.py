"""The second collapse: not silence, but one word, or one sentence, for everything."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence

from monitor.rules import evaluations
from monitor.rules.episodes import Level, grows, open_episode, since
from monitor.rules.evaluations import Evaluations
from monitor.rules.kind import is_ctc
from monitor.rules.result import Numbers, Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import CommonLimits, Limits, Thresholds
from monitor.run_dir import Clip, Epoch, Snapshot

BOTH = evaluations.known(("unique_hypothesis_ratio", "distinct_token_ratio"))
"""An empty output has no commonest word, and a flag of its own."""
LEAST_CLIPS, LONGEST_QUOTE = 10, 60
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
    """Shares, and how many times its share of the targets the commonest word has."""

    dominance_top_ratio: float = 0.4
    dominance_times_usual: float = 3.0
    dominance_unique_ratio: float = 0.3
    dominance_distinct_ratio: float = 0.2
    dominance_sentence_ratio: float = 0.9
    """Of the predictions that are one and the same sentence: alone a warning, where the targets are not."""


class TokenDominance(Rule):
    """Watches three signs of an output that does not vary: the share of its commonest word against that word's share
    of the targets, how many predictions differ from each other, and how much of the vocabulary is predicted at all.

    Two of them are a warning, all three critical; one sentence for nearly all clips is a warning alone.
    The blank ratio does not show this collapse: it is near zero.
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
        """A flag while the output does not vary; none is raised while more and more of the vocabulary is predicted."""
        limits = thresholds.of(DominanceLimits)
        common = thresholds.of(CommonLimits)
        snapshot = evaluations.measured(snapshot, BOTH)
        if unready := self.unready(
            snapshot, thresholds, "top_token_ratio, unique_hypothesis_ratio and distinct_token_ratio"
        ):
            return unready
        data = evaluations.read(snapshot, thresholds)
        usual = _shares(snapshot.clips)
        alike = _one_sentence(snapshot, limits)
        said = _val_predictions(snapshot)
        signs = [
            _signs(each, usual, limits, alike.get(each.epoch, ""), said.get(each.epoch, ())) for each in snapshot.epochs
        ]
        levels = _levels(snapshot, data, [len(each) for each in signs], alike, common)
        episode = open_episode(data.epochs, levels, thresholds)
        last = snapshot.epochs[-1]
        if episode is not None:
            held = [len(each) > 1 or row.epoch in alike for each, row in zip(signs, snapshot.epochs, strict=True)]
            began = since(data.epochs, episode.onset, held)
        if episode is None:
            return self.quiet(f"{_different(last, said.get(last.epoch, ()))}.")
        return self.flag(
            data.epochs,
            episode,
            "Predictions hardly vary: " + ", ".join(signs[-1] or ["they began to"]) + f". Since {began}.",
            dated=True,
            began=began,
            now=_numbers(last),
            limits=_limits(limits),
            remedy=REMEDY if is_ctc(snapshot) else REMEDY_WITHOUT_BLANKS,
            cannot_tell="Why the output does not depend on the input.",
        )


def _levels(
    snapshot: Snapshot, data: Evaluations, signs: list[int], alike: Mapping[float, str], common: CommonLimits
) -> list[Level]:
    """At each evaluation: two signs, or one sentence for nearly all, are a warning, three are critical."""
    # A model that finds its words begins with the common ones.
    distinct = evaluations.columns(snapshot, "distinct_token_ratio")[0]
    levels = []
    for place, (count, ok, record) in enumerate(zip(signs, data.judged, snapshot.epochs, strict=True)):
        level = Level.CLEAR if not ok or count < 2 else Level.CRITICAL if count == 3 else Level.WARNING
        if ok and record.epoch in alike:
            level = max(level, Level.WARNING)
        levels.append(min(level, Level.HOLD) if grows(distinct[: place + 1], common) else level)
    return levels


def _numbers(last: Epoch) -> Numbers:
    shown = (
        ("share of the commonest word", last.top_token_ratio),
        ("different predictions", last.unique_hypothesis_ratio),
        ("vocabulary predicted", last.distinct_token_ratio),
    )
    return {name: value for name, value in shown if value is not None}


def _limits(limits: DominanceLimits) -> Numbers:
    return {
        "share of the commonest word": limits.dominance_top_ratio,
        "times its share of the targets": limits.dominance_times_usual,
        "different predictions": limits.dominance_unique_ratio,
        "vocabulary predicted": limits.dominance_distinct_ratio,
        "one sentence for all": limits.dominance_sentence_ratio,
    }


@functools.lru_cache(maxsize=8)
def _shares(clips: tuple[Clip, ...]) -> dict[str, float]:
    """Each word's share of the val targets."""
    counts = Counter(word for clip in clips if clip.split == "val" for word in clip.reference.split())
    return {word: count / counts.total() for word, count in counts.items()}


def _val_predictions(snapshot: Snapshot) -> dict[float, Sequence[str]]:
    """Epoch → the predictions of all val clips."""
    return {decode.epoch: decode.hypotheses for decode in snapshot.decodes if decode.split == "val"}


def _one_sentence(snapshot: Snapshot, limits: DominanceLimits) -> dict[float, str]:
    """Epoch → that nearly all predictions are one sentence, in words; only where the targets differ."""
    targets = Counter(clip.reference for clip in snapshot.clips if clip.split == "val")
    least = limits.dominance_sentence_ratio
    if len(targets) < 2 or max(targets.values()) > least / 2 * targets.total():
        return {}
    said, found = _val_predictions(snapshot), {}
    for record in snapshot.epochs:
        # So many alike leave few that differ: most evaluations need no count.
        few = (record.unique_hypothesis_ratio or 0.0) <= 1 - least + 1 / LEAST_CLIPS
        predictions = [" ".join(each.split()) for each in said.get(record.epoch, ()) if few]
        if len(predictions) < LEAST_CLIPS:
            continue
        sentence, times = Counter(predictions).most_common(1)[0]
        if sentence and times >= least * len(predictions):
            many = f"{times} of {len(predictions)}" if times < len(predictions) else f"all {times}"
            found[record.epoch] = f"{many} predictions are {_quoted(sentence)}"
    return found


def _quoted(sentence: str) -> str:
    shown = sentence if len(sentence) <= LONGEST_QUOTE else f"{sentence[:LONGEST_QUOTE]}…"
    return f"“{shown}”"


def _different(record: Epoch, predictions: Sequence[str]) -> str:
    """How many predictions there are that differ from each other: a share of few would read as if one differed."""
    ratio = record.unique_hypothesis_ratio or 0.0
    if not predictions:
        return f"{100 * ratio:.0f} % of predictions differ"
    different = round(ratio * len(predictions))
    return f"{different} different {'sentence' if different == 1 else 'sentences'} in {len(predictions)} predictions"


def _signs(record: Epoch, usual: dict[str, float], limits: DominanceLimits, one: str, said: Sequence[str]) -> list[str]:
    """The signs that an evaluation shows, in words; `one`: that nearly all predictions are one sentence."""
    top, unique, distinct = record.top_token_ratio, record.unique_hypothesis_ratio, record.distinct_token_ratio
    if record.length_ratio is not None and not record.length_ratio > LEAST_WORDS_RATIO:
        return [one] if one else []
    signs = []
    if top is not None and top > limits.dominance_top_ratio:
        share = usual.get(record.top_token or "", 0.0)
        if not usual or top > limits.dominance_times_usual * share:
            signs.append(f"{100 * top:.0f} % of all words are {record.top_token or 'the same'}")
    if one or (unique is not None and unique < limits.dominance_unique_ratio):
        signs.append(one or _different(record, said))
    if distinct is not None and distinct < limits.dominance_distinct_ratio:
        signs.append(f"{100 * distinct:.0f} % of the vocabulary is predicted")
    return signs
