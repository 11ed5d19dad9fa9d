"""Acknowledging an alert: "seen; stays listed, no more messages unless it gets worse"."""

from __future__ import annotations

from pathlib import Path

import msgspec

from monitor.diagnosis.alerts import open_alerts
from monitor.run_dir import ACKS_DIR, check_run_id, files, opening
from monitor.run_dir.audit import audited, by_run_dir
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.reader import RunReader


@audited("ack", by_run_dir)
def acknowledge(run_dir: Path, alert: str, asked_by: str, now: float) -> tuple[str, bool]:
    """Marks an alert (by its id, or by the rule of an open one) as seen; returns (its id, whether it was new).

    The file is created exclusively and is true by existing: twice is once.
    Raises UsageError for an alert that this run does not have, RefusedError if the folder cannot be written.
    """
    snapshot = RunReader(run_dir).read(now)
    by_rule = {rule: known.alert_id for rule, known in open_alerts(snapshot.alerts).items()}
    alert_id = by_rule.get(alert, alert)
    if alert_id not in {known.alert_id for known in snapshot.alerts}:
        open_now = ", ".join(sorted(by_rule.values())) or "none is open"
        raise UsageError(f"{run_dir.name} has no alert {alert!r}; its alerts: {open_now}.")
    check_run_id(alert_id)  # it becomes a file's name, and alerts.jsonl may come from anybody
    folder = run_dir / ACKS_DIR
    try:
        opening.make_folder(folder)
        content = msgspec.json.encode({"alert_id": alert_id, "at": now, "by": asked_by})
        return alert_id, files.create(folder / f"{alert_id}.json", content)
    except OSError as problem:
        raise RefusedError(f"{folder} cannot be written ({problem.strerror}); nothing was acknowledged.") from None
