"""No better than an output that ignores the input."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitor.rules import evaluations
from monitor.rules.arithmetic.falling import FLAT_RATIO, any_falls, begins_to_fall, fall, keeps_falling
from monitor.rules.arithmetic.series import Array
from monitor.rules.episodes import Level, open_episode, since
from monitor.rules.evaluations import Evaluations
from monitor.rules.kind import is_ctc
from monitor.rules.learning import EVALUATE_TRAIN, LEARNT_RATIO, WITH_IT_RATIO, came_down
from monitor.rules.primary import SAYING_NOTHING, Chance, chance_of, needs_of, primary_of
from monitor.rules.result import Result
from monitor.rules.rule import PRIMARY, Rule
from monitor.rules.scored import last_scored
from monitor.rules.thresholds import CommonLimits, Limits, Thresholds
from monitor.run_dir import Epoch, Floors, Severity, Snapshot
from monitor.run_dir.floors import skill
from monitor.run_dir.metric import WER, Metric
from monitor.run_dir.metric_names import EDIT_RATES
from monitor.run_dir.planned import planned_epochs
from monitor.run_dir.status import is_over
from monitor.run_dir.words import number, percent

SPENT_RATIO = 0.1
"""Of the planned epochs, where a plan is known: before them nothing is critical."""
NEVER_BELOW, OFTEN_PERCENT = 0.9, 1.2
"""An error rate that was never below the first and once above the second may be one in percent."""
FAR_WORSE = 0.1
"""So many points of a share beyond chance an output follows its input, the wrong way round."""
WORSE_THAN_CHANCE = "Worse than chance"
"""Title of the finding in that case: input arrives."""
LOST = "Has lost what it had learnt"
"""Title of the finding where it was well beyond chance before: input arrives, or did."""
INSERTS = "Words are inserted"
"""Title of the finding where the input is read and too many words are predicted: input arrives."""
VAL_FALLS, TRAIN_ONLY = "At chance although val loss falls", "Learnt on train, at chance on val"
"""Titles of the finding where a loss shows that something is learnt: input arrives."""
LOOK_AT_PREDICTIONS = (
    "The input arrives: read some predictions beside their targets, and see whether they are decoded and scored as "
    "they should be."
)
READS = 0.15
"""Of the target words: so many more than a constant sentence can hit are read off the input."""
END_EARLIER = (
    "Look at how a prediction ends: the end token, the longest length, a penalty for repetition or length. The input "
    "is read."
)
BEYOND = 0.1
"""Beyond chance by so much it had learnt: points of a share, else a part of chance."""
GO_BACK = (
    "Go on from the last checkpoint before it, with a lower learning rate or clipped gradients; look at what changed "
    "there: the rate, the data, the code."
)
LOOK_AT_LABELS = (
    "Look at the labels (swapped or shifted classes), at how it is computed, and whether it is an error or a score: an "
    "output that ignores the input would do better."
)
FAST_RATIO, FAST_EVALUATIONS, NEWEST = 0.02, 5, 3
"""A loss falls fast while the lowest of its last three values is 2 % an evaluation below that of five evaluations ago,
or below the first."""
NO_INPUT = (
    "Do not add regularisation: a model at chance has nothing to regularise. Find out whether the input reaches the "
    "classifier:{} the labels, the learning rate."
)
HAS_LOST = (LOST, GO_BACK, "Why: too high a rate, one bad batch, or data that changed.")
INSERTING = (INSERTS, END_EARLIER, "Whether the decoder or the model adds them.")
FAR_BEYOND = (WORSE_THAN_CHANCE, LOOK_AT_LABELS, "Why: wrong labels, or a wrong scorer.")
WHY = "Why: a bottleneck in time, wrong labels, a wrong scorer, too low a learning rate, or too few steps so far."
LEFT_BY = 46
LEFT = (
    "9 of 20 recorded runs that stood there for five evaluations left it, half by the 10th, the last at the "
    f"{LEFT_BY}th"
)
"""Counted on 158 recorded runs, as far as each was recorded (docs/rules.md)."""


class ChanceLimits(Limits, frozen=True):
    """How near to chance is at chance, in sizes of the metric (`Chance.size`) or as skill; the epoch of `critical`."""

    chance_margin: float = 0.02
    chance_skill: float = 0.20
    chance_critical_epochs: float = 25.0


class AtChance(Rule):
    """Watches the primary metric against chance: WER against the best constant sentence, or against an empty output
    where that is not known; accuracy against the most frequent label; any metric against the chance that it declares or
    that follows from what it measures (AUC, R², MCC); what was never better than its worst value, against that. Where
    none is known, the skill 1 - loss / chance loss.

    A hint while val loss falls fast. Critical once nothing improves any longer: train loss, val loss and metric
    stand still over ten evaluations, and a tenth of the plan is spent. A CTC model says nothing for a while
    although its losses fall, and most recorded runs that left chance left it so. Where the constant sentence is
    known and words are predicted, also after 25 epochs, unless val loss or metric still improves. What was well
    beyond chance before has lost what it had learnt: another sentence, another remedy. It cannot tell why nothing
    arrives: a bottleneck inside the model, wrong labels, a wrong scorer, or too few steps.
    """

    name = "at_chance"
    title = "At chance"
    place = 80
    watches = (PRIMARY, "val_loss", "train_loss", "train_eval_loss")
    yardstick = "chance"
    causes = ("inverted", "lost_again", "no_evidence")
    limits = ChanceLimits
    may_stop = True
    never_learnt = True

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """A flag where the metric, else the skill of val loss, is not better than chance by more than its margin."""
        limits = thresholds.of(ChanceLimits)
        common = thresholds.of(CommonLimits)
        floors = evaluations.floors_of(snapshot)
        metric = primary_of(snapshot)
        chance = chance_of(snapshot, metric)
        if metric is None or (chance is not None and chance.assumed and floors.loss_unigram is not None):
            chance = None
        if chance is None and floors.loss_unigram is None:
            return self.not_applicable(_needs(snapshot, metric))
        known = metric if chance is not None else None
        wanted = evaluations.val_loss if known is None else evaluations.known(known.name)
        snapshot = evaluations.measured(snapshot, wanted)
        if unready := self.unready(snapshot, thresholds, "val loss" if known is None else known.title):
            return unready
        data = evaluations.read(snapshot, thresholds)
        broken = [_broken(record) for record in snapshot.epochs]
        spent = data.epochs >= SPENT_RATIO * (planned_epochs(snapshot) or 0.0)
        levels = _levels(data, floors, chance, limits, common, spent)
        over, _ = _over(data, floors, chance, limits)
        levels = [Level.CLEAR if bad else level for bad, level in zip(broken, levels, strict=True)]
        # It cannot be known before the guard's evaluations are in, so the flag cannot have fired earlier.
        episode = open_episode(data.epochs, levels, thresholds)
        if episode is None:
            return self.quiet(_better(data, floors, chance, limits.chance_margin))
        first_known = min(max(episode.fired, common.guard_evaluations - 1), len(data) - 1)
        began = since(data.epochs, episode.onset, over >= 0)
        episode = replace(episode, fired=first_known)
        had = over[: episode.onset]
        size = chance.size(known) if chance and known else 1.0
        if had.size and np.nanmin(had, initial=np.inf) < -BEYOND * size:
            said = Wording(f"{_lost(data, floors, chance)} Since epoch {data.epochs[episode.onset]:g}.", *HAS_LOST)
        elif (inserting := _inserting(snapshot, metric, chance)) is not None:
            said = Wording(f"{inserting} Since {began}.", *INSERTING, "warning")
        else:
            said = _never_better(snapshot, data, chance, episode.severity, began)
        return self.flag(
            data.epochs,
            episode,
            said.line,
            dated=True,
            began=began,
            now=_numbers(data, floors, chance),
            limits={"margin, points": 100 * limits.chance_margin, "skill": limits.chance_skill},
            severity=said.severity,
            title=said.title,
            remedy=said.remedy,
            cannot_tell=said.cannot_tell,
        )


def _may_be_a_plateau(data: Evaluations, severity: str, *, over: bool, worst: bool) -> bool:
    """Whether it is a hint only: where words are counted, a model says nothing for a while although its loss falls, and
    a score over sequences or boxes stays at 0 for a while. `worst`: it is at the worst that it can be."""
    if severity != "warning" or over or data.metric is None or not (worst or data.metric.label in EDIT_RATES):
        return False
    losses = [column[np.isfinite(column)][-FAST_EVALUATIONS - 1 :] for column in (data.val_loss, data.train_loss)]
    known = [loss for loss in losses if len(loss) > 1]
    return bool(known) and all(_falls_fast(loss) for loss in known)


def _falls_fast(loss: Array) -> bool:
    return bool(loss[-NEWEST:].min() < (1 - FAST_RATIO * (len(loss) - 1)) * loss[0])


class Wording(NamedTuple):
    """A finding of this rule; `title` "" is that of the rule, `severity` None that of the episode."""

    line: str
    title: str
    remedy: str
    cannot_tell: str
    severity: Severity | None = None


def _never_better(
    snapshot: Snapshot, data: Evaluations, chance: Chance | None, severity: Severity, began: str
) -> Wording:
    """Of a metric that has not left chance yet; `began`: since when, in words."""
    over = is_over(snapshot)
    if (learning := _learning(data, evaluations.floors_of(snapshot), chance)) is not None:
        told = f"{learning.line} Since {began}.{_in_percent(data, chance, _counts_words(snapshot))}"
        return learning._replace(line=told)
    line = _line(data, evaluations.floors_of(snapshot), chance, severity, over)
    text = f"{line} Since {began}.{_in_percent(data, chance, _counts_words(snapshot))}"
    where = " time resolution inside the model," * is_ctc(snapshot)
    beside = FAR_BEYOND if _is_beyond(data, chance) else ("", NO_INPUT.format(where), WHY)
    worst = chance is not None and chance.assumed
    return Wording(text, *beside, "info" if _may_be_a_plateau(data, severity, over=over, worst=worst) else None)


def _learning(data: Evaluations, floors: Floors, chance: Chance | None) -> Wording | None:
    """Of a metric at chance while a loss shows that something is learnt; a hint while val loss comes to new bests, and
    never critical where val loss fell."""
    if _is_beyond(data, chance):
        return None
    at = _where(data, floors, chance)
    known = data.val_loss[np.isfinite(data.val_loss)]
    improves = len(known) > NEWEST and known[-NEWEST:].min() < (1 - FLAT_RATIO) * known[:-NEWEST].min()
    of_train = came_down("train loss", data.train_loss, data.epochs)
    if of_val := came_down("val loss", data.val_loss, data.epochs, WITH_IT_RATIO if of_train else LEARNT_RATIO):
        severity: Severity = "info" if improves else "warning"
        unsure = "Whether decoder or scorer is at fault."
        return Wording(f"{at}, although {of_val}.", VAL_FALLS, LOOK_AT_PREDICTIONS, unsure, severity)
    if of_train:
        unsure = "Whether val or its evaluation differs."
        return Wording(f"{at}, although {of_train}.", TRAIN_ONLY, EVALUATE_TRAIN, unsure)
    return None


def _where(data: Evaluations, floors: Floors, chance: Chance | None) -> str:
    """That it is no better than chance, without a full stop."""
    if chance is None or data.metric is None:
        last, floor = number(float(data.val_loss[-1])), number(floors.loss_unigram)
        return f"Val loss is {last}, hardly better than word frequencies alone ({floor})"
    now, floor = data.metric.error_text(float(data.error[-1])), data.metric.error_text(chance.error)
    return f"{data.metric.heading} is {now}, not better than {chance.who} ({floor})"


def _inserting(snapshot: Snapshot, metric: Metric | None, chance: Chance | None) -> str | None:
    """That the predictions hit far more target words than a constant output can, and say more than are asked for."""
    if metric is None or metric.label != WER.label or chance is None or chance.assumed:
        return None
    scored = last_scored(snapshot)
    # Whatever scores `chance` has at least so many errors among its targets: it hits no more than the rest of them.
    if scored is None or scored.given <= scored.asked or scored.hits / scored.asked < 1 - chance.error + READS:
        return None
    right, said = percent(scored.hits / scored.asked), f"{100 * scored.given / scored.asked:.0f}"
    wer = f"WER {percent(scored.wer)}, {chance.does} {metric.error_text(chance.error)}"
    return f"{right} of the words are right, but {said} are predicted for every 100 target words: {wer}."


def _broken(record: Epoch) -> bool:
    """Whether val loss is NaN or infinite: such a network is broken, which is another finding's matter."""
    return record.val_loss is not None and not math.isfinite(record.val_loss)


