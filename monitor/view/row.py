"""One row of the list of runs: a run's summary, status and events in words, and where it stands among the others."""

from __future__ import annotations

import math
import os

from msgspec.structs import replace

from monitor.diagnosis.glances import Glance
from monitor.diagnosis.summaries import scored
from monitor.run_dir import FINAL_STATES, ChildOutcome, Progress, Summary, words
from monitor.run_dir.metric import WER, Metric, finite
from monitor.run_dir.status import ENDED_VERDICTS, Status
from monitor.view.shapes.listing import RunEvent, RunRow
from monitor.view.state import pace_now, secs_left
from monitor.view.sweeps import best_name, sweep_of

MOST_EVENTS = 4
OUTCOME = "outcome"
"""Kind of the event with the outcome of a change."""


def row_of(name: str, seen: Glance) -> RunRow:
    """What a run's small files say, as the list shows it. Its label, seeds and differing settings are added later."""
    status, summary, progress, outcome, parent = seen.status, seen.summary, seen.progress, seen.outcome, seen.parent
    at = max(summary.updated_at, progress.heartbeat_at if progress else 0.0, seen.created_at)
    total = summary.epochs or (progress.epochs if progress else None)
    metric, value, _, chance = scored(summary)
    return RunRow(
        run=name,
        parent=parent.run_id if parent else None,
        mine=seen.uid == os.getuid(),
        owner=seen.asked_by,
        changed=sorted(parent.changes) if parent else [],
        state=f"queued, position {seen.waiting.position}" if seen.waiting else status.text,
        waits_for=seen.waiting.device if seen.waiting else "",
        live=status.live,
        evidence=status.evidence,
        verdict=summary.verdict if status.live else ENDED_VERDICTS.get(status.word, summary.verdict),
        severity=summary.worst_severity,
        worst=summary.worst_title or (summary.worst_rule or "").replace("_", " "),
        flags=summary.flags,
        reason=summary.reason,
        coverage=f"{summary.checks_ran}/{summary.checks}" if summary.checks else "",
        outcome=outcome.word if outcome is not None else "",
        outcome_line=outcome.line if outcome is not None else "",
        epoch=summary.epoch,
        epochs=total,
        ratio=min(1.0, summary.epoch / total) if total else None,
        device=seen.device,
        eta=_eta(status, progress, total, summary, at),
        metric=metric.title if value is not None else "",
        score=_score(metric, value, summary.metric_in_doubt),
        value=finite(value),
        error=finite(metric.error(value)) if value is not None else None,
        unit=metric.unit,
        chance=metric.text(chance) if chance is not None else "",
        gap=words.number(summary.gap),
        spark=[value for value in summary.gap_series if math.isfinite(value)],
        at=at,
        events=_events(seen),
        diff=", ".join(words.changed(parent.changes)) if parent else "",
        numbers=_numbers(summary, metric, value),
        sweep=sweep_of(seen.config),
    )


def _numbers(summary: Summary, metric: Metric, value: float | None) -> dict[str, float]:
    """Name → newest value of what a summary knows; in the metric's own unit, shares as fractions."""
    best = scored(summary)[2]
    known = {
        metric.label: value,
        best_name(metric): best[0] if best is not None else None,
        "val loss": summary.val_loss,
        "gap": summary.gap,
        "words out / in": summary.length_ratio,
    }
    return {name: number for name, number in known.items() if number is not None and math.isfinite(number)}


def _score(metric: Metric, value: float | None, in_doubt: str) -> str:
    """The value, with the name of the metric unless that is WER, which most runs of a folder have; and which other
    metric does not decide, as it is in doubt."""
    if value is None:
        return f"{in_doubt} in doubt" if in_doubt else ""
    said = metric.text(value) if metric.name == WER.name else f"{metric.label} {metric.text(value)}"
    return f"{said} ({in_doubt} in doubt)" if in_doubt else said


def _eta(status: Status, progress: Progress | None, total: int | None, summary: Summary, now: float) -> str:
    """The time that the page of the run shows, at the last sign of life."""
    if not status.live or progress is None:
        return ""
    pace = pace_now(summary.evaluated_at, summary.evaluated_every, now)
    left = secs_left(progress.epoch_secs, summary.epoch, total, pace)
    return words.age(left) if left else ""


def _events(seen: Glance) -> list[RunEvent]:
    """What happened that a reader may have missed, the newest first: flags, how it ended, the outcome of a change."""
    status, outcome = seen.status, seen.outcome
    events = [
        RunEvent(at=alert.at, kind=alert.severity, text=alert.line, rule=alert.rule)
        for alert in seen.alerts
        if alert.event in ("raised", "worse") and alert.severity != "info"
    ]
    if seen.ended_at and status.word in FINAL_STATES:
        events.append(RunEvent(at=seen.ended_at, kind=status.word, text=status.evidence))
    elif status.word == "lost":
        events.append(RunEvent(at=status.since or 0.0, kind="lost", text=status.evidence))
    if outcome is not None:
        text = _came(outcome, outcome.line)
        events.append(RunEvent(at=outcome.at, kind=OUTCOME, text=text, word=outcome.word))
    return sorted(events, key=lambda event: -event.at)[:MOST_EVENTS]


def _came(outcome: ChildOutcome, line: str) -> str:
    return f"{outcome.word.capitalize()} against {outcome.parent_id}: {line}"


def with_outcome(row: RunRow, outcome: ChildOutcome, line: str) -> RunRow:
    """The row with another line about the outcome of its change."""
    events = [replace(one, text=_came(outcome, line)) if one.kind == OUTCOME else one for one in row.events]
    return replace(row, outcome_line=line, events=events)


def need(row: RunRow) -> tuple[bool, int, bool, float, str]:
    """The pinned ones; then STOP, LOOK, the others at work, failed or lost, the rest; the newest first in each."""
    others = 2 if row.live else 3 if row.state in ("failed", "lost", "unreadable") else 4
    group = {"STOP": 0, "LOOK": 1}.get(row.verdict, others)
    return not row.pinned, group, not row.live, -row.at, row.run


def with_age(row: RunRow, now: float) -> RunRow:
    """The row with its age in words, the same object where they are the same."""
    age = words.coarse_age(now - row.at) if row.at and row.at - now <= words.AHEAD_SECS else ""
    return row if age == row.age else replace(row, age=age)
