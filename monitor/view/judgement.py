"""What a diagnosis says, as data for the page: verdict, flags with their evidence, causes, options, limits in force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monitor.diagnosis.alerts import open_alerts
from monitor.diagnosis.ledger import Tried, ledger
from monitor.diagnosis.prescriptions.choosing import can_be_restarted_with, lettered, recommended
from monitor.diagnosis.prescriptions.prescription import Prescription
from monitor.diagnosis.prescriptions.registry import consider, prescribe
from monitor.diagnosis.verdict import STOP_GRADE, Diagnosis, Judged
from monitor.rules.result import Finding
from monitor.rules.thresholds import DEFAULTS
from monitor.run_dir import Snapshot
from monitor.view.report.judged import healthy_rows

PICTURES: dict[str, tuple[str, str]] = {
    "gap": ("gap", "limit"),
    "gap_forecast": ("gap", "limit"),
    "overfitting": ("val_loss", "best"),
    "val_loss_rising": ("val_loss", "best"),
    "overconfident": ("val_loss", "best"),
    "divergence": ("val_loss", ""),
    "loss_spike": ("val_loss", ""),
    "oscillation": ("val_loss", ""),
    "train_val_mismatch": ("val_loss", ""),
    "at_chance": ("val_wer", "chance"),
    "scorer_failure": ("val_wer", "chance"),
    "decode_filter": ("val_wer", "chance"),
    "wer_plateau": ("val_wer", "best"),
    "wer_target": ("val_wer", "target"),
    "blank_collapse": ("length_ratio", "one"),
    "token_dominance": ("length_ratio", "one"),
    "gradient_flow": ("grad_norm", ""),
    "wasted_lr": ("lr", ""),
}
"""Rule → the column that shows its evidence, and the yardstick drawn with it."""

OWN_LIMITS: dict[str, tuple[str, ...]] = {
    "gap": ("gap_",),
    "gap_forecast": ("gap_limit", "forecast_"),
    "overfitting": ("overfitting_",),
    "val_loss_rising": ("val_rise_", "trend_"),
    "overconfident": ("val_rise_", "wer_step"),
    "at_chance": ("chance_",),
    "wer_plateau": ("plateau_", "wer_step"),
    "wer_target": ("wer_target_",),
    "blank_collapse": ("empty_",),
    "token_dominance": ("dominance_",),
    "low_information": ("information_",),
    "gradient_flow": ("flow_",),
    "scorer_failure": ("scorer_",),
    "divergence": ("divergence_",),
    "decode_filter": ("filter_",),
    "train_val_mismatch": ("mismatch_",),
    "loss_spike": ("spike_",),
    "oscillation": ("swing_",),
    "disk": ("disk_",),
    "preflight": ("preflight_",),
    "non_finite": ("non_finite_",),
    "stalled": ("stalled_",),
}
"""Rule → how the names of its thresholds begin."""
SEVERITIES = ("critical", "warning", "info")


def judgement(snapshot: Snapshot, judged: Judged) -> dict[str, Any]:
    """Everything on the page that changes only with a new judgement."""
    diagnosis = judged.diagnosis
    findings = sorted(diagnosis.findings, key=lambda finding: SEVERITIES.index(finding.severity))
    options = prescribe(snapshot, diagnosis)
    tried = ledger(Path(snapshot.run_dir).parent) if options else {}
    return {
        "verdict": _verdict(diagnosis, options),
        "flags": [_flag(finding, snapshot) for finding in findings],
        "prescriptions": [
            {"letter": letter, **_option(option), "tried": _tried(tried, option.id)}
            for letter, option in lettered(options)
        ],
        "considered": [{**_option(each.option), "why_not": each.why_not} for each in consider(snapshot, diagnosis)],
        "causes": [
            {"title": cause.title, "evidence": list(cause.evidence), "against": list(cause.against)}
            for cause in diagnosis.causes
        ],
        "healthy": [list(row) for row in healthy_rows(snapshot, judged)],
        "lanes": _lanes(findings, snapshot),
        "limits": limits(snapshot, judged),
        "targets": {"wer": judged.thresholds.wer_target_ratio, "wer_epoch": judged.thresholds.wer_target_epoch},
    }


def _verdict(diagnosis: Diagnosis, options: tuple[Prescription, ...]) -> dict[str, Any]:
    # Whoever is told not to stop is not offered a restart in the same breath; the options stay under Diagnosis.
    first = None if diagnosis.verdict == "KEEP GOING" else recommended(options)
    return {
        "word": diagnosis.verdict,
        "severity": diagnosis.worst.severity if diagnosis.worst is not None else None,
        "filled": diagnosis.verdict == "STOP",
        "reason": diagnosis.reason,
        "also": list(diagnosis.also),
        "next_step": f"First try: {_lower(first.title)}." if first else diagnosis.next_step,
        "option": first.id if first else None,
        "suppressed": list(diagnosis.suppressed),
        "why": _why(diagnosis),
        "coverage": f"{diagnosis.checks_ran} of {diagnosis.checks} checks ran",
        "not_checked": list(diagnosis.not_checked),
    }


def _why(diagnosis: Diagnosis) -> str:
    """Under a grave word, how often the check behind it was wrong where that could be counted."""
    worst = diagnosis.worst
    if worst is None or worst.severity != "critical":
        return ""
    rate = STOP_GRADE.get(worst.rule)
    if rate is not None:
        return f"How sure: this check was wrong on {rate}."
    return "This check never says more than LOOK: how often it is wrong has not been counted well enough."


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _flag(finding: Finding, snapshot: Snapshot) -> dict[str, Any]:
    known = open_alerts(snapshot.alerts).get(finding.rule)
    alert = known.alert_id if known is not None else f"{finding.rule}-{finding.onset or 0:g}"
    column, yardstick = PICTURES.get(finding.rule, ("", ""))
    return {
        "alert": alert,
        "recorded": known is not None,
        "rule": finding.rule,
        "title": finding.title,
        "severity": finding.severity,
        "line": finding.line,
        "since": finding.onset,
        "fired": finding.fired,
        "critical_since": finding.critical_since,
        "now": {key: _shown(value) for key, value in finding.now.items()},
        "limits": {key: _shown(value) for key, value in finding.limits.items()},
        "own_limits": _own_limits(finding.rule, snapshot),
        "remedy": finding.remedy,
        "cannot_tell": finding.cannot_tell,
        "picture": {"column": column, "yardstick": yardstick},
        "acknowledged": alert in snapshot.acknowledged,
    }


def _own_limits(rule: str, snapshot: Snapshot) -> str:
    """The project's own thresholds that this rule was judged by, beside the defaults."""
    own = snapshot.launch.thresholds if snapshot.launch is not None else {}
    names = [name for name in own if name.startswith(OWN_LIMITS.get(rule, ("guard_",)))]
    shown = [
        f"{name} = {own[name]:g} (default {getattr(DEFAULTS, name):g})" for name in names if hasattr(DEFAULTS, name)
    ]
    return f"From this project's vitalsigns.toml: {', '.join(shown)}." if shown else ""


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.3g}"


