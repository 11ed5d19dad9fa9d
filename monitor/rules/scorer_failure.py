"""Is the error rate itself wrong? Before any other advice."""

from __future__ import annotations

import math

import numpy as np

from monitor.rules import evaluations
from monitor.rules.evaluations import Evaluations
from monitor.rules.result import Finding, Result
from monitor.rules.rule import Rule
from monitor.rules.scored import last_scored
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
    """How many evaluations show the same rate, how far val loss falls meanwhile, words out per target word."""

    scorer_same_evaluations: int = 5
    scorer_loss_fall_ratio: float = 0.05
    scorer_least_words_ratio: float = 0.3


class ScorerFailure(Rule):
    """Watches for an error rate that the logged predictions contradict, above all one whose arguments were swapped
    (errors / words predicted instead of errors / target words), and for one that stays the same to four digits while
    the loss falls and words are predicted, unless the newest predictions score to it.

    It can only recompute what was logged whole: every val clip's prediction of an evaluation. It cannot tell whether
    the references themselves are right.
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
        """Critical where predictions contradict the rate, a warning where they lie far from it or it stays the same."""
        limits = thresholds.of(ScorerLimits)
        snapshot = evaluations.measured(snapshot, evaluations.val_wer)
        if not snapshot.epochs:
            return self.not_applicable("val WER")
        recomputed = _recomputed(snapshot)
        if recomputed is not None:
            return self._finding("critical", *recomputed)
        apart = _far_apart(snapshot)
        if apart is not None:
            return self._finding("warning", *apart)
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
    scored = last_scored(snapshot)
    if scored is None:
        return None
    epoch, said, whole, right = scored.epoch, scored.logged, scored.is_whole, scored.wer
    swapped = scored.errors / scored.given if scored.given else math.nan
    numbers: dict[str, float | str] = {"val WER as logged": said, "recomputed": right}
    if abs(swapped - said) < SAME and abs(right - said) > SAME:
        numbers["errors / words predicted"] = swapped
        return (
            f"The error rate divides by the predicted words instead of the target words (arguments swapped): "
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
    """(line, epoch, numbers) where the predictions are no proof, as the number of words of the whole split was not
    logged, and lie farther from the rate than a random sample of it would."""
    found = last_scored(snapshot)
    if found is None or found.is_whole or found.clips < SAMPLE:
        return None
    share = min(max(found.wer, found.logged, 0.0), 0.5)
    if abs(found.wer - found.logged) <= max(FAR, SAMPLE_ERRORS * math.sqrt(share * (1 - share) / found.clips)):
        return None
    return (
        f"The {found.clips} logged predictions of epoch {found.epoch:g} score {100 * found.wer:.1f} %, and the logged "
        f"error rate is {100 * found.logged:.1f} %: it is of other clips, or one of both is wrong.",
        found.epoch,
        {"val WER as logged": found.logged, "recomputed": found.wer},
    )


def _scores_as_logged(snapshot: Snapshot) -> bool:
    """Whether the predictions of the newest evaluation score to its logged rate: a model may say the same each time."""
    found = last_scored(snapshot)
    return found is not None and found.epoch == snapshot.epochs[-1].epoch and abs(found.wer - found.logged) <= SAME


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
        f"while val loss fell {100 * (1 - loss[-1] / loss[0]):.0f} % and words are predicted.",
        float(data.epochs[-window]),
        {"val WER": float(recent[-1]), "evaluations": float(window)},
    )
