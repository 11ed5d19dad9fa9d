"""The figure of a run: which curves it has, where, and in what unit."""

import math

from monitor.frames import figure
from monitor.run_dir import Step
from monitor.view import palette
from tests.snapshots import snapshot


def lines(made):
    return {trace.name: (list(trace.x), list(trace.y), trace.yaxis) for trace in made.data}


def test_losses_stand_above_the_primary_metric_and_both_by_epoch():
    made = figure.of(snapshot(train_loss=[3.0, 2.0], val_loss=[3.5, None], val_wer=[0.9, 0.8], train_wer=[0.5, None]))
    assert lines(made) == {
        "train loss": ([1.0, 2.0], [3.0, 2.0], "y"),
        "val loss": ([1.0], [3.5], "y"),
        "train WER": ([1.0], [0.5], "y2"),
        "val WER": ([1.0, 2.0], [0.9, 0.8], "y2"),
    }
    assert (made.layout.yaxis2.title.text, made.layout.yaxis2.tickformat) == ("val WER", ".0%")
    assert made.layout.xaxis2.title.text == "epoch" and made.layout.title.text == "r"
    assert {trace.name: trace.line.color for trace in made.data}["val loss"] == palette.light("val")
    assert {trace.name: trace.line.color for trace in made.data}["train WER"] == palette.light("train")


def test_a_curve_of_the_metric_that_was_never_measured_is_left_out():
    assert "train WER" not in lines(figure.of(snapshot(val_wer=[0.9, 0.8])))


def test_without_a_metric_there_is_one_chart():
    made = figure.of(snapshot(train_loss=[3.0, 2.0]))
    assert lines(made) == {"train loss": ([1.0, 2.0], [3.0, 2.0], "y"), "val loss": ([], [], "y")}
    assert "yaxis2" not in made.layout and made.layout.xaxis.title.text == "epoch"


def test_the_unit_of_the_losses_is_on_the_axis():
    assert figure.of(snapshot(val_loss=[1.0], run={"units": {"loss": "bits"}})).layout.yaxis.title.text == "loss (bits)"
    assert figure.of(snapshot(val_loss=[1.0], run={"units": {}})).layout.yaxis.title.text == "loss"


def test_a_run_without_evaluations_is_drawn_by_step_without_gaps():
    steps = (Step(step=1, train_loss=3.0), Step(step=2, lr=0.1), Step(step=3, train_loss=math.inf))
    made = figure.of(snapshot(steps=steps))
    assert list(made.data[0].x) == [1.0, 3.0] and made.layout.xaxis.title.text == "step"
    assert [trace.name for trace in made.data] == ["train loss", "train loss", "val loss"]


def test_steps_are_left_out_once_there_is_an_evaluation():
    made = figure.of(snapshot(train_loss=[3.0], steps=(Step(step=1, train_loss=9.0),)))
    assert [trace.name for trace in made.data] == ["train loss", "val loss"]