def _option(option: Prescription) -> dict[str, Any]:
    return {
        "id": option.id,
        "title": option.title,
        "changes": [
            {"key": key, "before": plain(before), "after": plain(after)}
            for key, (before, after) in option.changes.items()
        ],
        "command": option.command,
        "flags": option.flags,
        "expected": option.expected,
        "cost": option.cost,
        "disproved_by": option.disproved_by,
        "note": option.note,
        "code_edit": option.code_edit,
        "restartable": can_be_restarted_with(option),
    }


def _tried(tried: dict[str, Tried], prescription: str) -> str:
    """What came of it in this folder: counts, never a share of few tries."""
    return tried[prescription].text if prescription in tried else "not yet in this folder"


def plain(value: Any) -> str:
    """A config value in a few letters."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _lanes(findings: list[Finding], snapshot: Snapshot) -> list[dict[str, Any]]:
    """One bar per flag under the loss chart: open ones up to now, closed ones from raised to resolved."""
    end = snapshot.epochs[-1].epoch if snapshot.epochs else 0.0
    bars = [
        {
            "rule": finding.rule,
            "title": finding.title,
            "severity": finding.severity,
            "from": finding.onset,
            "fired": finding.fired,
            "critical_from": finding.critical_since,
            "to": end,
            "closed": False,
        }
        for finding in findings
        if finding.onset is not None
    ]
    return bars + _closed(snapshot, {str(bar["rule"]) for bar in bars})


def _closed(snapshot: Snapshot, still_open: set[str]) -> list[dict[str, Any]]:
    """The last closed bar of every rule that is quiet now."""
    bars: dict[str, dict[str, Any]] = {}
    raised: dict[str, tuple[float, str]] = {}
    for alert in snapshot.alerts:
        if alert.epoch is None or alert.rule in still_open:
            continue
        if alert.event == "raised":
            raised[alert.rule] = (alert.epoch, alert.severity)
        elif alert.event == "resolved" and alert.rule in raised:
            since, severity = raised.pop(alert.rule)
            bars[alert.rule] = {
                "rule": alert.rule,
                "title": alert.rule.replace("_", " ").capitalize(),
                "severity": severity,
                "from": since,
                "fired": since,
                "critical_from": None,
                "to": alert.epoch,
                "closed": True,
            }
    return list(bars.values())


def limits(snapshot: Snapshot, judged: Judged) -> list[dict[str, Any]]:
    """Every threshold in force, the project's own first, each with where it comes from."""
    own = snapshot.launch.thresholds if snapshot.launch is not None else {}
    rows = [
        {
            "name": name,
            "value": f"{getattr(judged.thresholds, name):g}",
            "default": f"{getattr(DEFAULTS, name):g}",
            "source": "vitalsigns.toml" if name in own else "default",
        }
        for name in DEFAULTS.__struct_fields__
    ]
    return sorted(rows, key=lambda row: row["source"] == "default")
