"""Wait or restart: what each is expected to bring, as two lines that can be compared. Pure.

Waiting: the best of the primary metric at the planned end (monitor.rules.arithmetic.best_at_end). Restarting: that,
times what the same change has made of its parents' error: in this folder, else in the recorded pairs of the bundled
trainer of the same task, clips and length. The word follows from the latter alone, as both share what waiting brings.
Where one is not known, the line says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from statistics import median
from typing import Literal

import msgspec

from monitor.diagnosis.causes import breaks
from monitor.diagnosis.moment import evaluations, planned_epochs
from monitor.diagnosis.prescriptions.choosing import recommended
from monitor.diagnosis.prescriptions.prescription import Prescription
from monitor.diagnosis.tries import ratios, tries_of
from monitor.diagnosis.verdict import Diagnosis
from monitor.diagnosis.waiting import comes_down, knows_by_heart, what_waiting_brought
from monitor.rules.arithmetic.best_at_end import AtEnd, best_at_end
from monitor.rules.divergence import RATE_BEFORE, Divergence
from monitor.rules.primary import chance_of, primary_of
from monitor.run_dir import ChildOutcome, DataInfo, Snapshot, words
from monitor.run_dir.metric import Metric, is_finite
from monitor.run_dir.records import ready
from monitor.run_dir.status import is_over

Word = Literal["WAIT", "RESTART", "CLOSE CALL", "NOT KNOWN"]
GRAVE = frozenset({"STOP", "LOOK"})
FEW = 2
"""Tries from which on their spread says something."""
ONE_TRY = 1.1
"""Of one try alone the noise is not known."""
BROKEN = {
    "not finite": "Waiting: the losses or gradients are not finite; nothing better is expected.",
    "run away": "Waiting: train loss has run away; nothing better is expected while it stays there.",
}
STAYS_BROKEN = {
    "not finite": "It does not come back by itself.",
    "run away": "Train loss is still near the highest of its last evaluations: it shows no sign of coming back.",
}
COMES_BACK = "Train loss comes down again; whether it comes all the way is not known."
RAISED_RATE = "Train loss came up with the rate that its schedule raised, and comes down again."
LOST = "Waiting: it has lost what it had learnt; nothing better than its best so far is expected."
ONCE: dict[Word, str] = {
    "RESTART": "The one time it was tried, the change has ended better than its parent.",
    "WAIT": "The one time it was tried, the change has ended worse than its parent.",
    "CLOSE CALL": "It was tried once and came to {:.2f} times its parent's error: one try cannot tell that from 1.",
}
"""Why, after a single try."""
NEAR_CHANCE = 0.75
"""Of chance: above it the steep part may be still to come, and the last doubling says nothing of it."""
OTHER_PACE = frozenset(
    {"train_clips", "train_images", "signers", "batch_size", "accumulation_steps", "hidden_dim", "width", "model"}
)
"""Settings that change how long an epoch takes: the duration of a restart is then not known."""
ALIKE = 1.5
"""Two plans are alike where one has at most so many times the epochs of the other."""
RECENT = 10
"""Epochs whose length counts."""


@dataclass(frozen=True)
class WaitOrRestart:
    """`waiting` and `restarting` are sentences, `why` says what `word` follows from."""

    word: Word
    waiting: str
    restarting: str
    why: str

    @property
    def wait(self) -> str:
        """Why to wait, where that is what follows."""
        return self.why if self.word == "WAIT" else ""

    @property
    def text(self) -> str:
        """Word and reason: "CLOSE CALL: …"."""
        return f"{self.word}: {self.why}"


@dataclass(frozen=True)
class Effect:
    """What a change has made of its parents' error: child's by parent's, one number a try; `source`: where tried."""

    ratios: tuple[float, ...]
    source: str

    @property
    def middle(self) -> float:
        """Median of the tries: below 1, most children ended better than their parents."""
        return median(self.ratios)

    @property
    def worst(self) -> float:
        """Largest ratio of the tries; with few of them, the first one times `ONE_TRY`."""
        return max(self.ratios) if len(self.ratios) >= FEW else self.ratios[0] * ONE_TRY

    @property
    def best(self) -> float:
        """Smallest ratio of the tries; with few of them, the first one by `ONE_TRY`."""
        return min(self.ratios) if len(self.ratios) >= FEW else self.ratios[0] / ONE_TRY

    @property
    def text(self) -> str:
        """Such as "0.93 times the parent's error (0.88 to 1.02) in 5 tries here"."""
        many = len(self.ratios)
        spread = f" ({min(self.ratios):.2f} to {max(self.ratios):.2f})" if many >= FEW else ""
        return (
            f"{self.middle:.2f} times the parent's error{spread} in {words.count(many, 'try', 'tries')} {self.source}"
        )


