"""`gap`: the user's limit of 1.0, quiet below it and quiet in the first epochs."""

import math

import numpy as np
import pytest

from monitor.diagnosis.verdict import judge
from monitor.rules.gap import CONSTANT, Gap
from monitor.rules.gap_limit import GapLimits, limits_of
from monitor.rules.result import NotApplicable, NotEnoughData, Quiet
from monitor.rules.thresholds import DEFAULTS
from monitor.run_dir import Floors
from tests.snapshots import NOW, check, curve, first_fired, found, snapshot

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
    assert finding.line.startswith("Val loss is 2.00 above train loss (limit 1.0), since epoch 11.")
    assert finding.now["gap"] == 2.0


def test_it_is_critical_only_against_a_scale_free_yardstick():
    """A gap of 1.2 in a loss of 9 is over the limit, and no catastrophe."""
    assert found(RULE, losses(20, lambda e: 1.2, val=9.0)).severity == "warning"


def test_a_limit_that_nobody_set_is_not_held_against_large_losses_in_another_unit():
    assert found(RULE, losses(20, lambda e: 12.0, val=350.0)) is None
    below_zero = found(RULE, losses(20, lambda e: 90.0, val=-350.0))
    assert "(limit 69, a fifth of the size of the lowest val loss less 1.0, as none is set)" in below_zero.line
    finding = found(RULE, losses(20, lambda e: 90.0, val=350.0))
    assert finding.line.startswith(
        "Val loss is 90.0 above train loss (limit 69, a fifth of the lowest val loss less 1.0, as none is set)"
    )
    mine = DEFAULTS.but(GapLimits(gap_limit=5.0))
    assert RULE.check(losses(20, lambda e: 12.0, val=350.0), mine, NOW).limits["gap"] == 5.0
    # A loss that begins large and falls below 10 is one in nats.
    falls = curve(20, lambda e: max(3.0, 60.0 - 10 * e))
    seen = snapshot(val_loss=falls, train_loss=[value - 1.5 for value in falls])
    assert found(RULE, seen).limits["gap"] == 1.0


def test_overfitting_is_said_where_val_loss_has_left_its_best():
    risen = snapshot(val_loss=[2.0] * 8 + [2.1, 2.1], train_loss=[0.5] * 10)
    line = found(RULE, risen).line
    assert line.startswith("Val loss is 1.60 above train loss (limit 1.0), since")
    assert "; overfitting: val loss was lowest at epoch 1 (2.00)." in line


def test_a_gap_that_was_always_above_its_limit_began_with_the_first_evaluation():
    always = found(RULE, snapshot(val_loss=[2.5] * 9, train_loss=[1.0] * 9))
    assert "since the first evaluation." in always.line and always.fired == 5.0
    later = found(RULE, snapshot(val_loss=[1.5, *[2.5] * 8], train_loss=[1.0] * 9))
    assert "since epoch 5;" in later.line


def test_what_is_not_finite_is_no_gap_whatever_it_was_before():
    for before in ([], [2.2] * 9, [1.2] * 9):
        seen = snapshot(val_loss=[*before, *[math.inf] * 9], train_loss=[1.0] * (9 + len(before)))
        assert check(RULE, seen).line == "The gap is ∞: a loss is not finite; non_finite reports that."


def test_no_overfitting_is_said_where_train_loss_has_risen_too():
    away = snapshot(val_loss=[2.0] * 9 + [123.0, 124.0], train_loss=[0.9] * 9 + [64.8, 64.9])
    assert "verfitting" not in found(RULE, away).line


def test_a_large_loss_that_falls_raises_no_alarm_by_falling():
    falls = curve(20, lambda e: 12.0 - 0.2 * e)
    seen = snapshot(val_loss=falls, train_loss=[value - 0.9 for value in falls])
    assert first_fired(RULE, seen) == (None, None)


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


def spiked(count, wild, after=2.0, **fields):
    """Val loss 2.0 that lies at `wild` in one evaluation, the 20th, and at `after` then; train loss 1.9."""
    val = curve(count, lambda e: wild if e == 20 else after if e > 20 else 2.0 + 0.01 * (e % 2))
    return snapshot(val_loss=val, train_loss=[1.9] * count, **fields)


