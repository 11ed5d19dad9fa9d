"""Judging a run at each new record: alerts.jsonl, summary.json, and the messages about them.

The supervisor has to answer a stop whatever happens here, so nothing that goes wrong while judging leaves this file,
and nothing here waits for a message to be delivered.
The process that holds alerts.lock is the one writer: the run's supervisor, or `monitor watch` for a run without one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.run_dir import (
    ALERTS_LOCK_FILE,
    DECODES_FILE,
    EPOCHS_FILE,
    STEPS_FILE,
    SUMMARY_FILE,
    Alert,
    encode,
    files,
    held,
    processes,
)
from monitor.run_dir.errors import MonitorError, RefusedError, guarded
from monitor.run_dir.launch import read_launch

if TYPE_CHECKING:
    from monitor.diagnosis.alerts import AlertBook
    from monitor.diagnosis.own_rules.asking import Questions
    from monitor.diagnosis.settings import Settings
    from monitor.diagnosis.verdict import Judged
    from monitor.run_dir import Snapshot
    from monitor.run_dir.reader import RunReader
    from monitor.supervisor.notify.queue import MessageQueue

log = logging.getLogger(__name__)

STEPS_EVERY_SECS = 2.0
"""New steps alone are judged at most this often; a new evaluation is judged at once."""
QUIET_EVERY_SECS = 10.0
"""Without any new record: a stalled run shows only by the passing of time."""
REST_PER_COST = 10.0
"""Seconds of rest for each second that judging took: at most a tenth of a core, however long the run."""


LOCK_AGAIN_SECS = 0.5
"""Until the next try where another process holds the alerts' lock: it releases it within a second."""


def settings_of_run(run_dir: Path) -> Settings:
    """Those of the project in which a run was started, as they are now: addresses are kept nowhere else."""
    from monitor.diagnosis.settings import settings_for

    launch = read_launch(run_dir)
    return settings_for(Path(launch.cwd) if launch is not None and launch.cwd else run_dir.parent)


@dataclass(frozen=True)
class Judgement:
    """One judgement. `events`: what it added to the snapshot's alerts. `now`: UTC seconds."""

    snapshot: Snapshot
    judged: Judged
    events: tuple[Alert, ...]
    now: float


