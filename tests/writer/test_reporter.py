"""What a callback declares: the user's metrics by his own names, and what the framework watches."""

import pytest

from monitor.integrations.reporter import Reporter
from monitor.rules.primary import primary_of
from monitor.run_dir.errors import UsageError
from monitor.run_dir.metric import Metric
from tests.fake_runs import read


def reported(tmp_path, logged, watched=None, **options):
    """What was read back of a run with one evaluation, through a callback's reporter."""
    reporter = Reporter(tmp_path / "r", **options)
    reporter.open(watched=watched, units={"loss": "as logged", "wer": "fraction"})
    reporter.evaluated(1, logged)
    reporter.writer.finish()
    return read(tmp_path / "r")


@pytest.mark.parametrize(
    ("logged", "name"),
    [
        ({"loss": 1.0, "accuracy": 0.9, "val_loss": 1.1, "val_accuracy": 0.8}, "val_accuracy"),
        ({"eval_loss": 1.0, "eval_accuracy": 0.8}, "eval_accuracy"),
        ({"train_loss": 1.0, "val_loss": 1.0, "train_acc": 0.9, "val_acc": 0.8}, "val_acc"),
        ({"val_loss": 1.0, "val_MulticlassAccuracy": 0.8}, "val_MulticlassAccuracy"),
    ],
)
def test_the_frameworks_own_names_are_recognised_without_configuration(tmp_path, logged, name):
    seen = reported(tmp_path, logged)
    found = primary_of(seen)
    assert (found.name, found.direction, found.unit, found.label) == (name, "score", "fraction", "accuracy")
    assert found.of(seen.epochs[0]) == 0.8


def test_what_the_framework_watches_is_primary_with_its_mode(tmp_path):
    seen = reported(tmp_path, {"val_acc": 0.8, "val_zap": 7.0}, watched=("val_zap", "score"))
    assert seen.run.metrics == [Metric("val_zap", "score", "auto", primary=True)]
    assert (primary_of(seen).name, primary_of(seen).direction, primary_of(seen).unit) == ("val_zap", "score", "raw")


@pytest.mark.parametrize("watched", ["val_loss", "eval_loss", "val_ctc_loss", "train_acc", "lr"])
def test_a_watched_loss_or_train_metric_does_not_decide(tmp_path, watched):
    seen = reported(tmp_path, {"val_acc": 0.8, watched: 1.0}, watched=(watched, "error"))
    assert seen.run.metrics == [] and primary_of(seen).name == "val_acc"


def test_what_the_user_says_wins(tmp_path):
    zap = Metric("val_zap", "error", "raw", target=1.0)
    seen = reported(tmp_path, {"val_zap": 7.0, "val_acc": 0.8}, ("val_acc", "score"), metrics=[zap], primary="val_zap")
    assert [(one.name, one.primary, one.target) for one in seen.run.metrics] == [("val_zap", True, 1.0)]


def test_a_primary_name_takes_its_direction_from_what_is_watched_or_known_else_it_is_refused(tmp_path):
    seen = reported(tmp_path, {"val_zap": 7.0}, watched=("val_zap", "score"), primary="val_zap")
    assert seen.run.metrics[0].direction == "score"
    with pytest.raises(UsageError, match="'val_zap' is not a known metric"):
        Reporter(tmp_path / "s", primary="val_zap").open()


def test_a_metric_is_declared_by_the_name_that_the_script_logs(tmp_path):
    seen = reported(tmp_path, {"eval_wer": 40.0}, primary="eval_wer", wer_in_percent=True)
    assert (seen.run.metrics[0].name, seen.epochs[0].val_wer) == ("val_wer", 0.4)


def test_percent_said_twice_is_converted_once(tmp_path):
    seen = reported(tmp_path, {"val_wer": 40.0, "blank_ratio": 50.0}, wer_in_percent=True, units={"wer": "percent"})
    assert (seen.epochs[0].val_wer, seen.epochs[0].blank_ratio) == (0.4, 0.5)
