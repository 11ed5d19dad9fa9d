"""MLflow's database: the metrics of one step are one row."""

import math
import sys

import pytest

from monitor.importers.formats.mlflow_store import MlflowStore
from monitor.importers.items import NothingYetError, Row, Unread
from tests.importers.formats.databases import database

RUNS = "run_uuid TEXT, name TEXT, status TEXT, lifecycle_stage TEXT, start_time INTEGER"
METRICS = "run_uuid TEXT, key, value, timestamp, step, is_nan INTEGER"
OWL, HAWK, GONE = (
    ("id1", "owl", "FINISHED", "active", 1),
    ("id2", "hawk", "RUNNING", "active", 2),
    ("id3", "x", "KILLED", "deleted", 3),
)


def store(folder, *metrics, runs=(OWL,), params=()):
    tables = {"runs": (RUNS, runs), "metrics": (METRICS, metrics), "params": ("run_uuid TEXT, key, value", params)}
    return database(folder / "mlflow.db", tables)


def metric(key, value, step, at=5000, is_nan=0, run="id1"):
    return (run, key, value, at, step, is_nan)


def test_the_metrics_of_one_step_are_one_row(tmp_path):
    found = MlflowStore(
        store(tmp_path, metric("loss", 2.5, 1), metric("wer", 1, 1), metric("z", 9.0, 1, run="z"), metric("loss", 2, 2))
    )
    assert list(found.items()) == [
        Row(1, {"loss": 2.5, "step": 1.0, "wer": 1.0}, 5.0),
        Row(4, {"loss": 2.0, "step": 2.0}, 5.0),
    ]


def test_values_that_are_none_are_put_back(tmp_path):
    most = sys.float_info.max
    path = store(tmp_path, metric("a", 0.0, 1, is_nan=1), metric("b", most, 1), metric("c", -most, 1))
    (row,) = MlflowStore(path).items()
    assert math.isnan(row.values["a"]) and (row.values["b"], row.values["c"]) == (math.inf, -math.inf)


@pytest.mark.parametrize(
    "odd",
    [
        metric(3, 1.0, 1),
        metric("k" * 251, 1.0, 1),
        metric("a", "x", 1),
        metric("a", 1.0, None),
        metric("a", 1.0, 1, ""),
    ],
)
def test_a_row_that_is_no_metric_is_told(odd, tmp_path):
    found = MlflowStore(store(tmp_path, odd, metric("k" * 250, 1.0, 1)))
    assert list(found.items()) == [
        Row(2, {"k" * 250: 1.0, "step": 1.0}, 5.0),
        Unread(1, "no metric with a name, a value, a time and a step"),
    ]


def test_a_run_brings_its_name_its_settings_and_how_it_ended(tmp_path):
    params = [("id1", "lr", "0.1"), ("id1", "depth", 4), ("id2", "lr", "0.2")]
    path = store(tmp_path, runs=(OWL, HAWK, GONE), params=params)
    owl, hawk = MlflowStore(path / "owl"), MlflowStore(path / "id2")
    assert (owl.run_name, owl.outcome, owl.config) == ("owl", "finished", {"lr": "0.1", "depth": "4"})
    assert (hawk.run_name, hawk.outcome, hawk.config) == ("hawk", None, {"lr": "0.2"})
    assert list(owl.runs().items()) == [("id2", "hawk"), ("id1", "owl")], "the newest first, none that is deleted"


@pytest.mark.parametrize(
    ("status", "outcome"), [("FAILED", "failed"), ("KILLED", "stopped"), ("SCHEDULED", None), ("FINISHED", "finished")]
)
def test_how_it_ended(status, outcome, tmp_path):
    found = MlflowStore(store(tmp_path, runs=[("id1", "", status, "active", 1)]))
    assert (found.outcome, found.run_name) == (outcome, "id1")


def test_while_a_run_goes_on_its_last_step_waits_for_more(tmp_path):
    path = store(tmp_path, metric("loss", 2.5, 1, run="id2"), runs=(HAWK,))
    reading = MlflowStore(path, follow=True)
    assert list(reading.items()) == []
    store(tmp_path, metric("wer", 0.5, 1, run="id2"), runs=())
    assert list(reading.items()) == []
    assert list(reading.rest()) == [Row(1, {"loss": 2.5, "step": 1.0, "wer": 0.5}, 5.0)]
    ended = store(tmp_path / "ended", metric("loss", 2.5, 1))
    assert len(list(MlflowStore(ended, follow=True).items())) == 1, "nothing more comes of a run that has ended"


def test_it_is_known_by_its_tables_or_the_name_in_a_folder(tmp_path):
    path = store(tmp_path)
    assert MlflowStore.fits(path, path.read_bytes()[:100]) == 1.0 and MlflowStore.fits(tmp_path, b"") == 0.8
    assert MlflowStore.file_in(tmp_path) == path == MlflowStore.file_in(path)
    other = database(tmp_path / "o" / "x.db", {"runs": (RUNS, []), "metrics": (METRICS, [])})
    assert MlflowStore.fits(other, other.read_bytes()[:100]) == 0.0 and MlflowStore.fits(other.parent, b"") == 0.0
    with pytest.raises(NothingYetError):
        MlflowStore(other)
