"""The callback for Keras, with a stand-in for what Keras gives it (the real one runs under the mark `frameworks`)."""

import importlib
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from monitor.run_dir import RUN_DIR_VARIABLE
from monitor.run_dir.control import request
from monitor.run_dir.reader import RunReader


class Callback:
    """What Keras' own base class does: it keeps what `fit` sets."""

    params: dict = {}  # noqa: RUF012
    model = None


@pytest.fixture
def integration(monkeypatch):
    """monitor.integrations.keras, imported beside the stand-in and forgotten afterwards."""
    callbacks = ModuleType("keras.callbacks")
    callbacks.Callback = Callback
    monkeypatch.setitem(sys.modules, "keras", ModuleType("keras"))
    monkeypatch.setitem(sys.modules, "keras.callbacks", callbacks)
    monkeypatch.delitem(sys.modules, "monitor.integrations.keras", raising=False)
    monkeypatch.delenv(RUN_DIR_VARIABLE, raising=False)
    yield importlib.import_module("monitor.integrations.keras")
    sys.modules.pop("monitor.integrations.keras", None)


class Model:
    name, loss, stop_training = "small", "ctc", False
    optimizer = SimpleNamespace(get_config=lambda: {"name": "adam"}, learning_rate=0.5)

    def count_params(self):
        return 12

    def save(self, path):
        Path(path).write_text("weights")


@pytest.fixture
def begun(integration, tmp_path):
    """A callback after on_train_begin of a fit of 3 epochs with 20 steps each."""
    callback = integration.VitalsignsCallback(tmp_path / "r", config={"dropout": 0.3})
    callback.params, callback.model = {"epochs": 3, "steps": 20}, Model()
    callback.on_train_begin()
    yield callback
    callback.writer.finish("finished")


def read(callback):
    return RunReader(Path(callback.writer.run_dir)).read(1e9)


def test_the_run_says_what_keras_knows_and_what_the_person_gave(begun):
    seen = read(begun)
    assert (seen.run.model.name, seen.run.model.parameters) == ("small", 12)
    assert seen.run.config == {"dropout": 0.3}, "what a person gave wins"
    assert seen.run.units["loss"] == "as logged" and seen.progress.epochs == 3
    assert seen.progress.steps_per_epoch == 20


def test_without_a_config_the_optimizer_and_the_loss_are_its_settings(integration, tmp_path):
    callback = integration.VitalsignsCallback(tmp_path / "r")
    callback.params, callback.model = {"epochs": None, "steps": None}, Model()
    callback.on_train_begin()
    assert read(callback).run.config == {"optimizer": {"name": "adam"}, "loss": "ctc"}
    callback.on_train_end()
    assert read(callback).progress.outcome == "finished"
    assert integration._named(None) == {}


def test_each_tenth_step_is_logged_at_its_part_of_the_epoch(begun):
    begun.on_epoch_begin(1)
    for batch in range(20):
        begun.on_train_batch_end(batch, {"loss": 2.5, "acc": 0.5, "step": 9, "epoch": 9})
    steps = read(begun).steps
    assert [(step.step, step.epoch, step.train_loss) for step in steps] == [(10, 1.5, 2.5), (20, 2.0, 2.5)]
    assert dict(steps[0].metrics) == {"acc": 0.5}


def test_a_fit_that_does_not_know_its_steps_counts_each_batch_as_the_last(begun):
    begun.params = {"epochs": 3, "steps": None}
    for batch in range(10):
        begun.on_train_batch_end(batch, None)
    (step,) = read(begun).steps
    assert (step.epoch, step.train_loss) == (1.0, None)


def test_an_epoch_is_an_evaluation_counted_from_1_with_the_rate(begun):
    begun.on_epoch_end(0, {"loss": 2.0, "val_loss": 2.5, "val_wer": 0.5, "val_acc": 0.25})
    begun.model.optimizer = SimpleNamespace(learning_rate=None)
    begun.on_epoch_end(1, None)
    first, second = read(begun).epochs
    assert (first.epoch, first.train_loss, first.val_loss, first.val_wer, first.lr) == (1.0, 2.0, 2.5, 0.5, 0.5)
    assert dict(first.metrics) == {"val_acc": 0.25} and (second.epoch, second.lr) == (2.0, None)


def test_it_says_what_it_is_doing(begun, monkeypatch):
    said = []
    monkeypatch.setattr(begun.writer, "heartbeat", lambda **named: said.append(named))
    begun.on_epoch_begin(2)
    begun.on_train_batch_end(0)
    begun.on_test_begin()
    assert said == [{"phase": "training", "epoch": 3, "step": 1}, {"phase": "evaluating"}]


def test_a_stop_saves_once_ends_the_fit_and_makes_no_evaluation_of_half_an_epoch(begun):
    begun.on_epoch_begin(1)
    request(Path(begun.writer.run_dir), "stop", generation=1, asked_by="ana", now=1.0)
    begun.on_train_batch_end(0, {"loss": 1.0})
    saved = Path(begun.writer.run_dir) / "checkpoints" / "last.keras"
    assert saved.read_text() == "weights" and begun.model.stop_training
    saved.write_text("not again")
    begun.on_train_batch_end(1, {"loss": 1.0})
    begun.on_epoch_end(1, {"val_loss": 2.0})
    assert saved.read_text() == "not again" and read(begun).epochs == ()
    begun.on_train_end()
    seen = read(begun)
    assert (seen.progress.outcome, seen.progress.checkpoint_epoch) == ("stopped", 1)
    assert seen.progress.checkpoint == str(saved)


def test_a_resume_names_the_saved_model_and_its_epochs(begun, integration):
    assert (begun.resume_from(), begun.initial_epoch()) == (None, 0)
    begun.on_epoch_begin(2)
    request(Path(begun.writer.run_dir), "stop", generation=1, asked_by="ana", now=1.0)
    begun.on_train_batch_end(0)
    begun.on_train_end()
    again = integration.VitalsignsCallback(begun.writer.run_dir, resume=True)
    assert again.resume_from().endswith("checkpoints/last.keras") and again.initial_epoch() == 2


def test_a_process_that_writes_nothing_saves_nothing(integration, tmp_path):
    callback = integration.VitalsignsCallback(tmp_path / "r")
    callback.model = Model()
    callback._save()
    assert list(tmp_path.iterdir()) == []
