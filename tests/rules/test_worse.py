"""`worse`: whether a metric is far worse than its best, has only got worse since, or lost much."""

import numpy as np

from monitor.rules.primary import Chance
from monitor.rules.worse import got_worse, is_lost, lost_much
from monitor.run_dir.metric import WER, Metric

CHANCE = Chance(error=0.9, who="the best constant sentence", sentence="MORGEN")
FALLS = [0.8, 0.6, 0.45, 0.35, 0.3]


def errors(*more):
    return np.array([*FALLS, *more])


def test_an_error_that_falls_or_scatters_or_jumps_once_is_not_worse():
    for more in ((), (0.31, 0.3, 0.32, 0.31), (0.3, 0.3, 0.3, 0.6)):
        assert got_worse(WER, errors(*more), CHANCE) is None
    assert lost_much(WER, errors(0.31, 0.33), CHANCE) is None


def test_a_rise_is_worse_once_it_is_far_and_a_trend():
    found = got_worse(WER, errors(0.36, 0.42, 0.48, 0.55), CHANCE)
    assert (found.best, found.last, found.best_at) == (0.3, 0.55, 4)
    assert got_worse(WER, errors(0.31, 0.32, 0.33, 0.34), CHANCE) is None  # less than five points


def test_what_never_was_better_than_chance_cannot_get_worse():
    beside = Chance(error=0.32, who="x", sentence="")
    assert got_worse(WER, errors(0.36, 0.42, 0.48, 0.55), beside) is None


def test_half_of_what_was_gained_is_lost_without_a_trend():
    found = lost_much(WER, errors(0.6, 0.58), CHANCE)
    assert (found.best, found.last) == (0.3, 0.58)
    assert lost_much(WER, errors(0.6, 0.35), CHANCE) is None  # one bad evaluation
    assert lost_much(WER, errors(0.5, 0.48), CHANCE) is None  # less than half


def test_it_is_lost_where_two_errors_in_a_row_are_at_chance_again():
    assert is_lost(WER, errors(0.89, 0.91), CHANCE, margin=0.02)
    assert not is_lost(WER, errors(0.91, 0.7), CHANCE, margin=0.02)
    assert not is_lost(WER, np.array([0.9, 0.88, 0.9, 0.91]), CHANCE, margin=0.02)  # it never was well better


def test_nothing_is_lost_by_a_model_that_was_never_better_than_its_own_chance():
    assert lost_much(WER, errors(0.6, 0.58), Chance(error=0.2, who="x")) is None
    assert lost_much(WER, errors(0.6, 0.58), Chance(error=0.2, who="x", assumed=True)) is not None
    assert lost_much(WER, errors(0.6), CHANCE) is None  # one evaluation since the best


def test_a_raw_error_of_twice_its_best_is_lost_though_it_had_gained_far_more():
    raw = Metric(name="mse", direction="error", unit="raw")
    assert lost_much(raw, np.array([10.0, 7.0, 4.0, 1.0, 2.5, 2.6]), None).best == 1.0
    assert lost_much(raw, np.array([10.0, 7.0, 4.0, 1.0, 1.5, 2.6]), None) is None
    assert lost_much(raw, np.array([10.0, 7.0, 4.0, 0.0, 1.5, 2.6]), None) is None  # no ratio to 0
