"""The callback for Ray Tune, with a stand-in for what Tune gives it (the real one runs under the mark `ray`)."""

import importlib
import pickle
import sys
from types import ModuleType, SimpleNamespace

import pytest

from monitor.run_dir import RUN_DIR_VARIABLE
from monitor.run_dir.control import request
from monitor.run_dir.errors import UsageError
from monitor.run_dir.reader import RunReader

NAMES = {"AUTO_RESULT_KEYS": ("time_total_s", "training_iteration"), "DEBUG_METRICS": ("pid",), "DONE": "done",
         "DEFAULT_EXPERIMENT_INFO_KEYS": ("trial_id",), "SHOULD_CHECKPOINT": "should_checkpoint"}  # fmt: skip


@pytest.fixture
def integration(monkeypatch):
    """monitor.integrations.ray_tune, imported beside the stand-in and forgotten afterwards."""
    tune, result = ModuleType("ray.tune"), ModuleType("ray.tune.result")
    tune.Callback, tune.Stopper = type("Callback", (), {}), type("Stopper", (), {})
    result.__dict__.update(NAMES)
    for name, module in (("ray", ModuleType("ray")), ("ray.tune", tune), ("ray.tune.result", result)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "monitor.integrations.ray_tune", raising=False)
    monkeypatch.delenv(RUN_DIR_VARIABLE, raising=False)
    yield importlib.import_module("monitor.integrations.ray_tune")
    sys.modules.pop("monitor.integrations.ray_tune", None)


@pytest.fixture
def watch(integration, tmp_path):
    made = integration.VitalsignsCallback(tmp_path / "runs", sweep="s", config={"data": "digits", "lr": 9})
    yield made
    made.on_experiment_end([])


def trial(name="t1", **config):
    return SimpleNamespace(trial_id=name, config={"lr": 0.1, **config}, error_file=None)


def read(tmp_path, name="s-t1"):
    return RunReader(tmp_path / "runs" / name).read(1e9)


def reported(watch, one, iteration=1, **numbers):
    watch.on_trial_result(1, [], one, {"training_iteration": iteration, **numbers})


def test_each_trial_is_a_run_of_the_sweep_with_its_own_settings(watch, tmp_path):
    watch.on_trial_start(1, [], trial())
    watch.on_trial_start(1, [], trial("t2", lr=0.2))
    assert read(tmp_path).run.config == {"data": "digits", "lr": 0.1, "sweep": "s"}
    assert read(tmp_path, "s-t2").run.config["lr"] == 0.2 and read(tmp_path).run.units["loss"] == "as logged"


def test_a_trial_that_was_paused_goes_on_in_the_same_run(watch, tmp_path):
    watch.on_trial_start(1, [], trial())
    first = watch._trials["t1"]
    watch.on_trial_start(2, [], trial())
    assert watch._trials["t1"] is first and len(list((tmp_path / "runs").iterdir())) == 1


def test_a_report_is_an_evaluation_of_its_numbers_alone(watch, tmp_path):
    one = trial()
    watch.on_trial_start(1, [], one)
    reported(watch, one, 3, val_loss=2.5, acc=0.5, time_total_s=9.0, pid=7, trial_id="t1", done=False,
             should_checkpoint=True, note="x", ok=True)  # fmt: skip
    reported(watch, one, 4, val_loss=2.0, epoch=7)
    first, second = read(tmp_path).epochs
    assert (first.epoch, first.val_loss, dict(first.metrics)) == (3.0, 2.5, {"acc": 0.5})
    assert (second.epoch, second.val_loss, dict(second.metrics)) == (7.0, 2.0, {})


def test_a_trial_ends_as_stopped_where_a_person_has_asked_for_it(watch, tmp_path):
    for name in ("t1", "t2"):
        watch.on_trial_start(1, [], trial(name))
    request(tmp_path / "runs" / "s-t1", "stop", generation=1, asked_by="ana", now=1.0)
    assert (watch("t1", {}), watch("t2", {}), watch("nobody", {})) == (True, False, False)
    assert watch.stop_all() is False
    for name in ("t1", "t2", "nobody"):
        watch.on_trial_complete(1, [], trial(name))
    assert read(tmp_path).progress.outcome == "stopped" and read(tmp_path, "s-t2").progress.outcome == "finished"


def test_a_trial_that_fails_keeps_the_traceback_of_tune(watch, tmp_path):
    one = trial()
    one.error_file = str(tmp_path / "error.txt")
    (tmp_path / "error.txt").write_text("Traceback:\n  line\n\x1b[36mValueError: bad\x1b[0m\n\n")
    watch.on_trial_start(1, [], one)
    watch.on_trial_error(1, [], one)
    watch.on_trial_error(1, [], trial("nobody"))
    progress = read(tmp_path).progress
    assert (progress.outcome, progress.error) == ("failed", "ValueError: bad")
    assert progress.traceback == "Traceback:\n  line\nValueError: bad"


@pytest.mark.parametrize("path", [None, "", "/no/such/file"])
def test_where_tune_kept_nothing_that_is_said(path, integration):
    assert integration._traceback_of(path) == "The trial failed; Tune has not kept why."


def test_a_long_traceback_keeps_its_end(integration, tmp_path):
    (tmp_path / "error.txt").write_text("x" * integration.TRACEBACK_CHARACTERS + "ValueError: bad")
    told = integration._traceback_of(str(tmp_path / "error.txt"))
    assert len(told) == integration.TRACEBACK_CHARACTERS and told.endswith("ValueError: bad")


def test_a_trial_that_is_tried_again_is_another_start_of_its_run(watch, tmp_path):
    one = trial()
    watch.on_trial_start(1, [], one)
    reported(watch, one, 1, val_loss=2.5)
    watch.on_trial_recover(1, [], one)
    assert read(tmp_path).progress.outcome == "failed" and "t1" not in watch._trials
    watch.on_trial_start(2, [], one)
    reported(watch, one, 2, val_loss=2.0)
    assert [epoch.generation for epoch in read(tmp_path).epochs] == [1, 2]


def test_what_tune_leaves_in_the_middle_is_stopped(watch, tmp_path):
    watch.on_trial_start(1, [], trial())
    watch.on_experiment_end([])
    assert read(tmp_path).progress.outcome == "stopped"


def test_tune_stores_the_callback_without_its_open_runs(watch):
    watch.on_trial_start(1, [], trial())
    state = watch.__getstate__()
    assert state["_trials"] == {} and state["_sweep"] == "s" and pickle.dumps(state)
    assert "t1" in watch._trials


def test_below_a_start_of_ours_all_trials_would_have_one_folder(integration, tmp_path, monkeypatch):
    monkeypatch.setenv(RUN_DIR_VARIABLE, str(tmp_path))
    with pytest.raises(UsageError, match="A sweep has a folder for each trial: start it without `monitor start`"):
        integration.VitalsignsCallback(tmp_path, sweep="s")


def test_what_counts_as_a_number(integration):
    assert [integration._is_number(value) for value in (1, 2.5, True, "3", None)] == [True, True, False, False, False]
