"""`wer_plateau`: the best error rate has stopped moving."""

from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.rules.wer_plateau import WerPlateau
from tests.snapshots import check, curve, first_fired, found, snapshot

RULE = WerPlateau()


def wer(values):
    return snapshot(val_wer=values)


def test_a_slow_but_steady_decline_is_quiet():
    assert first_fired(RULE, wer(curve(60, lambda e: 0.95 - 0.005 * e))) == (None, None)


def test_noise_above_a_falling_best_is_quiet():
    assert first_fired(RULE, wer(curve(40, lambda e: 0.95 - 0.01 * e + 0.05 * (e % 3 == 0)))) == (None, None)


def test_few_evaluations_and_none_are_said():
    result = check(RULE, wer([0.5] * 7))
    assert isinstance(result, NotEnoughData) and (result.have, result.need) == (7, 11)
    assert isinstance(check(RULE, snapshot(val_loss=[1.0] * 9)), NotApplicable)


def test_ten_evaluations_without_a_point_are_a_warning_twenty_are_critical():
    seen = wer(curve(50, lambda e: max(0.6, 1 - 0.04 * e)))
    first, critical = first_fired(RULE, seen)
    assert (first, critical) == (20, 30)
    assert found(RULE, seen).line == "Best WER has moved 0.0 points in 20 evaluations (60.0 %, epoch 10)."


def test_a_new_step_ends_it():
    assert found(RULE, wer(curve(50, lambda e: 0.6 if e < 45 else 0.5))) is None
