"""A metric that is logged under another name from some epoch on: one metric where both are spellings of one thing."""

from __future__ import annotations

import msgspec
import pytest

from monitor.commands.check import lines as check_lines
from monitor.commands.looking import look_at
from monitor.commands.show import lines as show_lines
from monitor.rules.primary import best_of, primary_of
from monitor.run_dir import METRIC_FILE, Epoch, MetricChoice, Renamed, encode, files
from monitor.run_dir.metric import Metric
from monitor.run_dir.reader import RunReader
from monitor.run_dir.renamed import joined
from monitor.run_dir.replay import as_of
from monitor.writer import RunWriter


def evaluations(*rows):
    return tuple(Epoch(epoch=float(place), metrics=row) for place, row in enumerate(rows, 1))


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([{"val_acc": 0.1}, {"val_acc": 0.2}], id="one name"),
        pytest.param([{"val_acc": 0.1, "val_accuracy": 0.2}] * 3, id="both at once"),
        pytest.param([{"val_acc": 0.1}, {"val_accuracy": 0.2}, {"val_acc": 0.3}], id="in turn"),
        pytest.param([{"val_acc": 0.1}, {"val_f1": 0.2}], id="two metrics"),
        pytest.param([{"val_acc": 0.1}, {"test_accuracy": 0.2}], id="two splits"),
        pytest.param([{"first": 0.1}, {"second": 0.2}], id="names that nobody knows"),
        pytest.param([], id="nothing"),
    ],
)
def test_what_is_not_renamed_stays_as_it_was_logged(rows):
    records = evaluations(*rows)
    assert joined(records, ()) == (records, ())


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("val_acc", "val_accuracy"),
        ("valid/Acc", "val_accuracy"),
        ("val_accuracy", "accuracy_val"),
        ("val_f1", "val_f1_score"),
        ("val_macro_f1", "val_f1_macro"),
        ("val_mcc", "val_matthews_corrcoef"),
    ],
)
def test_two_spellings_of_one_metric_are_one(before, now):
    records, renamed = joined(evaluations({before: 0.1, "x": 1.0}, {before: 0.2}, {now: 0.3}), ())
    assert [record.metrics for record in records] == [{now: 0.1, "x": 1.0}, {now: 0.2}, {now: 0.3}]
    assert renamed == (Renamed(before=before, now=now, until=2.0, joined=True),)


def test_a_metric_that_is_renamed_twice_has_its_newest_name_throughout():
    records, renamed = joined(evaluations({"val_acc": 0.1}, {"val_accuracy": 0.2}, {"valid_acc": 0.3}), ())
    assert [record.metrics for record in records] == [{"valid_acc": 0.1}, {"valid_acc": 0.2}, {"valid_acc": 0.3}]
    assert [(each.before, each.now) for each in renamed] == [("val_acc", "val_accuracy"), ("val_accuracy", "valid_acc")]


@pytest.mark.parametrize(
    ("before", "now", "values", "declared"),
    [
        pytest.param("val_macro_f1", "val_micro_f1", (0.1, 0.2), (), id="one title, two measures"),
        pytest.param("dev_acc", "val_acc", (0.1, 0.2), (), id="maybe another set"),
        pytest.param("val_acc", "val_accuracy", (0.1, 20.0), (), id="another unit"),
        pytest.param("val_acc", "val_accuracy", (0.1, 0.2), ("val_acc",), id="declared"),
    ],
)
def test_what_may_be_another_metric_stays_one_and_is_told(before, now, values, declared):
    first = evaluations({before: values[0]}, {now: values[1]})
    assert joined(first, declared) == (first, (Renamed(before=before, now=now, until=1.0, joined=False),))


def run_of(folder, before, now):
    with RunWriter(folder / "r") as run:
        for epoch in range(1, 13):
            renamed = epoch > 6
            value = 0.5 if renamed else 0.1 * epoch
            run.log_epoch(epoch, val_loss=1.0, train_loss=1.0, metrics={now if renamed else before: value})
    return folder / "r"


def test_the_best_of_a_run_counts_what_was_measured_under_the_older_name_and_show_and_check_say_so(tmp_path):
    run_dir = run_of(tmp_path, "val_acc", "val_accuracy")
    snapshot = RunReader(run_dir).read(0.0)
    assert primary_of(snapshot).name == "val_accuracy"
    assert best_of(snapshot) == (pytest.approx(0.6), 6.0)
    look = look_at(run_dir)
    assert any("best 60.0 @6 · val_acc until 6" in line for line in show_lines(look))
    assert "Until epoch 6 val_acc was logged, since then val_accuracy: it is read as one metric." in check_lines(look)


def test_what_may_be_another_metric_is_not_counted_and_show_and_check_say_so(tmp_path):
    look = look_at(run_of(tmp_path, "val_macro_f1", "val_micro_f1"))
    assert best_of(look.snapshot) == (0.5, 7.0)
    assert any("not counted: val_macro_f1 until 6" in line for line in show_lines(look))
    said = (
        "Until epoch 6 val_macro_f1 was logged, since then val_micro_f1: whether that is the same is not known, so the "
        "values until then are not counted with it."
    )
    assert said in check_lines(look)


def test_a_look_at_an_epoch_before_says_nothing_of_what_came_later(tmp_path):
    snapshot = RunReader(run_of(tmp_path, "val_acc", "val_accuracy")).read(0.0)
    assert as_of(snapshot, 6).renamed == () and len(as_of(snapshot, 7).renamed) == 1
    assert best_of(as_of(snapshot, 5)) == (0.5, 5.0)


def test_a_reader_makes_it_anew_only_when_a_record_or_a_declaration_has_changed(tmp_path):
    run_dir = run_of(tmp_path, "val_acc", "val_accuracy")
    reader = RunReader(run_dir)
    first = reader.read(0.0)
    assert reader.read(1.0).epochs is first.epochs
    files.replace(run_dir / METRIC_FILE, encode(MetricChoice(metric=Metric("val_acc", "score", "fraction"))))
    chosen = reader.read(2.0)
    assert "val_acc" in chosen.epochs[0].metrics and not chosen.renamed[0].joined
    assert primary_of(chosen).name == "val_acc"
    assert msgspec.structs.replace(chosen.renamed[0], joined=True) == first.renamed[0]