def _needs(snapshot: Snapshot, metric: Metric | None) -> str:
    """What is missing for a judgement against chance."""
    if metric is None:
        return f"{needs_of(snapshot)}; or chance floors in run.json with val loss"
    return f"what chance has of {metric.title} (declare it: chance=)"


def _levels(
    data: Evaluations,
    floors: Floors,
    chance: Chance | None,
    limits: ChanceLimits,
    common: CommonLimits,
    spent: npt.NDArray[np.bool_],
) -> list[Level]:
    """At each evaluation how near chance it is. `spent`: whether enough of the plan is over to be sure."""
    late = data.epochs >= limits.chance_critical_epochs
    over, margin = _over(data, floors, chance, limits)
    if chance is not None and data.metric is not None:
        # Where words are counted, a model may be silent for long and still begin to speak.
        speaks = data.error < SAYING_NOTHING - margin if data.metric.label in EDIT_RATES else True
        late = late & (False if chance.assumed else speaks)
    columns = (data.train_loss, data.val_loss, data.error)
    falls = [fall(column) for column in columns]
    begins = [begins_to_fall(column) | keeps_falling(column) for column in columns]
    # It stands still where neither loss nor the metric improves, and that is known.
    stands = np.isfinite(np.stack(falls)).any(axis=0) & ~any_falls(falls, begins)
    # What memorises falls in train loss alone: after so long that is no learning.
    sure = ((late & ~any_falls(falls[1:], begins[1:])) | stands) & spent
    levels = []
    for value, judged, certain in zip(over.tolist(), data.judged.tolist(), sure.tolist(), strict=True):
        if not judged or value < -margin * common.hysteresis_ratio:
            levels.append(Level.CLEAR)
        elif math.isnan(value) or value < 0:
            levels.append(Level.HOLD)
        else:
            levels.append(Level.CRITICAL if certain else Level.WARNING)
    return _forgiven(levels, begins[1] | begins[2])


