"""One look at a run, as several verbs need it: what was read, how it was judged, and whether it lives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from monitor.commands.common import now
from monitor.diagnosis.judging import judge_run
from monitor.diagnosis.ledger import children_of, tried_by_then
from monitor.diagnosis.prescriptions.choosing import advised
from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import Judged
from monitor.diagnosis.wait_or_restart import WaitOrRestart, choice
from monitor.launcher.engines import queues
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
    queues.look()
    moment = now()
    snapshot = RunReader(run_dir).read(moment)
    if at is not None:
        then = as_of(snapshot, at)
        return Look(run_dir, then, judge_run(then, then.read_at), status_of(snapshot))
    return Look(run_dir, snapshot, judge_run(snapshot, moment), status_of(snapshot))


def choice_of(look: Look) -> WaitOrRestart | None:
    """What waiting and a restart are expected to bring; None where there is nothing to choose."""
    diagnosis = look.judged.diagnosis
    options = prescribe(look.snapshot, diagnosis)
    return choice(look.snapshot, diagnosis, options, tried_by_then(look.snapshot)) if options else None


def step_of(look: Look) -> str:
    """What to do first: the sentence of the page."""
    found = choice_of(look)
    return advised(look.snapshot, look.judged.diagnosis, children_of(look.snapshot), found.wait if found else "")
