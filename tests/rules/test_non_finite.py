"""`non_finite`: NaN and infinity, from the first epoch on."""

import math

import pytest

from monitor.rules.non_finite import NonFinite
from monitor.rules.result import NotApplicable
from monitor.run_dir import Step
from tests.snapshots import check, found, snapshot

RULE = NonFinite()
NAN, INF = math.nan, math.inf


def test_finite_losses_are_quiet():
    assert found(RULE, snapshot(train_loss=[5.0] * 9, val_loss=[5.0] * 9, non_finite_ratio=[0.0] * 9)) is None


def test_one_bad_step_that_was_skipped_is_quiet():
    steps = (Step(step=1, train_loss=1.0), Step(step=2, train_loss=NAN), Step(step=3, train_loss=1.0))
    assert found(RULE, snapshot(train_loss=[1.0], non_finite_ratio=[0.0005], steps=steps)) is None


def test_a_bad_evaluation_long_ago_is_quiet():
    assert found(RULE, snapshot(train_loss=[1.0] * 9, val_loss=[INF] + [1.0] * 8)) is None


def test_without_losses_it_does_not_apply():
    assert isinstance(check(RULE, snapshot(val_wer=[0.5] * 9)), NotApplicable)


def test_a_nan_train_loss_is_critical_in_the_first_epoch():
    finding = found(RULE, snapshot(train_loss=[NAN]))
    assert (finding.severity, finding.onset) == ("critical", 1)
    assert finding.line == "Train loss is NaN in epoch 1, since epoch 1. It teaches nothing."


def test_an_infinite_val_loss_is_a_warning_since_it_began():
    finding = found(RULE, snapshot(train_loss=[1.0] * 5, val_loss=[2.0, 2.0, INF, INF, INF]))
    assert (finding.severity, finding.onset) == ("warning", 3)


@pytest.mark.parametrize(("ratio", "severity"), [(0.005, "warning"), (0.05, "critical")])
def test_a_share_of_skipped_batches_is_said_in_percent(ratio, severity):
    finding = found(RULE, snapshot(train_loss=[1.0] * 3, non_finite_ratio=[ratio] * 3))
    assert finding.severity == severity
    assert f"{100 * ratio:.1f} % of batches were skipped" in finding.line


def test_three_bad_steps_in_a_row_are_critical_before_the_epoch_is_over():
    steps = tuple(Step(step=n, epoch=1, train_loss=1.0 if n < 7 else NAN) for n in range(10))
    finding = found(RULE, snapshot(steps=steps))
    assert finding.severity == "critical" and "from step 7" in finding.line


def test_a_row_of_bad_batches_alone_is_told_without_a_fault():
    finding = found(RULE, snapshot(train_loss=[1.0], non_finite_in_a_row=[4]))
    assert finding.severity == "critical" and "4 batches in a row" in finding.line


def test_a_val_loss_alone_that_is_nan_says_nothing_of_training():
    seen = snapshot(train_loss=[1.0] * 12, val_loss=[2.0] * 9 + [float("nan")] * 3)
    line = found(RULE, seen).line
    assert line == "Val loss is NaN in epoch 12, since epoch 10. Train loss is finite: look at the val clips."
