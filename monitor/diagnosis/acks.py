"""Acknowledged alerts: they stay listed, and send no more messages unless they get worse."""

from __future__ import annotations

from pathlib import Path

from monitor.diagnosis.alerts import open_alerts
from monitor.run_dir import ACKS_DIR, Record, check_run_id, encode, files, opening
from monitor.run_dir.audit import audited, by_run_dir
from monitor.run_dir.errors import UsageError
from monitor.run_dir.reader import RunReader


class Ack(Record, frozen=True, kw_only=True, omit_defaults=False):
    """acks/<alert id>.json: who acknowledged the alert, and when (UTC seconds)."""

    alert_id: str = ""
    at: float
    by: str = ""


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
    with files.writing(folder, "acknowledged"):
        opening.make_folder(folder)
        ack = Ack(alert_id=alert_id, at=now, by=asked_by)
        return alert_id, files.create(folder / f"{alert_id}.json", encode(ack))


def acknowledged_at(run_dir: Path, now: float) -> dict[str, float]:
    """Alert id → when it was acknowledged (UTC seconds); an unreadable acknowledgement counts as given `now`."""
    try:
        paths = [path for path in (run_dir / ACKS_DIR).iterdir() if path.suffix == ".json"]
    except OSError:
        return {}
    acks = {path.stem: files.read_document(path, Ack, files.UNREADABLE) for path in paths}
    return {alert_id: now if ack is None else ack.at for alert_id, ack in acks.items()}
