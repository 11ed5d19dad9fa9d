"""At which epoch a child is judged, and against which evaluation of its parent. Pure.

The default is the child's planned end: at the epoch that a live parent happens to have, a child that learns more slowly
and ends better would be judged worse. It is judged again when it ends. Only an epoch that a person chose is final.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.rules.evaluations import measured, validation
from monitor.rules.primary import primary_of
from monitor.run_dir import Epoch, Snapshot, planned, words
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.metric import WER, Metric, is_finite
from monitor.run_dir.planned import counts_from_0, numbers_of_epochs, planned_by
from monitor.run_dir.status import status_of

MANY_EVALUATIONS = 20
"""From so many on the best evaluation of a parent that has ended is a point of the curve, and no luck of a few."""
ASKED, PLANNED_END = "asked", "planned_end"
CHOICES = {
    ASKED: "as chosen",
    PLANNED_END: "its planned end",
    "parents_best": "the parent's best, and again when it ends",
    "parents_last": "the parent's last, and again when it ends",
}
"""`epoch_by` of what a child's launch.json remembers: how its epoch of judgement was chosen."""


@dataclass(frozen=True)
class Reference:
    """The evaluation of the parent that a child is set against; `note` says so where it is not at the same epoch."""

    record: Epoch
    note: str = ""
    still_improving: bool = False
    """Whether the parent ended before, with its last evaluation as its best: the child has trained longer."""


def evaluations(snapshot: Snapshot) -> tuple[Epoch, ...]:
    """The records in which something was validated, oldest first."""
    return tuple(sorted(measured(snapshot, validation).epochs, key=lambda record: record.epoch))


def has_ended(snapshot: Snapshot) -> bool:
    """Whether nothing more will come of it, by what lives and not by the state that was stored last."""
    return not status_of(snapshot).live


def planned_epochs(snapshot: Snapshot, changes: Mapping[str, Any] | None = None) -> float | None:
    """The number of the last planned epoch of a run, or of a child of it with these changes; None where that is not
    known."""
    changed = planned_by(changes or {})
    if changed is not None and changed > 1 and counts_from_0(snapshot, math.inf):
        changed -= 1
    if changed is None and numbers_of_epochs(changes or {}):
        return None  # such as max_epochs=-1: without an end
    return changed if changed is not None else planned.planned_epochs(snapshot)


def default_epoch(parent: Snapshot, changes: Mapping[str, Any]) -> tuple[float, str] | None:
    """(epoch, one of CHOICES) for a child with these changes where none was chosen; None where nothing is known."""
    return _default_before(parent, planned_epochs(parent, changes))


def _default_before(parent: Snapshot, planned: float | None) -> tuple[float, str] | None:
    rows = evaluations(parent)
    if len(rows) >= MANY_EVALUATIONS and has_ended(parent):
        best = best_of(rows, primary_of(parent)).epoch
        if planned is None or best <= planned:
            return best, "parents_best"
    if planned is not None:
        return planned, PLANNED_END
    return (rows[-1].epoch, "parents_last") if rows else None


def refuse_impossible(epoch: float, planned: float | None) -> None:
    """Raises RefusedError for an epoch that is none, or that the child will never reach."""
    if not (math.isfinite(epoch) and epoch > 0):
        raise RefusedError(f"--judge-at {epoch:g}: must be an epoch above 0.")
    if planned is not None and epoch > planned:
        raise RefusedError(
            f"The child is planned to end with epoch {planned:g} and would be judged at epoch {epoch:g}, "
            f"which it never reaches. Judge it at epoch {planned:g} or before, or plan it for more epochs."
        )


def judged_epoch(parent: Snapshot, child: Snapshot) -> float:
    """The epoch that counts now: the agreed one; after the child's end its last evaluation, unless a person chose."""
    rows = evaluations(child)
    if rows and has_ended(child) and not was_asked(child):
        return rows[-1].epoch
    return agreed_epoch(parent, child)


def agreed_epoch(parent: Snapshot, child: Snapshot) -> float:
    """The epoch agreed on at the child's start; where none was, the default; 0 where nothing is known."""
    agreed = _expected(child).get("epoch")
    if isinstance(agreed, (int, float)) and not isinstance(agreed, bool) and is_finite(agreed) and agreed > 0:
        return float(agreed)
    found = _default_before(parent, planned_epochs(child))
    return found[0] if found is not None else 0.0


