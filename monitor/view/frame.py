"""One frame: everything that is painted at one moment, from one snapshot."""

from __future__ import annotations

from typing import Any

from monitor.alerts import open_alerts
from monitor.diagnosis import Diagnosis, Judged
from monitor.prescriptions.prescription import Prescription
from monitor.prescriptions.registry import prescribe
from monitor.rules.evaluations import guard_of
from monitor.rules.result import Finding
from monitor.run_dir import Snapshot
from monitor.status import status_of
from monitor.view import words
from monitor.view.series import Since, columns, loss_range, marks, number
from monitor.view.tiles import tiles


def frame(snapshot: Snapshot, judged: Judged, now: float, *, since: Since, seq: int | None = None) -> dict[str, Any]:
    """What the page shows now; series only from the tab's offsets on."""
    status = status_of(snapshot)
    diagnosis = judged.diagnosis
    options = prescribe(snapshot, diagnosis)
    run = snapshot.run
    return {
        "seq": snapshot.seq if seq is None else seq,
        "life": snapshot.life,
        "run": {
            "id": snapshot.run_id,
            "name": (run.name if run is not None else "") or snapshot.run_id,
            "model": run.model.name if run is not None else "",
            "loss_unit": (run.units if run is not None else {}).get("loss", "unit not stated"),
            "parent": _parent(snapshot),
        },
        "status": words.status_text(snapshot),
        "clock": _clock(snapshot, now),
        "progress": words.progress(snapshot, status, now),
        "verdict": _verdict(diagnosis, options),
        "tiles": tiles(snapshot, judged),
        "flags": [_flag(finding, snapshot) for finding in diagnosis.findings],
        "prescriptions": [_option(option) for option in options],
        "causes": [
            {"title": cause.title, "evidence": list(cause.evidence), "against": list(cause.against)}
            for cause in diagnosis.causes
        ],
        "floors": _floors(snapshot),
        "marks": marks(snapshot, judged.thresholds.gap_limit),
        "loss_range": loss_range(
            snapshot,
            guard_of(snapshot, judged.thresholds),
            run.floors.loss_unigram if run is not None else None,
        ),
        "gap_basis": run.gap_basis if run is not None else "train",
        "lanes": _lanes(diagnosis, snapshot),
        "series": columns(snapshot, since),
        "decoded": [decode.epoch for decode in snapshot.decodes if decode.split == "val"],
        "problems": [f"{problem.file}, line {problem.line}: {problem.reason}" for problem in snapshot.problems[:5]],
        "problem_count": len(snapshot.problems),
        "actions": _actions(snapshot, status.live, status.word),
        "title": _title(snapshot, diagnosis),
    }


def _verdict(diagnosis: Diagnosis, options: tuple[Prescription, ...]) -> dict[str, Any]:
    first = next((option for option in options if option.changes), None)
    deciding = diagnosis.worst.severity if diagnosis.worst is not None else None
    return {
        "word": diagnosis.verdict,
        "severity": deciding,
        "filled": diagnosis.verdict == "STOP",
        "reason": diagnosis.reason,
        "also": list(diagnosis.also),
        "next_step": f"First try: {_lower(first.title)}." if first else diagnosis.next_step,
        "changes": {key: after for key, (_, after) in first.changes.items()} if first else {},
        "expected": first.expected if first else "",
        "suppressed": list(diagnosis.suppressed),
        "coverage": f"{diagnosis.checks_ran} of {diagnosis.checks} checks ran",
        "not_checked": list(diagnosis.not_checked),
    }


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _flag(finding: Finding, snapshot: Snapshot) -> dict[str, Any]:
    known = open_alerts(snapshot.alerts).get(finding.rule)
    alert = known.alert_id if known is not None else f"{finding.rule}-{finding.onset or 0:g}"
    return {
        "alert": alert,
        "rule": finding.rule,
        "title": finding.title,
        "severity": finding.severity,
        "line": finding.line,
        "since": finding.onset,
        "fired": finding.fired,
        "critical_since": finding.critical_since,
        "now": {key: _shown(value) for key, value in finding.now.items()},
        "limits": {key: _shown(value) for key, value in finding.limits.items()},
        "remedy": finding.remedy,
        "cannot_tell": finding.cannot_tell,
        "acknowledged": alert in snapshot.acknowledged,
    }


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.3g}"


def _option(option: Prescription) -> dict[str, Any]:
    return {
        "id": option.id,
        "title": option.title,
        "changes": [
            {"key": key, "before": _value(before), "after": _value(after)}
            for key, (before, after) in option.changes.items()
        ],
        "values": {key: after for key, (_, after) in option.changes.items()},
        "command": option.command,
        "expected": option.expected,
        "cost": option.cost,
        "disproved_by": option.disproved_by,
        "note": option.note,
    }


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _parent(snapshot: Snapshot) -> dict[str, Any] | None:
    parent = snapshot.launch.parent if snapshot.launch is not None else None
    if parent is None:
        return None
    changes = [f"{key} {_value(pair[0])} → {_value(pair[1])}" for key, pair in parent.changes.items() if len(pair) == 2]
    return {"id": parent.run_id, "changes": changes, "expected": str(parent.expected.get("text", ""))}


def _clock(snapshot: Snapshot, now: float) -> dict[str, Any]:
    times = [record.at for record in snapshot.epochs[-1:]] + [record.at for record in snapshot.steps[-1:]]
    last = max(times, default=0.0)
    return {
        "server_now": now,
        "last_record_at": last or None,
        "heartbeat_at": snapshot.progress.heartbeat_at if snapshot.progress is not None else None,
    }


def _floors(snapshot: Snapshot) -> dict[str, Any]:
    if snapshot.run is None:
        return {}
    floors = snapshot.run.floors
    return {
        "loss": number(floors.loss_unigram),
        "wer": number(floors.wer_constant),
        "blank": number(floors.blank_ratio),
        "sentence": floors.constant_sentence,
    }


def _lanes(diagnosis: Diagnosis, snapshot: Snapshot) -> list[dict[str, Any]]:
    """One bar per flag under the loss chart, from where its condition began to now."""
    end = snapshot.epochs[-1].epoch if snapshot.epochs else 0.0
    return [
        {
            "rule": finding.rule,
            "title": finding.title,
            "severity": finding.severity,
            "from": finding.onset,
            "critical_from": finding.critical_since,
            "to": end,
        }
        for finding in diagnosis.findings
        if finding.onset is not None
    ]


def _actions(snapshot: Snapshot, live: bool, word: str) -> dict[str, Any]:
    known = snapshot.launch is not None and bool(snapshot.launch.argv) and snapshot.launch.how != "import"
    stopping = word == "stopping"
    return {
        "stop": live and not stopping,
        "restart": known,
        "resume": known and not live,
        "why": "" if known else "How this run was started is not known, so it cannot be started again from here.",
    }


def _title(snapshot: Snapshot, diagnosis: Diagnosis) -> str:
    wer = snapshot.epochs[-1].val_wer if snapshot.epochs else None
    parts = [diagnosis.verdict.capitalize() if diagnosis.verdict == "ENDED" else diagnosis.verdict]
    if wer is not None:
        parts.append(f"{100 * wer:.0f} %")
    return " · ".join([*parts, snapshot.run_id])
