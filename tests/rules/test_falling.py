"""Whether numbers still fall at each evaluation."""

import numpy as np

from monitor.rules.arithmetic.falling import (
    FLAT_EVALUATIONS,
    FLAT_RATIO,
    any_falls,
    begins_to_fall,
    fall,
    keeps_falling,
)

FLAT = np.full(20, 3.0)
NOISE = FLAT + 0.01 * np.random.default_rng(0).standard_normal(20)


def improves(*columns):
    return any_falls([fall(column) for column in columns], [begins_to_fall(column) for column in columns]).tolist()


def test_what_is_too_short_still_or_noise_does_not_fall():
    assert np.isnan(fall(FLAT[: FLAT_EVALUATIONS - 1])).all() and not begins_to_fall(FLAT[:9]).any()
    for column in (FLAT, NOISE, FLAT + np.arange(20), np.full(20, np.nan), np.array([])):
        assert not any(improves(column))


def test_a_fall_is_the_share_between_the_medians_of_two_fives():
    column = np.array([4.0] * 5 + [3.0] * 5)
    assert np.isnan(fall(column)[:9]).all() and fall(column)[9] == 0.25
    assert improves(column)[9] and improves(FLAT[:10], column)[9], "one of two is enough"


def test_one_value_far_below_is_a_fall_that_has_just_begun_and_a_small_one_is_not():
    assert begins_to_fall(np.append(FLAT, 2.9)).tolist() == [False] * 20 + [True]
    assert not begins_to_fall(np.append(FLAT, 2.98)).any()
    assert not begins_to_fall(np.append(NOISE * 10, 29.9)).any(), "within what the others range over"


def test_values_that_are_not_finite_are_left_out_and_no_later_one_is_looked_at():
    gaps = np.array([4.0, np.nan, 4.0, 4.0, np.inf, 4.0, 4.0, 3.0, 3.0, 3.0, 3.0, 3.0])
    assert fall(gaps)[-1] == 0.25 and np.isnan(fall(gaps)[:-1]).all()
    whole = np.linspace(5.0, 1.0, 30)
    assert np.array_equal(fall(whole)[:18], fall(whole[:18]), equal_nan=True)
    assert np.array_equal(begins_to_fall(whole)[:18], begins_to_fall(whole[:18]))


def test_of_many_values_a_window_grows_with_them_and_what_was_known_stays():
    slow = np.linspace(0.97, 0.43, 10_000)
    assert not (fall(slow[:150])[10:] > FLAT_RATIO).any()
    assert keeps_falling(slow[:150]).tolist() == [False] * 100 + [True] * 50
    assert keeps_falling(slow)[100:].all() and (fall(slow)[5000:] > FLAT_RATIO).all()
    noisy = np.random.default_rng(3).normal(0.9, 0.01, 2000)
    assert keeps_falling(noisy).mean() < 0.02
    noisy[::7] = np.nan
    for ask in (fall, begins_to_fall, keeps_falling):
        for count in (60, 150, 233, 234, 235, 470, 1000):
            assert np.array_equal(ask(noisy)[:count], ask(noisy[:count]), equal_nan=True)


def test_what_has_come_to_rest_after_many_values_and_one_leap_do_not_keep_falling():
    rests = np.concatenate([np.linspace(2.0, 1.0, 500), np.full(500, 1.0)])
    assert keeps_falling(rests)[499] and not keeps_falling(rests)[700:].any()
    falls = np.linspace(2.0, 1.0, 500)
    falls[250] = 1e30
    assert keeps_falling(falls)[[200, 499]].all()


def test_a_fall_that_noise_hides_from_one_window_to_the_next_is_seen_over_a_sixth_of_all_values():
    noise = np.random.default_rng(5).normal(0, 30, 1000)
    reward = -(350 * (1 - np.exp(-np.arange(1000) / 900)) + noise)
    assert keeps_falling(reward)[600:].mean() > 0.8 and keeps_falling(noise).mean() < 0.02
