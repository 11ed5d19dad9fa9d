"""A measurement that ends in time: a signal or a limit cuts it off, and what was measured until then is kept."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType


class Cut(BaseException):
    """The whole measurement ends here. No Exception, so that nothing on the way takes it for an error of its own."""


class TooLong(BaseException):
    """One part took longer than it may; the others go on."""


class Clock:
    """The seconds that a measurement has been running, and the limit at which it ends. Main thread only."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._began = time.monotonic()

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._began

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """SIGTERM, SIGINT and the limit raise Cut in here."""
        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)
        before = {number: signal.signal(number, self._hear) for number in numbers}
        signal.setitimer(signal.ITIMER_REAL, max(0.001, self.limit - self.elapsed))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """Raises TooLong in here after `seconds`, or Cut where the limit of all comes first. Only inside `running`."""
        signal.setitimer(signal.ITIMER_REAL, max(0.001, min(seconds, self.limit - self.elapsed)))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, max(0.001, self.limit - self.elapsed))

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if number != signal.SIGALRM:
            raise Cut(f"cut off by {signal.Signals(number).name} after {self.elapsed:.0f} s")
        if self.elapsed >= self.limit:
            raise Cut(f"cut off at its limit of {self.limit:g} s")
        raise TooLong
