"""Findings over time: raised, worse, resolved, sent. One writer: the holder of the run's alerts lock."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec

from monitor.diagnosis.verdict import Diagnosis, Judged
from monitor.rules.arithmetic.series import thin
from monitor.rules.evaluations import last, lowest
from monitor.rules.primary import best_of, chance_of, doubted_of, is_by_loss, last_of, measured_last, primary_of
from monitor.rules.result import Finding
from monitor.run_dir import ALERTS_FILE, SEVERITIES, Alert, Snapshot, Summary, encode_line, files
from monitor.run_dir.counted import basis_of
from monitor.run_dir.metric import THE_LOSS
from monitor.run_dir.planned import planned_epochs

SPARK_POINTS = 60


class AlertBook:
    """Remembers which findings are open, and writes an event when that changes."""

    def __init__(self, run_dir: Path, alerts: tuple[Alert, ...]) -> None:
        self._file = files.AppendFile(Path(run_dir) / ALERTS_FILE)
        self._open = open_alerts(alerts)

    def update(self, findings: tuple[Finding, ...], now: float, epoch: float) -> list[Alert]:
        """The new events, appended to alerts.jsonl. Raises OSError; what was not written is tried again next time."""
        events: list[Alert] = []
        by_rule = {finding.rule: finding for finding in findings}
        for rule, known in list(self._open.items()):
            if rule not in by_rule:
                self._write(msgspec.structs.replace(known, event="resolved", at=now, epoch=epoch), events)
                del self._open[rule]
        for rule, finding in by_rule.items():
            before = self._open.get(rule)
            if before is None or _is_worse(finding, before):
                alert = _alert(finding, "raised" if before is None else "worse", before, now, epoch)
                self._write(alert, events)
                self._open[rule] = alert
        return events

    def note(self, alert: Alert) -> None:
        """Appends one event that is no finding's, such as a message that was sent. Raises OSError."""
        self._file.append(encode_line(alert))

    def close(self) -> None:
        """Closes the file; events that were written stay."""
        self._file.close()

    def _write(self, alert: Alert, events: list[Alert]) -> None:
        self._file.append(encode_line(alert))
        events.append(alert)


def open_alerts(alerts: tuple[Alert, ...]) -> dict[str, Alert]:
    """The last raised alert of each rule that is still open, by rule."""
    found: dict[str, Alert] = {}
    for alert in alerts:
        if alert.event in ("raised", "worse"):
            found[alert.rule] = alert
        elif alert.event == "resolved":
            found.pop(alert.rule, None)
    return found


def _is_worse(finding: Finding, before: Alert) -> bool:
    return SEVERITIES.index(finding.severity) < SEVERITIES.index(before.severity)


def _alert(finding: Finding, event: str, before: Alert | None, now: float, epoch: float) -> Alert:
    opened = epoch if finding.onset is None else finding.onset
    return Alert(
        alert_id=before.alert_id if before is not None else f"{finding.rule}-{opened:g}",
        event=event,  # type: ignore[arg-type]
        rule=finding.rule,
        severity=finding.severity,
        at=now,
        epoch=epoch,
        line=finding.line,
    )


def _worst(diagnosis: Diagnosis) -> Finding | None:
    """What the list names: what decided the word, unless that is a hint beside a graver flag."""
    worst = diagnosis.worst
    if worst is None or worst.severity != "info":
        return worst
    return min((worst, *diagnosis.findings), key=lambda finding: SEVERITIES.index(finding.severity))


def summarise(snapshot: Snapshot, judged: Judged, now: float) -> Summary:
    """What a list of a thousand runs needs."""
    diagnosis = judged.diagnosis
    metric, best, wer = primary_of(snapshot), best_of(snapshot), lowest(snapshot, "val_wer")
    chance, value, doubted = chance_of(snapshot, metric), last_of(snapshot), doubted_of(snapshot)
    by_loss = metric is None and last(snapshot, "val_loss") is not None
    if doubted is not None or by_loss or is_by_loss(snapshot):
        metric, value, best = THE_LOSS, last(snapshot, "val_loss"), lowest(snapshot, "val_loss")
    worst, planned = _worst(diagnosis), planned_epochs(snapshot)
    gaps = [record.gap for record in snapshot.epochs if record.gap is not None]
    before, newest = ([(0.0, 0.0)] * 2 + [(record.epoch, record.at or 0.0) for record in snapshot.epochs])[-2:]
    return Summary(
        run_id=snapshot.run_id,
        updated_at=now,
        verdict=diagnosis.verdict,
        reason=diagnosis.reason,
        worst_rule=worst.rule if worst else None,
        worst_title=worst.title if worst else "",
        worst_severity=worst.severity if worst else None,
        flags=dict(Counter(finding.severity for finding in diagnosis.findings)),
        epoch=newest[0],
        epochs=int(planned) if planned is not None else None,
        evaluated_at=newest[1],
        evaluated_every=newest[0] - before[0],
        val_wer=last(snapshot, "val_wer"),
        best_val_wer=wer[0] if wer else None,
        best_val_wer_epoch=wer[1] if wer else None,
        wer_constant=snapshot.run.floors.wer_constant if snapshot.run else None,
        metric=metric,
        metric_value=value,
        metric_last_epoch=measured_last(snapshot, metric) if metric is not None else None,
        metric_best=best[0] if best else None,
        metric_best_epoch=best[1] if best else None,
        metric_in_doubt=doubted.title if doubted is not None else "",
        metric_chance=metric.value(chance.error) if metric and chance and not chance.assumed else None,
        val_loss=last(snapshot, "val_loss"),
        gap=last(snapshot, "gap"),
        length_ratio=last(snapshot, "length_ratio"),
        gap_series=thin(gaps, SPARK_POINTS),
        checks_ran=diagnosis.checks_ran,
        checks=diagnosis.checks,
        counted={name: basis for name in ("wer_constant", "length_ratio") if (basis := basis_of(snapshot, name))},
    )