def test_one_wild_val_loss_opens_nothing():
    assert first_fired(RULE, spiked(30, 1e6)) == (None, None)
    assert check(RULE, spiked(20, 1e6)).line == (
        "The gap is 999998 (limit 1.0) by one val loss that stands out of those before it: "
        "it counts if the next does too."
    )
    wild_twice = snapshot(train_loss=[1.9] * 30, val_loss=curve(30, lambda e: 1e6 if e in (15, 25) else 2.0))
    assert first_fired(RULE, wild_twice) == (None, None)


def test_a_jump_that_stays_is_told_at_its_second_evaluation():
    assert first_fired(RULE, spiked(30, 4.0, after=4.1)) == (21, 23)
    assert found(RULE, spiked(30, 4.0, after=4.1)).onset == 21


def test_a_limit_that_is_crossed_by_a_steep_course_is_told_at_once():
    """A gap that opens in steps as large as the run's own is no spike."""
    steep = snapshot(train_loss=[1.0] * 12, val_loss=curve(12, lambda e: 1.2 + 0.15 * e))
    assert first_fired(RULE, steep)[0] == 6
    few = snapshot(train_loss=[1.0] * 5, val_loss=[1.5, 1.5, 1.5, 1.5, 9.0])
    assert first_fired(RULE, few)[0] == 5


def test_within_an_open_flag_a_spike_changes_nothing():
    seen = losses(30, lambda e: 8.0 if e == 20 else 1.2, val=9.0)
    assert found(RULE, seen).onset == 5


def test_the_eval_mode_train_loss_that_it_is_made_of_is_named():
    seen = snapshot(train_loss=[2.5] * 10, train_eval_loss=[0.3] * 10, val_loss=[2.0] * 10, run={"gap_basis": "eval"})
    assert found(RULE, seen).line == (
        "Val loss is 1.70 above train loss (limit 1.0), since the first evaluation. Train loss in eval mode is 0.30."
    )


def test_no_alarm_comes_because_val_loss_falls_past_ten():
    falls = curve(30, lambda e: 12.0 - 0.1 * e)
    limits = limits_of(np.array(falls), GapLimits())
    assert np.abs(np.diff(limits)).max() < 0.11 and (limits[0], limits[-1]) == (1.4, 1.0)


def test_one_val_loss_above_the_best_is_no_overfitting_yet():
    assert "overfitting" not in found(RULE, snapshot(val_loss=[2.0] * 9 + [2.1], train_loss=[0.5] * 10)).line


def test_a_gap_that_has_always_been_there_while_val_loss_is_at_its_best_is_no_overfitting():
    """An offset, such as a train loss in another reduction: nothing is learnt by heart that was not from the first."""
    falls = curve(20, lambda e: 2.0 + 2.0 / e)
    always = snapshot(val_loss=falls, train_loss=[value - 1.2 for value in falls])
    finding = found(RULE, always)
    assert (finding.title, finding.began) == (CONSTANT, "the first evaluation")
    assert [cause.name for cause in judge(always, NOW).diagnosis.causes] == ["measured_differently"]
    opens = snapshot(val_loss=falls, train_loss=[value - 0.1 * e for e, value in enumerate(falls, 1)])
    assert found(RULE, opens).title == RULE.title


def test_where_train_loss_has_risen_too_nothing_is_learnt_by_heart():
    jumped = {"train_loss": [1.5, 0.8, 0.5, *[12.0] * 7], "val_loss": [1.4, 0.8, 0.6, *[25.0] * 7]}
    jumped["run"] = {"floors": Floors()}
    finding = found(RULE, snapshot(**jumped))
    assert finding.title == "Gap, and both losses got worse"
    assert finding.remedy.startswith(
        "Go on from a checkpoint of epoch 3, where train loss was lower, too (0.50, 12.0 now)"
    )
    causes = judge(snapshot(**jumped), NOW).diagnosis.causes
    assert [cause.name for cause in causes] == ["getting_worse"]
    # A train loss that wobbles after it was learnt by heart is overfitting as before.
    by_heart = {"train_loss": [1.5, 0.8, 0.5, *[0.1] * 6, 0.3], "val_loss": [1.4, 0.8, 0.6, *[2.5] * 7]}
    assert found(RULE, snapshot(**by_heart)).title == RULE.title
