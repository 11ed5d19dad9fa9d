"""`loss_spike`: a val loss that jumped, told and not judged."""

from monitor.rules.loss_spike import LossSpike
from monitor.rules.result import NotApplicable, NotEnoughData
from tests.snapshots import check, curve, first_fired, found, snapshot

RULE = LossSpike()


def val(values):
    return snapshot(val_loss=values)


def test_a_falling_a_rising_and_a_noisy_loss_are_quiet():
    assert first_fired(RULE, val(curve(40, lambda e: 4 / e))) == (None, None)
    assert first_fired(RULE, val(curve(40, lambda e: 2 + 0.03 * e))) == (None, None)
    assert first_fired(RULE, val(curve(40, lambda e: 2 + 0.2 * (e % 4)))) == (None, None)


def test_wild_first_epochs_are_behind_the_guard():
    assert first_fired(RULE, val([2.0, 90.0, 2.0, 70.0] + [2.0] * 20)) == (None, None)


def test_few_evaluations_and_a_missing_loss_are_said():
    assert isinstance(check(RULE, val([2.0] * 5)), NotEnoughData)
    assert isinstance(check(RULE, snapshot(val_wer=[0.5] * 9)), NotApplicable)


def test_a_jump_of_180_times_is_a_hint_and_says_when_it_came_back():
    there = found(RULE, val(curve(20, lambda e: 360.0 if e == 20 else 2.0)))
    assert there.severity == "info"
    assert there.line == "Val loss jumped to 360 at epoch 20, where 2.00 was usual; wait for the next evaluation."
    back = found(RULE, val(curve(22, lambda e: 360.0 if e == 20 else 2.0)))
    assert back.line.endswith("it came back.") and back.onset == 20.0


def test_a_loss_that_jumped_and_stayed_has_not_come_back():
    stays = found(RULE, val(curve(18, lambda e: 1.8 if e > 15 else 0.8)))
    assert stays.line == "Val loss jumped to 1.80 at epoch 16, where 0.80 was usual; it has not come back."


def test_it_is_forgotten_after_a_few_evaluations():
    assert found(RULE, val(curve(30, lambda e: 360.0 if e == 20 else 2.0))) is None


def test_where_every_second_evaluation_is_as_high_none_of_them_jumped():
    swinging = curve(30, lambda e: 0.5 + 2 * 0.9**e + 0.8 * (e % 2))
    assert found(RULE, snapshot(val_loss=swinging)) is None
    assert found(RULE, snapshot(val_loss=[*swinging[1::2], 1.6])) is not None


def test_what_is_not_finite_is_no_jump_and_dates_none():
    endless = snapshot(val_loss=[2.0] * 10 + [float("inf")] * 9)
    assert check(RULE, endless).line == "Val loss does not jump."
    assert "at epoch 11" in found(RULE, snapshot(val_loss=[2.0] * 10 + [9.0] + [float("nan")] * 9)).line
