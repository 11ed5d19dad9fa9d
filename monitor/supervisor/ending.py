"""What an ended process means: stopped, finished, failed, or nothing that can be said."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from monitor.run_dir import LOG_FILE, Progress, StopStage
from monitor.run_dir.status import signal_name
from monitor.supervisor.lasterror import last_error, last_traceback
from monitor.supervisor.trainer import Ending


@dataclass(frozen=True)
class Final:
    """The last thing state.json will say."""

    state: Literal["stopped", "finished", "failed"]
    error: str | None = None
    traceback: str | None = None


def final_of(ending: Ending, progress: Progress | None, stop: StopStage | None, run_dir: Path) -> Final | None:
    """The final state, from the exit status, the outcome the trainer wrote, and the stop that was under way.

    None when nobody saw the end and no outcome was written: a reader then derives `lost`, which is never stored.
    """
    outcome = progress.outcome if progress else None
    seen = ending.exit_code is not None or ending.signal is not None
    we_signalled = stop is not None and stop.stage != "asked"
    if ending.exit_code == 0 or not seen:
        state = outcome or ("stopped" if we_signalled or (seen and stop) else "finished" if seen else None)
    elif we_signalled or (stop is not None and outcome == "stopped"):
        state = "stopped"
    else:
        state = "failed"
    if state is None:
        return None
    if state != "failed":
        return Final(state)
    trace = (progress.traceback if progress else None) or last_traceback(run_dir / LOG_FILE)
    return Final(state, _why(ending, progress, run_dir), trace)


def _why(ending: Ending, progress: Progress | None, run_dir: Path) -> str:
    """One line for a failed run: the trainer's own error, else what its log ends with, and the signal if there was."""
    said = (progress.error if progress else None) or last_error(run_dir / LOG_FILE)
    if ending.signal is not None:
        name = signal_name(ending.signal)
        hint = " (often the kernel, when memory runs out)" if ending.signal == signal.SIGKILL else ""
        return f"Ended by {name}{hint}." + (f" Last line of its log: {said}" if said else "")
    return said or f"It ended with exit code {ending.exit_code} and left no message."
