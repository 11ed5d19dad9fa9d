"""How much of the input the output shows, against an output that is right."""

from __future__ import annotations

import math

import numpy as np

from monitor.rules import evaluations
from monitor.rules.episodes import Level, open_episode
from monitor.rules.result import Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import CommonLimits, Limits, Thresholds
from monitor.run_dir import Floors, Snapshot
from monitor.run_dir.checkpoints import is_ours
from monitor.run_dir.floors import correct_information

GROWTH_EVALUATIONS, GROWTH = 3, 0.1
"""A tenth more than three evaluations ago: it is coming."""


class InformationLimits(Limits, frozen=True):
    """Mutual information as a share of that of a correct output."""

    information_warning_ratio: float = 0.5
    information_critical_ratio: float = 0.25


MEASURE = (
    "Measure a checkpoint with python -m trainer.diagnose: time left inside the model, gradients, five clips by heart."
)
LEARN_FEW = "Let it memorise five samples, without augmentation, and look at the gradients of the first layers."
_INFORMATION = evaluations.known("mutual_information")


class LowInformation(Rule):
    """Watches the mutual information between frames and output, as a share of what a correct output would carry: H(b*)
    + (1 - b*) H(words). Entropy alone does not see a collapse: a collapsed output is very sure of itself.

    While it clearly grows, there is no flag: every model starts at zero. It cannot tell a model that sees nothing from
    one that sees much and is wrong: that is what WER is for.
    """

    name = "low_information"
    title = "Output hardly depends on the input"
    place = 110
    kind = "ctc"
    watches = ("mutual_information",)
    picture = ""
    causes = ("no_evidence",)
    limits = InformationLimits
    collapsed = True

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """A flag while the share is low; none is raised while it grows. Not applicable without the chance floors."""
        limits = thresholds.of(InformationLimits)
        common = thresholds.of(CommonLimits)
        reference = of_a_correct_output(evaluations.floors_of(snapshot))
        snapshot = evaluations.measured(snapshot, _INFORMATION)
        needs = "mutual_information, and chance floors in run.json"
        if reference is None:
            return self.not_applicable(needs)
        if unready := self.unready(snapshot, thresholds, needs):
            return unready
        data = evaluations.read(snapshot, thresholds)
        share = evaluations.columns(snapshot, "mutual_information")[0] / reference
        levels = [
            _level(share, place, limits, common) if data.judged[place] else Level.CLEAR for place in range(len(data))
        ]
        episode = open_episode(data.epochs, levels, thresholds)
        said = f"{100 * share[-1]:.0f} % of the information of a correct output" if np.isfinite(share[-1]) else "–"
        if episode is None:
            return self.quiet(f"The output carries {said}.")
        return self.flag(
            data.epochs,
            episode,
            f"The output hardly depends on the input: it carries {said}.",
            now={"share of a correct output's information": float(share[-1]), "a correct output, nats": reference},
            limits={"warning": limits.information_warning_ratio, "critical": limits.information_critical_ratio},
            remedy=f"{MEASURE if is_ours(snapshot) else LEARN_FEW} Do not regularise.",
            cannot_tell="Whether the part that depends on the input is right.",
        )


def of_a_correct_output(floors: Floors) -> float | None:
    """Nats per frame of a correct output; None without floors, or where those are no share and no entropy."""
    ratio, words = floors.blank_ratio, floors.unigram_entropy
    if ratio is None or words is None or not (0 < ratio < 1 and math.isfinite(words)):
        return None
    return correct_information(ratio, words)


def _level(share: np.ndarray, place: int, limits: InformationLimits, common: CommonLimits) -> Level:
    value = share[place]
    if not np.isfinite(value):
        return Level.HOLD
    if value >= limits.information_warning_ratio * (1 + common.hysteresis_ratio):
        return Level.CLEAR
    growing = place >= GROWTH_EVALUATIONS and value > share[place - GROWTH_EVALUATIONS] * (1 + GROWTH)
    if value >= limits.information_warning_ratio or growing:
        return Level.HOLD
    return Level.CRITICAL if value < limits.information_critical_ratio else Level.WARNING
