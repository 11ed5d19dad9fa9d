"""The table of metric names: what a name means, its split, and fraction or percent by its values."""

import pytest

from monitor.run_dir.metric import Metric
from monitor.run_dir.metric_names import KNOWN, completed, is_of_train, is_of_validation, metric_of, order, parsed


@pytest.mark.parametrize(
    ("name", "split", "label"),
    [
        ("val_wer", "val", "WER"),
        ("wer", None, "WER"),
        ("test/CER", "test", "CER"),
        ("accuracy_val", "val", "accuracy"),
        ("metrics/mAP50-95(B)", None, "mAP"),
        ("eval_bleu_score", "val", "BLEU"),
        ("train_epoch_acc", "train", "accuracy"),
        ("episode_reward", None, "reward"),
        ("val_zorp", None, None),
        ("", None, None),
    ],
)
def test_a_name_is_a_metric_and_a_split(name, split, label):
    found = parsed(name)
    assert (found and (found[0], found[1].label)) == (label and (split, label))


def test_no_name_stands_in_two_rows():
    from monitor.run_dir import metric_names

    names = [name for *_, names in metric_names._ROWS for name in names.split()]
    assert len(names) == len(set(names)) == len(KNOWN)


@pytest.mark.parametrize(
    ("name", "values", "unit"),
    [
        ("val_acc", [0.2, 1.0], "fraction"),
        ("val_acc", [0.2, 1.6], "percent"),
        ("val_wer", [1.4, 0.9, 0.5], "fraction"),  # insertions
        ("val_wer", [80.0, 1.0, 0.9], "percent"),
        ("val_wer", [1.7, 1.6, 1.2], "percent"),
        ("val_eer", [1.1], "percent"),
        ("val_acc", [], "fraction"),
        ("val_ppl", [0.5], "raw"),
    ],
)
def test_values_decide_between_fraction_and_percent(name, values, unit):
    assert metric_of(name, values).unit == unit


def test_a_name_without_a_split_is_of_train_where_a_sibling_names_val():
    assert metric_of("accuracy", [0.5], ["accuracy", "val_accuracy"]).split == "train"
    assert metric_of("accuracy", [0.5], ["accuracy", "val_wer"]).split == "val"
    assert metric_of("val_accuracy", [0.5], ["accuracy", "val_accuracy"]).train == "accuracy"
    assert metric_of("reward", [5.0]).split == ""


def test_the_split_stands_at_either_end_of_a_name():
    assert is_of_train("train_x") and is_of_train("x_train") and not is_of_train("x")
    assert is_of_validation("test_wer") and not is_of_validation("train_wer") and not is_of_validation("val_zorp")


def test_a_declared_metric_gets_what_its_name_implies_and_its_levels_the_unit_of_the_values():
    declared = Metric(name="val_accuracy", direction="auto", unit="auto", chance=10.0, target=0.8)
    found = completed(declared, ["val_accuracy", "accuracy"], [0.3, 0.4])
    assert (found.direction, found.unit, found.chance, found.target) == ("score", "fraction", 0.1, 0.8)
    assert (found.label, found.train) == ("accuracy", "accuracy")
    percent = completed(declared, [], [30.0])
    assert (percent.unit, percent.chance, percent.target) == ("percent", 10.0, None)  # 0.8 may be either
    assert completed(Metric(name="val_zorp", unit="auto"), []).label == "zorp"


def test_val_decides_before_test_and_an_earlier_row_before_a_later_one():
    names = ["test_wer", "val_accuracy", "val_cer", "val_wer"]
    assert sorted(names, key=lambda name: order(metric_of(name, []))) == [
        *("val_wer", "val_cer", "val_accuracy", "test_wer")
    ]
