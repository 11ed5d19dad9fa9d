"""What follows from it: flags, causes, healthy beside this run, options, what to expect, and the way ahead."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from monitor.diagnosis.causes import lowered
from monitor.diagnosis.ledger import children_of, tried_by_then
from monitor.diagnosis.prescriptions.arithmetic import parameters_note
from monitor.diagnosis.prescriptions.choosing import lettered, next_step
from monitor.diagnosis.prescriptions.prescription import Aims, Considered, Prescription
from monitor.diagnosis.verdict import Diagnosis, Judged
from monitor.diagnosis.wait_or_restart import choice
from monitor.rules.at_chance import ChanceLimits
from monitor.rules.blank_collapse import EmptyLimits
from monitor.rules.evaluations import floors_of, last
from monitor.rules.gap_limit import gap_limit_of
from monitor.rules.low_information import InformationLimits, of_a_correct_output
from monitor.rules.primary import best_of, chance_of, primary_of
from monitor.rules.result import Finding, in_words
from monitor.rules.thresholds import Thresholds
from monitor.rules.wer_target import TargetLimits, target_of
from monitor.run_dir import Snapshot
from monitor.run_dir.checkpoints import keeps_best_checkpoint
from monitor.run_dir.counted import basis_of
from monitor.run_dir.launch import command_of
from monitor.run_dir.metric import is_finite
from monitor.run_dir.status import is_over, is_records_alone
from monitor.run_dir.words import NOT_MEASURED, number, percent, plain, sentence, signed
from monitor.run_dir.words import limit as limit_words
from monitor.view.report.blocks import Block, Bullets, Code, Heading, Table, Text
from monitor.view.report.numbers import course, known, printed, train_loss_is_to_fall
from monitor.view.report.statuses import Statuses

BLANK_NEAR = 0.1
"""A blank ratio so near that of a correct output is a healthy one."""


def verdict(snapshot: Snapshot, judged: Judged, options: Sequence[Prescription]) -> Iterator[Block]:
    """The word with its reason, the next step, waiting against restarting, and how many checks ran."""
    diagnosis = judged.diagnosis
    yield Heading("Verdict")
    yield Text(f"{diagnosis.verdict}. {diagnosis.reason}")
    found = choice(snapshot, diagnosis, options, tried_by_then(snapshot)) if options else None
    step = next_step(diagnosis, options, children_of(snapshot), found.wait if found is not None else "")[0]
    lines = tuple(line for line in (*diagnosis.also, *diagnosis.suppressed, step) if line)
    if lines:
        yield Bullets(lines)
    if found is not None:
        yield Bullets((found.waiting, found.restarting, found.text))
    yield Text(f"{diagnosis.checks_ran} of {diagnosis.checks} checks ran.")


def red_flags(judged: Judged) -> Iterator[Block]:
    """The findings by severity, then each with its numbers, limits, remedy and what it cannot tell."""
    findings = judged.diagnosis.findings
    if not findings:
        return
    yield Heading("Red flags")
    yield Bullets(tuple(f"{finding.severity}: {finding.line}" for finding in findings), numbered=True)
    for finding in findings:
        yield Heading(finding.title, 3)
        yield Text(finding.line)
        yield Bullets(tuple(_details(finding)))


def _details(finding: Finding) -> Iterator[str]:
    numbers = ", ".join(f"{name} {said}" for name, said in in_words(finding.now).items())
    limits = ", ".join(f"{name} {said}" for name, said in in_words(finding.limits, limit_words).items())
    if numbers:
        yield f"Now: {numbers}." + (f" Limits: {limits}." if limits else "")
    yield f"What to do: {finding.remedy}"
    yield f"What it cannot tell: {finding.cannot_tell}"


def causes(snapshot: Snapshot, diagnosis: Diagnosis) -> Iterator[Block]:
    """Each root cause with the evidence for and against it; nothing where there is none."""
    if not diagnosis.causes:
        return
    yield Heading("Root causes, most likely first")
    for cause in diagnosis.causes:
        yield Heading(cause.title, 3)
        lines = [*(f"For it: {line}" for line in cause.evidence), *(f"Against: {line}" for line in cause.against)]
        if cause.name in ("too_little_regularisation", "no_evidence"):
            lines += [f"Size: {note}" for note in [parameters_note(snapshot)] if note]
        yield Bullets(tuple(lines))


def healthy_beside_this(snapshot: Snapshot, judged: Judged) -> Iterator[Block]:
    """Each measure: what a healthy run shows, what this one shows, and whether that is well."""
    rows = tuple(healthy_rows(snapshot, judged))
    if rows:
        yield Heading("Healthy beside this run")
        yield Table(("measure", "healthy", "this run", "status"), rows)


def healthy_rows(snapshot: Snapshot, judged: Judged) -> Iterator[tuple[str, str, str, str]]:
    """(measure, what a healthy run shows, what this run shows, whether that is well)."""
    thresholds = judged.thresholds
    status = Statuses(judged)
    train, val, gap = (known(snapshot, name) for name in ("train_loss", "val_loss", "gap"))
    if len(train) > 1 and train_loss_is_to_fall(snapshot):
        now = last(snapshot, "train_loss")
        shown = f"{number(train[0][1])} → {number(now)}"
        yield "train loss", "falls", shown, status.of_train_loss(course(train)) if is_finite(now) else "BAD"
    if len(val) > 1 and not is_finite(last(snapshot, "val_loss")):
        yield "val loss", "falls, or stays at its best", number(last(snapshot, "val_loss")), "BAD"
    elif len(val) > 1:
        best = min(value for _, value in val)
        shown = f"{percent(val[-1][1] / best - 1)} above its best" if best > 0 else number(val[-1][1])
        yield "val loss", "falls, or stays at its best", shown, status.of_val_loss(val)
    if gap and is_finite(last(snapshot, "gap")):
        limit = gap_limit_of(snapshot, thresholds)
        yield (
            "gap of the losses",
            f"below {limit_words(limit).removesuffix('.0')}",
            signed(gap[-1][1]),
            status.of(gap[-1][1] <= limit, "gap"),
        )
    yield from _metric_rows(snapshot, thresholds, status)
    yield from _output_rows(snapshot, thresholds, status)
    blank, usual = known(snapshot, "blank_ratio"), floors_of(snapshot).blank_ratio
    if blank and usual is not None:
        near = abs(blank[-1][1] - usual) <= BLANK_NEAR
        yield "blank frames", f"about {percent(usual)}", percent(blank[-1][1]), status.of(near, "blank_collapse")


def _metric_rows(snapshot: Snapshot, thresholds: Thresholds, status: Statuses) -> Iterator[tuple[str, str, str, str]]:
    """The primary metric beside its target and beside chance, where these are known."""
    metric = primary_of(snapshot)
    points = known(snapshot, metric.name) if metric is not None else []
    if metric is None or not points:
        return
    (at, value), side = points[-1], "below" if metric.direction == "error" else "above"
    goal = target_of(snapshot, metric, thresholds.of(TargetLimits))
    if goal is not None:
        target, by = goal
        best = best_of(snapshot)
        reached = best is not None and metric.error(best[0]) <= metric.error(target)
        late = "BAD" if at >= by else "not reached" if is_over(snapshot) else "not yet"
        due = f" by epoch {plain(by)}" if math.isfinite(by) else ""
        shown = f"{metric.text(value)} at epoch {plain(at)}"
        if reached and best is not None and best[0] != value:
            shown += f", best {metric.text(best[0])} at {plain(best[1])}"
        yield metric.title, f"{side} {metric.text(target)}{due}", shown, "OK" if reached else late
    chance = chance_of(snapshot, metric)
    if chance is not None and not chance.assumed:
        margin = thresholds.of(ChanceLimits).chance_margin * chance.size(metric)
        well = metric.error(value) < chance.error - margin
        floor = f"clearly {side} {metric.error_text(chance.error)}"
        yield f"{metric.title} against chance", floor, metric.text(value), status.of(well, "at_chance")


def _output_rows(snapshot: Snapshot, thresholds: Thresholds, status: Statuses) -> Iterator[tuple[str, str, str, str]]:
    limits = thresholds.of(EmptyLimits)
    ratio, empty = known(snapshot, "length_ratio"), known(snapshot, "empty_ratio")
    if ratio:
        enough = ratio[-1][1] >= limits.empty_length_warning_ratio
        shown = ", ".join(filter(None, [number(ratio[-1][1]), basis_of(snapshot, "length_ratio")]))
        yield "words out / in", "about 1", shown, status.of(enough, "blank_collapse")
        if empty:
            few = empty[-1][1] <= limits.empty_share_warning_ratio
            most = percent(limits.empty_share_warning_ratio)
            yield (
                "empty predictions",
                f"below {most}",
                ", ".join(filter(None, [percent(empty[-1][1]), basis_of(snapshot, "empty_ratio")])),
                "OK" if few else status.of(few, "blank_collapse"),
            )
    else:
        yield from _printed_row(snapshot, limits, status)
    carried, reference = known(snapshot, "mutual_information"), of_a_correct_output(floors_of(snapshot))
    if carried and reference:
        least, told = thresholds.of(InformationLimits).information_warning_ratio, carried[-1][1] / reference
        yield (
            "information about the input",
            f"above {plain(least)}",
            number(told),
            status.of(told > least, "low_information"),
        )


def _printed_row(snapshot: Snapshot, limits: EmptyLimits, status: Statuses) -> Iterator[tuple[str, str, str, str]]:
    """The row of words out by words in where only some predictions were printed."""
    _, pairs = printed(snapshot)
    wanted = sum(len(target.split()) for _, target, _ in pairs)
    came = sum(len(predicted.split()) for _, _, predicted in pairs)
    if wanted:
        enough = came / wanted >= limits.empty_length_warning_ratio
        shown = f"{came} for {wanted} in {len(pairs)} printed clips"
        yield "words out / in", "about 1", shown, status.of(enough, "blank_collapse")


def options(found: Sequence[Prescription]) -> Iterator[Block]:
    """Each option with its letter; nothing where there is none."""
    if not found:
        return
    yield Heading("Options, one bundle per restart")
    for letter, option in lettered(found):
        yield from _option(f"Option {letter}: {option.title}", option, ())


def considered(found: Sequence[Considered]) -> Iterator[Block]:
    """What people would reach for, with the reason against it now."""
    if not found:
        return
    yield Heading("Considered, and not suggested now")
    for one in found:
        yield from _option(one.option.title, one.option, (f"Why not: {one.why_not}",))


def _option(title: str, option: Prescription, first: tuple[str, ...]) -> Iterator[Block]:
    yield Heading(title, 3)
    facts = (
        ("Change", ", ".join(f"{key} {old} → {new}" for key, (old, new) in option.changes.items())),
        ("Expected", option.expected),
        ("Cost", option.cost),
        ("Disproved by", option.disproved_by),
        ("Note", option.note),
        ("Edit of the code", option.code_edit),
    )
    yield Bullets((*first, *(f"{name}: {value}" for name, value in facts if value)))
    if option.command:
        yield Code(option.command)
    elif option.flags:
        yield Text("How this run was started is not known; its training command with these options:")
        yield Code(option.flags)


def expected(snapshot: Snapshot, found: Sequence[Prescription]) -> Iterator[Block]:
    """This run's numbers beside what each option aims at, at the same epoch."""
    aiming = [option for option in found if option.aims is not None]
    if not aiming:
        return
    yield Heading("Expected results")
    metric = primary_of(snapshot)
    rows = [
        ("this run now", plain(last.epoch), metric.text(metric.of(last)) if metric else NOT_MEASURED, number(last.gap))
        for last in snapshot.epochs[-1:]
    ]
    rows += [(option.title, *_aimed(option.aims)) for option in aiming if option.aims is not None]
    heads = ("", "at epoch", metric.title if metric is not None else "", "gap")
    kept = [place for place in range(len(heads)) if any(row[place] != NOT_MEASURED for row in rows)]
    yield Table(tuple(heads[place] for place in kept), tuple(tuple(row[place] for place in kept) for row in rows))
    decides = f"{metric.label} decides" if metric is not None else "No metric is logged: val loss decides"
    yield Text(f"{decides} whether an option helped; a smaller gap alone is no help.")


