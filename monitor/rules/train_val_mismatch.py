"""Train and val loss that were never measured alike."""

from __future__ import annotations

import numpy as np

from monitor.rules import evaluations
from monitor.rules.result import Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.run_dir import Snapshot
from monitor.run_dir.words import number


class MismatchLimits(Limits, frozen=True):
    """The first evaluations, how many times one loss is the other, and how little that may move."""

    mismatch_evaluations: int = 4
    mismatch_factor: float = 3.0
    mismatch_far_factor: float = 30.0
    mismatch_spread: float = 0.35
    """Of the logarithm of the ratio, from its least to its largest."""


class TrainValMismatch(Rule):
    """Watches the ratio of train to val loss over the first evaluations: where one is a multiple of the other from
    the start, and the multiple hardly changes while both fall, they are on different scales (a sum against a mean,
    per token against per clip, a term that only one of them has).

    It cannot tell which of the two is meant.
    """

    name = "train_val_mismatch"
    title = "Train and val loss are measured differently"
    place = 20
    watches = ("val_loss", "train_loss", "train_eval_loss")
    causes = ("measured_differently",)
    limits = MismatchLimits

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """A warning at most, from the first evaluations alone; not applicable to losses below zero."""
        limits = thresholds.of(MismatchLimits)
        snapshot = evaluations.measured(snapshot, evaluations.both_losses)
        if not snapshot.epochs:
            return self.not_applicable("train and val loss at the same evaluation")
        if evaluations.is_below_zero(snapshot, "train_loss", "val_loss"):
            return self.not_applicable(evaluations.BELOW_ZERO)
        need = limits.mismatch_evaluations
        data = evaluations.read(snapshot, thresholds)
        both = np.isfinite(data.train_loss) & np.isfinite(data.val_loss) & (data.train_loss > 0) & (data.val_loss > 0)
        if int(both.sum()) < need:
            return self.not_enough_data(int(both.sum()), need)
        places = np.flatnonzero(both)[:need]
        ratios = np.log(data.train_loss[places] / data.val_loss[places])
        fell = data.val_loss[places[-1]] < 0.9 * data.val_loss[places[0]]
        factor = float(np.exp(np.median(ratios)))
        apart = min(abs(ratios)) > np.log(limits.mismatch_factor)
        alike = apart and float(np.ptp(ratios)) < limits.mismatch_spread and fell
        far = min(abs(ratios)) > np.log(limits.mismatch_far_factor)
        if not (alike or far):
            return self.quiet(f"Train loss is {number(factor)} times val loss at first.")
        larger, other = ("train", "val") if factor > 1 else ("val", "train")
        more = f"{larger} loss is {number(float(np.exp(abs(np.median(ratios)))))} times {other} loss"
        return self.finding(
            "warning",
            f"The two losses are on different scales: {more} in the first {need} evaluations"
            + (", while both fall." if fell else "."),
            float(data.epochs[places[0]]),
            fired=float(data.epochs[places[-1]]),
            now={"train / val loss": factor},
            limits={"times": limits.mismatch_factor, "times, however they move": limits.mismatch_far_factor},
            remedy="Measure both with the same reduction and the same terms; best: some fixed train samples in "
            "eval mode (train_eval_loss). Until then the gap means nothing.",
            cannot_tell="Which of the two is the one you mean; nor a run that goes on from weights which know the "
            "train samples by heart.",
        )
