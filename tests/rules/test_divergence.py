"""`divergence`: train loss leaves its band upwards, before it is NaN."""

import math

from monitor.rules.divergence import Divergence
from monitor.rules.result import NotApplicable, NotEnoughData
from tests.snapshots import check, curve, first_fired, found, snapshot

RULE = Divergence()


def train(values):
    return snapshot(train_loss=values)


def test_a_falling_loss_and_a_noisy_one_are_quiet():
    assert first_fired(RULE, train(curve(40, lambda e: 4 / e))) == (None, None)
    assert first_fired(RULE, train(curve(40, lambda e: 2 + 0.3 * (e % 3)))) == (None, None)


def test_one_spike_that_recovers_is_quiet():
    assert first_fired(RULE, train(curve(40, lambda e: 90.0 if e == 20 else 2.0))) == (None, None)


def test_a_loss_that_has_come_down_to_nothing_may_double_for_nothing():
    assert first_fired(RULE, train(curve(40, lambda e: 4 / e if e < 20 else 0.001 if e < 30 else 0.006))) == (
        None,
        None,
    )


def test_a_slow_rise_is_another_flags():
    assert first_fired(RULE, train(curve(40, lambda e: 2 + 0.02 * e))) == (None, None)


def test_val_loss_alone_may_run_away():
    assert isinstance(check(RULE, snapshot(val_loss=curve(20, lambda e: 2.0**e))), NotApplicable)


def test_few_evaluations_are_said():
    result = check(RULE, train([2.0] * 5))
    assert isinstance(result, NotEnoughData) and (result.have, result.need) == (5, 6)


def test_a_loss_that_runs_away_is_told_while_it_is_still_finite():
    seen = train(curve(24, lambda e: 2.0 if e < 20 else 2.0 * 2 ** (e - 19)))
    assert first_fired(RULE, seen) == (21, None)
    assert found(RULE, seen).line == "Train loss has left its band: 64.0, where 2.00 was usual. Since epoch 20."


def test_a_loss_that_stays_high_does_not_become_usual():
    assert found(RULE, train(curve(40, lambda e: 2.0 if e < 20 else 9.0))) is not None


def test_a_nan_behind_it_does_not_close_it_and_a_return_does():
    away = curve(24, lambda e: 2.0 if e < 20 else 64.0)
    assert found(RULE, train([*away, math.nan])) is not None
    assert found(RULE, train([*away, 2.0, 2.0])) is None
