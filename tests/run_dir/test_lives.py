"""Which processes work on a run: those that its files name, where they work in this very folder."""

from __future__ import annotations

import shutil
import time

import msgspec
import pytest

from monitor import launcher
from monitor.launcher.attaching import is_followed
from monitor.launcher.glance import status
from monitor.launcher.slots import Capacity, DeviceQueue
from monitor.run_dir import PROGRESS_FILE, control, encode, files, processes
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import read_progress, read_state
from monitor.run_dir.lives import lives_of
from monitor.run_dir.records import LAUNCH_FILE, Launch, QueuePlace, State
from monitor.supervisor.statefile import StateFile
from monitor.writer import RunWriter
from tests.supervised import LISTENS, script, wait_for, wait_for_state


@pytest.fixture
def run(tmp_path):
    with RunWriter(tmp_path / "runs" / "a", config={"lr": 0.1}) as writer:
        writer.log_epoch(1, train_loss=1.0, val_loss=1.2)
        yield writer.run_dir


def test_a_run_that_is_moved_while_it_works_is_live_where_it_is_now(run):
    moved = run.rename(run.with_name("b"))
    assert status(moved).word == "running"


def test_a_run_of_an_earlier_version_whose_folder_was_not_noted_is_live(run):
    progress = read_progress(run)
    files.replace(run / PROGRESS_FILE, encode(msgspec.structs.replace(progress, folder=0)))
    copy = shutil.copytree(run, run.with_name("b"))
    assert status(copy).word == status(run).word == "running"


def test_a_copy_whose_process_has_ended_is_lost_as_a_restored_folder_is(run):
    gone = msgspec.structs.replace(processes.identify(), start_ticks=1)
    files.replace(run / PROGRESS_FILE, encode(msgspec.structs.replace(read_progress(run), process=gone)))
    copy = shutil.copytree(run, run.with_name("b"))
    assert status(copy).word == "lost"


def test_a_copy_of_a_live_run_is_not_live(run):
    copy = shutil.copytree(run, run.with_name("b"))
    assert status(run).word == "running"
    now = status(copy)
    assert (now.word, now.live) == ("imported", False)
    assert now.evidence.startswith(
        "A copy of a run's folder, made while the run was at work; the run itself is written elsewhere. Last written "
    )
    assert now.evidence.endswith(" ago, when it was running.")
    with pytest.raises(RefusedError, match="is not running"):
        launcher.stop(copy)
    assert not control.pending(copy, 1)


def test_a_copy_of_a_followed_run_is_not_followed(run):
    progress = msgspec.structs.replace(read_progress(run), process=None, follower=processes.identify())
    files.replace(run / PROGRESS_FILE, encode(progress))
    copy = shutil.copytree(run, run.with_name("b"))
    assert status(run).word == "followed" and is_followed(run)
    assert status(copy).word == "imported" and not is_followed(copy)


def test_a_copy_of_a_run_that_has_a_device_keeps_nobody_waiting(tmp_path):
    runs = tmp_path / "runs"
    (runs / "a").mkdir(parents=True)
    files.create(runs / "a" / LAUNCH_FILE, encode(Launch(run_id="a", created_at=1.0)))
    here = processes.identify()
    StateFile(runs / "a", State(state="running", trainer=here, supervisor=here, device="cuda:0"), time.time).flush()
    shutil.copytree(runs / "a", runs / "b")
    line = DeviceQueue(runs, Capacity(("cuda:0",), 1, 1))
    standing = line.standing("c", QueuePlace(device="cuda:0", ticket=1))
    assert standing.held_by == ("a",)


@pytest.mark.usefixtures("own_state")
def test_a_copy_of_a_supervised_run_is_neither_live_nor_called_still_running(runs, tmp_path):
    run_dir = runs / launcher.start(runs, script(tmp_path, LISTENS), name="a", cwd=tmp_path)
    wait_for_state(run_dir, "running")
    wait_for(lambda: (progress := read_progress(run_dir)) is not None and progress.phase == "training")
    copy = shutil.copytree(run_dir, run_dir.with_name("b"))
    state = read_state(copy)
    lives = lives_of(copy, state, read_progress(copy))
    assert (lives.trainer, lives.supervisor) == ("elsewhere", "elsewhere")
    assert status(run_dir).word == "running" and status(copy).word == "imported"
    with pytest.raises(RefusedError, match="is not running"):
        launcher.stop(copy)
    assert processes.liveness(read_state(run_dir).trainer) == "alive"
