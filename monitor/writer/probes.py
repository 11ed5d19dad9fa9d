"""What was measured of a checkpoint."""

from __future__ import annotations

from pathlib import Path

from monitor.run_dir import PROBES_DIR, Probe, check_run_id, encode, files, opening
from monitor.run_dir.errors import RefusedError


def write_probe(run_dir: Path, probe: Probe) -> Path:
    """Keeps what was measured of a checkpoint, beside a run that may still be going on. Raises RefusedError."""
    folder = run_dir / PROBES_DIR
    path = folder / f"{check_run_id(probe.name)}.json"
    try:
        opening.make_folder(folder)
        files.replace(path, encode(probe))
    except OSError as problem:
        raise RefusedError(f"Cannot write {path}: {problem.strerror or problem}. Check rights and room.") from problem
    return path
