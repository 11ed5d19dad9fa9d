"""The writer's queue to a disk that may be full, and the pace of steps and epochs."""

import errno

import pytest

from monitor.run_dir import files
from monitor.writer import heartbeat, queue
from monitor.writer.heartbeat import Pace
from monitor.writer.queue import RecordQueue


@pytest.fixture
def disk(monkeypatch):
    """A disk that can be full: `disk["full"] = True`."""
    state = {"full": False}
    real = files.AppendFile.append

    def append(self, data, *, sync=False):
        if state["full"]:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(self, data, sync=sync)

    monkeypatch.setattr(files.AppendFile, "append", append)
    return state


def test_an_empty_queue_has_nothing_to_write_and_makes_no_file(tmp_path):
    empty = RecordQueue(tmp_path)
    assert empty.flush() is None
    empty.sync()
    empty.close()
    assert (empty.waiting, empty.dropped, list(tmp_path.iterdir())) == (0, 0, [])


def test_a_line_on_a_disk_with_room_is_written_at_once(tmp_path, disk):
    lines = RecordQueue(tmp_path)
    assert lines.put("a", b"1\n", sync=False) is None
    assert lines.waiting == 0 and (tmp_path / "a").read_bytes() == b"1\n"


def test_lines_that_the_disk_refuses_wait_and_are_written_in_order(tmp_path, disk):
    lines = RecordQueue(tmp_path)
    disk["full"] = True
    problems = [lines.put(file, line, sync=True) for file, line in [("a", b"1\n"), ("b", b"2\n"), ("a", b"3\n")]]
    assert [problem.errno for problem in problems] == [errno.ENOSPC] * 3 and lines.waiting == 3
    disk["full"] = False
    assert lines.put("a", b"4\n", sync=False) is None
    assert (lines.waiting, lines.dropped) == (0, 0)
    assert ((tmp_path / "a").read_bytes(), (tmp_path / "b").read_bytes()) == (b"1\n3\n4\n", b"2\n")


def test_of_more_lines_than_are_kept_the_oldest_are_dropped_and_counted(tmp_path, disk, monkeypatch):
    monkeypatch.setattr(queue, "BACKLOG_RECORDS", 3)
    lines = RecordQueue(tmp_path)
    disk["full"] = True
    for number in range(5):
        lines.put("a", b"%d\n" % number, sync=False)
    assert (lines.waiting, lines.dropped) == (3, 2)
    disk["full"] = False
    assert lines.flush() is None
    assert (tmp_path / "a").read_bytes() == b"2\n3\n4\n"


def test_before_a_second_step_and_a_first_epoch_there_is_no_pace():
    pace = Pace()
    assert (pace.step_secs(), pace.epoch_secs()) == (None, None)
    pace.step(None, 1.0)
    pace.step(5, 2.0)
    assert pace.step_secs() is None


def test_a_step_takes_the_time_between_two_numbers_shared_by_the_steps_between():
    pace = Pace()
    pace.step(10, 100.0)
    pace.step(14, 102.0)
    assert pace.step_secs() == 0.5


def test_a_step_said_twice_counts_once_and_one_that_goes_back_is_no_time():
    pace = Pace()
    for step, at in [(1, 0.0), (1, 5.0), (2, 6.0), (1, 7.0), (2, 9.0)]:
        pace.step(step, at)
    assert pace.step_secs() == pytest.approx((6.0 + 2.0) / 2)


def test_the_pace_is_a_median_of_the_last_ones_so_that_one_long_pause_does_not_count(monkeypatch):
    monkeypatch.setattr(heartbeat.time, "monotonic", lambda: 1000.0)
    pace = Pace()
    for step in range(61):
        pace.step(step, step + (500.0 if step > 30 else 0.0))
    assert pace.step_secs() == 1.0
    for epoch, at in ((1, 1010.0), (2, 1020.0), (3, 1900.0)):
        pace.epoch(epoch, at)
    assert pace.epoch_secs() == 10.0


@pytest.mark.parametrize(
    "said",
    [
        [(5, 50.0), (10, 100.0)],
        [(0.25, 2.5), (0.5, 5.0), (0.75, 7.5)],
        [(0, 10.0), (1, 20.0)],
        [(1, 9.0), (1, 10.0), (2, 19.0), (2, 20.0), (3, 29.0), (3, 30.0)],
        [(21, 4.0), (22, 14.0)],
    ],
    ids=["every fifth", "four in an epoch", "counted from 0", "said twice", "from weights of its own"],
)
def test_an_epoch_takes_as_long_however_often_it_is_evaluated(monkeypatch, said):
    monkeypatch.setattr(heartbeat.time, "monotonic", lambda: 0.0)
    pace = Pace()
    for epoch, at in said:
        pace.epoch(epoch, at)
    assert pace.epoch_secs() == 10.0


def test_of_a_run_that_goes_on_the_first_evaluation_tells_no_pace():
    pace = Pace(fresh=False)
    pace.epoch(0.5, 5.0)
    assert pace.epoch_secs() is None
    pace.epoch(0.75, 10.0)
    assert pace.epoch_secs() == 20.0
