"""`train_val_mismatch`: train and val loss that were never measured alike."""

import pytest

from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.rules.train_val_mismatch import TrainValMismatch
from tests.snapshots import check, curve, found, snapshot

RULE = TrainValMismatch()


def test_two_losses_that_start_alike_are_quiet():
    assert found(RULE, snapshot(train_loss=curve(20, lambda e: 4 / e), val_loss=curve(20, lambda e: 4.2 / e))) is None


def test_a_wild_first_epoch_is_quiet():
    """The reference run's running train loss of epoch 1 is 44.6, its val loss 7.2; later they are alike."""
    seen = snapshot(train_loss=[44.6, 6.5, 5.9, 5.5, 5.2], val_loss=[7.2, 6.4, 6.0, 5.8, 5.6])
    assert found(RULE, seen) is None


def test_overfitting_is_no_mismatch():
    """The ratio grows from one; and val does not fall with train."""
    seen = snapshot(train_loss=curve(20, lambda e: 3 * 0.6**e), val_loss=[3.0] * 20)
    assert found(RULE, seen) is None


def test_few_evaluations_and_missing_losses_are_said():
    assert isinstance(check(RULE, snapshot(train_loss=[1.0] * 3, val_loss=[1.0] * 3)), NotEnoughData)
    assert isinstance(check(RULE, snapshot(val_loss=[1.0] * 9)), NotApplicable)


@pytest.mark.parametrize("factor", [12.0, 1 / 12])
def test_a_constant_multiple_is_told(factor):
    seen = snapshot(train_loss=curve(9, lambda e: factor * 4 * 0.9**e), val_loss=curve(9, lambda e: 4 * 0.9**e))
    finding = found(RULE, seen)
    which = "train loss is 12.0 times val loss" if factor > 1 else "val loss is 12.0 times train loss"
    assert finding.severity == "warning" and which in finding.line
    assert (finding.onset, finding.fired) == (1.0, 4.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_losses_that_lie_beyond_all_measure_apart_are_a_sentence():
    seen = snapshot(train_loss=curve(9, lambda e: 1e-9 / e), val_loss=curve(9, lambda e: 3e9 / e))
    assert "val loss is 3e18 times train loss" in found(RULE, seen).line
    assert found(RULE, snapshot(train_loss=[1e-300] * 9, val_loss=[1e300] * 9)) is not None
