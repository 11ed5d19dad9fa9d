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
from monitor.run_dir.reader import RunReader
from monitor.run_dir.redaction import redacted
from monitor.run_dir.status import is_over

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
        out = out.absolute()
        if out == run_dir.absolute() or run_dir.absolute() in out.parents:
            raise RefusedError(
                f"{out} lies in the run directory, where nobody but its run writes; choose another --out."
            )
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise RefusedError(f"{out} is there already and not empty; choose another folder with --out.")
        sink = SINKS[kind]
        require(sink.library, kind)
        self._reader = RunReader(run_dir)
        self._points = Points()
        self._sink = sink(out, run_dir.name)
        self._begun = False
        self.written = 0
        """Numbers given out so far."""
        self.is_over = False

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
        self.is_over = is_over(snapshot)
        return len(new)

    def close(self) -> None:
        if self._begun:
            self._sink.close()
