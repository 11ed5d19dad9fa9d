"""`spikes`: an evaluation that stands far out of the ones before it."""

import math

import numpy as np

from monitor.rules.spikes import SpikeLimits, came_back, is_above, stands_out, usual

LIMITS = SpikeLimits()
STEADY = [2.0, 2.1, 1.9, 2.0, 2.05]


def test_with_few_evaluations_before_nothing_is_usual():
    assert all(map(math.isnan, usual(np.array(STEADY), 4, LIMITS)))
    assert not stands_out(np.array([*STEADY[:4], 9.0]), 4, LIMITS)


def test_what_is_usual_is_the_median_and_its_spread_without_what_is_not_finite():
    median, spread = usual(np.array([*STEADY, math.nan, 9.0]), 6, LIMITS)
    assert (median, round(spread, 4)) == (2.0, round(1.4826 * 0.05, 4))


def test_a_loss_stands_out_by_share_and_by_spreads():
    assert stands_out(np.array([*STEADY, 4.0]), 5, LIMITS)
    assert not stands_out(np.array([*STEADY, 2.9]), 5, LIMITS)  # less than half above
    assert not is_above(4.0, median=2.0, spread=0.5, limits=LIMITS)  # less than six spreads
    assert is_above(0.35, median=0.2, spread=0.01, limits=LIMITS)
    assert not is_above(4.0, median=0.0, spread=0.0, limits=LIMITS)


def test_where_every_second_evaluation_is_as_high_none_stands_out():
    assert not stands_out(np.array([2.0, 6.0, 2.0, 6.0, 2.0, 6.0]), 5, SpikeLimits(spike_spreads=0.0))


def test_a_loss_is_back_near_what_was_usual():
    assert came_back(2.15, 2.0, 0.01) == "it came back"
    assert came_back(2.9, 2.0, 0.5) == "it came back"  # within two spreads
    assert came_back(2.5, 2.0, 0.01) == "it has come down to 2.50 since"
