"""A metric as people give it: completed by its name, refused with the reason, joined after a resume."""

import pytest

from monitor.run_dir.errors import UsageError
from monitor.run_dir.metric import WER, Metric
from monitor.run_dir.metric_given import checked, doubts, joined, metric_named, problem_of


def test_a_known_name_brings_its_direction_and_its_split():
    found = metric_named("val_accuracy")
    assert (found.direction, found.split, found.unit) == ("score", "val", "auto")
    assert metric_named("train_accuracy").split == "train"
    assert metric_named(WER.name).unit == WER.unit


def test_an_unknown_name_needs_a_direction():
    with pytest.raises(UsageError, match="is not a known metric"):
        metric_named("val_zorp")
    assert metric_named("val_zorp", "score").direction == "score"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"name": ""}, "must be a text of 1 to 200 characters"),
        ({"name": "x", "direction": "up"}, "direction 'up' is unknown"),
        ({"name": "x", "unit": "fraction", "chance": 1.5}, "chance 1.5 must lie between 0 and 1"),
        ({"name": "x", "unit": "percent", "target": 101.0}, "target 101 must lie between 0 and 100"),
        ({"name": "x", "chance": float("nan")}, "chance nan must be a number"),
    ],
)
def test_what_is_wrong_is_named(wrong, why):
    assert why in problem_of(Metric(**wrong))


def test_what_is_right_has_no_problem():
    assert problem_of(Metric(name="x", unit="percent", chance=100.0, target=0.0)) == ""


def test_no_metric_is_declared_twice_and_one_decides():
    one, other = Metric(name="a", primary=True), Metric(name="b", primary=True)
    with pytest.raises(UsageError, match="declared twice"):
        checked([one, one])
    with pytest.raises(UsageError, match="2 metrics are primary"):
        checked([one, other])


def test_an_error_under_the_name_of_a_score_is_doubted():
    assert "declared as an error" in doubts([Metric(name="val_accuracy", direction="error")])[0]
    assert doubts([Metric(name="val_accuracy", direction="score"), Metric(name="val_zorp", direction="error")]) == []


def test_a_resume_keeps_direction_and_the_one_that_decides_and_takes_the_newest_chance():
    first = [Metric(name="a", direction="score", unit="fraction", chance=0.1, primary=True)]
    now = [Metric(name="a", direction="score", unit="fraction", chance=0.2), Metric(name="b", primary=True)]
    kept, differs = joined(first, now)
    assert [(each.name, each.chance, each.primary) for each in kept] == [("a", 0.2, True), ("b", None, False)]
    assert differs == ["metric 'a' was declared as primary, now 'b'; 'a' stays"]
    turned, differs = joined(first, [Metric(name="a", direction="error", unit="fraction")])
    assert turned[0].direction == "score" and differs == [
        "metric 'a' was declared with direction score, now with error; score stays"
    ]
