"""A run that is fed from somebody else's output: said truthfully, written once, whatever interrupts the follower."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from monitor import launcher
from monitor.importers.live import About, FollowedRun, find_followed, read_source
from monitor.rules.stalled import Stalled
from monitor.rules.thresholds import Thresholds
from monitor.run_dir import EPOCHS_FILE, Clip, Decode, Epoch, Place, Step
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.processes import identify
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import status_of
from monitor.view import rows
from tests.supervised import is_locked


def about(tmp_path, **more):
    return About(path=tmp_path / "train.log", format="log", name="their run", **more)


def snapshot(run, now=100.0):
    return RunReader(run.run_dir).read(now)


def test_a_run_without_a_known_process_is_followed_and_never_said_to_run(tmp_path):
    run = FollowedRun.begin(tmp_path / "runs", about(tmp_path), now=40.0)
    status = status_of(snapshot(run))
    assert (status.word, status.live) == ("followed", True)
    assert "60 s ago" in status.evidence and str(os.getpid()) not in status.evidence


def test_a_run_with_a_known_process_is_running_while_that_one_lives(tmp_path):
    process = subprocess.Popen(["sleep", "60"])
    run = FollowedRun.begin(tmp_path / "runs", about(tmp_path), now=1.0, process=identify(process.pid))
    assert status_of(snapshot(run)).word == "running"
    process.kill()
    process.wait()
    assert status_of(snapshot(run)).word == "lost"


def test_the_list_says_it_too_and_a_stop_is_refused_with_a_sentence(tmp_path):
    run = FollowedRun.begin(tmp_path / "runs", about(tmp_path), now=1.0)
    [row] = rows.RowBook(run.run_dir.parent).rows(100.0)
    assert (row.state, row.live) == ("followed", True)
    with pytest.raises(RefusedError, match="only followed"):
        launcher.stop(run.run_dir)


def test_when_the_follower_lets_go_records_remain(tmp_path):
    run = FollowedRun.begin(tmp_path / "runs", about(tmp_path), now=1.0)
    run.close(2.0)
    assert status_of(snapshot(run)).word == "imported"
    assert not is_locked(run.run_dir)


def test_an_end_that_is_known_is_told(tmp_path):
    run = FollowedRun.begin(tmp_path / "runs", about(tmp_path), now=1.0)
    run.finish("failed", 2.0, "RuntimeError: out of memory")
    assert status_of(snapshot(run)).word == "failed"


def test_every_kind_of_record_is_kept_with_the_gap_worked_out(tmp_path):
    run = FollowedRun.begin(tmp_path / "runs", about(tmp_path), now=1.0)
    run.add(Clip(clip_id="a", reference="A B"), Step(step=5, train_loss=3.0))
    run.add(Epoch(epoch=1, train_loss=2.0, val_loss=2.5), Decode(epoch=1, hypotheses=["A"]))
    assert run.commit({}, {}, 2.0)
    seen = snapshot(run)
    assert (len(seen.clips), len(seen.steps), len(seen.decodes)) == (1, 1, 1)
    assert seen.epochs[0].gap == pytest.approx(0.5)
    assert seen.progress.epoch == 1 and seen.progress.process is None


def test_a_source_is_found_again_by_its_path_with_its_place_and_mapping(tmp_path):
    runs = tmp_path / "runs"
    assert find_followed(runs, tmp_path / "train.log") is None
    run = FollowedRun.begin(runs, about(tmp_path, mapping={"val_loss": "dev"}), now=1.0)
    run.commit({"train.log": Place(inode=7, offset=120, lines=3)}, {"epoch": 4}, 2.0)
    run.close(3.0)
    found = find_followed(runs, tmp_path / "train.log")
    assert found == run.run_dir
    source = read_source(found)
    assert source.mapping == {"val_loss": "dev"} and source.memory == {"epoch": 4}
    assert source.places["train.log"] == Place(inode=7, offset=120, lines=3)


def test_two_followers_of_one_run_are_one_too_many(tmp_path):
    run = FollowedRun.begin(tmp_path / "runs", about(tmp_path), now=1.0)
    with pytest.raises(RefusedError, match="being written by another process"):
        FollowedRun.go_on(run.run_dir, 2.0)


def test_records_that_were_written_but_not_committed_are_not_written_again(tmp_path):
    run = FollowedRun.begin(tmp_path / "runs", about(tmp_path), now=1.0)
    run.add(Epoch(epoch=1, val_loss=3.0))
    run.commit({"train.log": Place(offset=10)}, {}, 2.0)
    run.add(Epoch(epoch=2, val_loss=2.0), Step(step=9))
    run.close(3.0)
    with (run.run_dir / EPOCHS_FILE).open("ab") as file:
        file.write(b'{"epoch":3.0,"val_')
    again = FollowedRun.go_on(run.run_dir, 4.0)
    assert again.source.places["train.log"].offset == 10
    again.add(Epoch(epoch=2, val_loss=2.0), Step(step=9), Epoch(epoch=3, val_loss=1.0))
    assert again.commit({"train.log": Place(offset=30)}, {}, 5.0)
    seen = snapshot(again)
    assert [record.epoch for record in seen.epochs] == [1, 2, 3] and seen.overlaps == ()
    assert len(seen.steps) == 1 and len(seen.problems) == 1


def test_a_full_disk_makes_records_wait_and_no_place_is_noted(tmp_path):
    run = FollowedRun.begin(tmp_path / "runs", about(tmp_path), now=1.0)
    (run.run_dir / EPOCHS_FILE).symlink_to("/dev/full")
    run.add(Epoch(epoch=1))
    assert not run.commit({"train.log": Place(offset=10)}, {}, 2.0)
    assert run.waiting == 1 and read_source(run.run_dir).places == {}
    (run.run_dir / EPOCHS_FILE).unlink()
    assert snapshot(run).progress.backlog == 1


def test_silence_of_a_followed_log_is_judged_by_its_own_pace_and_not_after_the_follower_left(tmp_path):
    run = FollowedRun.begin(tmp_path / "runs", about(tmp_path), now=0.0)
    run.add(*(Epoch(epoch=n, val_loss=3.0, at=60.0 * n) for n in range(1, 5)))
    run.commit({}, {}, 240.0)
    assert snapshot(run).progress.epoch_secs == 60.0
    run.add(*(Epoch(epoch=n, val_loss=3.0, at=60.0 * n) for n in (9, 9, 14, 19, 24, 29)))
    assert run._pace() == 60.0
    quiet, silent = snapshot(run, 250.0), snapshot(run, 5000.0)
    assert type(Stalled().check(quiet, Thresholds(), 250.0)).__name__ == "Quiet"
    assert type(Stalled().check(silent, Thresholds(), 5000.0)).__name__ == "Finding"
    run.close(5000.0)
    assert type(Stalled().check(snapshot(run, 6000.0), Thresholds(), 6000.0)).__name__ != "Finding"


FOLLOWER = """
import sys, time
from pathlib import Path
from monitor.importers.live import About, FollowedRun, find_followed
from monitor.run_dir import Epoch, Place
runs, log = Path(sys.argv[1]), Path(sys.argv[2])
known = find_followed(runs, log)
run = FollowedRun.go_on(known, 1.0) if known else FollowedRun.begin(runs, About(log, "log", "killed"), 1.0)
first = run.source.places["log"].offset if "log" in run.source.places else 0
for epoch in range(first + 1, 2001):
    run.add(Epoch(epoch=epoch, val_loss=1 / epoch))
    if epoch % 7 == 0:
        run.commit({"log": Place(offset=epoch)}, {}, 1.0)
run.commit({"log": Place(offset=2000)}, {}, 1.0)
run.close(2.0)
"""


def test_a_follower_killed_again_and_again_leaves_every_record_once(tmp_path):
    command = [sys.executable, "-c", FOLLOWER, str(tmp_path / "runs"), str(tmp_path / "log")]
    for delay in (0.01, 0.03, 0.06):
        process = subprocess.Popen(command)
        epochs = tmp_path / "runs" / "killed" / EPOCHS_FILE
        begun = epochs.stat().st_size if epochs.exists() else 0
        while process.poll() is None and (not epochs.exists() or epochs.stat().st_size == begun):
            time.sleep(0.005)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command, check=True, timeout=120)
    lines = (tmp_path / "runs" / "killed" / EPOCHS_FILE).read_text().splitlines()
    written = [json.loads(line)["epoch"] for line in lines if line.endswith("}")]
    assert written == list(range(1, 2001))
    assert [path.name for path in Path(tmp_path / "runs").iterdir()] == ["killed"]
