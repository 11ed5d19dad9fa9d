"""The log of a script that was started here: what is read of it, when, and when it is left alone."""

from itertools import pairwise
from types import SimpleNamespace

import pytest

from monitor.run_dir import LOG_FILE, RUN_FILE, Launch, Progress, ReadingWord, encode, files
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.processes import identify
from monitor.supervisor import own_log
from monitor.supervisor.own_log import LEAST_STEPS, MOST_WAIT_SECS, SEARCH_EVERY_SECS, OwnLogFeed
from tests.fake_runs import read

NOW = 1_700_000_000.0
EPOCHS = [f"Epoch {n}/9 train loss {4 / n:.2f} val loss {5 / n:.2f}\n" for n in range(1, 10)]
STEPS = [f"Epoch 1 [{n}0/300] loss {9 - n / 10:.3f}\n" for n in range(1, 9)]


class Search:
    """In place of the search for files: nothing is found unless a test says so."""

    def __init__(self, *_):
        self.asked, self.looked, self.problem, self.better = [], [], None, None

    def found(self, generation, now, *, validated=False):
        self.asked.append(validated)
        if self.problem is not None:
            raise self.problem
        return None

    def richer(self, told, source):
        self.looked.append(told)
        return self.better

    def change_to(self, chosen, told, generation, now):
        raise UnreadableRunError("it cannot be read")


@pytest.fixture
def search(monkeypatch):
    one = Search()
    monkeypatch.setattr(own_log, "FileSearch", lambda *_: one)
    return one


@pytest.fixture
def run_dir(runs_made, search):
    (runs_made / "one").mkdir()
    (runs_made / "one" / LOG_FILE).touch()
    return runs_made / "one"


def feed_of(run_dir, generation=1, **fields):
    return OwnLogFeed(
        run_dir, Launch(run_id="one", created_at=NOW, cwd=str(run_dir.parent.parent), **fields), generation
    )


def prints(run_dir, *lines):
    with (run_dir / LOG_FILE).open("a") as log:
        log.writelines(lines)


def epochs_of(run_dir):
    return [record.epoch for record in read(run_dir).epochs]


def test_a_log_that_says_nothing_leaves_no_record(run_dir, search):
    feed = feed_of(run_dir)
    prints(run_dir, "loading\n", "done\n")
    for secs in range(0, 60, 2):
        feed.look(NOW + secs)
    feed.end(NOW + 60, seen=True)
    assert not (run_dir / RUN_FILE).exists()


def test_a_script_that_writes_records_itself_is_left_alone_from_then_on(run_dir):
    feed = feed_of(run_dir)
    files.replace(run_dir / "progress.json", encode(Progress(heartbeat_at=NOW, process=identify())))
    prints(run_dir, *EPOCHS)
    feed.look(NOW)
    files.remove(run_dir / "progress.json")
    feed.look(NOW + 2)
    feed.end(NOW + 3, seen=True)
    assert not (run_dir / RUN_FILE).exists()


def test_the_epochs_of_a_log_are_read_as_they_come_with_what_was_planned(run_dir):
    feed = feed_of(run_dir, config={"epochs": 9, "lr": 0.1})
    prints(run_dir, *(line.replace("/9", "") for line in EPOCHS[:2]))
    feed.look(NOW)
    prints(run_dir, *(line.replace("/9", "") for line in EPOCHS[2:4]))
    feed.look(NOW + 2)
    seen = read(run_dir)
    assert epochs_of(run_dir) == [1, 2, 3, 4]
    assert (seen.run.config["lr"], seen.progress.epochs, seen.run.notes) == (
        0.1,
        9,
        "Its records are read from its log.",
    )


def test_what_is_printed_between_two_looks_of_one_second_waits_for_the_next(run_dir):
    feed = feed_of(run_dir)
    feed.look(NOW)
    prints(run_dir, *EPOCHS)
    feed.look(NOW + 0.5)
    assert not (run_dir / RUN_FILE).exists()
    feed.look(NOW + 1.0)
    assert len(epochs_of(run_dir)) == 9


def test_a_log_that_is_torn_at_its_end_loses_nothing_when_the_rest_comes(run_dir):
    feed = feed_of(run_dir)
    prints(run_dir, *EPOCHS[:2], EPOCHS[2][:20])
    feed.look(NOW)
    prints(run_dir, EPOCHS[2][20:])
    feed.look(NOW + 2)
    assert [record.val_loss for record in read(run_dir).epochs] == [5.0, 2.5, 1.67]


def test_a_log_of_steps_is_read_for_them_once_its_first_epoch_is_not_short(run_dir):
    feed = feed_of(run_dir)
    prints(run_dir, *STEPS)
    feed.look(NOW)
    feed.look(NOW + SEARCH_EVERY_SECS - 1)
    assert not (run_dir / RUN_FILE).exists()
    feed.look(NOW + SEARCH_EVERY_SECS)
    assert len(read(run_dir).steps) == len(STEPS) and epochs_of(run_dir) == []


def test_once_an_epoch_has_ended_a_log_that_was_read_for_its_steps_is_read_anew(run_dir):
    feed = feed_of(run_dir)
    prints(run_dir, *STEPS)
    feed.look(NOW)
    feed.look(NOW + SEARCH_EVERY_SECS)
    steps_said = read(run_dir).run.reading.said
    prints(run_dir, *(f"Epoch {n} train loss 2.00 val loss {5 / n:.2f}\n" for n in (1, 2)))
    for secs in (2, 4):
        feed.look(NOW + SEARCH_EVERY_SECS + secs)
    seen = read(run_dir)
    assert [record.val_loss for record in seen.epochs] == [5.0, 2.5]
    assert seen.run.reading.said != steps_said


