"""Which metric decides, and that an error and the score 1 - error say the same."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.diagnosis.verdict import judge
from monitor.rules.primary import best_of, chance_of, errors_of, last_of, others_of, primary_of, scale_of
from monitor.rules.registry import evaluate
from monitor.rules.result import Finding
from monitor.rules.thresholds import DEFAULTS
from monitor.run_dir import Floors, MetricChoice
from monitor.run_dir.metric import WER, Metric
from tests.snapshots import NOW, curve, snapshot

EPOCHS = 30


def logged(name, values, **columns):
    return snapshot(metrics=[{name: value} for value in values], **columns)


def test_wer_decides_where_it_is_logged():
    assert primary_of(snapshot(val_wer=[0.5], metrics=[{"val_accuracy": 0.9}])) is WER


def test_without_any_metric_the_val_loss_decides():
    assert primary_of(snapshot(val_loss=[1.0])) is None
    assert primary_of(snapshot(val_loss=[1.0], metrics=[{"gpu_temperature": 60.0}])) is None


@pytest.mark.parametrize(
    ("names", "primary"),
    [
        ({"val_accuracy": 0.9, "val_f1": 0.8, "accuracy": 0.95}, "val_accuracy"),
        ({"eval_f1": 0.8, "eval_accuracy": 0.9}, "eval_accuracy"),
        ({"test_acc": 0.9, "val_dice": 0.5}, "val_dice"),
        ({"val_cer": 0.2, "val_acc": 0.9}, "val_cer"),
        ({"metrics/mAP50(B)": 0.5, "metrics/mAP50-95(B)": 0.3}, "metrics/mAP50-95(B)"),
        ({"train_accuracy": 0.9}, None),
        ({"best_val_acc": 0.9}, None),
        ({"rollout/ep_rew_mean": 212.0}, "rollout/ep_rew_mean"),
        ({"val_recall@10": 0.7, "val_recall@1": 0.4}, "val_recall@1"),
        ({"val_knn_acc": 0.6, "collapse_level": 0.2}, "val_knn_acc"),
    ],
)
def test_known_names_decide_in_the_order_of_the_table(names, primary):
    found = primary_of(snapshot(val_loss=[1.0] * 3, metrics=[names] * 3))
    assert (found.name if found else None) == primary


def test_a_metric_that_was_logged_once_does_not_decide_over_one_that_is_logged_at_each_evaluation():
    rows = [{"val_accuracy": 0.5 + 0.01 * n} for n in range(9)]
    rows[4]["val_cer"] = 0.4
    assert primary_of(snapshot(metrics=rows)).name == "val_accuracy"


def test_of_two_names_of_one_metric_the_one_that_is_still_logged_decides():
    rows = [{"val_acc" if n < 6 else "val_accuracy": 0.05 * n} for n in range(11)]
    assert primary_of(snapshot(metrics=rows)).name == "val_accuracy"


def test_what_is_declared_comes_before_what_is_known_and_a_persons_choice_before_both():
    rows = [{"val_accuracy": 0.5, "my_score": 3.0}] * 4
    declared = [Metric("my_score", "score", primary=True)]
    seen = snapshot(val_wer=[0.5] * 4, metrics=rows, run={"metrics": declared})
    assert primary_of(seen).name == "my_score"
    chosen = msgspec.structs.replace(seen, choice=MetricChoice(metric=Metric("val_accuracy", "score", "fraction")))
    assert primary_of(chosen).name == "val_accuracy"
    by_loss = msgspec.structs.replace(seen, choice=MetricChoice(metric=Metric("val_loss")))
    assert primary_of(by_loss) is None


def test_percent_and_fraction_are_told_by_the_values():
    assert primary_of(logged("val_accuracy", [0.2, 0.9])).unit == "fraction"
    assert primary_of(logged("val_accuracy", [20.0, 91.0])).unit == "percent"
    assert primary_of(logged("val_cer", [1.2, 0.4])).unit == "fraction"
    assert primary_of(logged("val_cer", [93.0, 4.0])).unit == "percent"
    assert primary_of(logged("val_bleu", [0.4, 27.0])).unit == "percent"


def test_the_train_split_of_the_same_metric_is_found():
    rows = [{"accuracy": 0.99, "val_accuracy": 0.8, "train_f1": 0.7}]
    assert primary_of(snapshot(metrics=rows)).train == "accuracy"


def test_the_best_is_the_highest_of_a_score_and_the_lowest_of_an_error():
    assert best_of(logged("val_accuracy", [0.5, 0.9, math.nan, 0.9, 0.7])) == (pytest.approx(0.9), 2.0)
    assert best_of(logged("val_cer", [0.5, 0.1, math.inf, 0.2])) == (0.1, 2.0)
    assert last_of(logged("val_accuracy", [0.5, 0.9, 0.7])) == 0.7


def test_other_metrics_come_by_how_often_they_were_measured():
    rows = [{"val_accuracy": 0.5, "val_auc": 0.6} for _ in range(5)]
    rows[0]["val_f1"] = 0.3
    assert [metric.name for metric in others_of(snapshot(metrics=rows))] == ["val_auc", "val_f1"]


def test_chance_is_what_is_known_of_it_and_never_assumed_for_a_score():
    assert chance_of(logged("val_accuracy", [0.5]), primary_of(logged("val_accuracy", [0.5]))) is None
    seen = logged("val_accuracy", [0.5], run={"floors": Floors(accuracy_constant=0.3)})
    assert chance_of(seen, primary_of(seen)).error == pytest.approx(0.7)
    given_ = Metric("val_accuracy", "score", "percent", chance=10.0, primary=True)
    seen = logged("val_accuracy", [50.0], run={"metrics": [given_]})
    assert chance_of(seen, primary_of(seen)).error == pytest.approx(0.9)
    assert chance_of(logged("val_cer", [0.5]), primary_of(logged("val_cer", [0.5]))).assumed


def test_improvements_of_a_raw_score_are_measured_by_its_own_range():
    reward = Metric("reward", "score")
    errors = errors_of(logged("reward", [-200.0, -100.0, 0.0, 150.0]), reward)
    assert errors.tolist() == [200.0, 100.0, 0.0, -150.0]
    assert scale_of(reward, errors).tolist() == [0.0, 100.0, 200.0, 350.0]


def shape(seed):
    """Losses and an error of which one eighth of a percent is the smallest step, so that 1 - e is exact."""
    rng = np.random.default_rng(seed)
    fall = rng.choice([0.0, 0.3, 0.9])
    noise = rng.normal(0, rng.choice([0.001, 0.02]), EPOCHS)
    error = np.clip(0.95 - fall * np.linspace(0, 1, EPOCHS) ** rng.choice([0.3, 1.0]) + noise, 0.0, 1.0)
    rise = rng.choice([0.0, 0.05])
    losses = {
        "train_loss": curve(EPOCHS, lambda e: 3.0 / e + 0.01),
        "val_loss": curve(EPOCHS, lambda e: 1.5 + 2.0 / e + rise * max(0, e - 8)),
        "lr": curve(EPOCHS, lambda e: 1e-3 * 0.9**e),
    }
    return (np.round(error * 1024) / 1024).tolist(), losses


def findings(seen):
    found = [result for result in evaluate(seen, DEFAULTS, NOW) if isinstance(result, Finding)]
    return [(each.rule, each.severity, each.onset, each.fired, each.critical_since) for each in found]


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_an_error_and_the_score_that_is_one_minus_it_give_the_same_findings(seed):
    error, losses = shape(seed)
    as_error = Metric("val_it", "error", "fraction", chance=0.9375, target=0.25, primary=True)
    as_score = Metric("val_it", "score", "fraction", chance=0.0625, target=0.75, primary=True)
    one = logged("val_it", error, **losses, run={"metrics": [as_error]})
    other = logged("val_it", [1 - value for value in error], **losses, run={"metrics": [as_score]})
    percent = Metric("val_it", "score", "percent", chance=6.25, target=75.0, primary=True)
    third = logged("val_it", [100 * (1 - value) for value in error], **losses, run={"metrics": [percent]})
    assert findings(one) == findings(other) == findings(third)
    words = {judge(each, NOW).diagnosis.verdict for each in (one, other, third)}
    assert len(words) == 1


@given(st.integers(0, 10_000), st.sampled_from([0.5, 4.0, 64.0]))
@settings(max_examples=40, deadline=None)
def test_the_unit_of_a_raw_score_changes_no_finding(seed, scale):
    error, losses = shape(seed)
    metric = Metric("reward", "score", primary=True)
    one = logged("reward", [-value for value in error], **losses, run={"metrics": [metric]})
    other = logged("reward", [-scale * value for value in error], **losses, run={"metrics": [metric]})
    assert findings(one) == findings(other)


def test_wer_as_a_field_and_as_a_declared_metric_give_the_same_findings():
    for seed in range(20):
        error, losses = shape(seed)
        declared = Metric("my_wer", "error", "fraction", label="WER", chance=0.9375, primary=True)
        floors = Floors(wer_constant=0.9375)
        one = snapshot(val_wer=error, **losses, run={"floors": floors})
        other = logged("my_wer", error, **losses, run={"metrics": [declared]})
        assert findings(one) == findings(other)


@pytest.mark.parametrize("seed", range(12))
def test_no_sentence_about_a_score_speaks_of_an_error_rate(seed):
    error, losses = shape(seed)
    seen = logged("val_accuracy", [1 - value for value in error], **losses)
    judged = judge(seen, NOW)
    said = [text for each in judged.diagnosis.findings for text in (each.line, each.title, each.remedy, *each.now)]
    said += [judged.diagnosis.reason, judged.diagnosis.next_step, *judged.diagnosis.suppressed]
    assert not [text for text in said if "WER" in text or "error rate" in text]


def test_a_perfect_raw_metric_is_not_stuck_and_a_nan_is_no_evaluation_of_it():
    for name, values in {"val_mae": [0.5] * 3 + [0.0] * 27, "val_r2": [0.5] * 2 + [1.0] * 28}.items():
        assert "wer_plateau" not in [rule for rule, *_ in findings(logged(name, values))]
    assert "wer_plateau" not in [rule for rule, *_ in findings(logged("val_accuracy", [0.3, 0.6] + [math.nan] * 28))]


def test_what_fell_far_below_its_best_got_worse_and_what_is_beyond_chance_is_said_so():
    fell = evaluate(logged("val_accuracy", [0.1 * e for e in range(1, 10)] + [0.3] * 21), DEFAULTS, NOW)
    assert [each.title for each in fell if isinstance(each, Finding)] == ["Accuracy got worse"]
    below = Metric("val_it", "score", "fraction", chance=0.5, primary=True)
    lines = evaluate(logged("val_it", [0.3 - 0.005 * e for e in range(30)], run={"metrics": [below]}), DEFAULTS, NOW)
    assert any("Worse than chance" in each.line for each in lines if isinstance(each, Finding))


def test_the_unit_of_rates_that_end_at_one_and_of_those_that_do_not():
    assert primary_of(logged("val_eer", [3.7, 2.0, 1.27])).unit == "percent"
    assert primary_of(logged("val_cer", [3.7, 2.4, 1.9, 1.27])).unit == "percent"
    assert primary_of(logged("val_cer", [1.9, 1.2, 0.8])).unit == "fraction"


def test_a_declaration_without_direction_and_unit_is_what_its_name_tells():
    declared = {"metrics": [Metric("val_acc", primary=True)]}
    found = primary_of(logged("val_acc", [0.2, 0.8], run=declared))
    assert (found.direction, found.unit) == ("score", "fraction")
    unknown = primary_of(logged("odd_number", [3.0, 2.0], run={"metrics": [Metric("odd_number", primary=True)]}))
    assert (unknown.direction, unknown.unit) == ("error", "raw")


def test_a_metric_that_is_called_otherwise_since_is_the_one_of_now_and_no_second_one():
    rows = [{"val_acc": 0.5 + 0.01 * epoch} for epoch in range(15)] + [{"val_accuracy": 0.66}, {"val_accuracy": 0.67}]
    run = snapshot(metrics=rows)
    assert primary_of(run).name == "val_accuracy" and others_of(run) == []
    both = snapshot(metrics=[{"val_acc": 0.5, "val_accuracy": 0.4}] * 5)
    titles = [primary_of(both).title, *(other.title for other in others_of(both))]
    assert titles == ["val accuracy", f"val accuracy ({others_of(both)[0].name})"]


def test_train_in_another_unit_than_val_is_not_set_beside_it():
    run = logged("val_accuracy", [40.0, 50.0, 60.0])
    fractions = snapshot(metrics=[{"val_accuracy": 10 * n, "train_accuracy": n / 10} for n in range(4, 9)])
    percent = snapshot(metrics=[{"val_accuracy": 10 * n, "train_accuracy": 10 * n + 5} for n in range(4, 9)])
    assert primary_of(run).train == primary_of(fractions).train == "" and primary_of(fractions).unit == "percent"
    assert primary_of(percent).train == "train_accuracy"
