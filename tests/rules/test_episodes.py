"""How long a condition must hold, what ends it, and who could know when."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.rules.episodes import Episode, Level, open_episode
from monitor.rules.thresholds import DEFAULTS, CommonLimits

CLEAR, HOLD, WARNING, CRITICAL = Level
LEVELS = st.lists(st.sampled_from(list(Level)), max_size=14)
PERSISTENCE = st.sampled_from([0.0, 1.0, 2.0, 2.5, 3.0, 6.0])


def at(levels):
    """One evaluation an epoch, with the persistence of the defaults: 2 epochs for a warning, 3 for a critical."""
    return open_episode(range(1, len(levels) + 1), levels, DEFAULTS)


@st.composite
def evaluated(draw):
    """(epochs, levels): evaluations from a tenth of an epoch to ten epochs apart."""
    levels = draw(LEVELS)
    steps = draw(st.lists(st.sampled_from([0.1, 0.5, 1.0, 10.0]), min_size=len(levels), max_size=len(levels)))
    return [sum(steps[: place + 1]) for place in range(len(levels))], levels


@pytest.mark.parametrize(
    "levels",
    [
        [],
        [CLEAR] * 9,
        [HOLD] * 9,
        [CLEAR, WARNING],
        [CLEAR, CRITICAL],
        [WARNING, CRITICAL, CRITICAL, CLEAR],
        [WARNING, HOLD, WARNING, HOLD, WARNING],
        [WARNING, CLEAR, WARNING, CLEAR, WARNING],
    ],
)
def test_what_has_not_held_long_enough_or_is_over_is_no_episode(levels):
    assert at(levels) is None


def test_a_warning_that_holds_is_known_at_the_evaluation_that_completes_its_persistence():
    assert at([CLEAR, WARNING, WARNING]) == Episode("warning", 1, 2, None)
    assert at([CLEAR, WARNING, WARNING, WARNING]) == Episode("warning", 1, 2, None)


def test_within_the_hysteresis_an_open_episode_stays_open():
    assert at([CLEAR, WARNING, WARNING, HOLD, HOLD]) == Episode("warning", 1, 2, None)


def test_a_critical_must_hold_by_itself_and_keeps_the_onset_of_its_warning():
    assert at([WARNING, WARNING, CRITICAL, CRITICAL]) == Episode("warning", 0, 1, None)
    assert at([WARNING, WARNING, CRITICAL, CRITICAL, CRITICAL]) == Episode("critical", 0, 1, 4)
    assert at([WARNING, CRITICAL, CRITICAL, WARNING, CRITICAL]).severity == "warning"


def test_once_critical_it_stays_so_until_it_is_clear():
    assert at([CRITICAL] * 3 + [WARNING, HOLD]) == Episode("critical", 0, 1, 2)
    assert at([CRITICAL] * 3 + [CLEAR]) is None


def test_where_evaluations_are_far_apart_one_stands_for_the_epochs_since_the_one_before():
    assert open_episode([1, 11, 21], [CLEAR, CLEAR, CRITICAL], DEFAULTS) == Episode("critical", 2, 2, 2)


def test_where_they_are_close_together_each_stands_for_one_epoch_at_least():
    assert open_episode([1.0, 1.1, 1.2], [CLEAR, WARNING, WARNING], DEFAULTS).fired == 2


def test_a_rule_may_ask_for_another_persistence_than_the_thresholds():
    assert open_episode([1, 2], [CLEAR, WARNING], DEFAULTS, warning_epochs=0.0).fired == 1
    patient = DEFAULTS.but(CommonLimits(warning_epochs=9.0))
    assert open_episode([1, 2, 3, 4], [WARNING] * 4, patient) is None


def slowly(epochs, levels, warn_for, crit_for):
    """The same in the obvious way: cut into pieces, each looked at anew."""
    start = max((place + 1 for place, level in enumerate(levels) if level is CLEAR), default=0)
    pieces, piece = [], []
    for place in range(start, len(levels)):
        if levels[place] is HOLD:
            pieces, piece = [*pieces, piece], []
        else:
            piece = [*piece, place]
    pieces.append(piece)

    def first_to_hold(places, needed):
        """The first place of a run without gaps at which it has held for so many epochs."""
        for place in places:
            before = epochs[places[0] - 1] if places[0] else epochs[places[0]] - 1
            if epochs[place] - before >= needed or place - places[0] + 1 >= needed:
                return place
        return None

    warned = [(piece[0], first_to_hold(piece, warn_for)) for piece in pieces if piece]
    began, fired = next((found for found in warned if found[1] is not None), (None, None))
    if fired is None:
        began = pieces[-1][0] if pieces[-1] else None
    if began is None:
        return None
    runs, run = [], []
    for place in range(began, len(levels)):
        run = [*run, place] if levels[place] is CRITICAL else []
        runs.append(run)
    at = next((run[-1] for run in runs if run and first_to_hold(run, crit_for) == run[-1]), None)
    if at is not None:
        return Episode("critical", began, at if fired is None else min(at, fired), at)
    return None if fired is None else Episode("warning", began, fired, None)


@settings(max_examples=600, deadline=None)
@given(evaluated(), PERSISTENCE, PERSISTENCE)
def test_it_finds_what_the_obvious_way_finds(run, warn_for, crit_for):
    epochs, levels = run
    found = open_episode(epochs, levels, DEFAULTS, warning_epochs=warn_for, critical_epochs=crit_for)
    assert found == slowly(epochs, levels, warn_for, crit_for)


@settings(max_examples=200, deadline=None)
@given(evaluated(), st.data())
def test_what_came_before_a_clear_evaluation_never_counts_again(run, data):
    epochs, levels = run
    cut = data.draw(st.integers(0, len(levels)))
    forgotten = [CLEAR] * cut
    known = [*levels[: max(0, cut - 1)], *forgotten[: min(1, cut)], *levels[cut:]]
    assert open_episode(epochs, known, DEFAULTS) == open_episode(epochs, [*forgotten, *levels[cut:]], DEFAULTS)


@settings(max_examples=200, deadline=None)
@given(evaluated(), st.integers(1, 5))
def test_the_hysteresis_never_opens_an_episode(run, more):
    epochs, levels = run
    after = [*epochs, *(1000.0 + place for place in range(more))]
    before = open_episode(epochs, levels, DEFAULTS)
    held = open_episode(after, [*levels, *[HOLD] * more], DEFAULTS)
    assert held == before
    calm = [min(level, HOLD) for level in levels]
    assert open_episode(epochs, calm, DEFAULTS) is None


@settings(max_examples=300, deadline=None)
@given(evaluated(), PERSISTENCE, PERSISTENCE, PERSISTENCE)
def test_a_longer_persistence_never_fires_earlier(run, warn_for, crit_for, more):
    epochs, levels = run
    late = open_episode(epochs, levels, DEFAULTS, warning_epochs=warn_for + more, critical_epochs=crit_for + more)
    soon = open_episode(epochs, levels, DEFAULTS, warning_epochs=warn_for, critical_epochs=crit_for)
    if late is not None:
        assert soon is not None and soon.fired <= late.fired
        assert late.severity == "warning" or soon.severity == "critical"