def was_asked(child: Snapshot) -> bool:
    """Whether a person chose the epoch of judgement."""
    return _expected(child).get("epoch_by") == ASKED


def of_child(child: Snapshot, epoch: float) -> Epoch | None:
    """Its evaluation at this epoch; once it is past it or has ended, the last before. None until then."""
    rows = evaluations(child)
    if not rows or (rows[-1].epoch < epoch and not has_ended(child)):
        return None
    return next((record for record in reversed(rows) if record.epoch <= epoch), rows[0])


def of_parent(parent: Snapshot, epoch: float) -> Reference | None:
    """Its evaluation at this epoch, else the last before; its best where it ended earlier.

    None where there is none up to there, or where it is at work and has not come so far.
    """
    rows = evaluations(parent)
    before = [record for record in rows if record.epoch <= epoch]
    if not before:
        return None
    if before[-1].epoch == epoch:
        return Reference(before[-1])
    if len(before) < len(rows):
        return Reference(before[-1], f"{parent.run_id} at epoch {before[-1].epoch:g}, its last evaluation before that.")
    if not has_ended(parent):
        return None
    metric = primary_of(parent)
    best, last = best_of(before, metric), before[-1]
    ended = _how_it_ended(parent, last.epoch)
    note = f"{parent.run_id}'s best, {value_of(best, metric)} at epoch {best.epoch:g}; {ended}."
    return Reference(best, note, still_improving=best is last and len(before) > 1)


def best_of(rows: Sequence[Epoch], metric: Metric | None) -> Epoch:
    """The evaluation with the best of the metric, the first of equals; by val loss where it was not measured."""
    for measure in (metric.error_of if metric is not None else _loss, _loss):
        known = [(error, place) for place, record in enumerate(rows) if is_finite(error := measure(record))]
        if known:
            return rows[min(known)[1]]
    return rows[-1]


def _loss(record: Epoch) -> float | None:
    return record.val_loss


def value_of(record: Epoch, metric: Metric | None) -> str:
    """The metric in words, with its label unless that is WER; else the val loss."""
    value = metric.of(record) if metric is not None else None
    if metric is None or value is None:
        return f"val loss {words.number(record.val_loss)}"
    return metric.text(value) if metric.name == WER.name else f"{metric.label} {metric.text(value)}"


def differing_units(parent: Snapshot, child: Snapshot) -> str:
    """That both are judged by one name in two units, or in two directions, as a sentence; "" where they are not."""
    one, other = primary_of(parent), primary_of(child)
    if one is None or other is None or one.name != other.name or not child.epochs or not parent.epochs:
        return ""
    if one.direction != other.direction:
        return f"{one.heading} is an {one.direction} in {parent.run_id} and a {other.direction} in {child.run_id}."
    if one.unit == other.unit:
        return ""
    return (
        f"{one.heading} is in another unit in each: {one.unit} in {parent.run_id}, {other.unit} in {child.run_id}. "
        "Declare it."
    )


def differing_tasks(parent: Snapshot, child: Snapshot) -> str:
    """That each is judged by something that the other does not measure, as a sentence; "" where it is not so."""
    one, other = primary_of(parent), primary_of(child)
    if one is None or other is None or one.title == other.title or common_metric(parent, child) is not None:
        return ""
    if not parent.epochs or not child.epochs or differing_units(parent, child):
        return ""
    return (
        f"{parent.run_id} is judged by {one.title}, {child.run_id} by {other.title}: neither is measured in both, and "
        "a loss alone does not say that it is the same task."
    )


def common_metric(parent: Snapshot, child: Snapshot) -> Metric | None:
    """The metric by which two runs are compared: the parent's primary one, where the child measures it too."""
    metric = primary_of(parent)
    if differing_units(parent, child):
        return None
    if metric is None or any(metric.of(record) is not None for record in child.epochs):
        return metric
    other = primary_of(child)
    return other if other is not None and any(other.of(record) is not None for record in parent.epochs) else None


def _how_it_ended(run: Snapshot, last: float) -> str:
    said = {"stopped": "it stopped", "finished": "it finished", "failed": "it failed", "lost": "it was lost"}
    return f"{said.get(status_of(run).word, 'it ended')} at epoch {last:g}"


def _expected(child: Snapshot) -> Mapping[str, Any]:
    link = child.launch.parent if child.launch is not None else None
    return link.expected if link is not None else {}
