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
    assert "WER still falls (70.0 % at the best loss → best 30.0 %)" in finding.line
    assert "Do not stop" not in finding.line


def eased(e):
    """Rises from epoch 10 on, and falls back from epoch 20 on, to a new best in epoch 28."""
    return rising(e) if e <= 20 else 2.2 - 0.03 * (e - 20)


def test_a_rise_that_eases_does_not_take_the_word_back_while_errors_fall():
    wer = curve(30, lambda e: 0.9 - 0.02 * e)
    assert "Val loss rises" in found(RULE, snapshot(val_loss=curve(20, eased), val_wer=wer[:20])).line
    assert "Val loss rose" in found(RULE, snapshot(val_loss=curve(26, eased), val_wer=wer[:26])).line


def test_a_new_best_val_loss_ends_it():
    wer = curve(30, lambda e: 0.9 - 0.02 * e)
    assert found(RULE, snapshot(val_loss=curve(29, eased), val_wer=wer[:29])) is None


def test_errors_that_stand_still_but_for_their_noise_are_not_improving():
    wer = curve(30, lambda e: max(0.6, 0.9 - 0.02 * e) - 0.0002 * max(0, e - 15))
    assert found(RULE, snapshot(val_loss=curve(30, rising), val_wer=wer)) is None


def test_errors_that_rise_after_a_new_best_are_not_improving():
    wer = curve(30, lambda e: 0.9 - 0.02 * e if e <= 27 else 0.5)
    assert found(RULE, snapshot(val_loss=curve(27, rising), val_wer=wer[:27])) is not None
    assert found(RULE, snapshot(val_loss=curve(30, rising), val_wer=wer)) is None


def test_a_metric_that_was_best_before_the_best_val_loss_improves_no_more():
    wer = [0.5] * 20 + [0.3, *[0.4] * 4]
    loss = [1.0] * 20 + [0.9, 0.5, 0.8, 1.2, 1.6]
    assert found(RULE, snapshot(val_loss=loss, val_wer=wer)) is None


def test_it_rises_no_longer_where_the_newest_is_not_the_best():
    wer = curve(30, lambda e: 0.9 - 0.02 * e if e <= 29 else 0.33)
    line = found(RULE, snapshot(val_loss=curve(30, rising), val_wer=wer)).line
    assert "WER came to a new best since" in line and "still falls" not in line
