"""One look at a run, as several verbs need it: what was read, how it was judged, and whether it lives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from monitor.commands.common import now
from monitor.diagnosis.judging import judge_run
from monitor.diagnosis.verdict import Judged
from monitor.launcher.engines import slurm
from monitor.run_dir import Snapshot
from monitor.run_dir.reader import RunReader
from monitor.run_dir.replay import as_of
from monitor.run_dir.status import Status, status_of


@dataclass(frozen=True)
class Look:
    """Everything is of the same moment, `read_at` of the snapshot."""

    run_dir: Path
    snapshot: Snapshot
    judged: Judged
    status: Status


def look_at(run_dir: Path, at: float | None = None) -> Look:
    """Reads and judges a run as it is, or was after epoch `at`. Raises UsageError for an epoch before the first."""
    slurm.look()
    moment = now()
    snapshot = RunReader(run_dir).read(moment)
    if at is not None:
        then = as_of(snapshot, at)
        return Look(run_dir, then, judge_run(then, then.read_at), status_of(snapshot))
    return Look(run_dir, snapshot, judge_run(snapshot, moment), status_of(snapshot))
