"""`gap`: the user's limit of 1.0, quiet below it and quiet in the first epochs."""

import pytest

from monitor.rules.gap import Gap
from monitor.rules.result import NotApplicable, NotEnoughData, Quiet
from tests.snapshots import check, curve, first_fired, found, snapshot

RULE = Gap()


def losses(count, gap, val=2.0, **fields):
    """Val loss constant; train loss below it by `gap(epoch)`."""
    gaps = curve(count, gap)
    return snapshot(val_loss=[val] * count, train_loss=[val - value for value in gaps], gap=gaps, **fields)


def test_a_small_gap_is_quiet():
    assert isinstance(check(RULE, losses(30, lambda e: 0.9)), Quiet)


def test_the_first_epochs_are_not_judged():
    assert isinstance(check(RULE, losses(2, lambda e: 30.0)), NotEnoughData)
    assert found(RULE, losses(4, lambda e: 30.0)) is None


def test_a_gap_that_came_back_is_quiet():
    assert found(RULE, losses(30, lambda e: 1.5 if e < 20 else 0.5)) is None


def test_a_gap_on_the_edge_does_not_flicker():
    """Within the hysteresis an open flag stays open, and a closed one stays closed."""
    held = found(RULE, losses(20, lambda e: 1.1 if e < 15 else 0.95))
    assert "0.95 above train loss (limit 1.0; the alarm ends below 0.80)" in held.line
    assert found(RULE, losses(20, lambda e: 1.1 if e < 15 else 0.9)) is not None
    assert found(RULE, losses(20, lambda e: 0.9)) is None


def test_without_losses_it_does_not_apply():
    assert isinstance(check(RULE, snapshot(val_wer=[0.5] * 10)), NotApplicable)
    assert isinstance(check(RULE, snapshot(train_loss=[0.5] * 10)), NotApplicable)


def test_it_fires_in_the_epoch_that_passes_the_limit_and_says_the_numbers():
    seen = losses(20, lambda e: 0.1 * e)
    finding = found(RULE, seen)
    assert (finding.severity, finding.onset, finding.fired) == ("critical", 11, 11)
    assert finding.line.startswith("Overfitting: val loss is 2.00 above train loss (limit 1.0), since epoch 11.")
    assert finding.now["gap"] == 2.0


def test_it_is_critical_only_against_a_scale_free_yardstick():
    """A gap of 1.2 in a loss of 50 is over the user's limit, and no catastrophe."""
    assert found(RULE, losses(20, lambda e: 1.2, val=50.0)).severity == "warning"


def test_on_the_reference_runs_rows_it_warns_at_50_and_is_critical_at_55():
    train, val = [44.59, 4.92, 4.19, 3.81, 2.86, 2.61, 2.36], [7.19, 5.09, 4.9, 4.78, 4.96, 5.17, 5.29]
    seen = snapshot(epochs=[1, 10, 25, 32, 50, 55, 60], train_loss=train, val_loss=val)
    assert first_fired(RULE, seen) == (50, 55)


@pytest.mark.parametrize(("basis", "fires"), [("eval", False), ("train", True)])
def test_the_gap_basis_decides_which_train_loss_counts(basis, fires):
    seen = snapshot(train_loss=[0.5] * 10, train_eval_loss=[1.5] * 10, val_loss=[2.0] * 10, run={"gap_basis": basis})
    finding = found(RULE, seen)
    assert (finding is not None) == fires
    if fires:
        assert "in training mode" in finding.line
