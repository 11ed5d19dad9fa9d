"""The records of a script that writes none itself: its log, or a file, is read along by the process that supervises it.

A person has confirmed how the log of `attach` is read, and may change it (`reading.json`). `own_log.py`: the log of a
script that was started here.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from monitor.importers.following import Following, read_anew, tell_doubts, tell_reading, tell_wider
from monitor.importers.items import LOG_FORMAT
from monitor.importers.mapping import SourceMapping, mapping_of
from monitor.importers.vocabulary import QUALITY
from monitor.run_dir import READING_FILE, RUN_FILE, ReadingWord, Run, encode, files, held
from monitor.run_dir.errors import MonitorError, guarded
from monitor.run_dir.words import size
from monitor.supervisor.ending import error_at_end, last_traceback
from monitor.supervisor.file_search import fields_of

log = logging.getLogger(__name__)

QUIET_SECS = 5.0
"""A log that has not grown for so long is at rest."""


class Feed(Protocol):
    """What a supervision looks at beside its trainer."""

    @property
    def is_unwanted(self) -> bool:
        """Whether the log shall not be followed any longer."""

    def look(self, now: float) -> None:
        """Takes in what is new and writes it as records. `now`: UTC seconds, here and below."""

    def release(self, now: float) -> None:
        """Ends the reading of a log that is no longer to be followed, whose process goes on."""

    def end(self, now: float, *, seen: bool) -> None:
        """The process has ended; `seen`: how it ended is known."""


class NoFeed:
    """Of a run that writes its records itself."""

    is_unwanted = False

    def look(self, now: float) -> None:
        """Nothing: there is no source."""

    def release(self, now: float) -> None:
        """Nothing, as nothing is followed."""

    def end(self, now: float, *, seen: bool) -> None:
        """Nothing: the writer says how the run ended, or the supervisor."""


NO_FEED = NoFeed()


class GuardedFeed:
    """Another feed, which cannot leave a run without its supervisor: what goes wrong in it ends the reading along."""

    def __init__(self, feed: Feed) -> None:
        self._feed: Feed = feed

    @property
    def is_unwanted(self) -> bool:
        """Of the feed inside; never of one that was given up."""
        return self._feed.is_unwanted

    def look(self, now: float) -> None:
        """A fault in it is logged, and nothing is read from then on; so with `release` and `end`."""
        self._guarded(lambda: self._feed.look(now))

    def release(self, now: float) -> None:
        """See `look`."""
        self._guarded(lambda: self._feed.release(now))

    def end(self, now: float, *, seen: bool) -> None:
        """See `look`."""
        self._guarded(lambda: self._feed.end(now, seen=seen))

    def _guarded(self, act: Callable[[], None]) -> None:
        guarded(act, self._give_up)

    def _give_up(self, fault: Exception) -> None:
        log.error("the log is not read along any longer", exc_info=fault)
        self._feed = NO_FEED


class SourceFeed:
    """Follows the log or file that source.json names, for a run whose lock the caller holds."""

    def __init__(self, following: Following, *, one_start: bool = False) -> None:
        """`one_start`: see Following."""
        self._run_dir = following.run.run_dir
        self._one_start = one_start
        self._follower = following
        self._word: ReadingWord | None = None
        self._word_stamp = -1
        self._doubts: tuple[str, ...] = ()
        self._told = following.mapping
        """How the source is read, as run.json says it."""
        self._looked_at: float | None = None
        """When the log had last grown as its end was looked at."""
        self._ended_at: float | None = None
        """The same, where it ended in an error."""
        self.is_unwanted = False
        """Whether the log shall not be followed any longer."""

    def begin_again(self, generation: int) -> None:
        """The process that writes the source was started again: what comes from now on is of `generation`."""
        self._follower.begin_again(generation)

    @property
    def fields_read(self) -> frozenset[str]:
        """The losses and error rates that the source tells, and a log's other scores."""
        mapping = self._follower.mapping
        return fields_of(mapping.uses) | {name for name in mapping.beside if QUALITY.fullmatch(name)}

    @property
    def path(self) -> Path:
        """The file or folder that is read."""
        return self._follower.path

    def leave(self, now: float) -> None:
        """Another source is read from now on."""
        self._follower.run.close(now)

    @property
    def has_ended(self) -> bool:
        """Whether the source itself says that its run is over."""
        return self._follower.ended

    @property
    def grew_at(self) -> float | None:
        """When the source last grew, UTC seconds; None where that was never seen."""
        return self._follower.grew_at

    def look(self, now: float) -> None:
        """Hears what a person has decided about the reading, then takes in what is new.

        Raises UnreadableRunError for a file that cannot be read.
        """
        self._hear_word(now)
        if not self.is_unwanted:
            self._follower.look(now)
            self._tell()

    def _tell(self) -> None:
        """Names that came later, and doubts: no doubt is shown once a person has confirmed the reading of the log."""
        if self._follower.mapping != self._told:
            self._told = self._follower.mapping
            with contextlib.suppress(OSError, ValueError):
                tell_wider(self._run_dir, self._told)
        if self._follower.doubts != self._doubts and self._word_stamp == -1:
            self._doubts = self._follower.doubts
            with contextlib.suppress(OSError, ValueError):
                tell_doubts(self._run_dir, self._doubts)

    def read_anew(self, mapping: SourceMapping, now: float) -> None:
        """Reads the whole log once more, in another way that no person has confirmed yet."""
        self._follower = read_anew(self._follower.run, mapping, now, one_start=self._one_start)
        tell_reading(self._run_dir, mapping, "")

    def look_at_its_end(self, now: float) -> None:
        """Of a log whose process is not known: at rest after an error it says that the run failed, until it grows."""
        run, path, grew_at = self._follower.run, self._follower.path, self._follower.grew_at
        if run.source.format != LOG_FORMAT or grew_at is None or grew_at == self._ended_at:
            return
        if self._ended_at is not None:
            self._ended_at = None
            run.heard(now, grown=False, force=True, outcome=None, error=None, traceback=None)
        if now - grew_at >= QUIET_SECS and self._looked_at != grew_at:
            self._looked_at = grew_at
            if (error := error_at_end(path)) is not None:
                self._ended_at = grew_at
                trace = last_traceback(path)
                run.heard(now, grown=False, force=True, outcome="failed", error=error, traceback=trace)

    def release(self, now: float) -> None:
        """The run is no longer followed; which process trains it does not matter here."""
        if self._follower.ended:
            self._follower.stop(now)
            return
        self._follower.pause(now)
        self._follower.run.heard(now, grown=False, process=None)
        self._follower.run.close(now)

    def end(self, now: float, *, seen: bool) -> None:
        """Reads the rest. Unless `seen`, an error at the log's end or the last planned epoch says how it ended."""
        left_out = self._follower.end(now)
        self._tell()
        run = self._follower.run
        if left_out:
            with contextlib.suppress(OSError, ValueError):
                _tell_left_out(self._run_dir, left_out)
        if seen:
            run.close(now)
            return
        error = error_at_end(self._follower.path)
        if error is not None:
            run.finish("failed", now, error, last_traceback(self._follower.path))
        elif run.is_complete:
            run.finish("finished", now)
        else:
            run.close(now)

    def _hear_word(self, now: float) -> None:
        path = self._run_dir / READING_FILE
        try:
            stamp = held.stat_of(path).st_mtime_ns
            if stamp == self._word_stamp:
                return
            word = files.read_document(path, ReadingWord)
        except files.UNREADABLE:
            return
        if word is None:
            return
        self._word_stamp = stamp
        self.is_unwanted = not word.follow
        try:
            self._obey(word, now)
        except (MonitorError, OSError, ValueError) as problem:
            log.warning("%s could not be followed: %s", READING_FILE, problem)

    def _obey(self, word: ReadingWord, now: float) -> None:
        if word.mapping and not self._follower.mapping.includes(wanted := mapping_of(word.mapping)):
            self._follower = read_anew(self._follower.run, wanted, now, one_start=self._one_start)
        if word.follow:
            tell_reading(self._run_dir, self._follower.mapping, word.by)


def _tell_left_out(run_dir: Path, count: int) -> None:
    """run.json says that its records are not all that the log holds. Raises OSError or ValueError."""
    run = files.required_document(run_dir / RUN_FILE, Run)
    if run.reading is not None:
        said = f"{run.reading.said}; {size(count)} were printed faster than they could be read and are left out"
        reading = msgspec.structs.replace(run.reading, said=said)
        files.replace(run_dir / RUN_FILE, encode(msgspec.structs.replace(run, reading=reading)))
