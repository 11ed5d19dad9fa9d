"""`divergence`: train loss leaves its band upwards, before it is NaN."""

import math
import random

from hypothesis import given
from hypothesis import strategies as st

from monitor.diagnosis.verdict import judge
from monitor.rules.divergence import Divergence
from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.run_dir import Step
from tests.snapshots import NOW, check, curve, first_fired, found, snapshot

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


def stepped(losses, **more):
    steps = tuple(Step(step=10 * n, epoch=n / 1000, train_loss=loss) for n, loss in enumerate(losses, 1))
    return snapshot(steps=steps, **more)


def test_steps_that_fall_or_are_noisy_are_quiet():
    noise = random.Random(1)
    assert found(RULE, stepped([4 / (1 + n / 50) for n in range(400)])) is None
    for _ in range(20):
        assert found(RULE, stepped([2.0 * math.exp(noise.gauss(0, 0.5)) for _ in range(1000)])) is None


def test_few_steps_say_nothing():
    assert isinstance(check(RULE, stepped([2.0] * 119)), NotApplicable)


def test_steps_that_run_away_are_told_before_any_evaluation():
    losses = [2.0 + 0.1 * (n % 3) for n in range(200)] + [2.0 * 1.02**n for n in range(100)]
    finding = found(RULE, stepped(losses))
    assert finding.severity == "warning"
    assert finding.line.startswith("Train loss has left its band: 11.8 over 20 logged steps, where 2.10 was usual.")
    assert "Since step 2210." in finding.line
    assert judge(stepped(losses), NOW).diagnosis.verdict == "LOOK"


def test_a_loss_that_comes_back_within_a_stretch_is_quiet_and_nan_steps_are_no_loss():
    assert found(RULE, stepped([2.0] * 200 + [50.0] * 9 + [2.0] * 100)) is None
    assert found(RULE, stepped([2.0] * 200 + [math.nan] * 60)) is None


def test_evaluations_count_where_there_are_enough_of_them():
    away = [2.0] * 200 + [50.0] * 100
    assert found(RULE, stepped(away, train_loss=[2.0] * 10)) is None


@given(st.integers(0, 300), st.integers(0, 40))
def test_a_step_more_moves_no_stretch(count, more):
    losses = [2.0] * 200 + [9.0] * count
    before, after = (found(RULE, stepped(values)) for values in (losses, losses + [9.0] * more))
    assert before is None or (after is not None and after.onset == before.onset)


def test_a_rate_that_was_raised_there_is_named_and_is_waited_for_first():
    falls = [2.0 * 0.97**epoch + 0.001 * (epoch % 3) for epoch in range(20)]
    columns = {"train_loss": [*falls, *[2.5, 2.6, 2.4]], "lr": [*[0.001] * 20, *[0.1] * 3]}
    finding = found(RULE, snapshot(**columns))
    assert finding.line.endswith("Since epoch 21. The learning rate went from 0.001 to 0.10 there.")
    assert finding.remedy.startswith("A schedule that raises the rate lifts the loss for a while: wait")
    steady = found(RULE, snapshot(**{**columns, "lr": [0.001] * 23}))
    assert steady.line.endswith("Since epoch 21.") and steady.remedy.startswith("A lower learning rate")


def test_a_loss_that_scatters_by_a_fifth_all_along_does_not_run_away():
    """Such as the policy loss of reinforcement learning: by luck five of its values lie close."""
    fired = 0
    for seed in range(200):
        noise = random.Random(seed)
        values = [0.5 * (1 + 0.2 * noise.gauss(0, 1)) for _ in range(60)]
        fired += first_fired(RULE, train(values)) != (None, None)
    assert fired <= 1  # 24 where the last five values alone say how much it scatters


def test_a_loss_that_scatters_and_then_runs_away_is_told():
    for seed in range(20):
        noise = random.Random(seed)
        values = [0.5 * (1 + 0.1 * noise.gauss(0, 1)) * (1 if e < 30 else 2 ** (e - 29)) for e in range(40)]
        assert first_fired(RULE, train(values))[0] in (32, 33, 34), seed
