"""Judging and alerting for runs that have no supervisor: started in a terminal, imported, followed.

What is asked of a thousand old runs is when their files changed. Only a run that changes, or is at work, is read.
A run with a supervisor of its own is left to it; one that has lost it gets a new one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor import launcher
from monitor.diagnosis.settings import Settings
from monitor.run_dir import (
    EPOCHS_FILE,
    FINAL_STATES,
    LAUNCH_FILE,
    PROGRESS_FILE,
    RUN_FILE,
    SEVERITIES,
    STATE_FILE,
    STEPS_FILE,
    Severity,
)
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.launch import read_progress, read_state
from monitor.run_dir.lives import lives_of
from monitor.run_dir.opening import is_within
from monitor.run_dir.reader import is_run
from monitor.run_dir.status import status_of
from monitor.supervisor.watch import Judgement, Watch

STAMPED = (LAUNCH_FILE, RUN_FILE, EPOCHS_FILE, STEPS_FILE, PROGRESS_FILE, STATE_FILE)
"""The files by whose times a change is noticed."""
COLD_EVERY_SECS = 15.0
"""How often an old run is asked whether its files changed."""
WARM_EVERY_SECS = 4.0
"""The same for one that changed lately, or that has a supervisor."""
SETTLED_SECS = 60.0
"""A run that is not at work and has not changed for so long is at rest: its watch is closed."""


@dataclass
class _Known:
    """What is remembered of one run between two rounds."""

    run_dir: Path
    changed_at: float = 0.0
    """Newest time of its files, UTC seconds."""
    asked_at: float = float("-inf")
    watch: Watch | None = None
    is_at_work: bool = False
    is_old: bool = False
    """Whether its records were written long ago, whenever its files were."""
    alerts_seen: int | None = None
    """Alert events of the file that were passed on; None before the first look."""
    verdict: str = ""
    worst: Severity | None = None
    trouble: str = ""
    news: list[dict[str, Any]] = field(default_factory=list)


class Watcher:
    """All runs of a folder. Call `round` every second or two; it returns what is new, as plain documents."""

    def __init__(self, runs_dir: Path, settings_of: Callable[[], Settings], since_secs: float) -> None:
        """Runs whose files have not changed for `since_secs` are left alone until they do."""
        self._runs_dir = runs_dir
        self._settings_of = settings_of
        self._since_secs = since_secs
        self._known: dict[str, _Known] = {}
        self._trouble = ""

    def round(self, now: float, tick: float) -> list[dict[str, Any]]:
        """One look at everything. `now` is UTC seconds, `tick` seconds of a clock that never jumps."""
        news: list[dict[str, Any]] = []
        for known in self._runs(news, now):
            if known.watch is None and tick - known.asked_at < self._every_secs(known, now):
                continue
            known.asked_at = tick
            try:
                self._visit(known, now)
            except (MonitorError, OSError, ValueError) as problem:
                self._note_trouble(known, str(problem), now)
            news += known.news
            known.news = []
        return news

    @property
    def is_waiting(self) -> bool:
        """Whether a message has still to be delivered."""
        return any(known.watch is not None and known.watch.is_waiting for known in self._known.values())

    @property
    def worst(self) -> Severity | None:
        """The gravest open finding of all runs that were judged."""
        found = {known.worst for known in self._known.values()}
        return next((severity for severity in SEVERITIES if severity in found), None)

    @property
    def unreadable(self) -> list[str]:
        """The runs that could not be read or judged at the last look."""
        return [name for name, known in self._known.items() if known.trouble]

    def close(self) -> None:
        """Releases every run, so that another process may watch it."""
        for known in self._known.values():
            self._release(known)

    def _runs(self, news: list[dict[str, Any]], now: float) -> Iterator[_Known]:
        """Finds the runs there are now; those that are gone are dropped. An unreachable folder is reported once."""
        names: list[str] = []
        trouble = ""
        try:
            with os.scandir(self._runs_dir) as entries:
                names = [entry.name for entry in entries if not entry.name.startswith(".")]
        except FileNotFoundError:
            pass  # it may be made later
        except OSError as problem:
            trouble = f"Cannot read {self._runs_dir}: {problem.strerror}."
        if trouble and trouble != self._trouble:
            news.append({"event": "unreadable", "run_id": "", "at": now, "line": trouble})
        self._trouble = trouble
        if trouble:
            return
        for gone in self._known.keys() - set(names):
            self._release(self._known.pop(gone))
        for name in sorted(names):
            run_dir = self._runs_dir / name
            if name not in self._known and is_run(run_dir) and is_within(self._runs_dir, run_dir):
                self._known[name] = _Known(run_dir)
            if name in self._known:
                yield self._known[name]

    def _visit(self, known: _Known, now: float) -> None:
        known.changed_at = _changed_at(known.run_dir)
        if known.watch is None and now - known.changed_at > min(self._since_secs, self._rest(known)):
            return
        if self._is_supervised(known, now):
            self._release(known)
            return
        if known.watch is None:
            known.watch = Watch(known.run_dir, lambda: self._settings(known), lambda seen: self._take_in(known, seen))
        known.watch.look(now, force=known.alerts_seen is None)
        if known.watch.trouble != known.trouble:
            self._note_trouble(known, known.watch.trouble, now)
        if not known.is_at_work and not known.watch.is_waiting and now - known.changed_at > SETTLED_SECS:
            self._release(known)

    def _every_secs(self, known: _Known, now: float) -> float:
        return COLD_EVERY_SECS if now - known.changed_at > self._since_secs else WARM_EVERY_SECS

    def _settings(self, known: _Known) -> Settings:
        """An import of old records is judged like any other, but sends no messages."""
        return Settings() if known.is_old else self._settings_of()

    def _rest(self, known: _Known) -> float:
        """A run whose watch was closed is taken up again by a newer change only."""
        return self._since_secs if known.alerts_seen is None else SETTLED_SECS

    def _is_supervised(self, known: _Known, now: float) -> bool:
        """Whether its own supervisor judges this run. One that has lost its supervisor is given a new one."""
        state = read_state(known.run_dir)
        if state is None or state.state in FINAL_STATES:
            return False
        if launcher.ensure_supervised(known.run_dir):
            known.news.append(_document(known, "adopted", now, line="It had lost its supervisor and has a new one."))
            return True
        state = read_state(known.run_dir) or state
        return lives_of(known.run_dir, state, read_progress(known.run_dir)).supervisor in ("alive", "unknown")

    def _take_in(self, known: _Known, seen: Judgement) -> None:
        """Passes on what is new in a judgement."""
        status = status_of(seen.snapshot)
        known.is_at_work = status.live and not status.unseen
        written_at = seen.snapshot.epochs[-1].at if seen.snapshot.epochs else 0.0
        known.is_old = not status.live and 0 < written_at < seen.now - self._since_secs
        alerts = (*seen.snapshot.alerts, *seen.events)
        if known.alerts_seen is None:
            known.alerts_seen = len(seen.snapshot.alerts)
            known.news.append(_document(known, "watched", seen.now, state=status.word))
        for alert in alerts[known.alerts_seen :]:
            fields = {"rule": alert.rule, "severity": alert.severity, "line": alert.line}
            known.news.append(_document(known, alert.event, seen.now, alert_id=alert.alert_id, to=alert.to, **fields))
        known.alerts_seen = len(alerts)
        diagnosis = seen.judged.diagnosis
        if diagnosis.verdict != known.verdict:
            known.verdict = diagnosis.verdict
            known.news.append(_document(known, "verdict", seen.now, verdict=diagnosis.verdict, line=diagnosis.reason))
        known.worst = diagnosis.severity
        known.trouble = ""

    def _note_trouble(self, known: _Known, why: str, now: float) -> None:
        if why and why != known.trouble:
            known.news.append(_document(known, "unreadable", now, line=why))
        known.trouble = why

    def _release(self, known: _Known) -> None:
        if known.watch is not None:
            known.watch.close()
            known.watch = None
        known.is_at_work = False


def _document(known: _Known, event: str, now: float, **fields: Any) -> dict[str, Any]:
    return {"event": event, "run_id": known.run_dir.name, "at": now, **fields}


def _changed_at(run_dir: Path) -> float:
    newest = 0.0
    for name in STAMPED:
        try:
            newest = max(newest, (run_dir / name).stat().st_mtime)
        except OSError:
            continue
    return newest
