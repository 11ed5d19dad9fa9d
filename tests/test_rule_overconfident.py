"""`overconfident`: the loss rises, the errors fall; do not stop."""

from monitor.rules.overconfident import Overconfident
from monitor.rules.result import NotApplicable, NotEnoughData
from tests.snapshots import check, curve, found, snapshot

RULE = Overconfident()


def rising(e):
    return 5 - 0.3 * e if e <= 10 else 2 + 0.02 * (e - 10)


def test_both_falling_is_quiet():
    assert found(RULE, snapshot(val_loss=curve(30, lambda e: 5 / e), val_wer=curve(30, lambda e: 1 / e))) is None


def test_a_rising_loss_with_errors_that_stand_still_is_quiet_here():
    wer = curve(30, lambda e: max(0.6, 1 - 0.05 * e))
    assert found(RULE, snapshot(val_loss=curve(30, rising), val_wer=wer)) is None


def test_an_error_rate_that_never_left_chance_is_not_improving():
    wer = curve(30, lambda e: 1.0 - 0.003 * e)
    assert found(RULE, snapshot(val_loss=curve(30, rising), val_wer=wer)) is None


def test_without_an_error_rate_it_does_not_apply():
    assert isinstance(check(RULE, snapshot(val_loss=curve(30, rising))), NotApplicable)
    assert isinstance(check(RULE, snapshot(val_loss=[1.0, 2.0], val_wer=[0.5, 0.4])), NotEnoughData)


def test_a_rising_loss_with_falling_errors_is_information_with_both_rates():
    seen = snapshot(val_loss=curve(30, rising), val_wer=curve(30, lambda e: 0.9 - 0.02 * e))
    finding = found(RULE, seen)
    assert finding.severity == "info"
    assert "WER still falls (70.0 % at the best loss → 30.0 %)" in finding.line
    assert "Do not stop" in finding.line
