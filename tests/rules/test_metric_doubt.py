"""`metric_doubt`: values of the primary metric that contradict its unit."""

import pytest

from monitor.commands.list_ import _score
from monitor.diagnosis.alerts import summarise
from monitor.diagnosis.judged_by import reason, rows_of
from monitor.diagnosis.verdict import judge
from monitor.rules.metric_doubt import MetricDoubt
from monitor.rules.primary import chance_of, primary_of
from monitor.rules.result import NotApplicable
from monitor.run_dir.metric import LOSS, Metric
from monitor.view.tiles import tiles
from tests.snapshots import NOW, check, curve, found, snapshot

RULE = MetricDoubt()


def logged(name, values, losses=None, **more):
    return snapshot(metrics=[{name: value} for value in values], val_loss=losses or [2.0] * len(values), **more)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("val_accuracy", [0.1, 0.8, 0.93, 1.0]),
        ("val_accuracy", [0.9, 8.0, 41.0, 100.0]),
        ("val_accuracy", [0.9, 0.95, 1.0000001]),
        ("val_wer", [7.3, 1.2, 0.9, 0.4]),
        ("val_bleu", [0.2, 4.0, 17.0, 25.0]),
        ("val_r2", [-3.0, 0.2, 0.9]),
        ("val_reward", [2.0, 210.0, 212.0]),
    ],
)
def test_values_that_can_be_what_they_are_called_are_quiet(name, values):
    assert found(RULE, logged(name, values)) is None


def test_a_model_that_changed_with_its_loss_did_not_change_its_unit():
    assert found(RULE, logged("val_accuracy", [90.0, 91.0, 0.92], [0.4, 0.4, 4.6])) is None
    assert isinstance(check(RULE, snapshot(val_loss=[1.0] * 9)), NotApplicable)


def test_a_share_that_turns_from_fraction_to_percent_decides_nothing():
    seen = logged("val_accuracy", [0.71, 0.78, 0.8, 80.5, 81.0, 82.0])
    finding = found(RULE, seen)
    assert finding.line == (
        "Val accuracy was 0.80 at epoch 3 and 80.5 at epoch 4: it looks like fraction before and percent since. "
        "It decides nothing; val loss does."
    )
    assert (finding.severity, finding.onset) == ("warning", 4.0)
    assert primary_of(seen) is None
    assert judge(seen, NOW).diagnosis.verdict == "LOOK"
    assert found(RULE, logged("val_accuracy", [81.0, 82.0, 0.82])).onset == 3.0


def test_two_units_that_an_import_read_in_one_are_told_where_a_loss_bears_it_out():
    mixed = [0.009, 0.008, 0.007, 0.006, 0.0042, 0.41, 0.4, 0.39]
    losses = [3.1, 2.6, 2.4, 2.2, 1.95, 1.92, 1.9, 1.88]
    # A success rate may leap so, and what learns at a stroke shows it in its loss.
    assert found(RULE, snapshot(val_wer=mixed)) is None
    assert found(RULE, snapshot(val_wer=mixed, val_loss=[*losses[:5], 0.9, 0.8, 0.7])) is None
    for column in ("val_loss", "train_loss"):
        finding = found(RULE, snapshot(val_wer=mixed, **{column: losses}))
        assert "was 0.4 % at epoch 5 and 41.0 % at epoch 6: it looks like fraction before" in finding.line


def test_a_share_above_its_full_value_or_below_nought_decides_nothing():
    finding = found(RULE, logged("val_accuracy", [40.0, 104.0, 99.0, 108.0]))
    assert finding.line.startswith(
        "Val accuracy is 104 at epoch 2, and in 1 more: above 100, the most that percent can be."
    )
    declared = {"metrics": [Metric("val_it", "score", "fraction", primary=True)]}
    seen = logged("val_it", [40.0, 41.0], run=declared)
    assert "above 1, the most that a fraction can be" in found(RULE, seen).line
    assert "below 0" in found(RULE, logged("val_dice", [0.3, -0.4])).line


