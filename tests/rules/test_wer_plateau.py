"""`wer_plateau`: the best error rate has stopped moving."""

import pytest

from monitor.diagnosis.verdict import judge
from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.rules.wer_plateau import WerPlateau
from monitor.run_dir import Floors
from tests.snapshots import NOW, check, curve, first_fired, found, snapshot

RULE = WerPlateau()


def wer(values):
    return snapshot(val_wer=values)


def test_a_slow_but_steady_decline_is_quiet():
    assert first_fired(RULE, wer(curve(60, lambda e: 0.95 - 0.005 * e))) == (None, None)


def test_noise_above_a_falling_best_is_quiet():
    assert first_fired(RULE, wer(curve(40, lambda e: 0.95 - 0.01 * e + 0.05 * (e % 3 == 0)))) == (None, None)


def test_few_evaluations_and_none_are_said():
    result = check(RULE, wer([0.5] * 7))
    assert isinstance(result, NotEnoughData) and (result.have, result.need) == (7, 11)
    assert isinstance(check(RULE, snapshot(val_loss=[1.0] * 9)), NotApplicable)


def test_ten_evaluations_without_a_point_are_a_warning_twenty_are_critical():
    seen = wer(curve(50, lambda e: max(0.6, 1 - 0.04 * e)))
    first, critical = first_fired(RULE, seen)
    assert (first, critical) == (20, 30)
    assert found(RULE, seen).line == "Best WER has moved 0.0 points in 20 evaluations (60.0 %, epoch 10)."


def test_a_new_step_ends_it():
    assert found(RULE, wer(curve(50, lambda e: 0.6 if e < 45 else 0.5))) is None


def test_what_only_got_worse_is_told_before_a_plateau_can_be_known():
    falling = [{"val_accuracy": value} for value in (0.8, 0.82, 0.78, 0.74, 0.7, 0.66)]
    finding = found(RULE, snapshot(metrics=falling))
    assert finding.line == "Val accuracy has got worse since its best: 66.0 %, where 82.0 % was reached at epoch 2."
    assert (finding.severity, finding.title, finding.onset) == ("warning", "accuracy got worse", 3.0)
    assert judge(snapshot(metrics=falling[:5]), NOW).diagnosis.verdict == "LOOK"
    # What was never better than saying nothing cannot get worse.
    assert found(RULE, wer([0.98, 1.0, 1.05, 1.1, 1.15, 1.2])) is None


def test_three_evaluations_that_fall_are_named_beside_the_word():
    seen = snapshot(epochs=[2.0, 4.0, 6.0], metrics=[{"val_accuracy": value} for value in (0.8, 0.7, 0.6)])
    diagnosis = judge(seen, NOW).diagnosis
    assert diagnosis.verdict == "KEEP GOING" and "It has got worse at both evaluations since." in diagnosis.reason


def test_the_remedy_at_rest_is_that_of_a_model_beyond_chance_where_chance_is_known():
    flat = [{"val_accuracy": 0.6}] * 15
    assert found(RULE, snapshot(metrics=flat)).remedy.startswith("If it stands near chance")
    seen = snapshot(metrics=flat, run={"floors": Floors(accuracy_constant=0.1)})
    assert found(RULE, seen).remedy == "It is well better than chance: stop here, or change the data."


def test_where_no_error_is_left_it_is_quiet():
    assert first_fired(RULE, wer(curve(40, lambda e: max(0.0, 0.3 - 0.05 * e)))) == (None, None)
    assert found(RULE, snapshot(metrics=[{"val_accuracy": 1.0}] * 30)) is None
    assert found(RULE, snapshot(metrics=[{"val_accuracy": 0.99}] * 30)) is not None


@pytest.mark.parametrize(
    ("name", "value"), [("val_psnr", 28.0), ("val_fid", 40.0), ("val_mae", 4.0), ("val_miou", 0.6)]
)
def test_a_metric_that_has_no_level_by_chance_is_not_measured_by_it(name, value):
    finding = found(RULE, snapshot(metrics=[{name: value * size} for size in (0.9, 1.1, *[1.0] * 28)]))
    assert finding.severity == "critical" and "chance" not in finding.remedy
