"""A signal asks, the loop answers: SIGTERM, Ctrl-C and SIGUSR1 let the step finish and the checkpoint be saved."""

from __future__ import annotations

import os
import signal
from types import FrameType


class StopSignals:
    """Remembers that a stop was asked for. A second signal is taken literally: it ends the process at once.

    Not so under torchrun, which passes on to its workers a signal that the whole group has got already; and SIGUSR1,
    the warning that a job's time is nearly up, never ends anything. The parent process may have set it to ignored.
    """

    SIGNALS = (signal.SIGTERM, signal.SIGINT)
    WARNING = signal.SIGUSR1

    def __init__(self) -> None:
        self.received: str | None = None

    def install(self) -> StopSignals:
        """From now on; in the main thread only."""
        for number in self.SIGNALS:
            signal.signal(number, self._remember)
        if signal.getsignal(self.WARNING) != signal.SIG_IGN:
            signal.signal(self.WARNING, self._remember)
        return self

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.received = signal.Signals(number).name
        if number != self.WARNING and "TORCHELASTIC_RUN_ID" not in os.environ:
            for each in self.SIGNALS:
                signal.signal(each, signal.SIG_DFL)