class Watch:
    """One reader, one alert book and one outbox for the life of a supervisor.

    `settings_of` is asked whenever there may be something to send, and names the addresses of that moment.
    """

    def __init__(
        self,
        run_dir: Path,
        settings_of: Callable[[], Settings],
        consider: Callable[[Judgement], None] | None = None,
    ) -> None:
        """`consider` is called with each new judgement before anything is sent."""
        self._run_dir = run_dir
        self._settings_of = settings_of
        self._consider = consider
        self._lock = processes.RunLock(run_dir, ALERTS_LOCK_FILE)
        self._is_locked = self._owes_look = self._owes_another = False
        self._reader: RunReader | None = None
        self._book: AlertBook | None = None
        self._messages: MessageQueue | None = None
        self._asked: tuple[Snapshot, Questions] | None = None
        """What waits for the answers of the project's own rules: nothing here waits with it."""
        self._sizes: tuple[int, ...] = ()
        self._looked_at = float("-inf")
        self._not_before = float("-inf")
        self._last_trouble = self._trouble = ""
        self._child_judged_at: tuple[int, bool] | None = None

    def look(self, now: float, *, force: bool = False) -> None:
        """Judges if something new is there and enough rest was taken, and sends on. `now` is UTC seconds."""
        tick = time.monotonic()

        def failed(fault: Exception) -> None:
            """Logs the fault and rests as after a look that took as long."""
            # A fault in one rule must not leave a run without its supervisor.
            self._complain(fault)
            self._rest_since(tick)

        guarded(lambda: self._look(now, tick, force), failed)

    def _look(self, now: float, tick: float, force: bool) -> None:
        sizes = tuple(size_of(self._run_dir / name) for name in (EPOCHS_FILE, DECODES_FILE, STEPS_FILE))
        self._owes_look = self._owes_look or force
        if (force or self._is_due(tick, sizes)) and self._holds_alerts(tick):
            if self._asked is None:
                self._sizes, self._looked_at, self._owes_another = sizes, tick, False
            # What waits for an answer is of a moment that is past: the look that is asked for now comes after it.
            self._owes_another = self._owes_another or (force and self._asked is not None)
            self._owes_look = False
            self._owes_look = not self._judge(now) or self._owes_another
            self._trouble = ""
            if not self._owes_look:
                self._rest_since(tick)
        if self._messages is not None:
            self._messages.tick(now)

    def _rest_since(self, tick: float) -> None:
        self._not_before = time.monotonic() + REST_PER_COST * (time.monotonic() - tick)

    @property
    def is_waiting(self) -> bool:
        """Whether a message has still to be delivered, or the last look to be taken."""
        return self._owes_look or (self._messages is not None and self._messages.is_waiting)

    @property
    def trouble(self) -> str:
        """Why it could not be judged at the last look; empty where it could."""
        return self._trouble

    def close(self) -> None:
        """Releases the alerts, so that another process may write them."""
        if self._book is not None:
            self._book.close()
        self._lock.release()
        self._is_locked = False

    def _holds_alerts(self, tick: float) -> bool:
        """Takes the alerts' lock at the first look. Raises OSError where the folder cannot be written."""
        if not self._is_locked:
            try:
                self._lock.acquire()
            except RefusedError:
                self._not_before = tick + LOCK_AGAIN_SECS
                return False
            self._is_locked = True
        return True

    def _is_due(self, tick: float, sizes: tuple[int, ...]) -> bool:
        if tick < self._not_before:
            return False
        if self._owes_look or sizes[:2] != self._sizes[:2]:
            return True
        wait = STEPS_EVERY_SECS if sizes != self._sizes else QUIET_EVERY_SECS
        return tick - self._looked_at >= wait

    def _judge(self, now: float) -> bool:
        """Whether it is judged; False while the project's own rules have not answered."""
        # Imported here: the trainer is started before numpy is loaded, and a run without records never needs it.
        from monitor.diagnosis.alerts import AlertBook, summarise
        from monitor.diagnosis.judging import questions
        from monitor.diagnosis.ledger import judge_child
        from monitor.diagnosis.verdict import judge
        from monitor.run_dir.reader import RunReader
        from monitor.run_dir.status import status_of

        self._reader = self._reader or RunReader(self._run_dir)
        snapshot, asked = self._asked = self._asked or ((fresh := self._reader.read(now)), questions(fresh))
        if (own := asked.poll()) is None:
            return False
        self._asked = None
        judged = judge(snapshot, now, own)
        self._book = self._book or AlertBook(self._run_dir, snapshot.alerts)
        epoch = snapshot.epochs[-1].epoch if snapshot.epochs else 0.0
        events = self._book.update(judged.diagnosis.findings, now, epoch)
        files.replace(self._run_dir / SUMMARY_FILE, encode(summarise(snapshot, judged, now)))
        # A child is judged again when it has ended, which adds no evaluation.
        stands_at = (len(snapshot.epochs), status_of(snapshot).live)
        if stands_at != self._child_judged_at:
            self._child_judged_at = stands_at
            judge_child(self._run_dir, snapshot, now)
        try:
            if self._consider is not None:
                self._consider(Judgement(snapshot, judged, tuple(events), now))
        finally:
            self._offer(snapshot, judged, events)
        return True

    def _offer(self, snapshot: Snapshot, judged: Judged, events: list[Alert]) -> None:
        from monitor.diagnosis.away import act_of
        from monitor.run_dir.status import status_of
        from monitor.supervisor.notify.message import Scene
        from monitor.supervisor.notify.queue import MessageQueue

        assert self._book is not None
        self._messages = self._messages or MessageQueue(self._settings_of, self._book.note)
        wait = partial(_why_wait, snapshot, judged)
        scene = Scene(snapshot, judged, status_of(snapshot), away=act_of(self._run_dir), wait=wait)
        self._messages.offer(scene, (*snapshot.alerts, *events))

    def _complain(self, problem: Exception) -> None:
        """Says each trouble once, not four times a second."""
        self._trouble = " ".join(str(problem).split()) or type(problem).__name__
        if repr(problem) != self._last_trouble:
            self._last_trouble = repr(problem)
            expected = isinstance(problem, (OSError, MonitorError))
            log.warning("this run could not be judged: %r", problem, exc_info=not expected)


def size_of(path: Path) -> int:
    """Bytes; -1 where there is no such file."""
    try:
        return held.stat_of(path).st_size
    except OSError:
        return -1


def _why_wait(snapshot: Snapshot, judged: Judged) -> str:
    """Why waiting is better than the first option, "" where that is not known. Reads what was tried in the folder: it
    is asked where a message is written, and at no other record."""
    from monitor.diagnosis.ledger import tried_by_then
    from monitor.diagnosis.prescriptions.registry import prescribe
    from monitor.diagnosis.wait_or_restart import choice

    options = prescribe(snapshot, judged.diagnosis)
    weighed = choice(snapshot, judged.diagnosis, options, tried_by_then(snapshot)) if options else None
    return weighed.wait if weighed is not None else ""
