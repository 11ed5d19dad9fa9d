"""What a diagnosis says, as data for the page: verdict, flags with their evidence, causes, options, limits in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict as fields_of

from msgspec.structs import asdict

from monitor.diagnosis import wait_or_restart
from monitor.diagnosis.alerts import open_alerts
from monitor.diagnosis.failures import parent_to_go_on_with
from monitor.diagnosis.ledger import tried_by_then
from monitor.diagnosis.prescriptions.choosing import can_be_restarted_with, lettered, next_step, tried_in
from monitor.diagnosis.prescriptions.prescription import Prescription
from monitor.diagnosis.prescriptions.registry import consider, prescribe
from monitor.diagnosis.tries import Tried, tries_of
from monitor.diagnosis.verdict import Diagnosis, Judged
from monitor.rules.odds import ODDS
from monitor.rules.registry import by_name, facts_of, of_rule
from monitor.rules.result import Finding, in_words
from monitor.rules.thresholds import DEFAULTS
from monitor.run_dir import SEVERITIES, ChildOutcome, Snapshot
from monitor.run_dir.status import ENDED_VERDICTS
from monitor.run_dir.words import limit, plain
from monitor.view.lanes import lanes_of
from monitor.view.report.judged import healthy_rows
from monitor.view.shapes.judgement import (
    Cause,
    Change,
    Choice,
    ConsideredOption,
    Flag,
    Judgement,
    Limit,
    OfferedOption,
    Option,
    Picture,
    Verdict,
)


def judgement(snapshot: Snapshot, judged: Judged) -> Judgement:
    """Everything on the page that changes only with a new judgement."""
    diagnosis = judged.diagnosis
    findings = sorted(diagnosis.findings, key=lambda finding: SEVERITIES.index(finding.severity))
    options = prescribe(snapshot, diagnosis)
    known = tried_by_then(snapshot) if options else []
    choice = wait_or_restart.choice(snapshot, diagnosis, options, known)
    children = [each for each in known if each.parent_id == snapshot.run_id]
    task = snapshot.run.data.name if snapshot.run is not None else ""
    return Judgement(
        verdict=_verdict(diagnosis, options, children, choice, parent_to_go_on_with(snapshot)),
        flags=[_flag(finding, snapshot) for finding in findings],
        prescriptions=[
            OfferedOption(
                **asdict(_option(option)),
                letter=letter,
                tried=_tried(tries_of(option, task, known), wait_or_restart.effect_of(option, snapshot, [])),
            )
            for letter, option in lettered(options)
        ],
        considered=[
            ConsideredOption(**asdict(_option(each.option)), why_not=each.why_not)
            for each in consider(snapshot, diagnosis)
        ],
        causes=[
            Cause(title=cause.title, evidence=list(cause.evidence), against=list(cause.against))
            for cause in diagnosis.causes
        ],
        healthy=[list(row) for row in healthy_rows(snapshot, judged)],
        lanes=lanes_of(findings, snapshot),
        limits=_limits(snapshot, judged),
    )


def _verdict(
    diagnosis: Diagnosis,
    options: tuple[Prescription, ...],
    children: Sequence[ChildOutcome],
    choice: wait_or_restart.WaitOrRestart | None,
    parent: str | None,
) -> Verdict:
    step, first = next_step(diagnosis, options, children, choice.wait if choice is not None else "")
    tried = tried_in(diagnosis, options, children)
    return Verdict(
        word=diagnosis.verdict,
        severity=diagnosis.worst.severity if diagnosis.worst is not None else None,
        filled=diagnosis.verdict == "STOP",
        reason=diagnosis.reason,
        also=list(diagnosis.also),
        next_step=step,
        option=first.id if first else None,
        other_run=tried.run_id if tried else parent,
        suppressed=list(diagnosis.suppressed),
        why=_why(diagnosis),
        coverage=f"{diagnosis.checks_ran} of {diagnosis.checks} checks ran",
        not_checked=list(diagnosis.not_checked),
        choice=None if choice is None else Choice(**fields_of(choice)),
    )


def _why(diagnosis: Diagnosis) -> str:
    """Under a grave word, how often the check behind it was wrong where that could be counted."""
    worst = diagnosis.worst
    if worst is None or worst.severity != "critical" or facts_of(worst.rule).live_only:
        return ""
    if worst.rule in ODDS:
        return f"Measured false-alarm rate: wrong on {ODDS[worst.rule]}."
    if diagnosis.verdict in ENDED_VERDICTS.values():
        return ""  # the word that it would have given does not matter any more
    return "This check says LOOK at most: its false alarms are not measured well enough."


def _flag(finding: Finding, snapshot: Snapshot) -> Flag:
    known = open_alerts(snapshot.alerts).get(finding.rule)
    alert = known.alert_id if known is not None else f"{finding.rule}-{finding.onset or 0:g}"
    rule = facts_of(finding.rule)
    return Flag(
        alert=alert,
        recorded=known is not None,
        rule=finding.rule,
        title=finding.title,
        severity=finding.severity,
        line=finding.line,
        since=finding.onset,
        fired=finding.fired,
        critical_since=finding.critical_since,
        began=finding.began or ("" if finding.onset is None else f"epoch {finding.onset:g}"),
        now=in_words(finding.now),
        limits=in_words(finding.limits, limit),
        own_limits=_own_limits(finding.rule, snapshot),
        remedy=finding.remedy,
        cannot_tell=finding.cannot_tell,
        picture=Picture(column=rule.picture, yardstick=rule.yardstick),
        acknowledged=alert in snapshot.acknowledged,
    )


def _own_limits(rule: str, snapshot: Snapshot) -> str:
    """The project's own thresholds that this rule was judged by, beside the defaults."""
    own = snapshot.launch.thresholds if snapshot.launch is not None else {}
    defaults = by_name(DEFAULTS)
    shown = [f"{name} = {plain(own[name])} (default {plain(defaults[name])})" for name in own if name in of_rule(rule)]
    return f"From this project's vitalsigns.toml: {', '.join(shown)}." if shown else ""


def _option(option: Prescription) -> Option:
    return Option(
        id=option.id,
        title=option.title,
        changes=[
            Change(key=key, before=plain(before), after=plain(after)) for key, (before, after) in option.changes.items()
        ],
        command=option.command,
        flags=option.flags,
        expected=option.expected,
        cost=option.cost,
        disproved_by=option.disproved_by,
        note=option.note,
        code_edit=option.code_edit,
        restartable=can_be_restarted_with(option),
    )


def _tried(tried: Tried | None, recorded: wait_or_restart.Effect | None) -> str:
    """The results of an option in this folder, as counts, never a share of few tries; else those of recorded pairs."""
    if tried is not None:
        return tried.text
    return "not yet in this folder" + ("" if recorded is None else f"; {recorded.text}")


def _limits(snapshot: Snapshot, judged: Judged) -> list[Limit]:
    """Every threshold in force, the project's own first, each with where it comes from."""
    own = snapshot.launch.thresholds if snapshot.launch is not None else {}
    defaults = by_name(DEFAULTS)
    rows = [
        Limit(
            name=name,
            value=plain(value),
            default=plain(defaults[name]),
            source="vitalsigns.toml" if name in own else "default",
        )
        for name, value in by_name(judged.thresholds).items()
    ]
    rows += [
        Limit(
            name=name,
            value=plain(own.get(name, value)),
            default=plain(value),
            source="vitalsigns.toml" if name in own else "your rules",
        )
        for name, value in judged.own.thresholds.items()
    ]
    return sorted(rows, key=lambda row: row.source == "default")
