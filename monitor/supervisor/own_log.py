"""The log of a script that was started here, read as proposed until a person confirms how it is read.

A script that writes records of its own is left alone from the moment it does.
"""

from __future__ import annotations

import contextlib
import logging
import time
from pathlib import Path

from monitor.importers.following import CATCH_UP_SECS, Following
from monitor.importers.free_text.followed import KEPT_BYTES, LOOK_BYTES, LOOK_SECS
from monitor.importers.free_text.proposal import propose_log, words
from monitor.importers.free_text.scan import LogScan
from monitor.importers.growing import GrowingFile
from monitor.importers.items import LOG_FORMAT
from monitor.importers.live import About, FollowedRun, read_source
from monitor.importers.mapping import SourceMapping
from monitor.run_dir import LOG_FILE, READING_FILE, Launch, Reading
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.launch import read_progress
from monitor.run_dir.planned import planned_by
from monitor.supervisor.feed import QUIET_SECS, SourceFeed
from monitor.supervisor.file_search import FileSearch

log = logging.getLogger(__name__)

SEEK_EVERY_SECS = 1.0
SEARCH_EVERY_SECS = 8.0
MOST_WAIT_SECS = 600.0
LEAST_STEPS = 3


class OwnLogFeed:
    """The log of a script that was started here: followed only as long as the script writes no records itself."""

    def __init__(self, run_dir: Path, launch: Launch, generation: int) -> None:
        self._run_dir = run_dir
        self._launch = launch
        self._generation = generation
        self._scan = LogScan()
        self._log = GrowingFile(run_dir / LOG_FILE)
        self._feed: SourceFeed | None = None
        self._search = FileSearch(run_dir, launch)
        self._searched_at: float | None = None
        self._began_at = float("inf")
        self._wait_secs = SEARCH_EVERY_SECS
        self._off = False
        self._has_steps_alone = False
        """It is read for its steps, until its first epoch has ended."""
        self._looked_at = self._grew_at = float("-inf")

        self.is_unwanted = False

    def release(self, now: float) -> None:
        """Never asked: a run that was started here is stopped, not released."""

    def look(self, now: float) -> None:
        """Takes in what is new; every few seconds also whether the log, or a file of the script, has records by now."""
        if self._off:
            return
        if self._feed is not None:
            self._feed.look(now)
        if now - self._looked_at >= SEEK_EVERY_SECS:
            self._looked_at = now
            self._seek(now)

    def end(self, now: float, *, seen: bool) -> None:
        """Reads the rest of what is read already; else looks once more whether the log can be read."""
        if not self._off and self._feed is None:
            self._seek(now, at_end=True)
        elif not self._off and self._feed is not None:
            self._feed.look(now)
            self._read_epochs(now, at_end=True)
        if not self._off:
            self._change_over(now, at_end=True)
        self._log.close()
        if self._feed is not None and not self._off:
            self._feed.end(now, seen=seen)

    def _seek(self, now: float, *, at_end: bool = False) -> None:
        if _writes_itself(self._run_dir):
            self._off = True
        elif self._feed is None:
            try:
                self._begin(now, at_end)
            except MonitorError as problem:
                self._off = True
                log.info("the log is not read along: %s", problem)
            except OSError as problem:
                log.warning("the log is not read along yet: %s", problem)
        else:
            self._read_epochs(now)
            self._change_over(now)

    def _read_epochs(self, now: float, *, at_end: bool = False) -> None:
        """Once an epoch has ended, a log that was read for its steps is read anew; never against a person's word."""
        if not self._has_steps_alone or self._feed is None or (self._run_dir / READING_FILE).exists():
            return
        mapping = self._proposal(now, at_end)
        if mapping is not None:
            self._has_steps_alone = False
            self._log.close()
            self._feed.read_anew(mapping, now)

    def _change_over(self, now: float, *, at_end: bool = False) -> None:
        """To a file that tells more than what is read so far; never against a reading that a person has confirmed.

        Looked for more and more seldom; only in a run's first start, as a file may hold fewer starts than its log.
        """
        if self._searched_at is None:
            self._searched_at = now
        due = at_end or now - self._searched_at >= self._wait_secs
        if not due or self._feed is None or self._generation > 1 or (self._run_dir / READING_FILE).exists():
            return
        self._searched_at, self._wait_secs = now, min(2 * self._wait_secs, MOST_WAIT_SECS)
        told = self._feed.fields_read
        chosen = self._search.richer(told, self._feed.path)
        if chosen is None:
            return
        self._feed.leave(now)
        try:
            self._feed = SourceFeed(self._search.change_to(chosen, told, self._generation, now))
            self._feed.look(now)
        except (MonitorError, OSError, ValueError) as problem:
            self._off = True
            log.warning("%s is not read along: %s", chosen.path, problem)

    def _begin(self, now: float, at_end: bool) -> None:
        source = read_source(self._run_dir)
        if source is not None and source.format != LOG_FORMAT:
            self._feed = SourceFeed(Following.go_on(self._run_dir, now, locked=True))
            return
        if source is not None:
            run = FollowedRun.go_on(self._run_dir, now, locked=True)
        else:
            mapping = self._proposal(now, at_end)
            if mapping is None:
                self._feed = self._beside(now, at_end)
                mapping = self._by_steps(now, at_end) if self._feed is None else None
            if mapping is None:
                return
            run = FollowedRun.inside(self._run_dir, self._about(mapping), self._generation, now)
        behind = run.generation < self._generation
        is_new = not run.source.memory
        following = Following(run, one_start=True, from_birth=is_new or behind)
        feed = self._feed = SourceFeed(following, one_start=True)
        if behind or is_new:
            feed.begin_again(self._generation)
        if is_new and (planned := planned_by(self._launch.config)):
            run.heard(now, grown=False, epochs=int(planned))
        if not self._has_steps_alone:
            self._log.close()
        feed.look(now)

    def _beside(self, now: float, at_end: bool) -> SourceFeed | None:
        """A file of figures beside a log without epochs; looked for once the log had time to name one.

        A log that tells the steps of its first epoch will tell its validation as well, where the file may hold the
        training alone: of files without a validation none is taken then.
        """
        if self._searched_at is None:
            self._searched_at = self._began_at = now
        if not at_end and now - self._searched_at < SEARCH_EVERY_SECS:
            return None
        self._searched_at = now
        so_far = self._scan.found()
        tells = so_far.steps.count >= LEAST_STEPS or (so_far.under_way is not None and bool(so_far.under_way.cells))
        found = self._search.found(self._generation, now, validated=tells)
        return None if found is None else SourceFeed(found)

    def _proposal(self, now: float, at_end: bool) -> SourceMapping | None:
        """How the log seems to be read, once it holds an epoch."""
        grew, deadline = False, time.monotonic() + (CATCH_UP_SECS if at_end else LOOK_SECS)
        while time.monotonic() < deadline and (data := self._log.read(LOOK_BYTES)):
            self._scan.feed(data)
            grew = True
        if at_end and self._log.pass_over(KEPT_BYTES):
            self._scan.feed(self._log.read(KEPT_BYTES))
        if grew:
            self._grew_at = now
        elif now - self._grew_at > QUIET_SECS:
            self._scan.settle()
        if at_end:
            self._scan.close()
        found = self._scan.found()
        if not found.rows:
            return None
        with contextlib.suppress(MonitorError):
            return propose_log(found)
        return None

    def _by_steps(self, now: float, at_end: bool) -> SourceMapping | None:
        """How a log in which no epoch has ended is read: for its steps. Not at once: its first epoch may be short."""
        found = self._scan.found()
        if found.rows or found.steps.count < LEAST_STEPS or not (at_end or now - self._began_at >= SEARCH_EVERY_SECS):
            return None
        with contextlib.suppress(MonitorError):
            mapping = propose_log(found)
            self._has_steps_alone = self._generation == 1
            return mapping
        return None

    def _about(self, mapping: SourceMapping) -> About:
        path = self._run_dir / LOG_FILE
        return About(
            path=path,
            format=LOG_FORMAT,
            name=self._run_dir.name,
            mapping=mapping.document(),
            gap_basis=mapping.gap_basis,
            config=self._launch.config,
            config_schema=self._launch.config_schema,
            notes="Its records are read from its log.",
            reading=Reading(path=str(path), said=words(mapping, ended=not self._has_steps_alone)),
        )


def _writes_itself(run_dir: Path) -> bool:
    """Whether the script has a RunWriter: its progress.json names the process that trains."""
    progress = read_progress(run_dir)
    return progress is not None and progress.process is not None
