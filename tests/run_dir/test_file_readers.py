"""How long a trainer has been silent: by arrivals on a steady clock, whatever wall clocks do."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.run_dir import Progress
from monitor.run_dir.file_readers import SURE_SECS, Silence


class Clock:
    """A steady clock that is set by hand."""

    def __init__(self):
        self.secs = 100.0

    def __call__(self):
        return self.secs


def beat(at):
    return Progress(heartbeat_at=at)


def test_without_a_heartbeat_nothing_is_known():
    silence = Silence(Clock())
    silence.note(None)
    assert silence.secs(None, 1e9) is None


def test_a_heartbeat_that_was_there_at_the_first_look_is_as_old_as_it_says():
    silence = Silence(Clock())
    silence.note(beat(1000.0))
    assert silence.secs(beat(1000.0), 1060.0) == 60.0


def test_once_one_was_seen_to_arrive_a_wall_clock_no_longer_matters():
    clock = Clock()
    silence = Silence(clock)
    silence.note(beat(1000.0))
    silence.note(beat(5000.0))
    clock.secs += 3.0
    assert silence.secs(beat(5000.0), 1000.0) == silence.secs(beat(5000.0), 9e9) == 3.0
    silence.note(beat(5000.0))  # the same one again is no arrival
    assert silence.secs(beat(5000.0), 1000.0) == 3.0


def test_a_heartbeat_from_the_future_is_believed_to_be_old_after_it_was_watched_in_silence():
    clock = Clock()
    silence = Silence(clock)
    silence.note(beat(2000.0))
    assert silence.secs(beat(2000.0), 1000.0) == -1000.0
    clock.secs += SURE_SECS
    assert silence.secs(beat(2000.0), 1000.0) == -1000.0
    clock.secs += 1.0
    assert silence.secs(beat(2000.0), 1000.0) == SURE_SECS + 1.0


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 50)), min_size=2, max_size=8), st.floats(-1e6, 1e6))
def test_of_beats_that_were_seen_to_arrive_a_moved_clock_changes_nothing(beats, moved):
    found = []
    for shift in (0.0, moved):
        clock = Clock()
        silence = Silence(clock)
        silence.note(beat(-1.0))
        for at, waited in [(9, 0.0), *beats]:
            silence.note(beat(at + shift))
            clock.secs += waited
        found.append(silence.secs(beat(beats[-1][0] + shift), 20.0))
    assert found[0] == found[1]
