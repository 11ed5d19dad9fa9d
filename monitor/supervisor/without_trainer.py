"""Supervision without a trainer process of ours: of a log that is followed, and of a run that never started.

Both have the methods of a `Supervision` that `monitor.supervisor.main` calls.
"""

from __future__ import annotations

import logging
from pathlib import Path

from monitor.run_dir import FINAL_STATES, processes
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.launch import read_progress, read_state
from monitor.supervisor.feed import SourceFeed
from monitor.supervisor.watch import Watch, settings_of_run

log = logging.getLogger(__name__)

IDLE_SECS = 7 * 86_400.0
"""The following of a log that has not grown for so long ends; attaching to it again continues."""


class LogSupervision:
    """Call `tick` a few times a second, like a supervision's."""

    def __init__(self, run_dir: Path, feed: SourceFeed, now: float) -> None:
        self._feed = feed
        self._run_dir = run_dir
        self._watch = Watch(run_dir, lambda: settings_of_run(run_dir))
        self._began_at = now
        self._problem = ""
        """Why the source could not be read at the last look."""

    def tick(self, now: float) -> bool:
        """True once its following was ended, its folder is gone, its source says that it is over, or it has been silent
        for a week."""
        if not self._run_dir.is_dir():
            return True
        try:
            self._feed.look(now)
        except MonitorError as problem:
            if str(problem) != self._problem:
                log.warning("it cannot be read along: %s", problem)
                self._problem = str(problem)
        self._feed.look_at_its_end(now)
        idle = now - max(self._feed.grew_at or 0.0, self._began_at) > IDLE_SECS
        over = self._feed.is_unwanted or self._feed.has_ended or idle
        if over:
            self._feed.release(now)
        self._watch.look(now, force=over)
        return over

    def ask_to_stop(self, _by: str, _now: float) -> None:
        """Nothing can be stopped: its process is not known."""

    def deliver(self, now: float) -> bool:
        """After the end: one more step in delivering the messages that are due; True when nothing is left."""
        self._watch.look(now)
        return not self._watch.is_waiting

    def still_owns_the_run(self) -> bool:
        """Whether the run is still there and no other process follows it."""
        progress = read_progress(self._run_dir)
        return progress is not None and progress.follower is None

    def close(self) -> None:
        """Releases the alerts (see Watch.close)."""
        self._watch.close()


class Unstarted:
    """Delivers the last word on it, like a supervision after its end."""

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._watch = Watch(run_dir, lambda: settings_of_run(run_dir))
        self._is_first_look = True

    def deliver(self, now: float) -> bool:
        """One more step in delivering the messages that are due; True when nothing is left."""
        self._watch.look(now, force=self._is_first_look)
        self._is_first_look = False
        return not self._watch.is_waiting

    def still_owns_the_run(self) -> bool:
        """Whether this process wrote the final state, and the run was not started again since."""
        state = read_state(self._run_dir)
        return state is not None and state.state in FINAL_STATES and state.supervisor == processes.identify()

    def close(self) -> None:
        """Releases the alerts (see Watch.close)."""
        self._watch.close()
