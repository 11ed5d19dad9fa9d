"""`wer_plateau`: the best error rate has stopped moving."""

import random

import numpy as np
import pytest
from msgspec.structs import replace

from monitor.diagnosis.causes import causes_of
from monitor.diagnosis.prescriptions.measuring import stop_here
from monitor.diagnosis.verdict import judge
from monitor.rules.registry import evaluate
from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.rules.thresholds import DEFAULTS
from monitor.rules.wer_plateau import WerPlateau
from monitor.run_dir import Floors, Launch, Progress
from monitor.run_dir.metric import Metric
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
    seen = wer(curve(50, lambda e: max(0.7, 1 - 0.03 * e)))
    first, critical = first_fired(RULE, seen)
    assert (first, critical) == (20, 30)
    assert (
        found(RULE, seen).line
        == "Best WER has moved 0.0 points in 20 evaluations (70.0 %, epoch 10); flagged since epoch 20."
    )


def test_a_new_step_ends_it():
    assert found(RULE, wer(curve(50, lambda e: 0.6 if e < 45 else 0.5))) is None


def test_what_only_got_worse_is_told_before_a_plateau_can_be_known():
    falling = [{"val_accuracy": value} for value in (0.8, 0.82, 0.78, 0.74, 0.7, 0.66)]
    finding = found(RULE, snapshot(metrics=falling))
    assert finding.line == "Val accuracy has got worse since its best: 66.0 %, where 82.0 % was reached at epoch 2."
    assert (finding.severity, finding.title, finding.onset) == ("warning", "Accuracy got worse", 3.0)
    assert judge(snapshot(metrics=falling[:5]), NOW).diagnosis.verdict == "LOOK"
    # What was never better than saying nothing cannot get worse.
    assert found(RULE, wer([0.98, 1.0, 1.05, 1.1, 1.15, 1.2])) is None


def test_three_evaluations_that_fall_are_named_beside_the_word():
    seen = snapshot(epochs=[2.0, 4.0, 6.0], metrics=[{"val_accuracy": value} for value in (0.8, 0.7, 0.6)])
    diagnosis = judge(seen, NOW).diagnosis
    assert diagnosis.verdict == "KEEP GOING" and "It has got worse at both evaluations since." in diagnosis.reason


def test_the_remedy_at_rest_is_that_of_a_model_beyond_chance_where_chance_is_known():
    flat = [{"val_accuracy": value} for value in (0.55, *[0.6] * 14)]
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


def test_known_chance_is_compared_with_and_not_asked_for():
    flat = [{"val_accuracy": 0.1}] * 30
    run = {"metrics": (Metric("val_accuracy", "score", "fraction", chance=0.1),)}
    remedy = found(RULE, snapshot(metrics=flat, run=run)).remedy
    assert "If it stands near chance" not in remedy and "chance is at 10.0 %" in remedy


def test_a_score_of_zero_has_learnt_nothing():
    finding = found(RULE, snapshot(metrics=[{"val_dice": 0.0}] * 15))
    assert finding.remedy.startswith("It has its worst value") and finding.title == "Dice stuck"


def test_a_metric_that_scatters_while_val_loss_makes_new_bests_is_to_be_waited_for():
    scatters = [{"val_accuracy": 0.7 + 0.05 * (place % 2)} for place in range(30)]
    falls = snapshot(metrics=scatters, val_loss=curve(30, lambda e: 2.0 - 0.03 * e))
    assert found(RULE, falls).remedy.startswith("Val loss still comes to new bests while accuracy brings none")
    assert found(RULE, snapshot(metrics=scatters, val_loss=[1.0] * 30)).remedy.startswith("If it stands near chance")
    assert [cause.name for cause in causes_of(falls, (found(RULE, falls),))] == []
    rests = snapshot(metrics=scatters, val_loss=[1.0] * 30)
    assert [cause.name for cause in causes_of(rests, (found(RULE, rests),))] == ["stuck"]


