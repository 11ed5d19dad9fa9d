"""Supervision without a trainer process of ours: a log that is followed, and a run that never started."""

import logging

import pytest

from monitor.run_dir import PROGRESS_FILE, STATE_FILE, Progress, State, encode, files
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.processes import identify
from monitor.supervisor import without_trainer
from monitor.supervisor.without_trainer import IDLE_SECS, LogSupervision, Unstarted

NOW = 1_000_000.0


class Watched:
    """In place of judging: how it was asked to look."""

    def __init__(self, *_):
        self.looks, self.is_waiting = [], False

    def look(self, now, *, force=False):
        self.looks.append(force)


class Fed:
    """A source: what a test sets is what it says."""

    def __init__(self):
        self.grew_at, self.is_unwanted, self.has_ended = None, False, False
        self.looks, self.released, self.problem = 0, False, None

    def look(self, now):
        self.looks += 1
        if self.problem is not None:
            raise UnreadableRunError(self.problem)

    def look_at_its_end(self, now):
        pass

    def release(self, now):
        self.released = True


@pytest.fixture(autouse=True)
def watch(monkeypatch):
    one = Watched()
    monkeypatch.setattr(without_trainer, "Watch", lambda *_: one)
    return one


@pytest.fixture
def feed():
    return Fed()


@pytest.fixture
def followed(tmp_path, feed):
    return LogSupervision(tmp_path, feed, NOW)


def test_a_source_that_goes_on_is_looked_at_and_judged(followed, feed, watch):
    assert [followed.tick(NOW + n) for n in range(3)] == [False] * 3
    assert (feed.looks, feed.released, watch.looks) == (3, False, [False] * 3)


@pytest.mark.parametrize("word", ["is_unwanted", "has_ended"])
def test_a_source_that_is_over_or_no_longer_wanted_is_released_and_judged_once_more(followed, feed, watch, word):
    setattr(feed, word, True)
    assert followed.tick(NOW)
    assert (feed.released, watch.looks) == (True, [True])


def test_a_source_that_was_silent_for_a_week_is_left(followed, feed):
    assert not followed.tick(NOW + IDLE_SECS)
    assert followed.tick(NOW + IDLE_SECS + 1)


def test_a_source_that_grew_has_a_week_from_then_and_an_old_one_from_the_beginning(followed, feed):
    feed.grew_at = NOW + 500
    assert not followed.tick(NOW + IDLE_SECS + 400)
    feed.grew_at = NOW - 10 * IDLE_SECS
    assert not followed.tick(NOW + 1)


def test_a_folder_that_is_gone_ends_it_without_a_look(tmp_path, feed):
    assert LogSupervision(tmp_path / "gone", feed, NOW).tick(NOW)
    assert feed.looks == 0


def test_a_source_that_cannot_be_read_is_told_once_for_each_reason_and_looked_at_again(followed, feed, caplog):
    caplog.set_level(logging.WARNING)
    for problem in ("torn", "torn", "gone"):
        feed.problem = problem
        assert not followed.tick(NOW)
    assert [record.getMessage() for record in caplog.records] == [
        "it cannot be read along: torn",
        "it cannot be read along: gone",
    ]


def test_after_the_end_the_messages_are_delivered_until_none_is_left(followed, watch):
    watch.is_waiting = True
    assert not followed.deliver(NOW)
    watch.is_waiting = False
    assert followed.deliver(NOW)


def test_a_followed_run_is_ours_as_long_as_no_other_process_follows_it(followed, tmp_path):
    assert not followed.still_owns_the_run()
    files.replace(tmp_path / PROGRESS_FILE, encode(Progress(heartbeat_at=1.0)))
    assert followed.still_owns_the_run()
    files.replace(tmp_path / PROGRESS_FILE, encode(Progress(heartbeat_at=1.0, follower=identify())))
    assert not followed.still_owns_the_run()


def test_of_a_run_that_never_started_the_first_look_alone_is_forced(tmp_path, watch):
    unstarted = Unstarted(tmp_path)
    watch.is_waiting = True
    assert [unstarted.deliver(NOW), unstarted.deliver(NOW)] == [False, False]
    assert watch.looks == [True, False]


def test_a_run_that_never_started_is_ours_where_we_wrote_its_end(tmp_path):
    unstarted = Unstarted(tmp_path)
    assert not unstarted.still_owns_the_run()
    other = identify(1)
    for state, owns in (
        (State(state="failed", supervisor=identify()), True),
        (State(state="queued", supervisor=identify()), False),
        (State(state="failed", supervisor=other), False),
        (State(state="failed"), False),
    ):
        files.replace(tmp_path / STATE_FILE, encode(state))
        assert unstarted.still_owns_the_run() == owns, state