def _over(data: Evaluations, floors: Floors, chance: Chance | None, limits: ChanceLimits) -> tuple[Array, float]:
    """(how far each evaluation is above the margin below chance, as an error, that margin)."""
    if chance is not None and data.metric is not None:
        margin = limits.chance_margin * chance.size(data.metric)
        return data.error - (chance.error - margin), margin
    return limits.chance_skill - (1 - data.val_loss / (floors.loss_unigram or math.nan)), limits.chance_skill


def _forgiven(levels: list[Level], begins: npt.NDArray[np.bool_]) -> list[Level]:
    """The levels; what stood still and begins to fall does not stay critical for what it was before."""
    last = int(np.flatnonzero(begins)[-1]) + 1 if begins.any() else 0
    return [Level.WARNING if level is Level.CRITICAL else level for level in levels[:last]] + levels[last:]


def _line(data: Evaluations, floors: Floors, chance: Chance | None, severity: str, over: bool) -> str:
    metric = data.metric
    if chance is None or metric is None:
        best = float(np.nanmin(data.val_loss))
        chance_loss = number(floors.loss_unigram)
        return f"Hardly better than word frequencies alone: best val loss {number(best)}, chance {chance_loss}."
    now, floor = metric.error_text(float(data.error[-1])), metric.error_text(chance.error)
    if _is_beyond(data, chance):
        return f"Worse than {chance.who}: {metric.label} {now} against {floor}."
    if severity == "critical":
        said = f"always saying {chance.sentence} scores" if chance.sentence else chance.does
        return f"Not learning from the input: {metric.label} {now} after {data.epochs[-1]:g} epochs; {said} {floor}."
    if over:
        return f"Not better than {chance.who} at its end: {metric.label} {now} against {floor}."
    left = f" {LEFT}." if metric.label in EDIT_RATES and len(data) < LEFT_BY else ""
    return f"Not better than {chance.who} yet: {metric.label} {now} against {floor}.{left}"


