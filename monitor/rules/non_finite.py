"""Losses or gradients that are NaN or infinite."""

from __future__ import annotations

import math

import msgspec

from monitor.rules.result import Finding, Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.run_dir import Epoch, Severity, Snapshot
from monitor.run_dir.words import number


class NonFiniteLimits(Limits, frozen=True):
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

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        limits = thresholds.of(NonFiniteLimits)
        records = _carried([r for r in snapshot.epochs if r.train_loss is not None or r.val_loss is not None])
        steps = [step for step in snapshot.steps if step.train_loss is not None]
        if not records and not steps:
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
        return self._finding(severity, _line(records[-1], first), first.epoch, _numbers(records[-1]), limits)

    def _finding(
        self,
        severity: Severity,
        line: str,
        onset: float | None,
        numbers: dict[str, float | str],
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
            remedy="Lower the learning rate or lengthen the warm-up, clip gradients, and look at the batch in which "
            "it broke; go on from the last good checkpoint.",
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
    """A loss that was not finite when it was last measured is still so where it was not measured again."""
    carried: list[Epoch] = []
    for record in records:
        before = carried[-1] if carried else None
        stays = {
            name: getattr(before, name)
            for name in ("train_loss", "val_loss")
            if getattr(record, name) is None and _bad(getattr(before, name, None))
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


def _line(last: Epoch, first: Epoch) -> str:
    parts = [
        f"{name} is {number(value)}"
        for name, value in (("train loss", last.train_loss), ("val loss", last.val_loss))
        if _bad(value)
    ]
    if last.non_finite_ratio:
        parts.append(f"{100 * last.non_finite_ratio:.1f} % of batches were skipped")
    elif last.non_finite_in_a_row:
        parts.append(f"{last.non_finite_in_a_row} batches in a row were skipped")
    said = " and ".join(parts)
    # A val loss may be NaN by one bad clip while training goes on.
    only_val = _bad(last.val_loss) and len(parts) == 1
    meaning = "Train loss is finite: look at the val clips." if only_val else "It teaches nothing."
    return f"{said[0].upper()}{said[1:]} in epoch {last.epoch:g}, since epoch {first.epoch:g}. {meaning}"


def _numbers(record: Epoch) -> dict[str, float | str]:
    numbers: dict[str, float | str] = {}
    for name, value in (("train loss", record.train_loss), ("val loss", record.val_loss)):
        if value is not None:
            numbers[name] = value
    if record.non_finite_ratio is not None:
        numbers["skipped share"] = record.non_finite_ratio
    return numbers
