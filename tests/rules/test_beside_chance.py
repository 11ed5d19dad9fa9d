"""A metric at chance beside the one that decides."""

import pytest

from monitor.rules.beside_chance import any_at_chance, beside
from monitor.run_dir import Floors
from tests.snapshots import snapshot


def logged(accuracy, auc, name="val_auc", **more):
    rows = [{"val_accuracy": one, name: other} for one, other in zip(accuracy, auc, strict=True)]
    return snapshot(metrics=rows, run={"floors": Floors(), **more})


FLAT, AT_CHANCE = [0.95] * 5, [0.5, 0.51, 0.49, 0.5, 0.5]


@pytest.mark.parametrize(
    "seen",
    [
        snapshot(),
        logged(FLAT, [0.5, 0.6, 0.7, 0.8, 0.9]),  # AUC is better than chance at its best
        logged([0.90, 0.91, 0.93, 0.95, 0.96], AT_CHANCE),  # accuracy has moved
        logged([0.95], [0.5]),  # one evaluation moves nothing
        logged(FLAT, AT_CHANCE, name="test_auc"),
    ],
)
def test_where_nothing_stands_at_chance_or_the_metric_moved_nothing_is_said(seen):
    assert beside(seen) == ""


def test_an_auc_of_one_half_beside_an_accuracy_that_hardly_moved_is_named():
    seen = logged(FLAT, AT_CHANCE)
    assert any_at_chance(seen).name == "val_auc"
    said = beside(seen)
    assert said.startswith("Val AUC is ") and "at chance (" in said
    assert said.endswith(
        "accuracy has hardly moved from its first value, 95.0 %; the largest class alone may score that."
    )


def test_a_score_of_nought_throughout_is_at_its_worst_value():
    assert "its worst value" in beside(logged(FLAT, [0.0] * 5, name="val_f1"))


def test_a_metric_at_chance_is_found_whatever_the_first_does():
    assert any_at_chance(logged([0.1, 0.5, 0.9, 0.9, 0.9], AT_CHANCE)).name == "val_auc"
    assert any_at_chance(logged(FLAT, [0.5, 0.5, 0.5, 0.5, 0.6])) is None