def test_a_reading_that_a_person_has_confirmed_is_not_changed(run_dir, search):
    feed = feed_of(run_dir)
    prints(run_dir, *STEPS)
    feed.look(NOW)
    feed.look(NOW + SEARCH_EVERY_SECS)
    files.replace(run_dir / "reading.json", encode(ReadingWord(by="ann", at=NOW)))
    prints(run_dir, *(f"Epoch {n} train loss 2.00 val loss {5 / n:.2f}\n" for n in (1, 2)))
    for secs in range(2, 100, 2):
        feed.look(NOW + SEARCH_EVERY_SECS + secs)
    assert search.looked == [] and len(read(run_dir).steps) >= len(STEPS)
    assert read(run_dir).run.reading.confirmed_by == "ann"


def test_fewer_steps_than_three_are_none_also_at_the_end(run_dir):
    feed = feed_of(run_dir)
    prints(run_dir, *STEPS[: LEAST_STEPS - 1])
    feed.end(NOW, seen=True)
    assert not (run_dir / RUN_FILE).exists()


def test_at_the_end_what_was_never_looked_at_is_read(run_dir):
    feed = feed_of(run_dir)
    prints(run_dir, *EPOCHS[:3], EPOCHS[3].rstrip())
    feed.end(NOW, seen=True)
    assert epochs_of(run_dir) == [1, 2, 3, 4]


def test_the_only_line_of_a_log_counts_also_without_its_end(run_dir):
    feed = feed_of(run_dir)
    prints(run_dir, EPOCHS[0].rstrip())
    feed.end(NOW, seen=True)
    assert epochs_of(run_dir) == [1]


def test_beside_a_silent_log_a_file_is_looked_for_every_eight_seconds(run_dir, search):
    feed = feed_of(run_dir)
    for secs in range(0, 25, 2):
        feed.look(NOW + secs)
    assert search.asked == [False] * 3


def test_a_log_that_tells_steps_wants_a_file_with_a_validation(run_dir, search, monkeypatch):
    monkeypatch.setattr(OwnLogFeed, "_by_steps", lambda *_: None)
    feed = feed_of(run_dir)
    prints(run_dir, *STEPS)
    for secs in (0, SEARCH_EVERY_SECS):
        feed.look(NOW + secs)
    assert search.asked == [True]


def test_a_richer_file_is_looked_for_more_and_more_seldom(run_dir, search):
    feed = feed_of(run_dir)
    prints(run_dir, *EPOCHS)
    looked_at = []
    for secs in range(2500):
        feed.look(NOW + secs)
        looked_at += [secs] * (len(search.looked) - len(looked_at))
    gaps = [after - before for before, after in pairwise(looked_at)]
    assert looked_at[0] - SEARCH_EVERY_SECS in (0, 1)
    assert gaps == [16, 32, 64, 128, 256, 512, MOST_WAIT_SECS, MOST_WAIT_SECS]
    assert search.looked[0] == {"train_loss", "val_loss"}


def test_a_resumed_run_never_changes_over_as_a_file_may_hold_its_last_start_alone(run_dir, search):
    feed = feed_of(run_dir, generation=2)
    prints(run_dir, *EPOCHS)
    for secs in range(0, 60, 2):
        feed.look(NOW + secs)
    feed.end(NOW + 60, seen=True)
    assert search.looked == []


def test_a_file_that_cannot_be_read_after_all_ends_the_reading_and_not_the_supervision(run_dir, search):
    feed = feed_of(run_dir)
    prints(run_dir, *EPOCHS[:3])
    feed.look(NOW)
    search.better = SimpleNamespace(path="metrics.csv")
    for secs in (1, SEARCH_EVERY_SECS + 1):
        feed.look(NOW + secs)
    prints(run_dir, *EPOCHS[3:])
    feed.look(NOW + 100)
    feed.end(NOW + 101, seen=True)
    assert epochs_of(run_dir) == [1, 2, 3]


@pytest.mark.parametrize(("problem", "again"), [(UnreadableRunError("never"), False), (OSError("full"), True)])
def test_what_can_never_be_read_is_given_up_and_what_the_disk_refuses_is_tried_again(run_dir, search, problem, again):
    feed = feed_of(run_dir)
    search.problem = problem
    feed.look(NOW)
    feed.look(NOW + SEARCH_EVERY_SECS)
    search.problem = None
    prints(run_dir, *EPOCHS)
    feed.look(NOW + 20)
    assert (run_dir / RUN_FILE).exists() == again


def test_a_next_supervisor_goes_on_where_the_last_one_stopped(run_dir):
    first = feed_of(run_dir)
    prints(run_dir, *EPOCHS[:3])
    first.look(NOW)
    size = (run_dir / "epochs.jsonl").stat().st_size
    prints(run_dir, *EPOCHS[3:5])
    feed_of(run_dir).look(NOW + 10)
    assert epochs_of(run_dir) == [1, 2, 3, 4, 5]
    assert (run_dir / "epochs.jsonl").read_bytes()[:size].count(b"\n") == 3