def choice(
    snapshot: Snapshot, diagnosis: Diagnosis, options: Sequence[Prescription], known: Sequence[ChildOutcome]
) -> WaitOrRestart | None:
    """The two lines for a run at work under a grave word with an option to restart with; None for any other.

    `known`: the outcomes of the children in this folder.
    """
    option = recommended(options)
    if option is None or not option.changes or diagnosis.verdict not in GRAVE or is_over(snapshot):
        return None
    if diagnosis.as_of is not None and all(finding.severity == "info" for finding in diagnosis.findings):
        return None  # the word stands for a flag that does not hold now: nothing is restarted against it
    if broken := breaks(diagnosis.findings):
        back = broken == "run away" and comes_down(snapshot)
        restarting = _restarting(snapshot, option, None, None, None)
        if back and any(found.rule == Divergence.name and RATE_BEFORE in found.now for found in diagnosis.findings):
            return WaitOrRestart("WAIT", BROKEN[broken], restarting, RAISED_RATE)
        why = COMES_BACK if back else STAYS_BROKEN[broken]
        return WaitOrRestart("NOT KNOWN" if back else "RESTART", BROKEN[broken], restarting, why)
    if any(cause.name == "lost_again" for cause in diagnosis.causes):
        effect = effect_of(option, snapshot, known)
        word, why = decide(None, effect)
        return WaitOrRestart(word, LOST, _restarting(snapshot, option, None, None, effect), why)
    metric, planned = primary_of(snapshot), planned_epochs(snapshot)
    seen = None if metric is None or planned is None else expected_at_end(snapshot, metric, planned)
    effect = effect_of(option, snapshot, known)
    word, why = decide(seen, effect)
    # Train set learnt already: what waiting has brought lately stands beside what it may bring, once.
    brought = what_waiting_brought(snapshot) if knows_by_heart(snapshot) else ""
    waiting = _waiting(snapshot, metric, planned, seen)
    return WaitOrRestart(
        word,
        f"{brought} {waiting}" if brought and brought not in diagnosis.reason else waiting,
        _restarting(snapshot, option, metric, seen, effect),
        why,
    )


def expected_at_end(snapshot: Snapshot, metric: Metric, planned: float) -> AtEnd | None:
    """The best error at the planned end; None where it cannot be expected: not before it has left chance behind."""
    rows = [(r.epoch, e) for r in evaluations(snapshot) if is_finite(e := metric.error_of(r)) and e is not None]
    if not rows or not (metric.is_share or metric.direction == "error"):
        return None
    chance = chance_of(snapshot, metric)
    if chance is not None and min(error for _, error in rows) > NEAR_CHANCE * chance.error:
        return None
    return best_at_end([epoch for epoch, _ in rows], [error for _, error in rows], planned)


class Recorded(msgspec.Struct, frozen=True):
    """What an option has made of its parents in recorded pairs: child's best error by parent's, one number a pair."""

    task: str
    train_clips: int
    epochs: float
    option: str
    ratios: list[float]


def effect_of(option: Prescription, snapshot: Snapshot, known: Sequence[ChildOutcome]) -> Effect | None:
    """From this folder's tries, else from recorded pairs of the same task, clips and length; None where there are none.

    The length counts: what learns slowly is worse after 40 epochs and a cure after 100.
    """
    data = snapshot.run.data if snapshot.run is not None else DataInfo()
    tried = tries_of(option, data.name, known)
    if tried is not None and (found := ratios(tried)):
        return Effect(tuple(found), "in this folder")
    planned = planned_epochs(snapshot, {key: pair[1] for key, pair in option.changes.items()})
    for each in _recorded():
        same = (each.task, each.option, each.train_clips) == (data.name, option.id, data.clips.get("train"))
        if same and planned is not None and 1 / ALIKE <= planned / each.epochs <= ALIKE:
            return Effect(
                tuple(each.ratios), f"of {each.epochs:g} epochs, recorded with the bundled trainer on this task"
            )
    return None


