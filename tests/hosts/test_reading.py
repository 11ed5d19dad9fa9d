"""Runs of another host over a real ssh, read as they grow, at the cost of what is new; as last heard if it is gone."""

from __future__ import annotations

import sys
import time

import pytest

from monitor import launcher
from monitor.launcher.hosts.following import FolderFollower
from monitor.launcher.hosts.mirror import want
from monitor.run_dir import Identity, State, lives
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.folders import folders_of
from monitor.run_dir.processes import identify
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import status_of
from monitor.view.rows import RowBook
from monitor.writer import RunWriter
from tests.supervised import wait_for

pytestmark = pytest.mark.hosts

PRINTS = """
import time
for e in range(1, 2000):
    print(f"Epoch {e} train loss {1 / e} val loss {1.1 / e}", flush=True)
    time.sleep(.2)
"""


def record(run, first, last):
    for epoch in range(first, last + 1):
        run.log_epoch(epoch, train_loss=1.0 / epoch, val_loss=1.1 / epoch)


def row_of(folder, name):
    return next((row for row in RowBook(folder.path).rows(time.time()) if row.run == name), None)


def shown(run_dir):
    want(run_dir)
    return RunReader(run_dir).read(time.time())


def test_a_run_is_read_live_and_only_what_is_new_passes(far, follow):
    with RunWriter(far.runs / "a", epochs=3000) as run:
        record(run, 1, 2000)
        folder, following = follow()
        wait_for(lambda: row_of(folder, "a"))
        assert row_of(folder, "a").state.startswith("running") and following.problem(time.time()) == ""
        run_dir = folder.path / "a"
        wait_for(lambda: len(shown(run_dir).epochs) == 2000)
        whole = (far.runs / "a" / "epochs.jsonl").stat().st_size
        before = following.bytes_taken
        assert before > whole
        record(run, 2001, 2001)
        wait_for(lambda: len(shown(run_dir).epochs) == 2001)
        assert following.bytes_taken - before < whole / 10, "not read anew"
    wait_for(lambda: status_of(shown(run_dir)).word == "finished")
    sent = following.bytes_taken
    following.stop()
    _, again = follow()
    wait_for(lambda: again.connections)
    wait_for(lambda: len(shown(run_dir).epochs) == 2001)
    time.sleep(2.0)
    assert again.bytes_taken < sent / 100, "what was mirrored before is kept"


def test_what_lives_is_judged_there_and_a_host_that_dies_is_never_lost(far, follow):
    started = far.do("start", "--runs", far.runs, "--name", "b", "--", sys.executable, "-c", PRINTS)
    assert started.returncode == 0, started.stderr
    folder, following = follow()
    wait_for(lambda: (row := row_of(folder, "b")) and row.state == "running" and (row.epoch or 0) > 2)
    seen = row_of(folder, "b")
    assert "is alive" in seen.evidence and seen.mine
    far.kill()
    wait_for(lambda: following.problem(time.time()))
    states = {seen.state}
    wait_for(lambda: states.add(row_of(folder, "b").state) or "running, as last heard" in states, lives.HEARD_SECS + 60)
    assert states == {"running", "running, as last heard"}
    assert "its processes cannot be seen from here" in row_of(folder, "b").evidence
    said = following.problem(time.time())
    assert said.startswith("gpu3 cannot be reached: Connection refused. Not heard since "), said
    # From the start of another page all is there at once, without the host.
    assert row_of(folder, "b").epoch >= seen.epoch


def test_a_connection_that_is_cut_comes_back_by_itself_and_the_run_has_gone_on(far, follow):
    far.do("start", "--runs", far.runs, "--name", "b", "--", sys.executable, "-c", PRINTS)
    folder, following = follow()
    wait_for(lambda: (row := row_of(folder, "b")) and row.state == "running" and (row.epoch or 0) > 2)
    far.cut()
    wait_for(lambda: following.problem(time.time()))
    before = row_of(folder, "b").epoch
    time.sleep(3.0)
    far.start()
    wait_for(lambda: following.problem(time.time()) == "")
    wait_for(lambda: row_of(folder, "b").epoch > before + 5)
    wait_for(lambda: row_of(folder, "b").state == "running" and "is alive" in row_of(folder, "b").evidence)
    assert far.do("stop", "b", "--runs", far.runs).returncode == 0
    wait_for(lambda: row_of(folder, "b").state == "stopped")


def test_the_pid_of_another_host_is_not_looked_up_here(short):
    run_dir = lives.mirror_of("gpu3", "/data") / lives.RUNS_DIR / "a"
    run_dir.mkdir(parents=True)
    state = State(state="running", updated_at=time.time(), trainer=identify(), supervisor=identify())
    assert lives.lives_of(run_dir, state, None).trainer == "unknown"
    assert isinstance(identify(), Identity) and lives.lives_of(short, state, None).trainer == "alive"


def test_nothing_here_acts_on_a_mirrored_run(far, follow):
    with RunWriter(far.runs / "a", epochs=9) as run:
        record(run, 1, 3)
        folder, _ = follow()
        wait_for(lambda: row_of(folder, "a"))
        run_dir = folder.path / "a"
        for act in (
            lambda: launcher.stop(run_dir, "me"),
            lambda: launcher.resume(folder.path, "a", "me"),
            lambda: launcher.start(folder.path, ["true"]),
        ):
            with pytest.raises(RefusedError, match="lies on another host"):
                act()
        assert not launcher.ensure_supervised(run_dir)
        assert not (run_dir / "control").exists() and not (folder.path / "audit.jsonl").exists()


def test_two_dashboards_follow_a_host_with_one_connection(far, follow):
    with RunWriter(far.runs / "a") as run:
        record(run, 1, 3)
    folder, first = follow()
    wait_for(lambda: row_of(folder, "a"))
    _, second = follow()
    time.sleep(3.0)
    assert (first.connections, second.connections) == (1, 0) and second.problem(time.time()) == ""


def test_two_folders_of_a_host_share_one_login_and_one_that_ends_leaves_the_other(far):
    more = far.place / "data" / "more"
    for place in (far.runs, more):
        with RunWriter(place / "a") as run:
            record(run, 1, 3)
    folders = folders_of([far.spec, f"gpu3:{more}"], [far.program]).all
    following = [FolderFollower(folder) for folder in folders]
    try:
        for each in following:
            each.start()
        wait_for(lambda: all(row_of(folder, "a") for folder in folders))
        assert (far.place / "sshd.log").read_text().count("Accepted publickey") == 1
        following[0].stop()
        with RunWriter(more / "b") as run:
            record(run, 1, 3)
        wait_for(lambda: row_of(folders[1], "b"))
    finally:
        for each in following:
            each.stop()


def test_a_run_that_was_put_into_the_trash_there_is_gone_here(far, follow):
    for name in ("a", "b"):
        with RunWriter(far.runs / name) as run:
            record(run, 1, 3)
    folder, _ = follow()
    wait_for(lambda: row_of(folder, "a") and row_of(folder, "b"))
    assert far.do("archive", "a", "--runs", far.runs).returncode == 0
    wait_for(lambda: not row_of(folder, "a"))
    assert row_of(folder, "b")


def test_a_follower_that_is_stopped_leaves_no_ssh(far, follow):
    import psutil

    _, following = follow()
    wait_for(lambda: following.connections)
    assert [each.name() for each in psutil.Process().children()].count("ssh") == 1
    following.stop()
    assert "ssh" not in [each.name() for each in psutil.Process().children()]