def _counts_words(snapshot: Snapshot) -> bool:
    """Whether the number of predicted words is known: more words than targets then explain the rate."""
    return bool(snapshot.decodes) or any(record.length_ratio is not None for record in snapshot.epochs)


def _in_percent(data: Evaluations, chance: Chance | None, counts_words: bool) -> str:
    """What else an error rate over sequences may be that was never a fraction below 1, where no corpus tells: percent.

    More than once as many errors as words come of a model that has not begun to learn, and of percent below 5.
    """
    metric, known = data.metric, data.error[np.isfinite(data.error)]
    if metric is None or metric.unit != "fraction" or metric.label not in EDIT_RATES or chance is None:
        return ""
    if counts_words or not chance.assumed or float(known.min()) < NEVER_BELOW or float(known.max()) < OFTEN_PERCENT:
        return ""
    return f" If it is logged in percent, it is {known[-1]:.1f} %: then declare the unit."


def _lost(data: Evaluations, floors: Floors, chance: Chance | None) -> str:
    """The best that there was, what there is now, and chance."""
    metric = data.metric
    if chance is None or metric is None:
        best_at, last = int(np.nanargmin(data.val_loss)), number(float(data.val_loss[-1]))
        best, label, floor = number(float(data.val_loss[best_at])), "val loss", f"chance {number(floors.loss_unigram)}"
    else:
        best_at, last = int(np.nanargmin(data.error)), metric.error_text(float(data.error[-1]))
        best, label = metric.error_text(float(data.error[best_at])), metric.label
        floor = f"{chance.does} {metric.error_text(chance.error)}"
    return f"{LOST}: best {label} {best} at epoch {data.epochs[best_at]:g}, {last} now; {floor}."


