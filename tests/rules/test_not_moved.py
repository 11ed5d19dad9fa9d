"""`not_moved`: val loss still stands where it began, in a run judged by its losses alone."""

import math

import pytest

from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import judge
from monitor.rules.not_moved import NotMoved
from monitor.rules.result import NotApplicable, NotEnoughData, Quiet
from tests.snapshots import NOW, check, curve, first_fired, found, snapshot

RULE = NotMoved()
LOG_TEN = math.log(10)


def wobbling(rows, size=0.004):
    return [LOG_TEN + size * (-1) ** row for row in range(rows)]


def test_a_val_loss_that_falls_is_quiet():
    seen = snapshot(val_loss=curve(30, lambda e: 2.3 * 0.99**e), train_loss=curve(30, lambda e: 2.3))
    assert first_fired(RULE, seen) == (None, None)
    assert isinstance(check(RULE, seen), Quiet)


def test_one_that_rises_is_the_matter_of_other_rules():
    assert found(RULE, snapshot(val_loss=curve(20, lambda e: 2.0 * 1.01**e))) is None


def test_where_an_error_rate_is_logged_that_is_asked():
    assert isinstance(check(RULE, snapshot(val_loss=[2.0] * 20, val_wer=[0.9] * 20)), NotApplicable)
    assert isinstance(check(RULE, snapshot(train_loss=[2.0] * 20)), NotApplicable)


def test_seven_evaluations_are_too_few_and_eight_are_enough():
    few = check(RULE, snapshot(val_loss=[2.0] * 7))
    assert isinstance(few, NotEnoughData) and (few.have, few.need) == (7, 8)
    assert first_fired(RULE, snapshot(val_loss=[2.0] * 12)) == (8, None)


def test_two_losses_at_the_log_of_ten_classes_are_called_nothing_learnt():
    seen = snapshot(val_loss=wobbling(15), train_loss=wobbling(15))
    finding, said = found(RULE, seen), judge(seen, NOW).diagnosis
    assert (
        finding.line == "Both losses have hardly moved in 15 evaluations: train loss 2.31 → 2.31, val loss 2.31 → 2.31."
    )
    assert (finding.title, finding.severity) == ("Losses have hardly moved", "warning")
    assert said.verdict == "LOOK" and [cause.name for cause in said.causes] == ["nothing_learnt"]
    assert prescribe(seen, said)[0].id == "few_by_heart"


def test_a_loss_that_falls_slowly_but_beyond_its_scatter_is_learning():
    slow = curve(20, lambda e: 2.112 - 0.0009 * e)
    assert first_fired(RULE, snapshot(val_loss=slow, train_loss=slow)) == (None, None)
    assert check(RULE, snapshot(val_loss=slow)).line == "Val loss falls slowly: 2.11 at its first evaluation, 2.09 now."
    assert found(RULE, snapshot(val_loss=[row - 0.0003 * at for at, row in enumerate(wobbling(20))])) is not None


def test_that_it_may_have_been_trained_to_its_end_before_speaks_against_nothing_learnt():
    (cause,) = judge(snapshot(val_loss=wobbling(15), train_loss=wobbling(15)), NOW).diagnosis.causes
    assert cause.against == ("If it was trained before, it may have been at its end when this run began.",)


def test_where_train_loss_falls_what_it_learnt_does_not_carry_over():
    seen = snapshot(val_loss=wobbling(10), train_loss=curve(10, lambda e: 2.4 - 0.07 * e))
    finding, said = found(RULE, seen), judge(seen, NOW).diagnosis
    assert finding.title == "Train loss falls, val loss has hardly moved"
    assert finding.line == (
        "Val loss has hardly moved in 10 evaluations (2.31 → 2.30), while train loss came down from 2.33 to 1.70."
    )
    assert [cause.title for cause in said.causes] == ["What is learnt on train does not carry over to val"]
    assert prescribe(seen, said)[0].id == "val_like_train"


@pytest.mark.parametrize("train", [[2.3 + 0.05 * row for row in range(10)], [1.4, *[1.2] * 8, 1.0]])
def test_a_train_loss_that_rises_or_scatters_is_not_said_to_have_hardly_moved(train):
    finding = found(RULE, snapshot(val_loss=wobbling(10), train_loss=train))
    assert (finding.title, finding.line) == (
        "Val loss has hardly moved",
        "Val loss has hardly moved in 10 evaluations: 2.31 → 2.30.",
    )


def test_without_a_train_loss_no_cause_is_named():
    said = judge(snapshot(val_loss=wobbling(10)), NOW).diagnosis
    assert said.worst.title == "Val loss has hardly moved" and not said.causes


@pytest.mark.parametrize("newest", [math.nan, math.inf])
def test_a_val_loss_that_is_not_finite_is_another_flags_matter(newest):
    assert found(RULE, snapshot(val_loss=[*wobbling(12), newest], train_loss=wobbling(13))) is None


def test_losses_below_zero_are_judged_by_their_size():
    assert found(RULE, snapshot(val_loss=[-5.0] * 10)) is not None
    assert found(RULE, snapshot(val_loss=curve(10, lambda e: -5.0 - 0.1 * e))) is None
