"""`loss_spike`: a val loss that jumped, told and not judged."""

import math

from monitor.rules.loss_spike import LossSpike
from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.run_dir import Step
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


def stepped(losses, **more):
    steps = tuple(Step(step=10 * n, epoch=n / 1000, train_loss=loss) for n, loss in enumerate(losses, 1))
    return snapshot(steps=steps, **more)


def noisy(n):
    return 2.0 + 0.3 * math.sin(7.1 * n) + 0.2 * math.sin(2.3 * n)


def test_steps_that_fall_are_noisy_or_have_one_odd_batch_are_quiet():
    for loss in (lambda n: 3 / n**0.3, noisy, lambda n: 90.0 if n == 300 else noisy(n)):
        assert found(RULE, stepped([loss(n) for n in range(1, 400)])) is None
    assert isinstance(check(RULE, stepped([2.0] * 90)), NotApplicable)
    assert found(RULE, stepped([-2.0 + noisy(n) for n in range(1, 400)] + [9.0] * 5)) is None


def test_steps_that_jump_are_told_before_any_evaluation_and_forgotten_after_a_while():
    losses = [noisy(n) for n in range(1, 301)]
    there = found(RULE, stepped([*losses, 6.0, 8.0, 7.0]))
    assert there.severity == "info" and there.onset == 0.301
    assert (
        there.line
        == "Train loss jumped at step 3010 and rose to 8.00, where 2.00 was usual; it has not come back so far."
    )
    back = found(RULE, stepped([*losses, 6.0, 8.0, 7.0, *losses[:50], float("nan")]))
    assert back.line.endswith("Train loss jumped at step 3010 and rose to 8.00, where 2.00 was usual; it came back.")
    assert found(RULE, stepped([*losses, 6.0, 8.0, 7.0, *losses, *losses])) is None


def test_the_last_of_two_jumps_is_told():
    losses = [noisy(n) for n in range(1, 201)]
    twice = found(RULE, stepped([*losses, *[9.0] * 4, *losses[:60], *[7.0] * 5, *losses[:10]]))
    assert twice.line.startswith("Train loss jumped at step 2650 and rose to 7.00")


def test_a_loss_that_came_half_the_way_down_is_not_said_to_be_back():
    half = found(RULE, val(curve(22, lambda e: 2.0 if e < 20 else 360.0 if e == 20 else 2.8)))
    assert half.line.endswith("where 2.00 was usual; it has come down to 2.80 since.")
    near = found(RULE, val(curve(22, lambda e: 2.0 if e < 20 else 360.0 if e == 20 else 2.1)))
    assert near.line.endswith("it came back.")
