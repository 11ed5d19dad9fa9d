"""`python -m monitor.supervisor.successor RUN_DIR`: stops a run and starts a child with its first prescribed change.

A process of its own, so that the supervisor goes on watching. A second request gets the same child.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from monitor import launcher
from monitor.diagnosis.away import ASKED_BY, policy_of
from monitor.diagnosis.prescriptions.choosing import agreed
from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import judge
from monitor.run_dir import Away
from monitor.run_dir.audit import set_origin
from monitor.run_dir.errors import MonitorError, RefusedError
from monitor.run_dir.launch import read_launch
from monitor.run_dir.processes import RunLock
from monitor.run_dir.reader import RunReader, list_runs
from monitor.supervisor.away import CHILD_SECS, ChildMade

LOCK_FILE = "away.lock"


def main(argv: list[str]) -> int:
    """Writes a ChildMade as JSON to stdout: the child's id, or why there is none. Returns 0 in both cases."""
    run_dir = Path(argv[0]).absolute()
    set_origin("supervisor")
    try:
        with _alone(run_dir):
            said = ChildMade(child_id=_made_before(run_dir) or _make(run_dir))
    except (MonitorError, OSError) as problem:
        said = ChildMade(problem=" ".join(str(problem).split()))
    sys.stdout.buffer.write(msgspec.json.encode(said))
    return 0


def _make(run_dir: Path) -> str:
    snapshot = RunReader(run_dir).read(time.time())
    options = prescribe(snapshot, judge(snapshot, time.time()).diagnosis)
    first = next((option for option in options if option.changes), None)
    if first is None:
        raise RefusedError("No change of settings is prescribed for it.")
    changes = {key: after for key, (_, after) in first.changes.items()}
    plan = launcher.plan_restart(run_dir.parent, run_dir.name, changes, expected=agreed(first, snapshot, changes))
    budget = policy_of(run_dir).budget_hours
    away = Away(do="stop", budget_hours=budget, by_policy=True, at=time.time(), by=ASKED_BY)
    return launcher.restart(plan, stop_parent=True, asked_by=ASKED_BY, away=away)


def _made_before(run_dir: Path) -> str | None:
    """The child that was made already, by a process whose supervisor did not live to hear of it."""
    for run_id in list_runs(run_dir.parent):
        try:
            launch = read_launch(run_dir.parent / run_id)
        except (MonitorError, OSError):
            continue
        is_child = launch is not None and launch.parent is not None and launch.parent.run_id == run_dir.name
        if is_child and launch is not None and launch.asked_by == ASKED_BY:
            return run_id
    return None


@contextlib.contextmanager
def _alone(run_dir: Path) -> Iterator[None]:
    """Holds the lock of those who do this, once it is free. Raises RefusedError after a while."""
    deadline = time.monotonic() + CHILD_SECS / 2
    lock = RunLock(run_dir, LOCK_FILE)
    while True:
        try:
            lock.acquire()
            break
        except RefusedError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)
    try:
        yield
    finally:
        lock.release()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