def _aimed(aims: Aims) -> tuple[str, str, str]:
    """(epoch, metric, gap) that an option aims at."""
    value = NOT_MEASURED if aims.value is None else f"{aims.reach} {aims.metric.text(aims.value)}"
    return plain(aims.epoch), value, NOT_MEASURED if aims.gap is None else f"at most {number(aims.gap)}"


def way_ahead(snapshot: Snapshot, judged: Judged, found: Sequence[Prescription]) -> Iterator[Block]:
    """The recommended path: what check and show say comes first, how, what to watch, and what comes if that fails."""
    if not found:
        return
    wait = _wait(snapshot, judged.diagnosis, found)
    said, named = next_step(judged.diagnosis, found, children_of(snapshot), wait)
    steps = [said] if said else []
    if judged.diagnosis.verdict == "STOP" and not wait and not (is_over(snapshot) or is_records_alone(snapshot)):
        kept = " The best checkpoint is kept." if keeps_best_checkpoint(snapshot) else ""
        steps.insert(0, f"Stop this run.{kept}")
    if not found[0].changes and not wait:
        how = f" Run: {found[0].command}" if found[0].command else ""
        is_said = bool(said) and lowered(found[0].title) in said
        steps.append(f"{'Expected' if is_said else found[0].title}: {sentence(found[0].expected)}{how}")
    if named is not None:
        steps.append(f"Expected of the restart: {sentence(named.expected)}")
        steps.append(f"Watch {_watched(snapshot, judged.thresholds)}.")
        steps.append(f"It was the wrong change if {sentence(named.disproved_by)}")
        later = [option for option in found[found.index(named) + 1 :] if option.changes]
        steps += [f"If that fails: {option.title}." for option in later[:1]]
    yield Heading("Recommended path")
    yield Bullets(tuple(steps), numbered=True)


