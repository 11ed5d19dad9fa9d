"""Did the change help? A child against its parent, decided by the primary metric alone. Pure.

Where both logged their predictions, a paired bootstrap over the validation clips decides
(monitor.diagnosis.clip_pairs), else the scatter of the evaluations (monitor.diagnosis.yardstick), which is reported as
"without an interval". The gap never decides: dropout and augmentation raise train loss by definition.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from monitor.diagnosis.clip_pairs import ClipPair, decoded, difference_of, interval, is_whole_set, pair_clips
from monitor.diagnosis.comparison import obstacle
from monitor.diagnosis.course import course, ended_before, not_evaluated
from monitor.diagnosis.moment import (
    Reference,
    agreed_epoch,
    common_metric,
    differing_tasks,
    differing_units,
    evaluations,
    has_ended,
    judged_epoch,
    of_child,
    of_parent,
    planned_epochs,
    was_asked,
)
from monitor.diagnosis.what_differs import (
    draws_other_data,
    is_another_seed,
    is_child_of,
    regularises_more,
    what_else_differs,
)
from monitor.diagnosis.yardstick import LEAST_EVALUATIONS, broken_since, loss_moved, scalar
from monitor.rules.primary import primary_of
from monitor.run_dir import Epoch, OutcomeWord, Snapshot, words
from monitor.run_dir.metric import WER, Metric, is_finite

LEAST_CLIPS = 20
JUDGED_AGAIN = "Provisional: it is judged again at its end."
DECIDES = "More evaluations or two more seeds can decide it."
ONE_SEED = "One seed each: how far seeds lie apart is not counted here."
OTHER_DATA = "The validation samples may be others: more seeds decide nothing."
GAP_MOVED_RATIO = 0.2
"""A gap smaller by this share of the parent's has moved."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a change at `epoch`. WER are fractions, `low` and `high` the interval of their difference.

    `parent_value` and `child_value` are the same of `metric`, by which the two are compared, in its unit.
    `evaluations`: how many it rests on where there is no interval. `provisional`: judged again at the child's end.
    `credited`: whether only the settings differ, so that the change may be counted as tried; else `not_credited` says
    what else differs.
    """

    word: OutcomeWord
    line: str
    epoch: float
    parent_wer: float | None = None
    child_wer: float | None = None
    low: float | None = None
    high: float | None = None
    clips: int = 0
    not_credited: str = ""
    expected: str = ""
    expectation_met: bool | None = None
    evaluations: int = 0
    provisional: bool = False
    ended_early: bool = False
    """Whether the child ended before the epoch at which it was to be judged."""
    metric: Metric | None = None
    parent_value: float | None = None
    child_value: float | None = None
    parent_best: float | None = None
    child_best: float | None = None

    @property
    def credited(self) -> bool:
        """Whether only the settings differ, so that the change counts as tried."""
        return not self.not_credited

    @property
    def difference(self) -> float | None:
        """WER of the child less that of the parent, a fraction; None where one of them is unknown."""
        if self.parent_wer is None or self.child_wer is None:
            return None
        return self.child_wer - self.parent_wer


def expectation_words(met: bool | None) -> str:
    """Whether what was expected of a change came, as a sentence; "" where that is open."""
    return "" if met is None else "It came." if met else "It did not come."


def outcome(parent: Snapshot, child: Snapshot, epoch: float | None = None) -> Outcome:
    """The child judged against the parent at `epoch`; default: the agreed one, and at its end its last evaluation."""
    wanted = judged_epoch(parent, child) if epoch is None else epoch
    if (parent.run_dir, parent.run_id) == (child.run_dir, child.run_id):
        return Outcome("CAN'T COMPARE", "It is the same run twice: there is nothing to compare.", wanted)
    base = Outcome(
        "CAN'T COMPARE",
        "",
        wanted,
        not_credited=what_else_differs(parent, child),
        expected=str(_expected(parent, child).get("text", "")),
        metric=common_metric(parent, child),
    )
    why_not = obstacle([parent, child]) or differing_units(parent, child) or differing_tasks(parent, child)
    if why_not:
        return replace(base, line=why_not)
    now = of_child(child, wanted)
    if now is None:
        return _waiting(parent, child, base)
    then = of_parent(parent, now.epoch)
    if then is None:
        return _without_reference(parent, now, base)
    judged = _measured_alike(parent, child, then, now, base)
    if judged.word == "CAN'T COMPARE":
        return judged
    early = "" if epoch is not None else ended_before(parent, child, now, agreed_epoch(parent, child))
    remarks = [judged.line, early or not_evaluated(child, now, wanted)]
    # What it is set against comes first where the child has trained on beyond its parent: it is no equal comparison.
    is_beyond = evaluations(parent)[-1].epoch < now.epoch
    lead = f"Against {then.note}" if is_beyond else ""
    remarks.append(f"Against {then.note}" if then.note and not is_beyond else "")
    provisional = epoch is None and not was_asked(child) and _may_go_on(child, now)
    remarks.append(JUDGED_AGAIN if provisional else "")
    judged = replace(judged, provisional=provisional, ended_early=bool(early))
    if draws_other_data(parent, child):
        line = " ".join(filter(None, [lead, judged.line.removesuffix(f" {DECIDES}"), *remarks[1:], OTHER_DATA]))
        return replace(judged, line=line)
    if not is_another_seed(parent, child):
        is_counted = judged.low is not None or judged.evaluations > 0
        remarks.insert(1, ONE_SEED if judged.word in ("HELPED", "WORSE") and is_counted else "")
        return replace(judged, line=" ".join(filter(None, [lead, *remarks])))
    remarks[0] = judged.line.removesuffix(f" {DECIDES}")
    remarks.append("Only the seed differs: this is how far seeds lie apart, and no effect of a change.")
    return replace(judged, word="TOO CLOSE", line=" ".join(filter(None, [lead, *remarks])))


def without_seeds_asked_for(line: str) -> str:
    """The line of an outcome without what it says of seeds: for a change whose seeds have decided together."""
    return line.replace(f" {DECIDES}", "").replace(f" {ONE_SEED}", "")


def _measured_alike(parent: Snapshot, child: Snapshot, then: Reference, now: Epoch, base: Outcome) -> Outcome:
    """Judged over the clips that both decoded, else by what both measured."""
    if (since := _both_broken(parent, child, then.record, now)) is not None:
        broken = [f"in {run.run_id} since epoch {at:g}" for run, at in zip((child, parent), since[::-1], strict=True)]
        return replace(base, line=f"Neither trains any more: train loss is not finite {', '.join(broken)}.")
    pairs = pair_clips(parent, child, then.record.epoch, now.epoch)
    longer = f"{parent.run_id} ended while it still improved, and {child.run_id} has trained longer"
    base = replace(
        _with_values(base, then.record, now),
        parent_best=_best_until(parent, max(then.record.epoch, now.epoch), base.metric),
        child_best=_best_until(child, now.epoch, base.metric),
        clips=len(pairs),
        not_credited=base.not_credited or (longer if then.still_improving else ""),
        expectation_met=_met(parent, child, now),
    )
    if len(pairs) >= LEAST_CLIPS and _is_by_words(base.metric):
        return _by_clips(parent, child, pairs, then.record, now, base)
    theirs, ours = decoded(parent, then.record.epoch), decoded(child, now.epoch)
    if min(len(theirs), len(ours)) >= LEAST_CLIPS > len(pairs):
        return replace(base, line=f"The validation sets differ: both decoded {len(pairs)} clips with the same target.")
    scored = (len(theirs), len(ours)) if 0 < len(ours) != len(theirs) > 0 else None
    if scored and is_whole_set(theirs, then.record.val_wer) and is_whole_set(ours, now.val_wer):
        sizes = f"{scored[0]} clips and {scored[1]}, {len(pairs)} of them decoded by both with the same target"
        return replace(base, line=f"The validation sets differ: WER was counted over {sizes}.")
    return _by_scalars(parent, child, then.record, now, base, scored)


def _both_broken(parent: Snapshot, child: Snapshot, then: Epoch, now: Epoch) -> tuple[float, float] | None:
    """Since which epochs the train loss of both has not been finite up to what is compared; None where one trains."""
    found = []
    for run, at in ((parent, then), (child, now)):
        rows = [
            (row.epoch, row.train_loss) for row in run.epochs if row.epoch <= at.epoch and row.train_loss is not None
        ]
        well = max((epoch for epoch, loss in rows if math.isfinite(loss)), default=-math.inf)
        if not rows or math.isfinite(rows[-1][1]):
            return None
        found.append(min(epoch for epoch, _ in rows if epoch > well))
    return found[0], found[1]


def _by_clips(
    parent: Snapshot, child: Snapshot, pairs: list[ClipPair], then: Epoch, now: Epoch, base: Outcome
) -> Outcome:
    low, high = interval(pairs)
    base = replace(base, low=low, high=high)
    between = f"({words.signed_points(low)} to {words.signed_points(high)})"
    points = f"{words.signed_points(difference_of(pairs))} points at epoch {now.epoch:g} {between}"
    if high < 0:
        return replace(base, word="HELPED", line=f"{points}.")
    if low > 0:
        return replace(base, word="WORSE", line=f"{points}.")
    noise = f"within noise for {len(pairs)} clips"
    return _undecided(parent, child, then, now, base, f"WER {points}", noise)


def _by_scalars(
    parent: Snapshot, child: Snapshot, then: Epoch, now: Epoch, base: Outcome, decoded_clips: tuple[int, int] | None
) -> Outcome:
    """`decoded_clips`: of parent and child, where they differ."""
    found = scalar(evaluations(parent), evaluations(child), then, now, base.metric)
    if found is None:
        since = broken_since(evaluations(child), now, base.metric)
        if since is not None and broken_since(evaluations(parent), then, base.metric) is None:
            best = f"; best until then {_best_words(base)}" if base.child_best is not None else ""
            line = f"What {child.run_id} measures is not finite since epoch {since:g}{best}."
            return replace(base, word="WORSE", line=line)
        return replace(base, line="Neither an error rate, a score nor a val loss was measured in both.")
    base = replace(base, evaluations=found.evaluations)
    if found.metric is not None:
        # What is judged is what is kept: the trends, not the two last values.
        base = replace(base, parent_value=found.parent, child_value=found.child)
    if found.metric == WER:
        base = replace(base, parent_wer=found.parent, child_wer=found.child)
    why = _why_without(base, found.metric, _alone(parent, child))
    said = f"{found.in_words} at epoch {now.epoch:g}, without an interval: {why}"
    if base.metric is not None and found.metric is None:
        said += f"; {base.metric.title} is not finite in both there"
    if decoded_clips is not None:
        said += f"; predictions of {decoded_clips[0]} and {decoded_clips[1]} clips were logged: not the same clips"
    if found.limit is None:
        few = f"{said}, and {words.count(found.evaluations, 'evaluation')} where {LEAST_EVALUATIONS} are needed."
        return replace(base, word="TOO CLOSE", line=few)
    if abs(found.difference) > found.limit:
        scatter = f"Noise between evaluations explains at most {found.limit_in_words}."
        if found.is_least:
            scatter = f"At least {found.limit_in_words} are asked for."
        if is_another_seed(parent, child):
            scatter = ""
        return replace(base, word="HELPED" if found.helped else "WORSE", line=f"{said}. {scatter}".rstrip())
    noise = f"within {found.limit_in_words}, " + (
        "the least that is asked for" if found.is_least else "which noise between evaluations explains"
    )
    return _undecided(parent, child, then, now, base, said, noise)


def _best_words(base: Outcome) -> str:
    """The child's best and the parent's, of the metric by which they are compared."""
    if base.metric is None or base.child_best is None:
        return ""
    other = f", the parent's {base.metric.text(base.parent_best)}" if base.parent_best is not None else ""
    return f"{base.metric.title} {base.metric.text(base.child_best)}{other}"


def _undecided(
    parent: Snapshot, child: Snapshot, then: Epoch, now: Epoch, base: Outcome, said: str, noise: str
) -> Outcome:
    """TOO CLOSE; ONLY THE GAP MOVED where regularisation was raised and val loss too has stayed within its noise."""
    moved = loss_moved(evaluations(parent), then, now)
    if _gap_moved(then, now) and not moved and regularises_more(parent, child):
        gaps = f"Gap {words.number(then.gap)} → {words.number(now.gap)}, {said}."
        line = f"{gaps} Regularisation raises train loss; this is not learning."
        return replace(base, word="ONLY THE GAP MOVED", line=line)
    losses = ""
    if moved and then.val_loss is not None and now.val_loss is not None and not said.startswith("Val loss"):
        losses = f" Val loss {words.number(then.val_loss)} → {words.number(now.val_loss)}."
    line = f"{said}: {noise}.{losses} {DECIDES}"
    return replace(base, word="TOO CLOSE", line=line.removeprefix("WER "))


def _is_by_words(metric: Metric | None) -> bool:
    """Whether predictions decide: WER can be counted from them, as can what has no other measure than val loss."""
    return metric is None or metric.name == WER.name


def _why_without(base: Outcome, metric: Metric | None, alone: str) -> str:
    """`alone`: that one of both measures by itself what it is judged by, "" where that is not so."""
    if metric is not None and not _is_by_words(metric):
        return f"{metric.label} is one number for all samples"
    if metric is None and alone:
        return alone
    clips = base.clips
    return f"only {words.count(clips, 'clip')} decoded by both" if clips else "no predictions of both were logged there"


def _alone(parent: Snapshot, child: Snapshot) -> str:
    """Such as "val accuracy is measured in demo alone"; "" where both have a metric, or neither has."""
    known = [(metric, run.run_id) for run in (parent, child) if (metric := primary_of(run)) is not None]
    return f"{known[0][0].title} is measured in {known[0][1]} alone" if len(known) == 1 else ""


def _with_values(base: Outcome, then: Epoch | None, now: Epoch | None) -> Outcome:
    """The outcome with what both evaluations measured."""
    metric = base.metric
    return replace(
        base,
        parent_wer=then.val_wer if then is not None else None,
        child_wer=now.val_wer if now is not None else None,
        parent_value=metric.of(then) if metric is not None and then is not None else None,
        child_value=metric.of(now) if metric is not None and now is not None else None,
    )


def _best_until(run: Snapshot, epoch: float, metric: Metric | None) -> float | None:
    """The best of the metric up to an epoch, in its unit."""
    errors = [] if metric is None else [metric.error_of(row) for row in evaluations(run) if row.epoch <= epoch]
    known = [error for error in errors if is_finite(error) and error is not None]
    return metric.value(min(known)) if metric is not None and known else None


def _gap_moved(then: Epoch, now: Epoch) -> bool:
    if then.gap is None or now.gap is None or not (math.isfinite(then.gap) and math.isfinite(now.gap)):
        return False
    return then.gap > 0 and then.gap - now.gap > GAP_MOVED_RATIO * then.gap


def _without_reference(parent: Snapshot, now: Epoch, base: Outcome) -> Outcome:
    """The parent has no evaluation to set it against: not yet, or never."""
    rows = evaluations(parent)
    if not has_ended(parent) and (not rows or rows[-1].epoch < now.epoch):
        come = f"{parent.run_id} has come to epoch {rows[-1].epoch if rows else 0:g} of {now.epoch:g}."
        return replace(base, word="WAITING", line=come)
    return replace(base, line=f"{parent.run_id} has no evaluation up to epoch {now.epoch:g}.")


def _waiting(parent: Snapshot, child: Snapshot, base: Outcome) -> Outcome:
    """Before the judged epoch: where both stood when the child stood here."""
    rows = evaluations(child)
    if not rows and has_ended(child):
        return replace(base, line="It ended without an evaluation.")
    if not rows:
        # At epoch 0 the parent has none either.
        line = f"It is judged at epoch {base.epoch:g}; no evaluation yet." if base.epoch > 0 else "No evaluation yet."
        return replace(base, word="WAITING", line=line)
    last, then = rows[-1], of_parent(parent, rows[-1].epoch)
    line = f"Epoch {last.epoch:g} of {base.epoch:g}."
    if then is not None:
        line += f" {course(parent, child, last, then, base.metric)}"
    return replace(
        _with_values(base, then.record if then else None, last),
        word="WAITING",
        line=line,
    )


def _may_go_on(child: Snapshot, now: Epoch) -> bool:
    """Whether epochs are left after this evaluation."""
    planned = planned_epochs(child)
    return not has_ended(child) and (planned is None or now.epoch < planned)


def _met(parent: Snapshot, child: Snapshot, now: Epoch) -> bool | None:
    """Whether the numbers came that were expected, at the epoch for which they were; None where none were kept."""
    expected = _expected(parent, child)
    at = expected.get("aim_epoch")
    if isinstance(at, (int, float)) and at < now.epoch:
        now = of_child(child, float(at)) or now
    elif isinstance(at, (int, float)) and at > now.epoch:
        return None
    metric = primary_of(child) or WER
    goals = [(metric.error_of(now), _error(metric, expected.get(metric.name))), (now.gap, expected.get("gap"))]
    known = [(value, goal) for value, goal in goals if isinstance(goal, (int, float)) and value is not None]
    return all(value <= goal for value, goal in known) if known else None


def _error(metric: Metric, value: object) -> float | None:
    return metric.error(float(value)) if isinstance(value, (int, float)) else None


def _expected(parent: Snapshot, child: Snapshot) -> Mapping[str, Any]:
    """What was expected of the child against this parent; nothing against any other run."""
    link = child.launch.parent if child.launch is not None and is_child_of(child, parent) else None
    return link.expected if link is not None else {}
