"""Is the error rate itself wrong? Before any other advice."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import jiwer
import numpy as np

from monitor.rules import evaluations
from monitor.rules.evaluations import Evaluations
from monitor.rules.result import Finding, Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.run_dir import Severity, Snapshot

DIFFERS = 0.01
"""A point of WER: less may be another tokenisation."""
SAME = 5e-5
"""Two error rates are the same to four digits."""
SAMPLE, FAR, SAMPLE_ERRORS = 20, 0.10, 4.0
"""So many clips at least, so far apart, and so many standard errors, where each clip counts as one draw."""
REMEDY = (
    "Score the logged predictions again: jiwer.process_words(reference, hypothesis), references first, summed over "
    "the split before dividing. Judge nothing else before."
)


class ScorerLimits(Limits, frozen=True):
    scorer_same_evaluations: int = 5
    scorer_loss_fall_ratio: float = 0.05
    scorer_least_words_ratio: float = 0.3


class ScorerFailure(Rule):
    """Watches for an error rate that the logged predictions contradict, above all one whose arguments were swapped
    (errors / words said instead of errors / words asked for), and for one that stays the same to four digits while
    the loss falls and words are said, unless the newest predictions score to it.

    It can only recompute what was logged whole: every val clip's prediction of an evaluation.
    It cannot tell whether the references themselves are right.
    """

    name = "scorer_failure"
    title = "The error rate may be wrong"
    place = 10
    kind = "sequence"
    watches = ("val_wer", "val_loss", "val_tokens", "length_ratio")
    yardstick = "chance"
    causes = ("scorer_wrong",)
    limits = ScorerLimits

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        limits = thresholds.of(ScorerLimits)
        snapshot = evaluations.measured(snapshot, evaluations.val_wer)
        if not snapshot.epochs:
            return self.not_applicable("val WER")
        recomputed = _recomputed(snapshot)
        if recomputed is not None:
            return self._finding("critical", *recomputed)
        apart = _far_apart(snapshot)
        if apart is not None:
            return self._finding("info", *apart)
        if not evaluations.enough(snapshot, thresholds):
            return self.not_enough_data(len(snapshot.epochs), evaluations.needed(snapshot, thresholds))
        data = evaluations.read(snapshot, thresholds)
        constant = _constant(snapshot, data, limits)
        if constant is None or _scores_as_logged(snapshot):
            return self.quiet("Nothing that is logged contradicts the error rate.")
        return self._finding("warning", *constant)

    def _finding(self, severity: Severity, line: str, at: float, now: dict[str, float | str]) -> Finding:
        return self.finding(
            severity,
            line,
            at,
            now=now,
            limits={"difference, points": 100 * DIFFERS},
            remedy=REMEDY,
            cannot_tell="Whether the references themselves are right.",
        )


def _recomputed(snapshot: Snapshot) -> tuple[str, float, dict[str, float | str]] | None:
    """(line, epoch, numbers) where the predictions of the last evaluation contradict its error rate."""
    pairs = _last_pairs(snapshot)
    if pairs is None:
        return None
    epoch, said, references, hypotheses, whole = pairs
    errors, asked, given = _errors(references, hypotheses)
    if not asked:
        return None
    right, swapped = errors / asked, errors / given if given else math.nan
    numbers: dict[str, float | str] = {"val WER as logged": said, "recomputed": right}
    if abs(swapped - said) < SAME and abs(right - said) > SAME:
        numbers["errors / words said"] = swapped
        return (
            f"The error rate divides by the words said instead of the words asked for (arguments swapped): "
            f"it says {100 * said:.1f} %, the predictions of epoch {epoch:g} score {100 * right:.1f} %.",
            epoch,
            numbers,
        )
    if whole and abs(right - said) > DIFFERS:
        return (
            f"The logged error rate is {100 * said:.1f} %, but the predictions of epoch {epoch:g} "
            f"score {100 * right:.1f} %.",
            epoch,
            numbers,
        )
    return None


def _far_apart(snapshot: Snapshot) -> tuple[str, float, dict[str, float | str]] | None:
    """(line, epoch, numbers) where the predictions are no proof, as nobody logged how many words the whole split has,
    and lie farther from the rate than a random sample of it would."""
    pairs = _last_pairs(snapshot)
    if pairs is None or pairs[4]:
        return None
    epoch, said, references, hypotheses, _ = pairs
    errors, asked, _ = _errors(references, hypotheses)
    if not asked or len(references) < SAMPLE:
        return None
    scored = errors / asked
    share = min(max(scored, said, 0.0), 0.5)
    if abs(scored - said) <= max(FAR, SAMPLE_ERRORS * math.sqrt(share * (1 - share) / len(references))):
        return None
    return (
        f"The {len(references)} logged predictions of epoch {epoch:g} score {100 * scored:.1f} %, and the logged error "
        f"rate is {100 * said:.1f} %: it is of other clips, or one of both is wrong.",
        epoch,
        {"val WER as logged": said, "recomputed": scored},
    )


def _scores_as_logged(snapshot: Snapshot) -> bool:
    """Whether the predictions of the newest evaluation score to its logged rate: a model may say the same each time."""
    pairs = _last_pairs(snapshot)
    if pairs is None or pairs[0] != snapshot.epochs[-1].epoch:
        return False
    errors, asked, _ = _errors(pairs[2], pairs[3])
    return bool(asked) and abs(errors / asked - pairs[1]) <= SAME


def _last_pairs(snapshot: Snapshot) -> tuple[float, float, tuple[str, ...], tuple[str, ...], bool] | None:
    """Of the last decoded evaluation: epoch, WER, targets, predictions, whether they are surely the whole split."""
    rates = {record.epoch: record for record in snapshot.epochs if record.val_wer is not None}
    decode = next((d for d in reversed(snapshot.decodes) if d.split == "val" and d.epoch in rates), None)
    clips = {clip.clip_id: clip.reference for clip in snapshot.clips if clip.split == "val"}
    if decode is None or len(decode.hypotheses) != len(clips) or not clips:
        return None
    if decode.clip_ids is not None and set(decode.clip_ids) != set(clips):
        return None
    references = tuple(clips[name] for name in decode.clip_ids) if decode.clip_ids else tuple(clips.values())
    record = rates[decode.epoch]
    rate = record.val_wer if record.val_wer is not None else math.nan
    whole = record.val_tokens == sum(len(text.split()) for text in references)
    return decode.epoch, rate, references, tuple(decode.hypotheses), whole


@functools.lru_cache(maxsize=8)
def _errors(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[int, int, int]:
    """(errors, words asked for, words said) over all pairs."""
    out = jiwer.process_words(list(references), list(hypotheses))
    errors = out.substitutions + out.deletions + out.insertions
    return errors, out.hits + out.substitutions + out.deletions, out.hits + out.substitutions + out.insertions


def _constant(
    snapshot: Snapshot, data: Evaluations, limits: ScorerLimits
) -> tuple[str, float, dict[str, float | str]] | None:
    """The same rate to four digits in the last evaluations while the loss fell. A silent model has that right."""
    window = limits.scorer_same_evaluations
    recent = evaluations.columns(snapshot, "val_wer")[0][-window:]
    if len(recent) < window or not np.isfinite(recent).all() or float(np.ptp(recent)) > SAME:
        return None
    loss = data.val_loss[-window:]
    if not np.isfinite(loss).all() or loss[-1] > loss[0] * (1 - limits.scorer_loss_fall_ratio):
        return None
    said = evaluations.columns(snapshot, "length_ratio")[0][-window:]
    if not (said > limits.scorer_least_words_ratio).all():
        return None
    return (
        f"The error rate is {100 * recent[-1]:.2f} % in each of the last {window} evaluations, "
        f"while val loss fell {100 * (1 - loss[-1] / loss[0]):.0f} % and words are said.",
        float(data.epochs[-window]),
        {"val WER": float(recent[-1]), "evaluations": float(window)},
    )
