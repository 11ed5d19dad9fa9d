"""`non_finite`: NaN and infinity, from the first epoch on."""

import math

import pytest

from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import judge
from monitor.rules.non_finite import NonFinite
from monitor.rules.result import NotApplicable
from monitor.run_dir import Step
from tests.snapshots import NOW, beating, check, found, snapshot

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
    assert finding.line == "Train loss is NaN since epoch 1. It teaches nothing."


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
    assert line == "Val loss is NaN in epoch 12, since epoch 10. Train loss is finite: look at the val samples."


def test_the_epoch_that_is_named_is_one_in_which_it_was_measured():
    val = [NAN if e in (10, 15, 20) else None if e % 5 else 2.0 for e in range(1, 23)]
    line = found(RULE, snapshot(train_loss=[1.0] * 22, val_loss=val)).line
    assert line == "Val loss is NaN in epoch 20, since epoch 10. Train loss is finite: look at the val samples."
    both = found(RULE, snapshot(train_loss=[1.0] * 20 + [NAN] * 2, val_loss=val)).line
    assert both == "Train loss is NaN in epoch 22 and val loss is NaN in epoch 20, since epoch 10. It teaches nothing."


def test_train_and_val_in_rows_of_their_own_are_taken_together():
    train, val = [1.0, None] * 5, [None, NAN] * 5
    finding = found(RULE, snapshot(epochs=[e / 2 for e in range(2, 12)], train_loss=train, val_loss=val))
    assert finding.severity == "warning" and "Train loss is finite" in finding.line


@pytest.mark.parametrize(("rows", "only_val"), [({}, True), ({"non_finite_in_a_row": [0] * 11 + [4]}, False)])
def test_of_a_val_loss_alone_no_setting_of_the_training_is_blamed(rows, only_val):
    seen = snapshot(train_loss=[1.0] * 12, val_loss=[2.0] * 9 + [NAN] * 3, **rows, **beating())
    said = judge(seen, NOW).diagnosis
    options = prescribe(seen, said)
    assert [option.id for option in options] == ["look_non_finite"] or not only_val
    assert ("lower_rate" in {option.id for option in options}) != only_val
    assert ("diverging" in {cause.name for cause in said.causes}) != only_val
    assert options[0].title.startswith("Score the val samples one by one") == only_val
