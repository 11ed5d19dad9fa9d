"""Where a child stands beside its parent before it is judged, or where it never came so far, in words. Pure."""

from __future__ import annotations

import math

from monitor.diagnosis.moment import Reference, evaluations, has_ended, planned_epochs, value_of
from monitor.diagnosis.what_differs import is_another_seed, is_child_of
from monitor.run_dir import Epoch, Snapshot
from monitor.run_dir.metric import Metric
from monitor.run_dir.status import status_of


def course(parent: Snapshot, child: Snapshot, last: Epoch, then: Reference, metric: Metric | None) -> str:
    """Both values where the child stands now, or stood where its parent ended; whether it is on course only of a child
    whose losses are finite."""
    at, before, begin, rows = last, then.record, "", evaluations(parent)
    if rows[-1].epoch < last.epoch:
        begin, before = f"{parent.run_id} came to epoch {rows[-1].epoch:g}", rows[-1]
        there = next((row for row in evaluations(child) if row.epoch == before.epoch), None)
        if there is None:
            return f"{begin}."
        at, begin = there, f"{begin}; there: "
    now, was = (None, None) if metric is None else (metric.error_of(at), metric.error_of(before))
    if now is None or was is None:
        metric, now, was = None, at.val_loss, before.val_loss
    if now is None or was is None:
        return ""
    related = is_child_of(child, parent)
    ours, theirs = ("Child", "parent") if related else (child.run_id, parent.run_id)
    other = f"{theirs} then {value_of(before, metric)}"
    if begin:
        ours, other = ours.lower() if related else ours, f"{theirs} {value_of(before, metric)}"
    elif then.note:
        other = f"against {then.note.rstrip('.')}"
    said = f"{begin}{ours} {value_of(at, metric)}, {other}."
    if any(loss is not None and not math.isfinite(loss) for loss in (last.train_loss, last.val_loss, now)):
        return f"{said} Its losses are not finite."
    if not related or is_another_seed(parent, child):
        return said
    return f"{said} {'On course.' if now < was else 'Not better so far.'}"


def ended_before(parent: Snapshot, child: Snapshot, now: Epoch, agreed: float) -> str:
    """That a child did not come to the epoch of judgement, by an epoch or more."""
    came_to = max(child.epochs[-1].epoch, float(child.progress.epoch) if child.progress is not None else 0.0)
    word = status_of(child).word
    # A plan for 25 epochs was agreed on as 25; of epochs that are counted from 0 the last one is 24.
    last = agreed - 1 if child.epochs[0].epoch == 0 and agreed - 1 == planned_epochs(child) else agreed
    ended = has_ended(child) and (word != "finished" or came_to <= last - 1)
    if not is_child_of(child, parent) or not ended or came_to >= last or evaluations(child)[-1].epoch > now.epoch:
        return ""  # where it went further, there was no evaluation at that epoch
    how = "It was lost" if word == "lost" else "It ended"
    return f"{how} at epoch {came_to:g}; it was to be judged at {agreed:g}."


def not_evaluated(child: Snapshot, now: Epoch, wanted: float) -> str:
    """That the epoch that was asked for is not the one that is judged."""
    if now.epoch == wanted:
        return ""
    return f"{child.run_id} has no evaluation at epoch {wanted:g}: this is epoch {now.epoch:g}."
