"""Which of the prescribed options is meant, and what a child keeps of it."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from monitor.diagnosis.causes import first_try, lowered
from monitor.diagnosis.moment import ASKED, CHOICES, PLANNED_END, default_epoch, planned_epochs, refuse_impossible
from monitor.diagnosis.prescriptions.memory import HALF_BATCH
from monitor.diagnosis.prescriptions.prescription import Considered, Prescription, kept_with_child
from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.tries import came_of, child_with
from monitor.diagnosis.verdict import Diagnosis
from monitor.rules.evaluations import measured, validation
from monitor.rules.registry import facts_of
from monitor.rules.result import Finding
from monitor.run_dir import ChildOutcome, Snapshot
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.planned import numbers_of_epochs
from monitor.run_dir.words import count

WAIT = "Wait, or change something else."
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


def next_step(
    diagnosis: Diagnosis, options: Sequence[Prescription], children: Sequence[ChildOutcome] = (), wait: str = ""
) -> tuple[str, Prescription | None]:
    """(what to do first, as a sentence; the option that it names, if it names one).

    `children`: the outcomes of this run's children. An option that one of them has tried is not offered again. `wait`:
    why waiting is better than the first option, where that is known (monitor.diagnosis.wait_or_restart).
    """
    if wait:
        return f"{WAIT} {wait}", None
    if diagnosis.failure is not None:
        # The advice of a crash is an option only where settings carry it out.
        fits = next((option for option in options if option.id == HALF_BATCH), None)
        return diagnosis.next_step, None if fits is None or child_with(fits, children) is not None else fits
    if diagnosis.as_of is not None and all(finding.severity == "info" for finding in diagnosis.findings):
        closed = diagnosis.worst.title if diagnosis.worst is not None else diagnosis.verdict
        return f"Wait for the next evaluations: “{closed}” does not hold now.", None
    # Where the verdict is KEEP GOING no restart is offered beside it; the options stay under Diagnosis.
    first = None if diagnosis.verdict == "KEEP GOING" else recommended(options)
    if first is None:
        named = None if diagnosis.verdict == "KEEP GOING" else first_to_try(options)
        return (diagnosis.next_step if named is None else f"First: {lowered(named.title)}."), None
    came = tried_in(diagnosis, options, children)
    if came is None and first is not options[0]:
        # The list begins with what is no restart, or with an edit of the code: the sentence begins with it too.
        return f"First: {lowered(options[0].title)}. Then try: {lowered(first.title)}.", first
    if came is None:
        return first_try(first.title), first
    left = [option for option in options if child_with(option, children) is None]
    after = recommended(left) if came.word != "HELPED" else None
    said = came_of(came)
    return (said, None) if after is None else (f"{said} Then try: {lowered(after.title)}.", after)


def tried_in(
    diagnosis: Diagnosis, options: Sequence[Prescription], children: Sequence[ChildOutcome]
) -> ChildOutcome | None:
    """The child that has tried the recommended option, or the one that helped where others did not."""
    if diagnosis.verdict == "KEEP GOING" or diagnosis.failure is not None:
        return None
    first = recommended(options)
    known = [came for option in options if (came := child_with(option, children)) is not None]
    helped = next((came for came in known if came.word == "HELPED"), None)
    return None if first is None or child_with(first, children) is None else helped or child_with(first, children)


def advised(snapshot: Snapshot, diagnosis: Diagnosis, children: Sequence[ChildOutcome] = (), wait: str = "") -> str:
    """What to do first, for terminal and message: the same sentence as on the page. `children`: see `next_step`."""
    return next_step(diagnosis, prescribe(snapshot, diagnosis), children, wait)[0]


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


def too_fresh(snapshot: Snapshot, worst: Finding | None, epoch: float | None, chosen_by: str = ASKED) -> str:
    """A warning where the parent has hardly shown the finding at the epoch of judgement: a child without it proves
    little there. `chosen_by`: how the epoch was chosen, one of monitor.diagnosis.moment.CHOICES."""
    if worst is None or worst.onset is None or epoch is None or facts_of(worst.rule).live_only:
        return ""
    if worst.severity == "info":  # no fault that a child should be without
        return ""
    seen = [record.epoch for record in measured(snapshot, validation).epochs if worst.onset <= record.epoch <= epoch]
    if len(seen) >= SHOWN_FOR:
        return ""
    shown = f"The parent has shown “{worst.title}” since epoch {worst.onset:g}"
    if seen:
        shown = f"Up to epoch {epoch:g} the parent has shown “{worst.title}” in {count(len(seen), 'evaluation')} only"
    said = f"{shown}: a child without it proves little at epoch {epoch:g}. "
    if chosen_by == PLANNED_END:
        return f"{said}Plan it for more epochs."
    if chosen_by == ASKED:
        return f"{said}Judge it at a later epoch, and let it train until then."
    return f"{said}Let it train on: what it is at its end counts."


def agreed(
    option: Prescription | None, snapshot: Snapshot, changes: Mapping[str, Any], epoch: float | None = None
) -> dict[str, Any]:
    """What a child with these changes remembers: what was expected of the option, and when it is judged.

    Without an epoch of the person's own the default of monitor.diagnosis.moment. Raises RefusedError for an epoch that
    the child does not reach.
    """
    kept = kept_with_child(option) if option is not None else {}
    if any(number == 0 for _, number in numbers_of_epochs(changes)):
        raise RefusedError("The child is planned for 0 epochs: it is never evaluated. Plan it for one epoch or more.")
    if epoch is not None:
        refuse_impossible(epoch, planned_epochs(snapshot, changes))
        return {**kept, "epoch": epoch, "epoch_by": ASKED}
    found = default_epoch(snapshot, changes)
    return kept if found is None else {**kept, "epoch": found[0], "epoch_by": found[1]}


def judged_words(expected: Mapping[str, Any]) -> str:
    """Such as "Judged at epoch 60, its planned end"; empty where no epoch was agreed on."""
    if "epoch" not in expected:
        return ""
    why = CHOICES.get(str(expected.get("epoch_by", "")))
    return f"Judged at epoch {expected['epoch']:g}{f', {why}' if why else ''}"
