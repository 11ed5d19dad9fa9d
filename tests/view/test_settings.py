"""The settings that tell the runs of a folder apart."""

from monitor.view.settings import differing, flat


def test_settings_are_flat_plain_and_without_paths():
    config = {"optim": {"lr": 0.1, "betas": [1, 2]}, "data": "/data/x", "name": "a", "none": None, "odd": float("nan")}
    assert flat(config) == {"optim.lr": 0.1, "name": "a"}


def test_only_settings_in_which_runs_differ_are_kept():
    found = differing({"a": {"lr": 1, "seed": 0}, "b": {"lr": 2, "seed": 0}, "c": {"seed": 0, "wide": True}})
    assert found == {"a": {"lr": 1}, "b": {"lr": 2}, "c": {"wide": True}}
    assert differing({"a": {"lr": 1}}) == {"a": {}}


def test_of_very_many_settings_those_that_most_runs_have_are_kept():
    rows = {name: {f"s{i}": f"{name}{i}" for i in range(60)} for name in "ab"}
    assert len(differing(rows)["a"]) == 40