def _wait(snapshot: Snapshot, diagnosis: Diagnosis, found: Sequence[Prescription]) -> str:
    """Why waiting is better than the first option, where that is known."""
    weighed = choice(snapshot, diagnosis, found, tried_by_then(snapshot)) if found else None
    return weighed.wait if weighed is not None else ""


def _watched(snapshot: Snapshot, thresholds: Thresholds) -> str:
    """The numbers of a restart that tell most, of what this run logs."""
    metric = primary_of(snapshot)
    parts = (
        (metric is not None, metric.title if metric is not None else ""),
        (known(snapshot, "val_loss"), "val loss"),
        (known(snapshot, "train_loss"), f"the gap (limit {number(gap_limit_of(snapshot, thresholds))})"),
        (known(snapshot, "length_ratio"), "words out / in (about 1 is well)"),
    )
    return ", ".join(words for logged, words in parts if logged) or "its first records"


def origin(snapshot: Snapshot, judged: Judged) -> Iterator[Block]:
    """What was not checked, the settings, and the command."""
    if judged.diagnosis.not_checked:
        yield Heading("Not checked")
        yield Bullets(judged.diagnosis.not_checked)
    config = snapshot.run.config if snapshot.run else {}
    if config:
        yield Heading("Configuration")
        yield Table(("key", "value"), tuple((key, str(value)) for key, value in config.items()))
    if snapshot.launch and snapshot.launch.argv:
        yield Heading("Command")
        yield Code(command_of(snapshot.launch.argv, Path(snapshot.run_dir)))
