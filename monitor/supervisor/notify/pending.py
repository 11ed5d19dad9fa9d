"""Which messages are due: worked out from the records alone, so that a killed process forgets nothing. Pure.

Each address gets each message once: what was sent stands in alerts.jsonl as `sent`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from monitor.diagnosis.settings import Notify
from monitor.run_dir import SEVERITIES, Alert, Severity, Snapshot
from monitor.run_dir.launch import generation_of
from monitor.run_dir.status import ENDED_WORDS, LIVE_WORDS, Status

What = Literal["raised", "worse", "resolved", "start", "end", "away"]

NEWS_SECS = 24 * 3600.0
"""An end that lies further back is not reported: it is no news."""
START_SECS = 900.0
"""A start is reported only so long: a supervisor that takes over an old run does not report its start."""
FAILED_WORDS = frozenset({"failed", "lost"})


@dataclass(frozen=True)
class Item:
    """One thing to tell. `of`: a finding that was raised, got worse or is gone; or what became of the run."""

    alert_id: str
    of: What
    rule: str
    severity: Severity
    line: str = ""

    @property
    def is_of_the_run(self) -> bool:
        """Whether it is about the run itself, not about a finding."""
        return self.of in ("start", "end", "away")


@dataclass(frozen=True)
class Known:
    """What one address is judged by: all alert events, when each alert was acknowledged, and the settings."""

    alerts: tuple[Alert, ...]
    acknowledged_at: Mapping[str, float]
    notify: Notify


def findings_to_tell(known: Known, to: str) -> list[Item]:
    """Findings that this address has not heard of, or not that they got worse or went away.

    What came and went before it could be sent is not sent. An acknowledged one is sent only when it got worse since.
    """
    sent_before = _last_sent_to(known.alerts, to)
    items = []
    for last in _last_events(known.alerts):
        before = sent_before.get(last.alert_id)
        seen_at = known.acknowledged_at.get(last.alert_id)
        if last.event == "resolved":
            if before is not None and before.of != "resolved" and seen_at is None:
                items.append(Item(last.alert_id, "resolved", last.rule, last.severity, last.line))
        elif last.severity in known.notify.severities and (seen_at is None or seen_at < last.at):
            is_open = before is not None and before.of != "resolved"
            if before is None or not is_open or is_graver(last.severity, before.severity):
                items.append(Item(last.alert_id, "worse" if is_open else "raised", last.rule, last.severity, last.line))
    return items


def run_to_tell(known: Known, to: str, snapshot: Snapshot, status: Status, *, promised: bool = False) -> list[Item]:
    """The start or end of a run that this address should hear of and has not.

    Every message about a finding promises one more when the run ends; `promised`: one is about to be sent.
    """
    sent_before, events = _last_sent_to(known.alerts, to), known.notify.events
    generation = generation_of(snapshot.state, snapshot.progress)
    items = []
    if status.word in LIVE_WORDS - {"queued"} and "start" in events:
        if snapshot.read_at - _began(snapshot) <= START_SECS:
            items.append(Item(f"run-start-{generation}", "start", "run", "info"))
    elif _is_news(status, snapshot.read_at):
        failed = status.word in FAILED_WORDS
        promised = promised or any(message.of in ("raised", "worse") for message in sent_before.values())
        if "end" in events or (failed and "failed" in events) or promised:
            items.append(Item(f"run-end-{generation}", "end", "run", "critical" if failed else "info"))
    return [item for item in items if item.alert_id not in sent_before]


def is_over_for(known: Known, to: str, snapshot: Snapshot, status: Status) -> bool:
    """Whether no more is sent about a run's findings: it ended long ago, or its end was reported."""
    if status.word not in ENDED_WORDS:
        return False
    return not _is_news(
        status, snapshot.read_at
    ) or f"run-end-{generation_of(snapshot.state, snapshot.progress)}" in _last_sent_to(known.alerts, to)


def _is_news(status: Status, now: float) -> bool:
    """Whether a run ended, and not long ago."""
    return status.word in ENDED_WORDS and status.since is not None and now - status.since <= NEWS_SECS


def _last_sent_to(alerts: Iterable[Alert], to: str) -> dict[str, Alert]:
    """The last message to this address about each alert, by alert id."""
    return {alert.alert_id: alert for alert in alerts if alert.event == "sent" and alert.to == to}


def gravest(items: Iterable[Item]) -> Severity:
    """ "info" where there is no item."""
    return min((item.severity for item in items), key=SEVERITIES.index, default="info")


def is_graver(severity: Severity, before: Severity) -> bool:
    """Whether a finding is worse than it was."""
    return SEVERITIES.index(severity) < SEVERITIES.index(before)


def _began(snapshot: Snapshot) -> float:
    state = snapshot.state
    if state is not None:
        return state.started_at or state.updated_at
    return snapshot.run.created_at if snapshot.run is not None else 0.0


def _last_events(alerts: Iterable[Alert]) -> list[Alert]:
    """Of each alert, where it stands: the last of raised, worse, resolved; oldest first."""
    last: dict[str, Alert] = {}
    for alert in alerts:
        if alert.event != "sent":
            last.pop(alert.alert_id, None)
            last[alert.alert_id] = alert
    return list(last.values())
