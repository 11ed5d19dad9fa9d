"""Which of the prescribed options somebody means, and what a child keeps of it."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from typing import Any

from monitor.diagnosis.causes import first_try
from monitor.diagnosis.prescriptions.prescription import Considered, Prescription, judged_epoch, kept_with_child
from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import Diagnosis
from monitor.rules.evaluations import measured, validation
from monitor.rules.registry import BY_NAME
from monitor.rules.result import Finding
from monitor.run_dir import Snapshot
from monitor.run_dir.errors import RefusedError, UsageError

SHOWN_FOR = 3
"""Evaluations for which the parent must have shown a finding by the epoch of judgement."""


def lettered(options: Sequence[Prescription]) -> Iterator[tuple[str, Prescription]]:
    """The options in their order with the letters by which page and command line call them."""
    return zip(string.ascii_uppercase, options, strict=False)


def can_be_restarted_with(option: Prescription) -> bool:
    """Whether a restart carries it out: it changes settings, or is an edit of the code that comes before one."""
    return bool(option.changes or option.code_edit)


def recommended(options: Sequence[Prescription]) -> Prescription | None:
    """The first option that changes settings, else the first edit of the code."""
    changing = [option for option in options if option.changes]
    return next(iter([*changing, *(option for option in options if option.code_edit)]), None)


def first_to_try(options: Sequence[Prescription]) -> Prescription | None:
    """The recommended option; where no option is a restart, the first measurement."""
    return recommended(options) or next(iter(options), None)


def next_step(diagnosis: Diagnosis, options: Sequence[Prescription]) -> tuple[str, Prescription | None]:
    """(what to do first, as a sentence; the option that it names, if it names one)."""
    # Whoever is told not to stop is not offered a restart in the same breath; the options stay under Diagnosis.
    first = None if diagnosis.verdict == "KEEP GOING" else recommended(options)
    named = None if diagnosis.verdict == "KEEP GOING" else first_to_try(options)
    return (diagnosis.next_step if named is None else first_try(named.title)), first


def advised(snapshot: Snapshot, diagnosis: Diagnosis) -> str:
    """What to do first, for terminal and message: the same sentence as on the page."""
    return next_step(diagnosis, prescribe(snapshot, diagnosis))[0]


def chosen(options: Sequence[Prescription], considered: Sequence[Considered], wanted: str) -> Prescription:
    """The option of this letter or id; by id also one that was considered and is not suggested.

    Raises UsageError naming those there are, RefusedError for a measurement.
    """
    known_by_id = [*options, *(each.option for each in considered)]
    named = dict(lettered(options)) | {option.id: option for option in known_by_id}
    found = named.get(wanted.upper()) or named.get(wanted)
    if found is None:
        known = ", ".join(f"{letter} ({option.id})" for letter, option in lettered(options)) or "there are none"
        raise UsageError(f"--option {wanted}: no such option now; {known}.")
    if not can_be_restarted_with(found):
        how = f" Run it with: {found.command}" if found.command else ""
        raise RefusedError(f"{found.title}: that is no restart.{how}")
    return found


def too_fresh(snapshot: Snapshot, worst: Finding | None, epoch: float | None) -> str:
    """A warning where the parent has hardly shown the finding at the epoch of judgement: a child without it proves
    little there."""
    if worst is None or worst.onset is None or epoch is None or BY_NAME[worst.rule].live_only:
        return ""
    seen = [record.epoch for record in measured(snapshot, validation).epochs if worst.onset <= record.epoch <= epoch]
    if len(seen) >= SHOWN_FOR:
        return ""
    times = "evaluation" if len(seen) == 1 else "evaluations"
    return (
        f"Up to epoch {epoch:g} the parent has shown {worst.title.lower()} in {len(seen)} {times} only: "
        "a child without it proves little there. Judge it later, where the parent has more."
    )


def agreed(option: Prescription | None, snapshot: Snapshot, epoch: float | None = None) -> dict[str, Any]:
    """What a child remembers: what was expected of the option, and the epoch at which it is judged.

    Without an epoch of the person's own it is the option's, else the last that the parent has.
    """
    kept = kept_with_child(option) if option is not None else {}
    if epoch is not None:
        return {**kept, "epoch": epoch}
    if "epoch" not in kept and snapshot.epochs:
        kept["epoch"] = judged_epoch(snapshot)
    return kept
