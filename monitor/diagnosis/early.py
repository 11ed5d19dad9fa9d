"""The sentences before there is a verdict: what is logged, what a verdict needs, and when it comes. Pure."""

from __future__ import annotations

import math

from monitor.rules.evaluations import guard_of, measured, needed, validation, warmup_of
from monitor.rules.thresholds import CommonLimits, Thresholds
from monitor.run_dir import Epoch, Snapshot, words
from monitor.run_dir.columns import names_of
from monitor.run_dir.metric import LOSS
from monitor.run_dir.metric_names import is_of_validation
from monitor.run_dir.planned import planned_epochs
from monitor.run_dir.status import is_records_alone, status_of

MOST_NAMES = 3
MANY_STEPS = 200
TRAIN_FIELDS = {
    "train_loss": "train loss",
    "train_eval_loss": "train loss in eval mode",
    "train_wer": "train error rate",
    "lr": "learning rate",
    "grad_norm": "gradient norm",
}
"""Of records and steps: field → what it is called."""


def too_early(snapshot: Snapshot, thresholds: Thresholds) -> str:
    """How many evaluations there are of how many, and when a verdict comes if they go on at this distance."""
    rows = measured(snapshot, validation).epochs
    is_over = is_records_alone(snapshot) or (not status_of(snapshot).live and _is_read_from_elsewhere(snapshot))
    if not rows:
        seen = logged(snapshot)
        if is_over:
            return f"Logged: {seen}. No evaluation was recorded." if seen else "No evaluation was recorded."
        by_step = _validated_by_step(snapshot)
        return (
            f"{f'Logged so far: {seen}' if seen else 'No evaluation so far'}. {by_step or _needs(snapshot, thresholds)}"
        )
    count, epoch = len(rows), rows[-1].epoch
    # One evaluation says nothing of how far they lie apart, unless it is that of a first epoch.
    apart = (epoch - rows[0].epoch) / (count - 1) if count > 1 else epoch if epoch <= 1 else 0.0
    need = needed(measured(snapshot, validation), thresholds)
    if is_over:
        return f"{count} of {need} evaluations: too few for a verdict."
    if apart <= 0:
        return f"{count} of {need} evaluations so far. {_needs(snapshot, thresholds)}"
    first = epoch + (need - count) * apart
    # Of a run that evaluates within its epochs, its own distance says more than a whole epoch.
    first = round(first, 2) if any(row.epoch % 1 for row in rows) else math.ceil(first)
    so_far = f"{count} of {need} evaluations so far"
    planned = planned_epochs(snapshot)
    if planned is not None and first > planned:
        return f"{so_far}: a first verdict would come at epoch {first:g}, and it is planned for {planned:g}."
    return f"{so_far}. First verdict at epoch {first:g}."


def cannot_judge(snapshot: Snapshot) -> str:
    """That nothing is validated, what is logged, and how validation is added."""
    names = _names(snapshot)
    so_far = " so far" if status_of(snapshot).live else ""
    only = f"Only {_listed(names)} {'is' if len(names) == 1 else 'are'} logged{so_far}."
    only = only if names else f"No validation is logged{so_far}."
    if _is_read_from_elsewhere(snapshot):
        return f"{only} A verdict needs validation loss or an error rate; one of another name: --map val_loss=NAME."
    return f"{only} Add validation loss to get a verdict: run.log_epoch(epoch, val_loss=…)."


def has_come_far(snapshot: Snapshot, thresholds: Thresholds) -> bool:
    """Whether a run that logs steps alone has come past the epochs in which nothing is judged."""
    step = snapshot.steps[-1].epoch if snapshot.steps else 0.0
    # Steps that name no epoch never come to one.
    far = step >= guard_of(snapshot, thresholds) or (not step and len(snapshot.steps) >= MANY_STEPS)
    return not snapshot.epochs and far


def is_logged(record: Epoch) -> bool:
    """Whether a record holds any number of training, beside how long it took."""
    return bool(record.metrics) or any(getattr(record, field) is not None for field in TRAIN_FIELDS)


def logged(snapshot: Snapshot) -> str:
    """What a run that validates nothing has logged, such as "train loss and learning rate (12 records)"; or ""."""
    names = _names(snapshot)
    many = words.count(len(snapshot.epochs), "record") if snapshot.epochs else words.count(len(snapshot.steps), "step")
    return f"{_listed(names)} ({many})" if names else ""


def _validated_by_step(snapshot: Snapshot) -> str:
    """That numbers of validation were logged as steps, where they are charts and no evaluations."""
    known = [name for name in names_of(snapshot.steps) if name == LOSS or is_of_validation(name)]
    if not known:
        return ""
    return (
        f"{_listed(known[:MOST_NAMES])} {'is' if len(known) == 1 else 'are'} logged by log_step, which makes no "
        "evaluation: log them with log_epoch(epoch, …) to get a verdict."
    )


def _names(snapshot: Snapshot) -> list[str]:
    rows = [*snapshot.epochs[-1:], *snapshot.steps[-1:]]
    return [said for field, said in TRAIN_FIELDS.items() if any(getattr(row, field, None) is not None for row in rows)]


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _needs(snapshot: Snapshot, thresholds: Thresholds) -> str:
    """How many evaluations make a verdict, and up to which epoch."""
    limits, guard = thresholds.of(CommonLimits), guard_of(snapshot, thresholds)
    least = f"A verdict needs {limits.guard_evaluations} evaluations, the last at epoch {guard:g} or later"
    many = limits.guard_many_evaluations
    return f"{least}, or {many} of them." if warmup_of(snapshot) < guard else f"{least}."


def _is_read_from_elsewhere(snapshot: Snapshot) -> bool:
    """Whether its records come from a file: where nothing follows it, no evaluation can be promised."""
    return is_records_alone(snapshot) or (snapshot.launch is not None and snapshot.launch.how in ("import", "attach"))
