"""Judging a run at each new record: alerts.jsonl and summary.json.

The supervisor has to answer a stop whatever happens here, so nothing that goes wrong while judging leaves this file.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

from monitor import files
from monitor.errors import MonitorError
from monitor.run_dir import DECODES_FILE, EPOCHS_FILE, STEPS_FILE, SUMMARY_FILE, encode

if TYPE_CHECKING:
    from monitor.alerts import AlertBook
    from monitor.reader import RunReader

log = logging.getLogger(__name__)

STEPS_EVERY_SECS = 2.0
"""New steps alone are judged at most this often; a new evaluation is judged at once."""
QUIET_EVERY_SECS = 10.0
"""Without any new record: a stalled run shows only by the passing of time."""
REST_PER_COST = 10.0
"""Seconds of rest for each second that judging took: at most a tenth of a core, however long the run."""


class Watch:
    """One reader and one alert book for the life of a supervisor."""

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._reader: RunReader | None = None
        self._book: AlertBook | None = None
        self._sizes: tuple[int, ...] = ()
        self._looked_at = float("-inf")
        self._not_before = float("-inf")
        self._last_trouble = ""
        self._judged_epochs = 0

    def look(self, now: float, *, force: bool = False) -> None:
        """Judges if something new is there and enough rest was taken. `now` is UTC seconds."""
        tick = time.monotonic()
        sizes = tuple(_size(self._run_dir / name) for name in (EPOCHS_FILE, DECODES_FILE, STEPS_FILE))
        if not force and not self._is_due(tick, sizes):
            return
        self._sizes, self._looked_at = sizes, tick
        try:
            self._judge(now)
        except Exception as problem:  # noqa: BLE001 - a fault in one rule must not leave a run without its supervisor
            self._complain(problem)
        self._not_before = time.monotonic() + REST_PER_COST * (time.monotonic() - tick)

    def _is_due(self, tick: float, sizes: tuple[int, ...]) -> bool:
        if tick < self._not_before:
            return False
        if sizes[:2] != self._sizes[:2]:
            return True
        wait = STEPS_EVERY_SECS if sizes != self._sizes else QUIET_EVERY_SECS
        return tick - self._looked_at >= wait

    def _judge(self, now: float) -> None:
        # Imported here: the trainer is started before numpy is loaded, and a run without records never needs it.
        from monitor.alerts import AlertBook, summarise
        from monitor.diagnosis import judge
        from monitor.ledger import judge_child
        from monitor.reader import RunReader

        self._reader = self._reader or RunReader(self._run_dir)
        snapshot = self._reader.read(now)
        judged = judge(snapshot, now)
        self._book = self._book or AlertBook(self._run_dir, snapshot.alerts)
        epoch = snapshot.epochs[-1].epoch if snapshot.epochs else 0.0
        self._book.update(judged.diagnosis.findings, now, epoch)
        files.replace(self._run_dir / SUMMARY_FILE, encode(summarise(snapshot, judged, now)))
        if len(snapshot.epochs) != self._judged_epochs:
            self._judged_epochs = len(snapshot.epochs)
            judge_child(self._run_dir, snapshot, now)

    def _complain(self, problem: Exception) -> None:
        """Says each trouble once, not four times a second."""
        if repr(problem) != self._last_trouble:
            self._last_trouble = repr(problem)
            expected = isinstance(problem, (OSError, MonitorError))
            log.warning("this run could not be judged: %r", problem, exc_info=not expected)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
