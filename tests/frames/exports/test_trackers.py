"""What MLflow, W&B and Trackio are asked for, with a stand-in for each library."""

import os
import sys
from types import ModuleType, SimpleNamespace

import pytest

from monitor.frames.exports import trackers
from monitor.frames.exports.points import Point
from monitor.frames.exports.trackers import Mlflow, Trackio, WandbOffline
from tests.snapshots import snapshot

SEEN = snapshot()
POINTS = [Point("loss", 2.5, 7, 1.5), Point("wer", 0.5, 7, 1.5), Point("loss", 2.0, 9, 2.0)]


class Heard:
    """Takes every call and keeps it as (name, arguments, named arguments)."""

    def __init__(self, **answers):
        self.calls, self._answers = [], answers

    def __getattr__(self, name):
        def said(*args, **named):
            self.calls.append((name, args, named))
            return self._answers.get(name)

        return said

    def named(self, name):
        return [(args, named) for each, args, named in self.calls if each == name]


def module(monkeypatch, name, **parts):
    made = ModuleType(name)
    made.__dict__.update(parts)
    monkeypatch.setitem(sys.modules, name, made)


@pytest.fixture
def mlflow(monkeypatch):
    client = Heard(create_experiment="e1", create_run=SimpleNamespace(info=SimpleNamespace(run_id="r1")))
    where = []
    module(monkeypatch, "mlflow", MlflowClient=lambda tracking_uri: where.append(tracking_uri) or client)
    module(monkeypatch, "mlflow.entities", Param=lambda *args: args, Metric=lambda *args: args)
    client.where = where
    return client


def test_mlflow_gets_a_database_in_the_folder_an_experiment_and_a_run(mlflow, tmp_path):
    Mlflow(tmp_path / "out", "owl").begin({"lr": 0.1, "long": "x" * 6001})
    assert mlflow.where == [f"sqlite:///{tmp_path}/out/mlflow.db"] and (tmp_path / "out").is_dir()
    artifacts = (tmp_path / "out" / "artifacts").as_uri()
    assert mlflow.named("create_experiment") == [(("vitalsigns",), {"artifact_location": artifacts})]
    assert mlflow.named("create_run") == [(("e1",), {"run_name": "owl"})]
    assert mlflow.named("log_batch") == [(("r1",), {"params": [("lr", "0.1"), ("long", "x" * 6000)]})]


def test_mlflow_gets_params_and_numbers_in_batches_that_it_takes(mlflow, tmp_path, monkeypatch):
    assert (trackers.MLFLOW_BATCH, trackers.MLFLOW_PARAMS) == (1000, 100)
    monkeypatch.setattr(trackers, "MLFLOW_BATCH", 2)
    monkeypatch.setattr(trackers, "MLFLOW_PARAMS", 2)
    sink = Mlflow(tmp_path / "out", "owl")
    sink.begin({"a": 1, "b": 2, "c": 3})
    assert [len(named["params"]) for _, named in mlflow.named("log_batch")] == [2, 1]
    mlflow.calls.clear()
    sink.write(POINTS, SEEN)
    first, second = [named["metrics"] for _, named in mlflow.named("log_batch")]
    assert first == [("loss", 2.5, 1500, 7), ("wer", 0.5, 1500, 7)] and second == [("loss", 2.0, 2000, 9)]


@pytest.mark.parametrize(
    ("word", "ended"),
    [
        ("finished", "FINISHED"),
        ("failed", "FAILED"),
        ("lost", "FAILED"),
        ("stopped", "KILLED"),
        ("running", None),
        ("followed", None),
    ],
)
def test_mlflow_hears_how_a_run_ended_and_nothing_of_one_that_lives(word, ended, mlflow, tmp_path):
    sink = Mlflow(tmp_path / "out", "owl")
    sink.begin({})
    sink.close(word)
    assert mlflow.named("set_terminated") == ([(("r1", ended), {})] if ended else [])


def test_wandb_gets_an_offline_run_with_the_runs_own_steps(monkeypatch, tmp_path):
    run, begun = Heard(), []
    module(
        monkeypatch,
        "wandb",
        init=lambda **named: begun.append(named) or run,
        Settings=lambda **named: named,
    )
    sink = WandbOffline(tmp_path / "out", "owl")
    sink.begin({"lr": 0.1, "optim": {"b": 1}})
    (asked,) = begun
    assert (asked["mode"], asked["dir"], asked["name"]) == ("offline", str(tmp_path / "out"), "owl")
    assert (asked["project"], asked["config"]) == ("vitalsigns", {"lr": 0.1, "optim": '{"b":1}'})
    assert asked["settings"] == {"console": "off", "disable_git": True, "save_code": False, "silent": True}
    assert run.named("define_metric") == [(("*",), {"step_metric": "at_step"})]
    sink.write(POINTS, SEEN)
    assert [args[0] for args, _ in run.named("log")] == [
        {"loss": 2.5, "wer": 0.5, "at_step": 7, "_timestamp": 1.5},
        {"loss": 2.0, "at_step": 9, "_timestamp": 2.0},
    ]
    for word in ("finished", "stopped", "running", "failed", "lost"):
        sink.close(word)
    assert [named["exit_code"] for _, named in run.named("finish")] == [0, 0, 0, 1, 1]


def test_trackio_gets_a_run_in_the_folder_and_measures_nothing_here(monkeypatch, tmp_path):
    run, begun = Heard(), []
    monkeypatch.setenv("TRACKIO_DIR", "elsewhere")
    module(monkeypatch, "trackio", init=lambda **named: begun.append((os.environ["TRACKIO_DIR"], named)) or run)
    sink = Trackio(tmp_path / "out", "owl")
    sink.begin({"lr": 0.1})
    ((place, asked),) = begun
    assert place == str(tmp_path / "out") and asked == {
        "project": "vitalsigns",
        "name": "owl",
        "config": {"lr": 0.1},
        "embed": False,
        "auto_log_cpu": False,
        "auto_log_gpu": False,
    }
    sink.write(POINTS, SEEN)
    assert run.named("log") == [(({"loss": 2.5, "wer": 0.5},), {"step": 7}), (({"loss": 2.0},), {"step": 9})]
    sink.close("failed")
    assert run.named("finish") == [((), {})]


def test_each_names_its_library():
    assert [kind.library for kind in (Mlflow, WandbOffline, Trackio)] == ["mlflow", "wandb", "trackio"]
