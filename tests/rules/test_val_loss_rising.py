"""`val_loss_rising`: above its best, and a trend."""

from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.rules.val_loss_rising import ValLossRising
from tests.snapshots import check, curve, first_fired, found, snapshot

RULE = ValLossRising()


def val(values):
    return snapshot(val_loss=values)


def test_a_falling_loss_is_quiet():
    assert first_fired(RULE, val(curve(50, lambda e: 1 + 5 / e))) == (None, None)


def test_a_spike_that_recovers_is_quiet():
    assert first_fired(RULE, val(curve(40, lambda e: 90.0 if e == 15 else 1 + 5 / e))) == (None, None)


def test_noise_around_a_level_is_quiet():
    assert first_fired(RULE, val(curve(60, lambda e: 2 + 0.04 * (-1) ** e))) == (None, None)


def test_missing_and_few_values_are_said():
    assert isinstance(check(RULE, snapshot(train_loss=[1.0] * 9)), NotApplicable)
    assert isinstance(check(RULE, val([2.0, 3.0])), NotEnoughData)


def test_a_steady_rise_is_a_warning_and_then_critical():
    seen = val(curve(40, lambda e: 5 - 0.3 * e if e <= 10 else 2 + 0.02 * (e - 10)))
    first, critical = first_fired(RULE, seen)
    assert 12 <= first <= 18 and first < critical <= 25
    finding = found(RULE, seen)
    assert finding.severity == "critical"
    assert "30.0 % above its best (2.00, epoch 10) and still rising" in finding.line


def test_on_the_reference_runs_rows_it_warns_at_55_and_is_critical_at_60():
    losses = [7.19, 5.09, 4.9, 4.78, 4.96, 5.17, 5.29]
    seen = snapshot(epochs=[1, 10, 25, 32, 50, 55, 60], val_loss=losses)
    assert first_fired(RULE, seen) == (55, 60)
    assert "10.7 % above its best (4.78, epoch 32)" in found(RULE, seen).line


def test_beside_a_train_loss_it_is_a_hint_and_overfitting_makes_the_claim():
    rising = curve(40, lambda e: 5 - 0.3 * e if e <= 10 else 2 + 0.02 * (e - 10))
    finding = found(RULE, snapshot(val_loss=rising, train_loss=[1.0] * 40))
    assert finding.severity == "info" and finding.critical_since is None
    assert found(RULE, snapshot(val_loss=rising, train_loss=[None] * 40)).severity == "critical"


def test_a_loss_that_has_settled_above_its_best_is_not_said_to_rise():
    settled = [2.0 - 0.05 * e for e in range(10)] + [1.6 + 0.1 * e for e in range(8)] + [2.3] * 12
    line = found(RULE, snapshot(val_loss=settled)).line
    assert "above its best" in line and "still rising" not in line


def test_a_loss_below_zero_is_judged_by_the_range_that_it_has_gone_through():
    falls = snapshot(val_loss=curve(20, lambda e: 5.0 - e))
    assert check(RULE, falls).line == "Val loss is at its best, −15.0."
    rises = snapshot(val_loss=curve(30, lambda e: 5.0 - e if e <= 15 else -10 + 0.3 * (e - 15)))
    finding = found(RULE, rises)
    assert finding.line == "Val loss is 4.50 above its best (−10.0, epoch 15) and still rising, since epoch 18."
    assert found(RULE, snapshot(val_loss=curve(30, lambda e: -10 + 0.3 * (e % 3)))) is None


def test_it_says_what_the_metric_did_instead_of_asking_for_it():
    seen = snapshot(
        val_loss=[1.0] * 8 + [1.2, 1.4, 1.6, 1.8], metrics=[{"val_accuracy": 0.6}] * 8 + [{"val_accuracy": 0.2}] * 4
    )
    assert (
        "(60.0 %, epoch 1): at the best val loss it was 60.0 %, now it is 20.0 %" in found(ValLossRising(), seen).remedy
    )


def test_a_val_loss_that_has_fallen_twice_since_its_peak_is_not_still_rising():
    peak = [*curve(10, lambda e: 3 - 0.1 * e), *[2.0 + 0.1 * e for e in range(1, 11)]]
    assert "and still rising" in found(RULE, snapshot(val_loss=peak)).line
    assert "and still rising" in found(RULE, snapshot(val_loss=[*peak, 2.95])).line
    assert "still rising" not in found(RULE, snapshot(val_loss=[*peak, 2.95, 2.9])).line
