"""Predictions mostly empty, measured against what a correct output would hold."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from monitor.rules import evaluations
from monitor.rules.episodes import Level, grows, open_episode
from monitor.rules.kind import is_ctc
from monitor.rules.result import Finding, Quiet, Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import CommonLimits, Limits, Thresholds
from monitor.run_dir import Snapshot
from monitor.run_dir.words import LARGEST, count, number


class EmptyLimits(Limits, frozen=True):
    """Words out per word in, the share of empty predictions less that of empty targets, the share of deleted words."""

    empty_length_warning_ratio: float = 0.7
    empty_length_critical_ratio: float = 0.4
    empty_share_warning_ratio: float = 0.05
    empty_share_critical_ratio: float = 0.25
    empty_deletions_critical_ratio: float = 0.7


class BlankCollapse(Rule):
    """Watches words out per word in (rho), the share of empty predictions (z) and of deleted words (d).

    A fixed blank ratio would be wrong both ways: a healthy peaky model stands above 90 % at stride 1, and at
    stride 4 80 % already proves words missing. So the blank ratio is only shown, against b*.
    It cannot tell whether the decoder throws words away or the model never has them.
    """

    name = "blank_collapse"
    title = "Predictions mostly empty"
    place = 90
    kind = "sequence"
    watches = ("length_ratio", "empty_ratio", "val_deletions", "val_tokens", "blank_ratio")
    yardstick = "one"
    causes = ("no_evidence", "words_missing")
    limits = EmptyLimits
    never_learnt = True
    collapsed = True

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """Judges evaluations; without their ratios, the printed predictions of val, which give a warning at most."""
        limits = thresholds.of(EmptyLimits)
        common = thresholds.of(CommonLimits)
        snapshot = evaluations.measured(snapshot, evaluations.known("length_ratio", "empty_ratio"))
        if not snapshot.epochs:
            return self._from_samples(snapshot, limits, common) or self.not_applicable(
                "length_ratio or empty_ratio with each evaluation, or logged decodes"
            )
        if unready := self.unready(snapshot, thresholds, "length_ratio or empty_ratio"):
            return unready
        data = evaluations.read(snapshot, thresholds)
        rho, empty, deletions, tokens, blank = evaluations.columns(
            snapshot, "length_ratio", "empty_ratio", "val_deletions", "val_tokens", "blank_ratio"
        )
        # What is empty in the targets too is right.
        wanted = _empty_targets(snapshot)
        few_empty = bool(empty[-1] - wanted <= limits.empty_share_warning_ratio)
        with np.errstate(divide="ignore", invalid="ignore"):
            deleted = deletions / tokens
        levels = [
            _level(rho[i], empty[i] - wanted, deleted[i], limits, common) if data.judged[i] else Level.CLEAR
            for i in range(len(data))
        ]
        # A CTC model starts all blank and then finds its words: while they come, there is nothing to say yet.
        levels = [min(level, Level.HOLD) if grows(rho[: i + 1], common) else level for i, level in enumerate(levels)]
        episode = open_episode(data.epochs, levels, thresholds)
        if episode is None:
            return self.quiet(_when_well(float(rho[-1]), float(empty[-1])))
        found = self.flag(
            data.epochs,
            episode,
            _line(rho[-1], empty[-1], deleted[-1], few_empty) + f" Since epoch {data.epochs[episode.onset]:g}.",
            dated=True,
            now=_numbers(snapshot, rho[-1], empty[-1], deleted[-1], blank[-1]),
            limits=_limits(limits),
            remedy=REMEDY if is_ctc(snapshot) else REMEDY_WITHOUT_BLANKS,
            cannot_tell=CANNOT_TELL,
            # What is short now is no more critical because it was empty before.
            severity="warning" if few_empty and levels[-1] < Level.CRITICAL else None,
        )
        return _named(found, few_empty)

    def _from_samples(self, snapshot: Snapshot, limits: EmptyLimits, common: CommonLimits) -> Finding | Quiet | None:
        """An estimate from the predictions that were printed, named as such. None where there are none."""
        decodes = [decode for decode in snapshot.decodes if decode.split == "val"]
        if not decodes:
            return None
        last = decodes[-1]
        by_id = {clip.clip_id: clip.reference for clip in snapshot.clips if clip.split == "val"}
        references = [by_id.get(name, "") for name in last.clip_ids] if last.clip_ids else list(by_id.values())
        pairs = list(zip(references, last.hypotheses, strict=False))
        words_in = sum(len(reference.split()) for reference, _ in pairs)
        if not words_in:
            return None
        words_out = sum(len(hypothesis.split()) for _, hypothesis in pairs)
        rho = words_out / words_in
        empty = sum(not hypothesis.split() for _, hypothesis in pairs) / len(pairs)
        level = _level(rho, empty, float("nan"), limits, common)
        words, samples = ("word" if words_out == 1 else "words"), ("sample" if len(pairs) == 1 else "samples")
        said = f"{words_out} {words} out for {words_in} in, from {len(pairs)} printed {samples}, not the whole set."
        if level < Level.WARNING:
            return self.quiet(said)
        few_empty = empty <= limits.empty_share_warning_ratio
        found = self.finding(
            # A handful of samples is no basis for more than a warning.
            "warning",
            f"Predictions are {'too short' if few_empty else 'mostly empty'}: {said} Epoch {last.epoch:g}.",
            last.epoch,
            now={"words out / in": rho, "empty share": empty, "samples": float(len(pairs))},
            limits=_limits(limits),
            remedy=REMEDY if is_ctc(snapshot) else REMEDY_WITHOUT_BLANKS,
            cannot_tell=CANNOT_TELL + " And whether these samples stand for the whole set.",
        )
        return _named(found, few_empty)


REMEDY = (
    "Decode again with the blank lowered: if words appear, it is the decoder. Else normalise before the classifier, "
    "keep about one output frame per 3 frames of a word, and look at the learning rate."
)
REMEDY_WITHOUT_BLANKS = (
    "Decode again with another length penalty or beam: if words appear, it is the decoder. Else see whether the model "
    "ends its sentences too early, and look at the learning rate."
)
CANNOT_TELL = "Whether the decoder throws words away or the model never has them."


def _named(found: Finding, few_empty: bool) -> Finding:
    """Where hardly one is empty, they are short."""
    return replace(found, title="Predictions too short") if few_empty else found


def _empty_targets(snapshot: Snapshot) -> float:
    """Share of the val clips whose reference is empty; 0 where no reference is known."""
    references = [clip.reference for clip in snapshot.clips if clip.split == "val"]
    return sum(not reference.split() for reference in references) / len(references) if references else 0.0


def _level(rho: float, empty: float, deleted: float, limits: EmptyLimits, common: CommonLimits) -> Level:
    """NaN compares false: what was not logged raises nothing."""
    many_deleted = math.isnan(deleted) or deleted > limits.empty_deletions_critical_ratio
    if (rho < limits.empty_length_critical_ratio or empty > limits.empty_share_critical_ratio) and many_deleted:
        return Level.CRITICAL
    if rho < limits.empty_length_warning_ratio or empty > limits.empty_share_warning_ratio:
        return Level.WARNING
    back = 1 + common.hysteresis_ratio
    if rho < limits.empty_length_warning_ratio * back or empty > limits.empty_share_warning_ratio / back:
        return Level.HOLD
    return Level.CLEAR


def _words(rho: float) -> str:
    """Predicted words for every hundred in the targets."""
    out = 100 * rho
    return count(round(out), "word") if out < LARGEST else f"{number(out)} words"


def _when_well(rho: float, empty: float) -> str:
    """What the newest evaluation counted."""
    if math.isfinite(rho):
        return f"{_words(rho)} out for every 100 in the targets."
    return "The newest evaluation has no count." if math.isnan(empty) else f"{100 * empty:.0f} % of predictions empty."


def _line(rho: float, empty: float, deleted: float, few_empty: bool) -> str:
    parts = []
    if math.isfinite(rho):
        parts.append(f"{_words(rho)} for every 100 in the targets")
    if not math.isnan(empty):
        parts.append(f"{100 * empty:.0f} % of predictions empty")
    if not math.isnan(deleted):
        parts.append(f"{100 * deleted:.0f} % of target words deleted")
    word = "short" if few_empty else "empty"
    return f"Predictions are too {word}: {', '.join(parts)}."


def _numbers(snapshot: Snapshot, rho: float, empty: float, deleted: float, blank: float) -> dict[str, float | str]:
    values = {"words out / in": rho, "empty share": empty, "deleted share": deleted, "blank ratio": blank}
    numbers: dict[str, float | str] = {key: float(value) for key, value in values.items() if not math.isnan(value)}
    floor = evaluations.floors_of(snapshot).blank_ratio
    if floor is not None:
        numbers["b*"] = floor
    return numbers


def _limits(limits: EmptyLimits) -> dict[str, float | str]:
    return {
        "words out / in (warning)": limits.empty_length_warning_ratio,
        "words out / in (critical)": limits.empty_length_critical_ratio,
        "empty share (warning)": limits.empty_share_warning_ratio,
        "empty share (critical)": limits.empty_share_critical_ratio,
    }
