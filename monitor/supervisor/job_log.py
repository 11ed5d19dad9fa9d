"""What the training prints, also in the log that Ray keeps of the job: there Ray's own page and job API show it.

trainer.log stays the training's own output, written by nobody else; it is copied from there to this process's output.
"""

from __future__ import annotations

import codecs
import os
from pathlib import Path

from monitor.run_dir import held
from monitor.run_dir.opening import OddFileError, open_to_read
from monitor.supervisor.feed import Feed

MOST_AT_ONCE = 2**20
"""A look takes a moment: of more, the next looks copy the rest."""
MOST_AT_END = 2**26
STDOUT = 1


class CopiedLog:
    """Another feed, and beside it the copy of a log from its present end on."""

    def __init__(self, log: Path, feed: Feed) -> None:
        self._log = log
        self.feed = feed
        # Ray reads its log as UTF-8 and gives out nothing of one with a single other byte.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._is_refused = False
        try:
            self._copied = held.stat_of(log).st_size
        except OSError:
            self._copied = 0

    @property
    def is_unwanted(self) -> bool:
        """Of the other feed."""
        return self.feed.is_unwanted

    def look(self, now: float) -> None:
        """Copies what the log has grown by, in part where that is much; then the other feed looks."""
        self._copy(MOST_AT_ONCE)
        self.feed.look(now)

    def release(self, now: float) -> None:
        """Of the other feed; the copy goes on."""
        self.feed.release(now)

    def end(self, now: float, *, seen: bool) -> None:
        """Copies the rest, up to a limit, then ends the other feed."""
        self._copy(MOST_AT_END)
        self.feed.end(now, seen=seen)

    def _copy(self, most: int) -> None:
        if self._is_refused:
            return
        try:
            descriptor = open_to_read(self._log)
        except (OSError, OddFileError):
            return
        try:
            data = os.pread(descriptor, most, self._copied)
            self._copied += len(data)
            left = self._decoder.decode(data).encode()
            while left:
                left = left[os.write(STDOUT, left) :]
        except OSError:
            self._is_refused = True  # the node's disk is full: the run goes on without
        finally:
            os.close(descriptor)