def rose_then(values, name="val_fid", **columns):
    return snapshot(metrics=[{name: value} for value in values], **columns)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("val_fid", [*(300 * 0.9**e for e in range(20)), 60.0, 85.0, 95.0]),
        ("mean_reward", [*(20.0 * e - 200 for e in range(20)), 150.0, 110.0, 60.0, 30.0]),
        ("val_accuracy", [0.2, 0.35, 0.5, 0.6, 0.65, 0.66, 0.67, 0.68, 0.69, 0.7, 0.71, 0.72, 0.12, 0.11]),
    ],
)
def test_what_lost_much_of_what_it_had_gained_is_said_at_once(name, values):
    finding = found(RULE, rose_then(values, name))
    assert finding.title.endswith("got worse") and finding.severity == "warning"
    assert judge(rose_then(values, name), NOW).diagnosis.verdict == "LOOK"
    # One bad evaluation, and noise about a best that stands, are not said.
    best = int(np.argmin(values) if name == "val_fid" else np.argmax(values))
    assert found(RULE, rose_then(values[: best + 2], name)) is None


def test_what_got_worse_is_no_plateau_and_overfits_where_train_loss_still_falls():
    falls = [*(0.03 * e for e in range(15)), *(0.42 - 0.01 * e for e in range(1, 25))]
    seen = rose_then(falls, "val_map", train_loss=curve(39, lambda e: 3 * 0.93**e))
    causes = [cause.name for cause in judge(seen, NOW).diagnosis.causes]
    assert "getting_worse" in causes and "stuck" not in causes
    assert "train loss still fell" in found(RULE, seen).remedy
    flat = judge(rose_then([0.1, 0.2, *[0.3] * 15], "val_map"), NOW).diagnosis
    assert [cause.name for cause in flat.causes] == ["stuck"]


def test_a_value_that_never_moved_is_not_called_its_best():
    flat = judge(rose_then([0.0] * 5, "val_dice", run={"floors": Floors()}), NOW).diagnosis
    assert flat.verdict == "LOOK" or "Val Dice is 0.0 %, the same at each evaluation." in flat.reason
    assert "best" not in flat.reason


def test_the_lowest_of_many_noisy_evaluations_is_no_best_that_was_left():
    rng = random.Random(4)
    noisy = [0.47 + rng.gauss(0, 0.025) for _ in range(40)]
    noisy[27] = 0.41
    finding = found(RULE, snapshot(val_wer=noisy, val_loss=[2.0] * 40))
    assert finding.title == "WER stuck" and "far worse" not in finding.line
    risen = [*noisy[:30], *(0.62 + rng.gauss(0, 0.01) for _ in range(10))]
    assert found(RULE, snapshot(val_wer=risen, val_loss=[2.0] * 40)).title == "WER got worse"


def test_a_train_loss_that_only_scatters_is_no_learning_by_heart():
    falls = [*(0.03 * e for e in range(15)), *(0.42 - 0.01 * e for e in range(1, 25))]
    for seed in range(20):
        rng = random.Random(seed)
        noisy = rose_then(falls, "val_map", train_loss=[0.5 + rng.gauss(0, 0.1) for _ in falls])
        assert "memoris" not in found(RULE, noisy).remedy
    by_reward = rose_then([100 * each for each in falls], "mean_reward", train_loss=curve(39, lambda e: 3 * 0.93**e))
    assert "memoris" not in found(RULE, by_reward).remedy, "no train data is learnt by heart there"


def test_where_train_loss_stands_too_more_data_is_not_advised():
    still = {"val_wer": [0.45] * 30, "val_loss": [1.3] * 30}
    both = found(RULE, snapshot(**still, train_loss=curve(30, lambda e: 1.2 + 1 / e**2)))
    assert "more data alone is not" in both.remedy
    falls = found(RULE, snapshot(**still, train_loss=curve(30, lambda e: 1.2 * 0.95**e)))
    assert "change the data" in falls.remedy


def test_the_best_checkpoint_is_promised_only_where_the_trainer_is_known_to_keep_it():
    """A script that has reported its last one may have overwritten the best."""
    known = Progress(heartbeat_at=NOW, checkpoint="last.pt", checkpoint_epoch=30)
    for argv, kept in ((["python", "t.py"], ", if there is one"), (["python", "-m", "trainer"], "")):
        launch = Launch(run_id="r", created_at=0.0, argv=argv)
        seen = snapshot(
            val_loss=[2.0] * 30, val_wer=[0.5] * 30, launch=launch, progress=replace(known, outcome="finished")
        )
        flag = next(each for each in evaluate(seen, DEFAULTS, NOW) if each.rule == "wer_plateau")
        assert flag.remedy.startswith(f"Keep the checkpoint of its best epoch{kept}.")
        assert stop_here(seen).title == f"Stop here and keep the best checkpoint{kept}"


