"""The best error at the planned end: power laws are met, the band is ordered, and units change nothing."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.rules.arithmetic.best_at_end import EXPECTED, MOST, UNFORESEEN, best_at_end

ERRORS = st.lists(st.floats(1e-3, 2.0), min_size=5, max_size=40)


def epochs(errors):
    return [float(n) for n in range(1, len(errors) + 1)]


def test_an_error_that_stands_still_is_expected_to_stay_and_may_still_fall_a_little():
    seen = best_at_end(epochs([0.5] * 10), [0.5] * 10, 20)
    assert seen.so_far == seen.expected == 0.5
    assert seen.lowest == pytest.approx(0.5 * math.exp(-UNFORESEEN))


def test_half_of_what_the_last_doubling_brought_is_expected_of_the_next():
    errors = [1 / math.sqrt(epoch) for epoch in range(1, 17)]
    seen = best_at_end(epochs(errors), errors, 32)
    assert seen.so_far == pytest.approx(0.25)
    assert math.log(seen.so_far / seen.expected) == pytest.approx(EXPECTED * math.log(2) / 2)


def test_a_steep_beginning_does_not_go_on():
    errors = [1.0, 1.0, 1.0, 0.1, 0.05, 0.01]
    seen = best_at_end(epochs(errors), errors, 12)
    assert seen.expected == pytest.approx(0.01 * math.exp(-EXPECTED * MOST))


@pytest.mark.parametrize(
    ("errors", "planned"),
    [([0.5] * 4, 20), ([0.5] * 10, 10), ([0.5] * 10, 4), ([0.5, 0.4, -0.1, 0.3, 0.2], 20)],
    ids=["few", "at the plan", "past it", "an error below zero"],
)
def test_nothing_is_expected(errors, planned):
    assert best_at_end(epochs(errors), errors, planned) is None


def test_what_is_perfect_stays():
    assert best_at_end(epochs([0.2] * 5 + [0.0]), [0.2] * 5 + [0.0], 20) == (0.0, 0.0, 0.0)


@given(ERRORS, st.integers(1, 200))
def test_the_band_is_ordered_and_more_epochs_only_widen_it(errors, more):
    near, far = (best_at_end(epochs(errors), errors, len(errors) + extra) for extra in (more, more + 7))
    assert 0 < near.lowest <= near.expected <= near.so_far == min(errors)
    assert far.lowest <= near.lowest and far.expected <= near.expected


@given(ERRORS, st.floats(0.01, 100), st.floats(0.1, 10))
def test_another_unit_of_errors_or_epochs_changes_nothing(errors, scale, pace):
    plain = best_at_end(epochs(errors), errors, 2 * len(errors))
    other = best_at_end(
        [pace * at for at in epochs(errors)], [scale * error for error in errors], 2 * pace * len(errors)
    )
    assert other == pytest.approx([scale * value for value in plain], rel=1e-9)
