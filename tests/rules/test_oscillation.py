"""`oscillation`: val loss that swings without a trend."""

from monitor.rules.oscillation import Oscillation
from monitor.rules.result import NotApplicable, NotEnoughData
from tests.snapshots import check, curve, first_fired, found, snapshot

RULE = Oscillation()


def swings(width, count=30):
    return curve(count, lambda e: 2.0 + (width if e % 2 else -width))


def test_a_smooth_loss_and_small_noise_are_quiet():
    assert first_fired(RULE, snapshot(val_loss=curve(40, lambda e: 2 + 2 / e))) == (None, None)
    assert first_fired(RULE, snapshot(val_loss=swings(0.02))) == (None, None)


def test_swings_around_a_falling_loss_or_error_rate_are_quiet():
    falling = [value * 0.9**place for place, value in enumerate(swings(0.5))]
    assert first_fired(RULE, snapshot(val_loss=falling)) == (None, None)
    rate = curve(30, lambda e: 0.9 - 0.01 * e)
    assert first_fired(RULE, snapshot(val_loss=swings(0.5), val_wer=rate)) == (None, None)


def test_few_evaluations_and_a_missing_loss_are_said():
    assert isinstance(check(RULE, snapshot(val_loss=[2.0] * 11)), NotEnoughData)
    assert isinstance(check(RULE, snapshot(val_wer=[0.5] * 30)), NotApplicable)


def test_wide_swings_without_a_new_best_are_a_hint():
    finding = found(RULE, snapshot(val_loss=swings(0.5)))
    assert finding.severity == "info"
    assert "changed direction in 100 % of the last 12 evaluations, by 50 % of itself" in finding.line
