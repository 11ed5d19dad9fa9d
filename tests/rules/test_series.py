"""Robust trends against scipy, and against a slow and obvious twin."""

import math
import statistics

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.rules.arithmetic import series

VALUES = st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 3)), min_size=4, max_size=30)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_the_slope_is_scipys(values):
    x = np.arange(len(values), dtype=float)
    assert series.theil_sen(x, values) == pytest.approx(scipy.stats.theilslopes(values, x).slope, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_the_slope_is_the_median_over_all_pairs(values):
    pairs = [(i, j) for i in range(len(values)) for j in range(i + 1, len(values))]
    slow = statistics.median((values[j] - values[i]) / (j - i) for i, j in pairs)
    assert series.theil_sen(range(len(values)), values) == pytest.approx(slow, abs=1e-9)


def slow_mann_kendall(values):
    """Textbook: S, its variance with ties, continuity correction, upper tail of the normal."""
    n = len(values)
    score = sum(np.sign(values[j] - values[i]) for i in range(n) for j in range(i + 1, n))
    ties = [values.count(value) for value in set(values)]
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    if variance == 0:
        return 1.0
    return float(scipy.stats.norm.sf((score - np.sign(score)) / math.sqrt(variance)))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 6).map(float), min_size=4, max_size=25))
def test_the_trend_test_is_the_textbooks_with_many_ties(values):
    assert series.rising_p_value(values) == pytest.approx(slow_mann_kendall(values), abs=1e-12)


def test_a_rising_row_is_a_trend_and_its_mirror_is_not():
    rising = list(range(12))
    assert series.rising_p_value(rising) < 0.001
    assert series.rising_p_value(rising[::-1]) > 0.999


def test_pure_noise_is_called_a_trend_about_as_often_as_the_level_says():
    rng = np.random.default_rng(0)
    alarms = sum(series.rising_p_value(rng.normal(size=12)) < 0.05 for _ in range(2000))
    assert 0.03 < alarms / 2000 < 0.07


def test_one_wild_value_does_not_bend_the_slope():
    values = [0.1 * n for n in range(20)]
    values[10] = 1e6
    assert series.theil_sen(range(20), values) == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("values", [[], [1.0], [math.nan, math.nan, 1.0]])
def test_too_little_says_nothing(values):
    assert math.isnan(series.theil_sen(range(len(values)), values))
    assert math.isnan(series.rising_p_value(values))


def test_the_running_best_and_median_look_back_only():
    assert series.running_best([3, math.nan, 2, 5, 1]).tolist() == [3, 3, 2, 2, 1]
    assert series.running_median([1, 9, 2, math.nan, 8], 3).tolist() == [1, 5, 2, 5.5, 5]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-5, 5), max_size=300), st.integers(2, 60))
def test_thinning_keeps_both_ends_and_invents_nothing(values, most):
    thinned = series.thin(values, most)
    assert len(thinned) == min(len(values), most)
    assert set(thinned) <= set(values)
    if values:
        assert (thinned[0], thinned[-1]) == (values[0], values[-1])


WITH_HOLES = st.lists(st.one_of(st.floats(-1e3, 1e3), st.just(math.nan), st.just(math.inf)), max_size=40)


@settings(max_examples=150, deadline=None)
@given(WITH_HOLES, st.integers(1, 8))
def test_the_running_median_is_that_of_the_finite_ones_in_each_window(values, width):
    found = series.running_median(values, width)
    for place in range(len(values)):
        window = [x for x in values[max(0, place - width + 1) : place + 1] if math.isfinite(x)]
        expected = statistics.median(window) if window else math.nan
        assert found[place] == pytest.approx(expected, nan_ok=True)


@settings(max_examples=150, deadline=None)
@given(WITH_HOLES, st.integers(1, 8))
def test_trailing_windows_hold_the_last_finite_values(values, width):
    found = series.trailing_windows(values, width)
    for place in range(len(values)):
        finite = [x for x in values[: place + 1] if math.isfinite(x)][-width:]
        assert found[place].tolist() == finite if len(finite) == width else np.isnan(found[place]).all()


@given(st.lists(st.sampled_from([1.0, 2.0, 3.0, math.nan, math.inf, -math.inf]), max_size=12))
def test_the_place_of_the_best_is_where_it_was_first_reached(values):
    best = series.running_best(values)
    assert series.first_bests(best) == [int(np.argmax(best == each)) for each in best]


@pytest.mark.parametrize("width", [3, 4, 9, 24])
@pytest.mark.parametrize("kind", ["noise", "walk", "ties", "odd"])
def test_p_values_of_many_places_at_once_are_those_of_each_place_to_the_bit(kind, width):
    rng = np.random.default_rng(3)
    values = rng.integers(0, 6, 1500).astype(float) if kind == "ties" else rng.normal(size=1500)
    if kind == "walk":
        values = np.cumsum(values)
    if kind == "odd":
        values[rng.integers(0, 1500, 60)] = np.nan
        values[rng.integers(0, 1500, 20)] = np.inf
        values[7] = -np.inf
    for places in (np.arange(width - 1, 1500), np.array([40, 41, 1200, 1499]), np.array([], dtype=int)):
        found = series.rising_p_values(values, places, width)
        wanted = [series.rising_p_value(values[place + 1 - width : place + 1]) for place in places]
        assert found.tolist() == [pytest.approx(each, rel=0, abs=0, nan_ok=True) for each in wanted]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([math.nan, math.inf, -1.0, 0.5, 2.0, 7.0]), min_size=5, max_size=5), min_size=1)
)
def test_medians_of_known_leave_out_what_is_not_finite(rows):
    known = [[value for value in row if math.isfinite(value)] for row in rows]
    slow = [statistics.median(row) if row else math.nan for row in known]
    assert series.medians_of_known(np.array(rows)) == pytest.approx(slow, nan_ok=True)
