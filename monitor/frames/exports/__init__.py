"""A run in another tool's format, once or as it grows: `Export(run_dir, "tensorboard", out).step(now)`.

The numbers are those of the run directory; what Vitalsigns judges of them is not exported. Settings with secret names
are hidden.
"""

from __future__ import annotations

from pathlib import Path

from monitor.frames.exports import tensorboard, trackers
from monitor.frames.exports.points import Points
from monitor.frames.exports.sink import Sink, require
from monitor.frames.exports.tables import CsvTables, ParquetTables
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.reader import RunReader, is_run
from monitor.run_dir.redaction import redacted
from monitor.run_dir.status import Word, status_of

SINKS: dict[str, type[Sink]] = {
    "csv": CsvTables,
    "parquet": ParquetTables,
    "tensorboard": tensorboard.EventFile,
    "mlflow": trackers.Mlflow,
    "wandb-offline": trackers.WandbOffline,
    "trackio": trackers.Trackio,
}


class Export:
    """One run on its way into one format. Raises RefusedError where `out` cannot take it or a library is missing."""

    def __init__(self, run_dir: Path, kind: str, out: Path) -> None:
        _refuse_target(out)
        sink = SINKS[kind]
        require(sink.library, kind)
        self._reader = RunReader(run_dir)
        self._points = Points()
        self._sink = sink(out, run_dir.name)
        self._begun = False
        self._word: Word = "running"
        self.written = 0
        """Numbers given out so far."""
        self.is_over = False
        """Whether nothing more will come."""

    def step(self, now: float) -> int:
        """Gives out what is new; returns how many numbers that was."""
        snapshot = self._reader.read(now)
        if not self._begun:
            self._sink.begin(redacted(snapshot.run.config) if snapshot.run is not None else {})
            self._begun = True
        new = self._points.new_of(snapshot)
        if new:
            self._sink.write(new, snapshot)
        self.written += len(new)
        status = status_of(snapshot)
        self._word, self.is_over = status.word, not status.live
        return len(new)

    def close(self) -> None:
        """Tells the other tool how the run ended, or that it goes on."""
        if self._begun:
            self._sink.close(self._word)


def _refuse_target(out: Path) -> None:
    """Raises RefusedError for a file that exists, and for any folder in a run: only its run writes there."""
    real = out.resolve()
    run = next((folder for folder in (real, *real.parents) if is_run(folder)), None)
    if run is not None:
        raise RefusedError(f"{out} lies in a run directory, {run}: only its run writes there; choose another --out.")
    if out.is_symlink() and not out.exists():
        raise RefusedError(f"{out} is a link to nowhere; choose another --out.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RefusedError(f"{out.absolute()} is there already and not empty; choose another folder with --out.")