@cache
def _recorded() -> list[Recorded]:
    """Written by `benchmarks.decisions.pairs`."""
    text = resources.files(f"{__package__}.prescriptions").joinpath("measured.json").read_bytes()
    return msgspec.json.decode(text, type=ready(list[Recorded]))


def decide(seen: AtEnd | None, effect: Effect | None) -> tuple[Word, str]:
    """The word and what it follows from: what a change makes of its parents' end, whichever that is."""
    if seen is not None and seen.so_far == 0:
        return "WAIT", "It is perfect already."
    if effect is None:
        return "NOT KNOWN", "No run here has tried this change on this task for as long."
    word: Word = "RESTART" if effect.worst < 1 else "WAIT" if effect.best >= 1 else "CLOSE CALL"
    if len(effect.ratios) < FEW:
        return word, ONCE[word].format(effect.middle)
    if word == "RESTART":
        return word, "Each time it was tried, the change has ended better than its parent."
    if word == "WAIT":
        return word, "Wherever it was tried, the change has ended no better than its parent."
    return word, "The change has ended better than some parents, and no better than others."


def _waiting(snapshot: Snapshot, metric: Metric | None, planned: float | None, seen: AtEnd | None) -> str:
    if metric is None:
        return "Waiting: no error or score decides here, so there is no forecast."
    if planned is None:
        return "Waiting: for how many epochs the run is planned is not known."
    last = evaluations(snapshot)[-1].epoch
    if last >= planned:
        return f"Waiting: it is at its planned end, epoch {planned:g}."
    if not (metric.is_share or metric.direction == "error"):
        return f"Waiting: {metric.title} has no zero to measure an improvement by, so there is no forecast."
    if seen is None:
        return f"Waiting until epoch {planned:g}: what {metric.title} will come to cannot be expected yet."
    hours = _takes(snapshot, planned - last)
    return (
        f"Waiting until epoch {planned:g}{f' ({hours})' if hours else ''}: best {metric.title} "
        f"{metric.error_text(seen.expected)} expected, {metric.error_text(seen.lowest)} at best "
        f"(best so far {metric.error_text(seen.so_far)})."
    )


def _restarting(
    snapshot: Snapshot,
    option: Prescription,
    metric: Metric | None,
    seen: AtEnd | None,
    effect: Effect | None,
) -> str:
    planned = planned_epochs(snapshot, {key: pair[1] for key, pair in option.changes.items()})
    slower = not OTHER_PACE.isdisjoint(option.changes)
    hours = "" if planned is None or slower else _takes(snapshot, planned)
    spent = f" ({hours} for {planned:g} epochs)" if hours and planned is not None else ""
    begin = f"Restarting with this change{spent}:"
    if effect is None:
        return f"{begin} its goal: {option.expected}."
    if metric is None or seen is None:
        return f"{begin} {effect.text}."
    return f"{begin} {metric.title} {metric.error_text(effect.middle * seen.expected)} expected: {effect.text}."


def _takes(snapshot: Snapshot, epochs: float) -> str:
    """How long so many epochs take at the pace of now; "" where that is not known."""
    secs = epochs * _epoch_secs(snapshot)
    return f"about {words.age(secs)}" if secs >= 1 else ""


def _epoch_secs(snapshot: Snapshot) -> float:
    """The trainer's own figure, else the median of the last epochs; 0 where nothing says it."""
    told = snapshot.progress.epoch_secs if snapshot.progress is not None else None
    if told is not None and math.isfinite(told) and told > 0:
        return told
    rows = snapshot.epochs[-RECENT:]
    known = [r.seconds for r in rows if r.seconds is not None and math.isfinite(r.seconds) and r.seconds > 0]
    if not known:
        known = [
            (after.at - before.at) / (after.epoch - before.epoch)
            for before, after in pairwise(rows)
            if before.at and after.at > before.at and after.epoch > before.epoch
        ]
    return median(known) if known else 0.0