def test_a_chance_in_another_unit_than_the_values_is_read_right_or_not_used():
    run = {"metrics": [Metric("val_accuracy", chance=10.0, target=90.0, primary=True)]}
    seen = logged("val_accuracy", [0.2, 0.5], run=run)
    assert chance_of(seen, primary_of(seen)).error == pytest.approx(0.9)
    assert primary_of(seen).target == pytest.approx(0.9) and found(RULE, seen) is None
    run = {"metrics": [Metric("val_accuracy", chance=0.1, target=0.9, primary=True)]}
    seen = logged("val_accuracy", [20.0, 50.0], run=run)
    assert chance_of(seen, primary_of(seen)) is None and primary_of(seen).target is None
    finding = found(RULE, seen)
    assert finding.severity == "info" and "chance and target declared for val accuracy" in finding.line
    run = {"metrics": [Metric("val_accuracy", unit="percent", chance=0.1, primary=True)]}
    assert found(RULE, logged("val_accuracy", [20.0, 50.0], run=run)) is None


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("val_accuracy", [0.54, 0.8, 0.96, 1.2, 1.7], "a fraction that passes 1 at epoch 4"),
        ("val_mcc", [0.2, 0.4, 43.0], "is 43.0 at epoch 3: above 1, the most that MCC can be."),
        ("val_r2", [0.2, 1.4, 1.3], "and in 1 more: above 1, the most that R² can be."),
        ("val_pearson", [0.2, -1.4], "below −1, the least that Pearson r can be."),
        ("val_perplexity", [9.0, 0.4], "below 1, the least that perplexity can be."),
        ("val_mae", [3.0, -2.0], "is −2.00 at epoch 2: below 0."),
    ],
)
def test_a_bounded_metric_outside_its_bounds_is_in_doubt(name, values, said):
    seen = logged(name, values)
    assert said in found(RULE, seen).line and primary_of(seen) is None


def test_what_may_be_outside_by_its_declaration_or_is_percent_soon_is_quiet():
    assert found(RULE, logged("val_accuracy", [0.54, 0.8, 0.96, 1.2, 1.7, 2.6])) is None
    assert found(RULE, logged("val_accuracy", [0.54, 0.8, 1.2, 1.7])) is None
    percent = {"metrics": [Metric("val_accuracy", "score", "percent")]}
    assert found(RULE, logged("val_accuracy", [0.54, 0.8, 0.96, 1.2, 1.7], run=percent)) is None
    negative = {"metrics": [Metric("val_mae", "score", "raw", primary=True)]}
    assert found(RULE, logged("val_mae", [-3.0, -2.0], run=negative)) is None


@pytest.mark.parametrize("name", ["val_accuracy", "val_wer"])
def test_list_tiles_reason_and_table_agree_that_it_decides_nothing(name):
    values = [0.71, 0.78, 0.8, 80.5, 81.0, 82.0]
    seen = snapshot(val_wer=values, val_loss=[2.0] * 6) if name == "val_wer" else logged(name, values)
    judged = judge(seen, NOW)
    summary, title = summarise(seen, judged, NOW), {"val_wer": "val WER"}.get(name, "val accuracy")
    assert (
        _score(summary.metric, summary.metric_value, summary.metric_in_doubt, True)
        == f"val loss 2.00 ({title} in doubt)"
    )
    assert [(tile.label, tile.value, tile.yardstick) for tile in tiles(seen, judged) if tile.label == title] == [
        (title, "82.0", "in doubt: decides nothing")
    ]
    assert reason(seen) == f"{title} is in doubt (see its flag)"
    assert [(row.in_doubt, row.primary, row.last) for row in rows_of(seen)] == [(True, False, 82.0)]


def test_a_run_judged_by_its_loss_by_choice_is_not_told_that_it_logs_no_metric():
    seen = snapshot(val_wer=[0.5] * 9, val_loss=[2.0] * 9, run={"metrics": [Metric(LOSS, primary=True)]})
    judged = judge(seen, NOW)
    summary = summarise(seen, judged, NOW)
    assert reason(seen) == "the script declares it as primary"
    assert (summary.metric.title, summary.metric_value) == ("val loss", 2.0)
    lacks = [line for line in judged.diagnosis.not_checked if line.startswith(("Metric in doubt", "Over-"))]
    assert lacks and all("the loss was chosen" in line for line in lacks)


def test_an_error_rate_in_percent_that_is_called_a_fraction_is_doubted():
    """`log_epoch(val_wer=39.8)`: as a fraction that is 3,980 %."""
    finding = found(RULE, snapshot(val_wer=curve(20, lambda e: 90 * 0.96**e), val_loss=[2.0] * 20))
    assert "it is logged in percent, it seems" in finding.line
    assert found(RULE, snapshot(val_wer=[1.4, 1.2, 1.1, 0.9, 0.8], val_loss=[2.0] * 5)) is None


def test_a_model_that_babbled_at_first_is_not_doubted():
    """Nor one that goes on to say more than there is: a recorded run fell from 653 % to 172 % in 128 evaluations."""
    assert found(RULE, snapshot(val_wer=curve(60, lambda e: 1.7 + 7 * 0.85**e), val_loss=[2.0] * 60)) is None
    assert found(RULE, snapshot(val_wer=[9.0, 7.0, 6.0, 2.0, *[1.02] * 9], val_loss=[2.0] * 13)) is None
    assert found(RULE, snapshot(val_wer=[9.0, 7.0, 1.6, 1.4, 1.2, 1.1], val_loss=[2.0] * 6)) is None
    assert found(RULE, snapshot(val_wer=[9.0, 7.0, 6.0, 1.4, 0.9, 0.8, 0.7], val_loss=[2.0] * 7)) is None
