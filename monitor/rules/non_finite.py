"""Losses or gradients that are NaN or infinite."""

from __future__ import annotations

import math

import msgspec

from monitor.rules.result import Finding, Numbers, Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.run_dir import Epoch, Severity, Snapshot
from monitor.run_dir.columns import values_of
from monitor.run_dir.words import number

REMEDY = (
    "Lower the learning rate or lengthen the warm-up, clip gradients, and look at the batch in which it broke; go on "
    "from the last good checkpoint."
)
VAL_CLIPS = (
    "Score the val samples one by one and look at those whose loss is not finite. An input may be empty, huge, NaN or "
    "shorter than its target; no setting of the training makes that."
)


class NonFiniteLimits(Limits, frozen=True):
    """The share of an epoch's batches that were skipped, and how many in a row."""

    non_finite_warning_ratio: float = 0.001
    non_finite_critical_ratio: float = 0.01
    non_finite_critical_in_a_row: int = 3


class NonFinite(Rule):
    """Watches the losses of each evaluation and the share of batches that were skipped because they were not finite.

    There is no guard: a NaN in the first epoch is as real as later.
    It cannot tell which input or layer made the first NaN.
    """

    name = "non_finite"
    title = "NaN or infinite"
    place = 40
    watches = ("train_loss", "val_loss", "non_finite_ratio", "non_finite_in_a_row")
    picture = ""  # a value that is not finite has no place on a picture
    causes = ("diverging",)
    limits = NonFiniteLimits
    may_stop = True
    before_guard = True
    never_learnt = True

    def breaks(self, finding: Finding) -> bool:
        """Whether training itself is affected, and not the val loss alone."""
        return finding.severity != "info" and not only_val_loss(finding.now)

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """A flag while the newest evaluation or the last steps are not finite, or too many batches were skipped."""
        limits = thresholds.of(NonFiniteLimits)
        measured = [r for r in snapshot.epochs if r.train_loss is not None or r.val_loss is not None]
        records = _carried(measured)
        if not records and all(loss is None for loss in values_of(snapshot.steps, "train_loss")):
            return self.not_applicable("train or val loss")
        bad = [record for record in records if _severity(record, limits) is not None]
        in_a_row = _trailing_bad_steps(snapshot)
        recent = bool(bad) and records[-1] is bad[-1]
        if in_a_row >= limits.non_finite_critical_in_a_row:
            step = snapshot.steps[-in_a_row]
            return self._finding(
                "critical",
                f"{in_a_row} logged steps in a row are not finite, from step {step.step}. They teach nothing.",
                step.epoch or None,
                {"steps in a row": float(in_a_row)},
                limits,
            )
        if not recent:
            return self.quiet("All losses are finite.")
        first = _first_of_streak(records, limits)
        severity: Severity = "critical" if any(_severity(r, limits) == "critical" for r in bad[-3:]) else "warning"
        line = _line(records[-1], first, _measured_at(measured))
        return self._finding(severity, line, first.epoch, _numbers(records[-1]), limits)

    def _finding(
        self,
        severity: Severity,
        line: str,
        onset: float | None,
        numbers: Numbers,
        limits: NonFiniteLimits,
    ) -> Finding:
        return self.finding(
            severity,
            line,
            onset,
            now=numbers,
            limits={
                "skipped share (warning)": limits.non_finite_warning_ratio,
                "skipped share (critical)": limits.non_finite_critical_ratio,
                "in a row (critical)": float(limits.non_finite_critical_in_a_row),
            },
            remedy=VAL_CLIPS if only_val_loss(numbers) else REMEDY,
            cannot_tell="Which input or layer made the first one.",
        )


def _severity(record: Epoch, limits: NonFiniteLimits) -> Severity | None:
    """An evaluation's own: a train loss that is NaN has poisoned the epoch; a val loss may be one bad clip."""
    share, row = record.non_finite_ratio or 0.0, record.non_finite_in_a_row or 0
    if (
        share > limits.non_finite_critical_ratio
        or row >= limits.non_finite_critical_in_a_row
        or _bad(record.train_loss)
    ):
        return "critical"
    if share > limits.non_finite_warning_ratio or _bad(record.val_loss):
        return "warning"
    return None


def _carried(records: list[Epoch]) -> list[Epoch]:
    """Each with the newest known losses: one that was not finite when it was last measured still counts as that."""
    carried: list[Epoch] = []
    for record in records:
        before = carried[-1] if carried else None
        stays = {
            name: getattr(before, name)
            for name in ("train_loss", "val_loss")
            if getattr(record, name) is None and before is not None
        }
        carried.append(msgspec.structs.replace(record, **stays) if stays else record)
    return carried


def _bad(value: float | None) -> bool:
    return value is not None and not math.isfinite(value)


def _first_of_streak(records: list[Epoch], limits: NonFiniteLimits) -> Epoch:
    first = records[-1]
    for record in reversed(records):
        if _severity(record, limits) is None:
            break
        first = record
    return first


def _trailing_bad_steps(snapshot: Snapshot) -> int:
    count = 0
    for step in reversed(snapshot.steps):
        if not _bad(step.train_loss):
            break
        count += 1
    return count


def only_val_loss(numbers: Numbers) -> bool:
    """Whether train loss is finite and no batch was skipped, by the numbers of a finding: training itself goes on."""
    train, val = numbers.get("train loss"), numbers.get("val loss")
    skipped = numbers.get("skipped share") or numbers.get("in a row")
    if not isinstance(train, float) or not isinstance(val, float) or skipped:
        return False
    return math.isfinite(train) and not math.isfinite(val)


def _measured_at(records: list[Epoch]) -> dict[str, float]:
    """Loss → the epoch in which it was measured last."""
    names = ("train_loss", "val_loss")
    return {name: r.epoch for r in records for name in names if getattr(r, name) is not None}


def _line(last: Epoch, first: Epoch, measured_at: dict[str, float]) -> str:
    bad = [(name, getattr(last, name)) for name in ("train_loss", "val_loss") if _bad(getattr(last, name))]
    epochs = {name: measured_at[name] for name, _ in bad}
    apart = len(set(epochs.values())) > 1
    parts = [
        f"{name.replace('_', ' ')} is {number(value)}{f' in epoch {epochs[name]:g}' if apart else ''}"
        for name, value in bad
    ]
    if last.non_finite_ratio:
        parts.append(f"{100 * last.non_finite_ratio:.1f} % of batches were skipped")
    elif last.non_finite_in_a_row:
        parts.append(f"{last.non_finite_in_a_row} batches in a row were skipped")
    said = " and ".join(parts)
    # A val loss may be NaN by one bad clip while training goes on.
    only_val = [name for name, _ in bad] == ["val_loss"] and len(parts) == 1
    meaning = "Train loss is finite: look at the val samples." if only_val and last.train_loss is not None else ""
    if not only_val:
        meaning = "It teaches nothing."
    at = next(iter(epochs.values()), last.epoch)
    when = "" if apart or at == first.epoch else f" in epoch {at:g}"
    comma = "," if apart or when else ""
    return f"{said[0].upper()}{said[1:]}{when}{comma} since epoch {first.epoch:g}. {meaning}".rstrip()


def _numbers(record: Epoch) -> Numbers:
    numbers: Numbers = {}
    for name, value in (("train loss", record.train_loss), ("val loss", record.val_loss)):
        if value is not None:
            numbers[name] = value
    if record.non_finite_ratio is not None:
        numbers["skipped share"] = record.non_finite_ratio
    if record.non_finite_in_a_row:
        numbers["in a row"] = float(record.non_finite_in_a_row)
    return numbers
