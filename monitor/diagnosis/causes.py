"""What probably lies behind the findings: the causes in their order of precedence.

A collapsed or at-chance model is never advised "more regularisation".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from monitor.diagnosis.waiting import knows_by_heart, train_value
from monitor.rules.at_chance import INSERTS, LOST, TRAIN_ONLY, VAL_FALLS, WORSE_THAN_CHANCE
from monitor.rules.beside_chance import any_at_chance, beside
from monitor.rules.columns import columns
from monitor.rules.evaluations import last, measured, val_loss
from monitor.rules.gap import BOTH_WORSE, CONSTANT, Gap
from monitor.rules.non_finite import only_val_loss
from monitor.rules.not_moved import NEITHER, TRAIN_FALLS, VAL_ALONE, NotMoved
from monitor.rules.primary import best_of, chance_of, primary_of
from monitor.rules.registry import facts_of
from monitor.rules.result import Finding
from monitor.rules.unmoved import NOT_MOVED
from monitor.rules.wer_plateau import GOT_WORSE, is_at_worst, loss_still_falls
from monitor.run_dir import Snapshot
from monitor.run_dir.words import number, percent

Breaks = Literal["not finite", "run away"]
POOR, MOVED = 0.45, 0.02
"""An error above the first is poor, a little less than one of two classes by luck; a loss that fell by less than the
second of its first value has not moved."""
BROKEN_BY_IT = {
    *("no_evidence", "not_moving", "too_little_regularisation", "words_missing"),
    *("nothing_learnt", "getting_worse", "stuck"),
}
"""Causes that cannot be judged while the optimisation diverges."""
OF_A_RIGHT_METRIC = {"no_evidence", "too_little_regularisation", "nothing_learnt", "getting_worse", "stuck"}
ELSEWHERE = {
    WORSE_THAN_CHANCE: "inverted",
    INSERTS: "",
    VAL_FALLS: "",
    NEITHER: "nothing_learnt",
    TRAIN_FALLS: "no_evidence",
    VAL_ALONE: "",
}
"""Title of a finding → the one cause that it points to, "" for none."""
OF_A_GAP = {CONSTANT: "measured_differently", BOTH_WORSE: "getting_worse"}
"""Title of a finding about the gap → its cause; any other is too little regularisation."""
ONLY_BY_HEART = "What is learnt on train does not carry over to val"
"""Title of `no_evidence` where the train set is known by heart: its input does reach the output layer."""
NOT_SHOWN, NOTHING_MOVED = "What is learnt does not show in the metric", "Nothing that is measured has moved"
"""Titles where the metric is where it began: with a loss that came down, and without."""
SHARES_ONLY = "Perhaps only the share of each class is learnt"
"""Title where val loss falls and another metric is at chance."""
HALVED = 0.5
LEARNT_MARGIN = 0.1
"""Better than chance by so much, the input is certainly used; points of a share, else a part of chance."""

CAUSES: tuple[tuple[str, str], ...] = (
    ("scorer_wrong", "The error rate is computed wrongly"),
    ("measured_differently", "Train and val loss are measured differently"),
    ("inverted", "The labels of val, or its metric, are the wrong way round"),
    ("diverging", "The optimisation diverges"),
    ("lost_again", "What had been learnt is lost again"),
    ("decoder", "The decoder throws words away"),
    ("no_evidence", "No usable input reaches the output layer"),
    ("not_moving", "The steps do not train the network"),
    ("too_little_regularisation", "Too much model, or too little variety in the data"),
    ("words_missing", "The input is understood, but words are left out"),
    ("nothing_learnt", "Nothing has been learnt at all"),
    ("getting_worse", "What had been learnt is being lost"),
    ("stuck", "Nothing more is being learnt"),
)
"""(name, title), in order of precedence. Which findings point to a cause, their rules say."""


@dataclass(frozen=True)
class Cause:
    """What probably lies behind the findings. `evidence` for it, `against` it: lines for people."""

    name: str
    title: str
    evidence: tuple[str, ...]
    against: tuple[str, ...] = ()


def causes_of(snapshot: Snapshot, findings: tuple[Finding, ...]) -> tuple[Cause, ...]:
    """The causes that findings point to; a hint points to none."""
    flags = {finding.rule: finding for finding in findings if finding.severity != "info"}
    causes = []
    # Empty predictions mean "no input arrives" only where nothing has been learnt.
    excluded = {"no_evidence"} if learns(snapshot) and "at_chance" not in flags else {"words_missing"}
    excluded |= {"no_evidence"} if has_lost(findings) else {"lost_again"}
    excluded |= {"stuck"} if _at_worst(snapshot, findings) or _is_titled(findings, NEITHER) else {"nothing_learnt"}
    # A network that breaks neither learns by heart nor reads its input, whatever it did before.
    excluded |= BROKEN_BY_IT if breaks(findings) else set()
    # Far worse than chance something was learnt; what, no other number of it can tell.
    excluded |= OF_A_RIGHT_METRIC if any(each.title == WORSE_THAN_CHANCE for each in flags.values()) else {"inverted"}
    # What train has learnt is learnt; that it does not carry over is the cause.
    if any(each.title in (INSERTS, VAL_FALLS, TRAIN_ONLY) for each in flags.values()):
        excluded |= {"stuck", "nothing_learnt"}
    for name, title in CAUSES:
        pointing = [finding for finding in flags.values() if name in _causes(finding)]
        if still_learns(snapshot) and (name == "stuck" or (name == "nothing_learnt" and not beside(snapshot))):
            continue
        evidence = tuple(
            each.line for each in pointing if name not in excluded and _points_elsewhere(each) in (None, name)
        )
        if evidence:
            measured = {stance: _measured(snapshot, name, stance) for stance in ("for", "against")}
            against = (*_against(name, snapshot, flags), *measured["against"])
            if name == "no_evidence" and is_learnt_on_train(snapshot, findings):
                title = ONLY_BY_HEART
            elif name in ("nothing_learnt", "stuck"):
                title = _title_unmoved(snapshot, pointing) or title
            causes.append(Cause(name, title, (*evidence, *measured["for"]), against))
    return tuple(causes)


def still_learns(snapshot: Snapshot) -> bool:
    """Whether val loss comes to new bests while the metric scatters: it is too early to call nothing more learnt."""
    return loss_still_falls(columns(measured(snapshot, val_loss), "val_loss")[0])


def _at_worst(snapshot: Snapshot, findings: tuple[Finding, ...]) -> bool:
    """Whether the metric has its worst value even at its best, is poor and neither loss has ever moved, or has never
    moved while another one stands at chance."""
    metric, best = primary_of(snapshot), best_of(snapshot)
    if metric is None or best is None:
        return False
    poor = metric.is_share and (metric.error(best[0]) >= POOR or any_at_chance(snapshot))
    rests = is_not_moved(findings) or poor
    return is_at_worst(metric, metric.error(best[0])) or (rests and _never_moved(snapshot)) or bool(beside(snapshot))


def is_not_moved(findings: tuple[Finding, ...]) -> bool:
    """Whether a warning says that the metric is where it began, and chance of it is not known."""
    return any(each.title.endswith(NOT_MOVED) and each.severity != "info" for each in findings)


def _never_moved(snapshot: Snapshot) -> bool:
    """Whether train and val loss are both logged and neither has come down from where it was first."""
    came = _losses_came_down(snapshot)
    return len(came) == 2 and not any(came)


def _losses_came_down(snapshot: Snapshot) -> list[bool]:
    """Of train and val loss, each where it is logged, whether it has come down from where it was first."""
    logged = [losses[np.isfinite(losses)] for losses in columns(measured(snapshot, val_loss), "train_loss", "val_loss")]
    return [bool(known[0] - known.min() > MOVED * abs(known[0])) for known in logged if len(known)]


def _title_unmoved(snapshot: Snapshot, pointing: list[Finding]) -> str:
    """The title of what lies behind a metric that is where it began; "" where that is not so."""
    if beside(snapshot) and still_learns(snapshot):
        return SHARES_ONLY
    if not is_not_moved(tuple(pointing)):
        return ""
    return NOT_SHOWN if any(_losses_came_down(snapshot)) else NOTHING_MOVED


def is_learnt_on_train(snapshot: Snapshot, findings: tuple[Finding, ...]) -> bool:
    """Whether what is at chance on val has learnt its train set, so that its input does arrive."""
    return knows_by_heart(snapshot) or _is_titled(findings, TRAIN_ONLY, TRAIN_FALLS)


def _is_titled(findings: tuple[Finding, ...], *titles: str) -> bool:
    return any(finding.title in titles for finding in findings)


def has_lost(findings: tuple[Finding, ...]) -> bool:
    """Whether it was well beyond chance and is at chance again."""
    return _is_titled(findings, LOST)


def breaks(findings: tuple[Finding, ...]) -> Breaks | None:
    """Which of both the optimisation does, None where neither: what is not finite outweighs what has run away."""
    flags = [each for each in findings if each.severity != "info" and "diverging" in facts_of(each.rule).causes]
    rules = {each.rule for each in flags if _points_elsewhere(each) is None}
    return "not finite" if "non_finite" in rules else "run away" if rules else None


def _causes(finding: Finding) -> tuple[str, ...]:
    """What the rule points to; a metric at rest and one that got worse are found by one rule, as are a gap that has
    grown and one that has always been there."""
    known, worse = facts_of(finding.rule).causes, finding.title.endswith(GOT_WORSE)
    if finding.rule == Gap.name:
        return (OF_A_GAP.get(finding.title, "too_little_regularisation"),)
    return tuple(name for name in known if name not in ("getting_worse", "stuck") or worse == (name != "stuck"))


def _points_elsewhere(finding: Finding) -> str | None:
    """The one cause of a finding that is not what its rule usually finds, "" where it has none; None for any other.

    Val loss alone that is not finite comes of no optimisation; where words are inserted, the input is read.
    """
    if finding.rule == "non_finite":
        return "" if only_val_loss(finding.now) else None
    return ELSEWHERE.get(finding.title)


def _measured(snapshot: Snapshot, cause: str, stance: str) -> tuple[str, ...]:
    """What measurements of a checkpoint say about a cause."""
    return tuple(probe.line for probe in snapshot.probes if (probe.cause, probe.stance) == (cause, stance))


def _against(name: str, snapshot: Snapshot, flags: dict[str, Finding]) -> tuple[str, ...]:
    """What speaks against a cause, from the same records."""
    train_wer = last(snapshot, "train_wer")
    if name == "no_evidence" and train_wer is not None and train_wer < 0.5:
        return (f"Train WER is {percent(train_wer)}: something does arrive, but only for the train clips.",)
    if name == "no_evidence" and train_wer is None and knows_by_heart(snapshot):
        return (f"{_learnt_by_heart(snapshot)}: something does arrive, but only for the train samples.",)
    if name == "no_evidence" and (fell := _val_loss_fell(snapshot)):
        return (f"{fell}: either the input arrives, or it learnt what all targets have in common.",)
    if name == "too_little_regularisation" and train_wer is not None and train_wer > 0.7:
        return (f"Train WER is still {percent(train_wer)}: the train set is not learnt either.",)
    if name == "nothing_learnt" and (NotMoved.name in flags or is_not_moved(tuple(flags.values()))):
        return ("If it was trained before, it may have been at its end when this run began.",)
    if name == "stuck" and learns(snapshot) and "at_chance" not in flags:
        return ("It is better than chance: it may simply have learnt what this data holds.",)
    return ()


def _val_loss_fell(snapshot: Snapshot) -> str:
    """How far val loss has come down, where it is less than half of its first and what chance has of it is unknown."""
    losses = columns(measured(snapshot, val_loss), "val_loss")[0]
    known = losses[np.isfinite(losses)]
    is_known = snapshot.run is not None and snapshot.run.floors.loss_unigram is not None
    if is_known or len(known) < 2 or not 0 <= known[-1] < HALVED * known[0]:
        return ""
    return f"Val loss has come down from {number(float(known[0]))} to {number(float(known[-1]))}"


def _learnt_by_heart(snapshot: Snapshot) -> str:
    metric, value = primary_of(snapshot), train_value(snapshot)
    if metric is not None and value is not None:
        return f"Train {metric.label} is {metric.text(value)}"
    return f"Train loss has come down to {number(last(snapshot, 'train_loss'))}"


def suppressed(snapshot: Snapshot, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """What is not advised, and why."""
    rules = {finding.rule for finding in findings if finding.severity != "info"}
    if "scorer_failure" in rules:
        return ("Nothing else is suggested before the error rate is right.",)
    if any(finding.title in (LOST, WORSE_THAN_CHANCE, INSERTS, VAL_FALLS) for finding in findings):
        return ()
    if "at_chance" in rules or (any(facts_of(rule).collapsed for rule in rules) and not learns(snapshot)):
        return ("More regularisation is not suggested: a model at chance has nothing to regularise.",)
    if "non_finite" in rules:
        return ("Nothing else is suggested before the losses are finite again.",)
    if breaks(findings):
        return ("Nothing else is suggested while train loss runs away.",)
    return ()


def learns(snapshot: Snapshot) -> bool:
    """Whether the best of the primary metric is clearly better than chance, where that is known of this data."""
    metric = primary_of(snapshot)
    chance, best = chance_of(snapshot, metric), best_of(snapshot)
    if metric is None or chance is None or chance.assumed or best is None:
        return False
    return metric.error(best[0]) < chance.error - LEARNT_MARGIN * chance.size(metric)


def first_try(step: str) -> str:
    """What to do first, as a sentence."""
    return f"First try: {lowered(step)}."


def lowered(step: str) -> str:
    """A title in the middle of a sentence."""
    return f"{step[:1].lower()}{step[1:]}"
