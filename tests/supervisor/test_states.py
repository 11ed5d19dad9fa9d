"""States that never lie: real processes killed in every order, and identities of other boots, machines, containers."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from monitor.launcher import ensure_supervised, resume, start, status, stop
from monitor.run_dir import EPOCHS_FILE, PROGRESS_FILE, STATE_FILE, Identity, Progress, State, encode, files, processes
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import status_of
from monitor.view.rows import RowBook
from tests.supervised import (
    FAILS,
    LISTENS,
    ROOT,
    script,
    state_of,
    wait_for,
    wait_for_state,
)


def at_work(runs: Path) -> Path:
    run_dir = runs / start(runs, script(runs.parent, LISTENS))
    wait_for(lambda: (run_dir / EPOCHS_FILE).exists())
    wait_for_state(run_dir, "running")
    return run_dir


def seen_by_all(run_dir: Path) -> set[str]:
    """The word by every way to ask: the small files, the whole snapshot, the list of the page."""
    row = next(row for row in RowBook(run_dir.parent).rows(time.time()) if row.run == run_dir.name)
    whole = status_of(RunReader(run_dir).read(time.time()))
    return {status(run_dir).text, whole.text, row.state}


def kill(run_dir: Path, *whom: str) -> float:
    """SIGKILLs the recorded processes; returns when."""
    state = state_of(run_dir)
    for name in whom:
        os.kill(getattr(state, name).pid, signal.SIGKILL)
    return time.monotonic()


def test_a_killed_trainer_is_failed_by_sigkill(runs):
    run_dir = at_work(runs)
    kill(run_dir, "trainer")
    wait_for(lambda: seen_by_all(run_dir) == {"failed"})
    assert "SIGKILL" in status(run_dir).evidence
    assert state_of(run_dir).signal == signal.SIGKILL


def test_a_killed_supervisor_is_seen_at_once_and_the_run_is_not_lost(runs):
    run_dir = at_work(runs)
    kill(run_dir, "supervisor")
    wait_for(lambda: seen_by_all(run_dir) == {"running, unsupervised"})
    assert ensure_supervised(run_dir)
    assert seen_by_all(run_dir) == {"running"}
    stop(run_dir)
    wait_for_state(run_dir, "stopped")


def test_with_both_killed_the_run_is_lost_and_can_be_resumed(runs):
    run_dir = at_work(runs)
    kill(run_dir, "supervisor", "trainer")
    wait_for(lambda: seen_by_all(run_dir) == {"lost"})
    assert state_of(run_dir).state == "running", "lost is derived, never stored"
    resume(runs, run_dir.name)
    wait_for_state(run_dir, "running")
    assert state_of(run_dir).generation == 2


def test_a_failed_run_keeps_its_last_traceback_for_page_and_command_line(runs):
    run_dir = runs / start(runs, script(runs.parent, FAILS))
    state = wait_for_state(run_dir, "failed")
    assert state.traceback is not None
    assert state.traceback.startswith("Traceback (most recent call last)")
    assert state.traceback.endswith("ValueError: no such corpus: phoenix2015")
    assert "exit code 1" in status(run_dir).evidence
    shown = monitor("show", run_dir)
    assert 'raise ValueError("no such corpus: phoenix2015")' in shown
    assert json.loads(monitor("show", run_dir, "--json"))["traceback"] == state.traceback


def test_a_foreground_run_that_breaks_keeps_its_traceback_too(runs, tmp_path):
    broken = LISTENS.replace("RunWriter(", f"RunWriter({str(runs / 'hand')!r}, ").replace("time.sleep(0.02)", "1 / 0")
    command = script(tmp_path, broken)
    assert subprocess.run(command, capture_output=True, timeout=120).returncode == 1
    assert status(runs / "hand").word == "failed"
    assert "ZeroDivisionError" in monitor("show", runs / "hand")
    assert "1 / 0" in json.loads(monitor("show", runs / "hand", "--json"))["traceback"]


def monitor(*words: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "monitor", *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


HERE = processes.identify()


def recorded(folder: Path, heard_at: float, **identity: str) -> Path:
    """A run directory that says "running", written by processes of another boot, machine or container.

    Their pid and start ticks are those of this very process: whoever trusts a pid alone is wrong.
    """
    run_dir = folder / "far"
    run_dir.mkdir(parents=True)
    who: Identity = msgspec.structs.replace(HERE, **identity)
    state = State(state="running", supervisor=who, trainer=who, updated_at=heard_at, started_at=heard_at - 60)
    files.create(run_dir / EPOCHS_FILE, b'{"epoch": 44}\n')
    files.replace(run_dir / STATE_FILE, encode(state))
    files.replace(run_dir / PROGRESS_FILE, encode(Progress(heartbeat_at=heard_at, process=who, epoch=44)))
    return run_dir


def test_after_a_reboot_a_run_is_lost_although_its_pid_lives_again(tmp_path):
    """The clock may have been set back before: what counts is that this machine came up after the last word."""
    run_dir = recorded(tmp_path, 1000.0, boot_id="11111111-2222-3333-4444-555555555555")
    assert seen_by_all(run_dir) == {"lost"}
    assert not ensure_supervised(run_dir)


@pytest.mark.parametrize(
    "identity",
    [
        pytest.param({"boot_id": "other", "host": "gpu3"}, id="another machine"),
        pytest.param({"boot_id": "other"}, id="another machine of the same name"),
        pytest.param({"pid_namespace": "pid:[1]"}, id="another container of this machine, with its host name"),
    ],
)
def test_processes_that_cannot_be_seen_are_never_called_alive_or_gone(tmp_path, identity):
    run_dir = recorded(tmp_path, time.time() - 14 * 60, **identity)
    assert seen_by_all(run_dir) == {"running, as last heard"}
    now = status(run_dir)
    assert now.evidence.startswith("Last heard 14 min ago from ")
    assert str(HERE.pid) not in now.evidence
    assert not ensure_supervised(run_dir), "another machine's run is not taken over here"
    assert "as last heard" in monitor("show", run_dir)


def test_an_outcome_heard_from_another_machine_is_believed(tmp_path):
    run_dir = recorded(tmp_path, time.time() - 60, boot_id="other", host="gpu3")
    progress = Progress(heartbeat_at=time.time() - 60, process=HERE, outcome="finished")
    files.replace(run_dir / PROGRESS_FILE, encode(progress))
    assert seen_by_all(run_dir) == {"finished"}
