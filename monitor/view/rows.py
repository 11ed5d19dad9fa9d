"""The list of runs: a row each from a few small files, the ones that need attention first; read again when changed."""

from __future__ import annotations

import math
import os
import threading
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from monitor.diagnosis.ledger import read_outcome
from monitor.diagnosis.seed_groups import Member, grouped, member_of, run_in
from monitor.diagnosis.seed_spread import spread_of
from monitor.diagnosis.summaries import scored, summary_of
from monitor.run_dir import (
    ALERTS_FILE,
    EPOCHS_FILE,
    FINAL_STATES,
    LAUNCH_FILE,
    METRIC_FILE,
    OUTCOME_FILE,
    PROGRESS_FILE,
    RUN_FILE,
    SEVERITIES,
    STATE_FILE,
    SUMMARY_FILE,
    Alert,
    ChildOutcome,
    Launch,
    Progress,
    Record,
    Run,
    Snapshot,
    State,
    decode,
    files,
    processes,
    words,
)
from monitor.run_dir.errors import guarded
from monitor.run_dir.metric import WER, Metric
from monitor.run_dir.reader import list_runs
from monitor.run_dir.status import ENDED_VERDICTS, Status, last_heard_at, state_in_force, status_of
from monitor.view.shapes.listing import RunEvent, RunRow

R = TypeVar("R", bound=Record)
WATCHED = (STATE_FILE, PROGRESS_FILE, LAUNCH_FILE, SUMMARY_FILE, METRIC_FILE, EPOCHS_FILE, ALERTS_FILE, OUTCOME_FILE)
MOST_EVENTS = 4
ALERTS_TAIL = 16_384


