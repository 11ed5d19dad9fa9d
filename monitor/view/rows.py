"""The list of runs: one row each, from one or two small files, the ones that need somebody first."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from monitor import files, processes
from monitor.errors import MonitorError
from monitor.reader import list_runs
from monitor.run_dir import (
    LAUNCH_FILE,
    PROGRESS_FILE,
    STATE_FILE,
    Launch,
    Progress,
    Record,
    Snapshot,
    State,
    decode,
)
from monitor.status import age_words, status_of
from monitor.summaries import summary_of
from monitor.view.words import percent, short

R = TypeVar("R", bound=Record)
SEVERITY_ORDER = {"critical": 0, "warning": 1, "info": 2, None: 3}


def run_rows(runs_dir: Path, now: float) -> list[dict[str, Any]]:
    """Rows sorted by need. An unreadable run is a row that says so. Raises UnreadableRunError for the folder."""
    rows = [_row(Path(runs_dir) / run_id, now) for run_id in list_runs(runs_dir)]
    return sorted(rows, key=_need)


def _row(run_dir: Path, now: float) -> dict[str, Any]:
    try:
        return _readable_row(run_dir, now)
    except (OSError, MonitorError) as problem:
        return {"run": run_dir.name, "state": "unreadable", "evidence": str(problem), "verdict": "", "at": 0.0}


def _readable_row(run_dir: Path, now: float) -> dict[str, Any]:
    state = _read(run_dir / STATE_FILE, State)
    progress = _read(run_dir / PROGRESS_FILE, Progress)
    launch = _read(run_dir / LAUNCH_FILE, Launch)
    summary = summary_of(run_dir)
    glance = _glance(run_dir, now, state, progress, launch)
    status = status_of(glance)
    at = max(summary.updated_at, progress.heartbeat_at if progress else 0.0, launch.created_at if launch else 0.0)
    total = summary.epochs or (progress.epochs if progress else None)
    return {
        "run": run_dir.name,
        "parent": launch.parent.run_id if launch and launch.parent else None,
        "state": f"{status.word}, unsupervised" if status.unsupervised else status.word,
        "live": status.live,
        "evidence": status.evidence,
        "verdict": summary.verdict if status.live else "ENDED" if status.word != "imported" else summary.verdict,
        "severity": summary.worst_severity,
        "worst": (summary.worst_rule or "").replace("_", " "),
        "reason": summary.reason,
        "epoch": summary.epoch,
        "epochs": total,
        "ratio": min(1.0, summary.epoch / total) if total else None,
        "wer": percent(summary.val_wer),
        "chance": percent(summary.wer_constant) if summary.wer_constant is not None else "",
        "gap": short(summary.gap),
        "spark": summary.gap_series,
        "at": at,
        # Minutes, not seconds: a list that changes every second cannot be read.
        "age": age_words(60 * ((now - at) // 60)) if at else "",
    }


def _glance(
    run_dir: Path, now: float, state: State | None, progress: Progress | None, launch: Launch | None
) -> Snapshot:
    """As much of a snapshot as the state needs: small files only, never the records."""
    trainer = state.trainer if state else progress.process if progress else None
    supervisor = state.supervisor if state else None
    return Snapshot(
        run_dir=str(run_dir),
        run_id=run_dir.name,
        read_at=60 * (now // 60),
        state=state,
        progress=progress,
        launch=launch,
        trainer_liveness=processes.liveness(trainer) if trainer else None,
        supervisor_liveness=processes.liveness(supervisor) if supervisor else None,
    )


def _read(path: Path, kind: type[R]) -> R | None:
    data = files.read_bytes(path)
    try:
        return None if data is None else decode(data, kind)
    except ValueError:
        return None


def _need(row: dict[str, Any]) -> tuple[Any, ...]:
    """Critical and running, failed or lost, running, the rest; the newest first within each."""
    live, severity = bool(row.get("live")), row.get("severity")
    if live and severity in ("critical", "warning"):
        group = SEVERITY_ORDER[severity]
    elif row["state"] in ("failed", "lost", "unreadable"):
        group = 3
    else:
        group = 2 if live else 4
    return group, -float(row.get("at") or 0.0), row["run"]
