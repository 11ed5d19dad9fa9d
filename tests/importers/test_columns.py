"""Columns of one run's evaluations are taken as they are; a table of runs is refused, a chart's export taken apart."""

from pathlib import Path

import pytest

from monitor.importers.columns import OTHERS, is_table_of_runs, of_run, refuse_a_table_of_runs, runs_of, without_run
from monitor.run_dir.errors import UnreadableRunError


@pytest.mark.parametrize(
    "names",
    [
        ["epoch", "train_loss", "val_loss"],
        ["step", "loss"],
        ["name", "epoch", "loss"],
        ["epoch", "epochs", "name", "loss"],
        ["model", "epoch", "val_loss"],
        [],
    ],
)
def test_evaluations_of_one_run_are_no_table_of_runs(names):
    assert not is_table_of_runs(names)
    refuse_a_table_of_runs(Path("a.csv"), names)


@pytest.mark.parametrize(
    "names",
    [
        ["Name", "State", "loss"],
        ['"run id"', "Runtime", "val_acc"],
        ["name", "epochs", "loss"],
        ["model", "top-1", "top-5"],
        ["Method", "#params", "WER"],
    ],
)
def test_a_table_of_runs_is_refused_with_its_columns(names):
    with pytest.raises(UnreadableRunError, match=r"a\.csv is a table of runs, one a row \(") as refused:
        refuse_a_table_of_runs(Path("a.csv"), names)
    assert ", ".join(names) in str(refused.value)


@pytest.mark.parametrize(
    ("names", "runs"),
    [
        (["epoch", "loss"], []),
        (["val - loss", "train - loss"], []),
        (["Step", "Wall Time", "a - loss"], []),
        (["Step", "a - loss"], ["a"]),
        (["Step", "a - loss", "a - loss__MIN", "b - loss", "b - loss__MIN"], ["a", "b"]),
        (["Step", "a - loss", "b - loss"], []),
    ],
)
def test_a_charts_export_is_known_by_the_runs_in_its_names(names, runs):
    assert runs_of(names) == runs


def test_the_columns_of_one_run_lose_its_name_and_those_of_others_are_not_read():
    names = ["Step", "a - loss", "a - loss__MAX", "b - loss", "b - loss__MAX"]
    assert of_run(names, "a") == ["Step", "loss", "loss__MAX", OTHERS, OTHERS]
    assert without_run(names) == names
    assert without_run(names[:3]) == ["Step", "loss", "loss__MAX"]