def _is_beyond(data: Evaluations, chance: Chance | None) -> bool:
    """Whether a share is far worse than chance; an error rate over sequences, or a raw number, may begin there."""
    metric = data.metric
    if metric is None or chance is None or not metric.is_share or metric.label in EDIT_RATES:
        return False
    return bool(data.error[-1] > chance.error + FAR_WORSE)


def _better(data: Evaluations, floors: Floors, chance: Chance | None, margin: float) -> str:
    metric = data.metric
    if chance is None or metric is None:
        return f"Skill {number(skill(float(np.nanmin(data.val_loss)), floors.loss_unigram))} against word frequencies."
    now = float(data.error[-1])
    if now >= chance.error - margin * chance.size(metric):
        return f"{metric.heading} is {metric.error_text(now)}, {chance.does} {metric.error_text(chance.error)}."
    return f"{metric.heading} is {metric.apart(now, chance.error)} {chance.who}."


def _numbers(data: Evaluations, floors: Floors, chance: Chance | None) -> dict[str, float | str]:
    numbers: dict[str, float | str] = {}
    metric = data.metric
    if metric is not None and np.isfinite(data.error).any():
        numbers[metric.title] = metric.error_text(float(data.error[-1]))
        numbers[f"best {metric.title}"] = metric.error_text(float(np.nanmin(data.error)))
    if metric is not None and chance is not None:
        numbers[f"{chance.who}, {metric.label}"] = metric.error_text(chance.error)
        if chance.sentence:
            numbers["most frequent label" if metric.label == "accuracy" else "constant sentence"] = chance.sentence
    if floors.loss_unigram is not None and np.isfinite(data.val_loss).any():
        best = skill(float(np.nanmin(data.val_loss)), floors.loss_unigram)
        numbers |= {"best skill": best, "chance loss": floors.loss_unigram}
    return numbers
