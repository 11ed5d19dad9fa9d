"""The bars under the loss chart: a lane a flag, open ones up to now, closed ones as long as they were open."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.rules.registry import BY_NAME
from monitor.rules.result import Finding
from monitor.run_dir import Severity, Snapshot
from monitor.view.shapes.judgement import Lane


def lanes_of(findings: Sequence[Finding], snapshot: Snapshot) -> list[Lane]:
    """One bar per flag under the loss chart: open ones up to now, closed ones from raised to resolved."""
    end = snapshot.epochs[-1].epoch if snapshot.epochs else 0.0
    bars = [
        Lane(
            rule=finding.rule,
            title=finding.title,
            severity=finding.severity,
            start=finding.onset,
            began=finding.began or f"epoch {finding.onset:g}",
            fired=finding.fired,
            critical_from=finding.critical_since,
            to=end,
            closed=False,
        )
        for finding in findings
        if finding.onset is not None
    ]
    return bars + _closed_lanes(snapshot, {bar.rule for bar in bars})


def _closed_lanes(snapshot: Snapshot, still_open: set[str]) -> list[Lane]:
    """The last closed bar of every rule that is quiet now."""
    bars: dict[str, Lane] = {}
    raised: dict[str, tuple[float, Severity]] = {}
    for alert in snapshot.alerts:
        if alert.epoch is None or alert.rule in still_open:
            continue
        if alert.event == "raised":
            raised[alert.rule] = (alert.epoch, alert.severity)
        elif alert.event == "resolved" and alert.rule in raised:
            since, severity = raised.pop(alert.rule)
            bars[alert.rule] = Lane(
                rule=alert.rule,
                title=BY_NAME[alert.rule].title if alert.rule in BY_NAME else alert.rule.replace("_", " ").capitalize(),
                severity=severity,
                start=since,
                began=f"epoch {since:g}",
                fired=since,
                critical_from=None,
                to=alert.epoch,
                closed=True,
            )
    return list(bars.values())