class RowBook:
    """Remembers the rows: a run whose files have not changed is not read again, unless a process works on it."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = Path(runs_dir)
        self._known: dict[str, tuple[tuple[int, ...], RunRow]] = {}
        self._members: dict[str, tuple[tuple[int, ...], Member | None]] = {}
        self._lock = threading.Lock()

    def rows(self, now: float) -> list[RunRow]:
        """Rows sorted by need. An unreadable run is a row that says so. Raises UnreadableRunError for the folder."""
        with self._lock:
            names = list_runs(self._runs_dir)
            self._known = {name: self._row(name, now) for name in names}
            rows = {name: with_age(row, now) for name, (_, row) in self._known.items()}
            return sorted(self._with_seeds(rows).values(), key=_need)

    def _with_seeds(self, rows: dict[str, RunRow]) -> dict[str, RunRow]:
        """Of runs that differ in their seed alone the first has the mean of all, the others its name."""
        self._members = {name: self._member(name) for name in rows}
        for group in grouped(filter(None, (each for _, each in self._members.values())), run_in(self._runs_dir)):
            metric = guarded(lambda: scored(summary_of(self._runs_dir / group.lead))[0], lambda _: WER)  # noqa: B023
            mean = spread_of(group, {run: rows[run].value for run in group.runs}, metric)
            for run in group.runs[1:]:
                rows[run] = replace(rows[run], seed_of=group.lead)
            said = mean.text if mean is not None else words.count(len(group.runs), "seed")
            rows[group.lead] = replace(rows[group.lead], seeds=f"{metric.heading} {said}" if mean is not None else said)
        return rows

    def _member(self, name: str) -> tuple[tuple[int, ...], Member | None]:
        """Read once: how a run was started never changes."""
        marks = self._known[name][0]
        known = self._members.get(name)
        if known is not None and (known[1] is not None or known[0] == marks):
            return known
        return marks, guarded(lambda: member_of(_read(self._runs_dir / name / LAUNCH_FILE, Launch)), lambda _: None)

    def _row(self, name: str, now: float) -> tuple[tuple[int, ...], RunRow]:
        marks = _marks(self._runs_dir / name)
        known = self._known.get(name)
        # A live process can end without writing anything: its row is made anew.
        if known is not None and known[0] == marks and not known[1].live:
            return known
        return marks, _row(self._runs_dir / name, now)


def with_age(row: RunRow, now: float) -> RunRow:
    return replace(row, age=words.coarse_age(now - row.at) if row.at and row.at - now <= words.AHEAD_SECS else "")


def _marks(run_dir: Path) -> tuple[int, ...]:
    """Changes when one of the watched files does."""
    marks: list[int] = []
    for name in WATCHED:
        try:
            status = os.stat(f"{run_dir}/{name}")  # noqa: PTH116 - seven thousand of these a look at 1,000 runs
        except OSError:
            marks.append(-1)
        else:
            marks += [status.st_mtime_ns, status.st_size]
    return tuple(marks)


def _row(run_dir: Path, now: float) -> RunRow:
    """Whatever is wrong with one run, the others are shown."""

    def unreadable(fault: Exception) -> RunRow:
        return RunRow(run=run_dir.name, state="unreadable", evidence=str(fault))

    return guarded(lambda: _readable_row(run_dir, now), unreadable)


def _readable_row(run_dir: Path, now: float) -> RunRow:
    state = _read(run_dir / STATE_FILE, State)
    progress = _read(run_dir / PROGRESS_FILE, Progress)
    launch = _read(run_dir / LAUNCH_FILE, Launch)
    summary = summary_of(run_dir)
    status = status_of(_glance(run_dir, now, state, progress, launch))
    at = max(summary.updated_at, progress.heartbeat_at if progress else 0.0, launch.created_at if launch else 0.0)
    total = summary.epochs or (progress.epochs if progress else None)
    outcome = read_outcome(run_dir)
    metric, value, _, chance = scored(summary)
    waiting = state.queue if state is not None and status.word == "queued" else None
    return RunRow(
        run=run_dir.name,
        parent=launch.parent.run_id if launch and launch.parent else None,
        mine=_is_mine(run_dir),
        owner=launch.asked_by if launch else "",
        changed=sorted(launch.parent.changes) if launch and launch.parent else [],
        state=f"queued, position {waiting.position}" if waiting else status.text,
        waits_for=waiting.device if waiting else "",
        live=status.live,
        unsupervised=status.unsupervised,
        evidence=status.evidence,
        verdict=summary.verdict if status.live else ENDED_VERDICTS.get(status.word, summary.verdict),
        severity=summary.worst_severity,
        worst=summary.worst_title or (summary.worst_rule or "").replace("_", " "),
        reason=summary.reason,
        coverage=f"{summary.checks_ran}/{summary.checks}" if summary.checks else "",
        outcome=outcome.word if outcome is not None else "",
        outcome_line=outcome.line if outcome is not None else "",
        epoch=summary.epoch,
        epochs=total,
        ratio=min(1.0, summary.epoch / total) if total else None,
        device=((state.device if state else "") or _device(run_dir)) if status.live else "",
        eta=_eta(status, progress, total, summary.epoch),
        metric=metric.title if value is not None else "",
        score=_score(metric, value) if value is not None else "",
        value=_finite(value),
        error=_finite(metric.error(value)) if value is not None else None,
        chance=metric.text(chance) if chance is not None else "",
        gap=words.number(summary.gap),
        spark=[value for value in summary.gap_series if math.isfinite(value)],
        at=at,
        events=_events(run_dir, status, state, outcome),
    )


def _score(metric: Metric, value: float) -> str:
    """The value, with the name of the metric unless that is WER, which most runs of a folder have."""
    return metric.text(value) if metric.name == WER.name else f"{metric.label} {metric.text(value)}"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _eta(status: Status, progress: Progress | None, total: int | None, epoch: float) -> str:
    if not status.live or progress is None or not progress.epoch_secs or not total or epoch >= total:
        return ""
    return words.age((total - epoch) * progress.epoch_secs)


def _device(run_dir: Path) -> str:
    """The device a live run said it works on, such as "cuda:0" or "cpu"."""
    run = _read(run_dir / RUN_FILE, Run)
    return (run.environment.device or "") if run is not None else ""


def _is_mine(run_dir: Path) -> bool:
    return run_dir.stat().st_uid == os.getuid()


def _events(run_dir: Path, status: Status, state: State | None, outcome: ChildOutcome | None) -> list[RunEvent]:
    """What happened that a reader may have missed, the newest first: flags, how it ended, what came of a change."""
    events = [
        RunEvent(at=alert.at, kind=alert.severity, text=alert.line, rule=alert.rule)
        for alert in _last_alerts(run_dir / ALERTS_FILE)
        if alert.event in ("raised", "worse") and alert.severity != "info"
    ]
    if state is not None and state.ended_at and status.word in FINAL_STATES:
        events.append(RunEvent(at=state.ended_at, kind=status.word, text=status.evidence))
    elif status.word == "lost":
        events.append(RunEvent(at=status.since or 0.0, kind="lost", text=status.evidence))
    if outcome is not None:
        text = f"{outcome.word.capitalize()} against {outcome.parent_id}: {outcome.line}"
        events.append(RunEvent(at=outcome.at, kind="outcome", text=text, word=outcome.word))
    return sorted(events, key=lambda event: -event.at)[:MOST_EVENTS]


def _last_alerts(path: Path) -> list[Alert]:
    """The alerts at the end of the file; a torn or odd line is left out."""
    found = []
    for line in files.last_lines(path, ALERTS_TAIL):
        try:
            found.append(decode(line, Alert))
        except ValueError:
            continue
    return found


def _glance(
    run_dir: Path, now: float, state: State | None, progress: Progress | None, launch: Launch | None
) -> Snapshot:
    """As much of a snapshot as the state needs: small files only, never the records."""
    in_force = state_in_force(state, progress)
    trainer = in_force.trainer if in_force else progress.process if progress else None
    supervisor = in_force.supervisor if in_force else None
    if in_force is not None and in_force.state in FINAL_STATES:
        # What has ended by its supervisor's word needs no look at processes.
        trainer = supervisor = None
    heard_at = last_heard_at(state, progress)
    return Snapshot(
        run_dir=str(run_dir),
        run_id=run_dir.name,
        read_at=60 * (now // 60),
        state=state,
        progress=progress,
        launch=launch,
        trainer_liveness=processes.liveness(trainer, heard_at) if trainer else None,
        supervisor_liveness=processes.liveness(supervisor, heard_at) if supervisor else None,
        follower_liveness=processes.liveness(progress.follower) if progress and progress.follower else None,
    )


def _read(path: Path, kind: type[R]) -> R | None:
    return files.read_document(path, kind, ignoring=ValueError)


def _need(row: RunRow) -> tuple[int, float, str]:
    """Critical and running, failed or lost, running, the rest; the newest first within each."""
    if row.live and row.severity in ("critical", "warning"):
        group = SEVERITIES.index(row.severity)
    elif row.state in ("failed", "lost", "unreadable"):
        group = 3
    else:
        group = 2 if row.live else 4
    return group, -row.at, row.run
