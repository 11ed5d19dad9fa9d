"""A run whose trainer never began: there is nothing to supervise, but somebody may want to hear of it."""

from __future__ import annotations

from pathlib import Path

from monitor.run_dir import FINAL_STATES, processes
from monitor.run_dir.launch import read_state
from monitor.supervisor.watch import Watch, settings_of_run


class Unstarted:
    """Delivers the last word on it, like a supervision after its end."""

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._watch = Watch(run_dir, lambda: settings_of_run(run_dir))
        self._is_first_look = True

    def tell_on(self, now: float) -> bool:
        """One more step in delivering what has still to be told; True when nothing is left."""
        self._watch.look(now, force=self._is_first_look)
        self._is_first_look = False
        return not self._watch.is_waiting

    def is_the_last(self) -> bool:
        """Whether this very process wrote that it ended, and nobody has started it again since."""
        state = read_state(self._run_dir)
        return state is not None and state.state in FINAL_STATES and state.supervisor == processes.identify()

    def close(self) -> None:
        self._watch.close()
