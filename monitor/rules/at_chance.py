"""No better than an output that ignores the input."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from monitor.rules import evaluations
from monitor.rules.arithmetic.series import Array
from monitor.rules.episodes import Level, open_episode
from monitor.rules.evaluations import Evaluations
from monitor.rules.kind import is_ctc
from monitor.rules.result import Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import CommonLimits, Limits, Thresholds
from monitor.run_dir import Epoch, Floors, Snapshot
from monitor.run_dir.words import number, percent, points

FLAT_EVALUATIONS = 10
FLAT_RATIO = 0.01
"""A number stands still if the median of the later half of its last ten values is not 1 % below the earlier half's."""
SAYING_NOTHING = 1.0
"""WER of empty predictions: the floor of every corpus, and the only one where nothing else is known."""
LEFT = "9 of 20 recorded runs that stood there for five evaluations left it, half by the 10th, the last at the 46th"
"""Counted on 158 recorded runs, as far as each was recorded (docs/rules.md)."""


class ChanceLimits(Limits, frozen=True):
    chance_margin: float = 0.02
    chance_skill: float = 0.20
    chance_critical_epochs: float = 25.0


class AtChance(Rule):
    """Watches val WER against the best constant sentence, or against saying nothing where that is not known;
    without WER, the skill 1 - loss / chance loss.

    Critical once nothing falls any longer: train loss, val loss and WER stand still over ten evaluations. A CTC model
    says nothing for a while although its losses fall, and most recorded runs that left chance left it so. Where the
    constant sentence is known and words are said, also after 25 epochs.
    It cannot tell why nothing arrives: a bottleneck inside the model, wrong labels, a wrong scorer, or too few steps.
    """

    name = "at_chance"
    title = "At chance"
    place = 80
    watches = ("val_wer", "val_loss", "train_loss", "train_eval_loss")
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
    says_words = data.val_wer < SAYING_NOTHING - limits.chance_margin if floors.wer_constant is not None else False
    late = (data.epochs >= limits.chance_critical_epochs) & (says_words if by_wer else True)
    sure = late | _stands_still(data)
    levels = []
    for value, judged, certain in zip(over.tolist(), data.judged.tolist(), sure.tolist(), strict=True):
        if not judged or value < -margin:
            levels.append(Level.CLEAR)
        elif math.isnan(value) or value < 0:
            levels.append(Level.HOLD)
        else:
            levels.append(Level.CRITICAL if certain else Level.WARNING)
    return levels


def _stands_still(data: Evaluations) -> npt.NDArray[np.bool_]:
    """At each evaluation whether neither loss nor the error rate falls any longer; False with too few to know."""
    falls = np.stack([_fall(column) for column in (data.train_loss, data.val_loss, data.val_wer)])
    known = np.isfinite(falls)
    return known.any(axis=0) & (np.where(known, falls, -np.inf).max(axis=0) <= FLAT_RATIO)


def _fall(column: Array) -> Array:
    """At each evaluation the share by which the median of its last five values lies below that of the five before.

    Counted in finite values; NaN before the tenth.
    """
    finite = np.isfinite(column)
    fall = np.full(len(column), np.nan)
    if finite.sum() < FLAT_EVALUATIONS:
        return fall
    windows = np.lib.stride_tricks.sliding_window_view(column[finite], FLAT_EVALUATIONS)
    before = np.median(windows[:, : FLAT_EVALUATIONS // 2], axis=1)
    after = np.median(windows[:, FLAT_EVALUATIONS // 2 :], axis=1)
    count = np.cumsum(finite)
    known = count >= FLAT_EVALUATIONS
    with np.errstate(divide="ignore", invalid="ignore"):
        fall[known] = np.nan_to_num((before - after) / np.abs(before))[count[known] - FLAT_EVALUATIONS]
    return fall


def _line(data: Evaluations, floors: Floors, by_wer: bool, severity: str) -> str:
    if not by_wer:
        best = float(np.nanmin(data.val_loss))
        chance = number(floors.loss_unigram)
        return f"Hardly better than word frequencies alone: best val loss {number(best)}, chance {chance}."
    now, floor = percent(float(data.val_wer[-1])), percent(_chance(floors))
    if severity == "critical":
        said = f"always saying {floors.constant_sentence}" if floors.constant_sentence else _who(floors)
        return f"Not learning from the input: WER {now} after {data.epochs[-1]:g} epochs; {said} scores {floor}."
    return f"Not better than {_who(floors)} yet: {now} against {floor}. {LEFT}."


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
