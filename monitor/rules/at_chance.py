"""No better than an output that ignores the input."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from monitor.rules import evaluations
from monitor.rules.episodes import Level, open_episode
from monitor.rules.evaluations import Evaluations
from monitor.rules.kind import is_ctc
from monitor.rules.result import Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import CommonLimits, Limits, Thresholds
from monitor.run_dir import Epoch, Floors, Snapshot
from monitor.run_dir.words import number, percent, points

FLAT_EVALUATIONS = 8
SAYING_NOTHING = 1.0
"""WER of empty predictions: the floor of every corpus, and the only one where nothing else is known."""


class ChanceLimits(Limits, frozen=True):
    chance_margin: float = 0.02
    chance_skill: float = 0.20
    chance_critical_epochs: float = 25.0


class AtChance(Rule):
    """Watches val WER against the best constant sentence, or against saying nothing where that is not known;
    without WER, the skill 1 - loss / chance loss.

    Critical after 25 epochs, or once val loss has stopped falling: of 16 recorded runs at chance 6 recovered by
    themselves, the slowest after 21 epochs.
    It cannot tell why nothing arrives: a bottleneck inside the model, wrong labels, a wrong scorer, or too few steps.
    """

    name = "at_chance"
    title = "At chance"
    place = 80
    watches = ("val_wer", "val_loss")
    yardstick = "chance"
    causes = ("no_evidence",)
    limits = ChanceLimits
    may_stop = True
    never_learnt = True

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        limits = thresholds.of(ChanceLimits)
        common = thresholds.of(CommonLimits)
        floors = evaluations.floors_of(snapshot)
        wer_known = any(record.val_wer is not None for record in snapshot.epochs)
        by_wer = wer_known and (floors.wer_constant is not None or floors.loss_unigram is None)
        if not by_wer and floors.loss_unigram is None:
            return self.not_applicable("val WER, or chance floors in run.json with val loss")
        snapshot = evaluations.measured(snapshot, evaluations.val_wer if by_wer else evaluations.val_loss)
        if unready := self.unready(snapshot, thresholds, "val WER or val loss"):
            return unready
        data = evaluations.read(snapshot, thresholds)
        broken = [_broken(record) for record in snapshot.epochs]
        levels = _levels(data, floors, by_wer, limits, common)
        levels = [Level.CLEAR if bad else level for bad, level in zip(broken, levels, strict=True)]
        # It cannot be known before the guard's evaluations are in, so the flag cannot have fired earlier.
        episode = open_episode(data.epochs, levels, thresholds)
        if episode is None:
            return self.quiet(_better(data, floors, by_wer, limits.chance_margin))
        first_known = min(max(episode.fired, common.guard_evaluations - 1), len(data) - 1)
        since = episode.critical_at if episode.critical_at is not None else episode.onset
        return self.flag(
            data.epochs,
            replace(episode, fired=first_known),
            _line(data, floors, by_wer, episode.severity) + f" Since epoch {data.epochs[since]:g}.",
            dated=True,
            now=_numbers(data, floors),
            limits={"margin, points of WER": 100 * limits.chance_margin, "skill": limits.chance_skill},
            remedy="Do not add regularisation: a model at chance has nothing to regularise. Find out whether the input "
            "reaches the classifier: "
            + ("time resolution inside the model, " if is_ctc(snapshot) else "")
            + "the labels, the learning rate.",
            cannot_tell="Why: a bottleneck in time, wrong labels, a wrong scorer, too low a learning rate, or too few "
            "steps so far.",
        )


def skill(loss: float, floors: Floors) -> float:
    """1 - loss / chance loss: 0 knows word frequencies only, 1 is perfect."""
    return 1 - loss / floors.loss_unigram if floors.loss_unigram else float("nan")


def _broken(record: Epoch) -> bool:
    """Whether val loss is NaN or infinite: such a network is broken, which is another finding's matter."""
    return record.val_loss is not None and not math.isfinite(record.val_loss)


def _levels(data: Evaluations, floors: Floors, by_wer: bool, limits: ChanceLimits, common: CommonLimits) -> list[Level]:
    if by_wer:
        over = data.val_wer - (_chance(floors) - limits.chance_margin)
        margin = limits.chance_margin * common.hysteresis_ratio
    else:
        over = limits.chance_skill - (1 - data.val_loss / (floors.loss_unigram or math.nan))
        margin = limits.chance_skill * common.hysteresis_ratio
    places = zip(over.tolist(), data.judged.tolist(), data.epochs.tolist(), strict=True)
    levels = []
    for place, (value, judged, epoch) in enumerate(places):
        if not judged or value < -margin:
            levels.append(Level.CLEAR)
        elif math.isnan(value) or value < 0:
            levels.append(Level.HOLD)
        else:
            late = epoch >= limits.chance_critical_epochs
            sure = late or _stopped_falling(data.val_loss[: place + 1])
            levels.append(Level.CRITICAL if sure else Level.WARNING)
    return levels


def _stopped_falling(loss: np.ndarray) -> bool:
    """Whether the best of the last evaluations is no better than the best before them."""
    finite = loss[np.isfinite(loss)]
    if len(finite) < 2 * FLAT_EVALUATIONS:
        return False
    before, recent = finite[:-FLAT_EVALUATIONS].min(), finite[-FLAT_EVALUATIONS:].min()
    return bool(recent > before - 0.005 * abs(before))


def _line(data: Evaluations, floors: Floors, by_wer: bool, severity: str) -> str:
    if not by_wer:
        best = float(np.nanmin(data.val_loss))
        chance = number(floors.loss_unigram)
        return f"Hardly better than word frequencies alone: best val loss {number(best)}, chance {chance}."
    now, floor = percent(float(data.val_wer[-1])), percent(_chance(floors))
    if severity == "critical":
        said = f"always saying {floors.constant_sentence}" if floors.constant_sentence else _who(floors)
        return f"Not learning from the input: WER {now} after {data.epochs[-1]:g} epochs; {said} scores {floor}."
    return (
        f"Not better than {_who(floors)} yet: {now} against {floor}. "
        "6 of 16 recorded runs like this recovered, the slowest after 21 epochs."
    )


def _chance(floors: Floors) -> float:
    return SAYING_NOTHING if floors.wer_constant is None else floors.wer_constant


def _who(floors: Floors) -> str:
    return "saying nothing" if floors.wer_constant is None else "one constant sentence"


def _better(data: Evaluations, floors: Floors, by_wer: bool, margin: float) -> str:
    if by_wer:
        now, chance = float(data.val_wer[-1]), _chance(floors)
        if now >= chance - margin:
            return f"Val WER is {percent(now)}, {_who(floors)} scores {percent(chance)}."
        return f"Val WER is {points(chance - now)} points below {_who(floors)}."
    return f"Skill {number(skill(float(np.nanmin(data.val_loss)), floors))} against word frequencies."


def _numbers(data: Evaluations, floors: Floors) -> dict[str, float | str]:
    numbers: dict[str, float | str] = {}
    if np.isfinite(data.val_wer).any():
        numbers |= {"val WER": float(data.val_wer[-1]), "best val WER": float(np.nanmin(data.val_wer))}
        numbers[f"{_who(floors)}, WER"] = _chance(floors)
    if floors.constant_sentence:
        numbers["constant sentence"] = floors.constant_sentence
    if floors.loss_unigram is not None and np.isfinite(data.val_loss).any():
        numbers |= {"best skill": skill(float(np.nanmin(data.val_loss)), floors), "chance loss": floors.loss_unigram}
    return numbers