def test_what_has_learnt_much_has_levelled_off_a_hint_after_ten_a_warning_after_twenty():
    seen = wer(curve(50, lambda e: max(0.4, 1 - 0.06 * e)))
    at = {rows: found(RULE, snapshot(val_wer=curve(rows, lambda e: max(0.4, 1 - 0.06 * e)))) for rows in (19, 20, 30)}
    assert at[19] is None and [at[rows].severity for rows in (20, 30)] == ["info", "warning"]
    assert {at[20].title, at[30].title, found(RULE, seen).title} == {"WER levelled off"}
    # Val loss tells it too, of an error rate that is still high.
    high, losses = curve(20, lambda e: max(0.8, 1 - 0.02 * e)), curve(20, lambda e: 5 * 0.8**e)
    assert found(RULE, snapshot(val_wer=high, val_loss=losses)).title == "WER levelled off"
    assert found(RULE, snapshot(val_wer=high, val_loss=[5.0] * 20)).title == "WER stuck"


def test_a_metric_that_never_left_chance_has_not_levelled_off():
    losses = curve(15, lambda e: 5 * 0.8**e)
    finding = found(RULE, snapshot(val_wer=[1.0] * 15, val_loss=losses))
    assert (finding.title, finding.severity) == ("WER rests at chance", "info")


def test_a_model_that_begins_to_speak_is_judged_from_its_worst_on():
    falling = [1.0, 1.0, *(1.9 - 0.03 * e for e in range(20))]
    assert found(RULE, wer(falling)) is None
    stuck = found(RULE, wer([1.0, 1.0, *(1.9 - 0.03 * e for e in range(10)), *[1.5] * 12]))
    assert stuck.title == "WER stuck" and "(150.0 %, epoch 13)" in stuck.line
    # Its best was 100 %, at epoch 1.
    assert stuck.line.startswith("Best WER since its worst, at epoch 3, has moved 0.0 points in 10 evaluations")
    silent = found(RULE, wer([1.0] * 15))
    assert "(100.0 %, epoch 1)" in silent.line


def test_a_fall_over_thousands_of_evaluations_is_progress_and_rest_after_it_is_not():
    slow = np.linspace(0.9, 0.4, 5000).tolist()
    assert all(found(RULE, wer(slow[:count])) is None for count in (150, 1000, 5000))
    rests = found(RULE, wer([*slow, *[0.4] * 500]))
    assert rests is None, "a tenth of all evaluations is the window"
    rests = found(RULE, wer([*slow, *[0.4] * 1500]))
    assert "has moved 0.0 points in 1300 evaluations" in rests.line and rests.title == "WER levelled off"


def test_up_to_a_hundred_evaluations_ten_are_the_window():
    seen = wer([*np.linspace(0.9, 0.6, 80).tolist(), *[0.6] * 20])
    assert first_fired(RULE, seen)[0] == 88


def test_what_has_learnt_much_levels_off_in_any_unit_and_a_low_rate_is_far_from_chance():
    raw = found(RULE, snapshot(metrics=[{"val_fid": value} for value in (130.0, 40.0, 8.0, *[5.0] * 12)]))
    assert (raw.title, raw.severity) == ("FID levelled off", "info")
    low = found(RULE, snapshot(val_wer=[0.225, 0.21, *[0.19] * 12], run={"floors": Floors()}))
    assert (low.title, low.severity) == ("WER levelled off", "info")
    assert low.remedy == "It is well better than chance: stop here, or change the data."


def test_near_its_end_at_1_a_small_step_is_progress():
    rises = [0.0, 0.5, 0.8, *(1 - 0.1 * 0.96**place for place in range(20))]
    assert found(RULE, snapshot(metrics=[{"val_r2": value} for value in rises])) is None
    assert found(RULE, snapshot(metrics=[{"val_r2": value} for value in [*rises, *[rises[-1]] * 11]])) is not None
