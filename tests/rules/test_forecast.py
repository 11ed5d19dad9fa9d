"""Where a curve is heading."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.rules.arithmetic import forecast


def test_too_few_values_give_no_outlook():
    assert forecast.outlook(range(5), [1.0] * 5) is None
    assert forecast.outlook(range(9), [1.0, math.nan] * 4 + [math.inf]) is None


def test_a_curve_that_stands_still_is_expected_to_and_its_band_is_narrow():
    seen = forecast.outlook(range(12), [0.5] * 12)
    assert seen.middle == pytest.approx([0.5] * forecast.AHEAD)
    assert np.all(seen.high - seen.low < 0.002)


def test_a_line_goes_on_but_ever_more_slowly():
    seen = forecast.outlook(range(1, 11), [0.1 * e for e in range(1, 11)])
    assert seen.epochs.tolist() == list(range(11, 21))
    steps = np.diff(np.concatenate([[1.0], seen.middle]))
    assert steps == pytest.approx(0.1 * forecast.DAMPING ** np.arange(1, 11))


def test_the_band_holds_the_middle_and_widens():
    rng = np.random.default_rng(0)
    seen = forecast.outlook(range(20), rng.normal(1, 0.1, 20))
    assert np.all(seen.low < seen.middle) and np.all(seen.middle < seen.high)
    assert np.all(np.diff(seen.high - seen.low) > 0)


def test_epochs_go_on_at_the_runs_own_spacing():
    assert forecast.outlook(range(0, 100, 10), range(10)).epochs[:2].tolist() == [100, 110]


def test_a_limit_is_crossed_early_at_the_upper_edge_and_late_at_the_lower():
    seen = forecast.outlook(range(1, 20), [0.05 * e for e in range(1, 20)])
    crosses = forecast.crossing(seen, 1.0)
    assert (crosses.early, crosses.expected, crosses.late) == (20, 21, None), "its lower edge never gets there"
    middle = np.arange(1.0, 7.0)
    band = forecast.Outlook(np.arange(20.0, 26.0), middle, low=middle - 1.0, high=middle + 2.0)
    assert forecast.crossing(band, 3.5) == forecast.Crossing(expected=23.0, early=21.0, late=24.0)
    assert forecast.crossing(seen, 5.0) is None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0.01, 100), min_size=6, max_size=30), st.sampled_from([0.125, 8.0, 1024.0]))
def test_a_curve_in_another_unit_has_the_same_outlook_in_that_unit(values, scale):
    plain = forecast.outlook(range(len(values)), values)
    scaled = forecast.outlook(range(len(values)), [value * scale for value in values])
    assert scaled.middle == pytest.approx(plain.middle * scale)
    assert scaled.low == pytest.approx(plain.low * scale)


def test_its_words():
    seen = forecast.outlook(range(1, 13), [0.9 - 0.01 * e for e in range(1, 13)])
    assert forecast.in_words(seen, 100, " % WER").endswith(" % WER by epoch 22")


def test_nothing_is_foretold_after_the_planned_end():
    at, values = list(range(1, 21)), [1 / e for e in range(1, 21)]
    assert list(forecast.outlook(at, values, 10, 23).epochs) == [21, 22, 23]
    assert list(forecast.outlook(at, values, 10, 90).epochs) == list(range(21, 31))
    assert forecast.outlook(at, values, 10, 20) is None
    tenths = [e / 10 for e in at]
    assert len(forecast.outlook(tenths, values, 10, 2.3).epochs) == 3
