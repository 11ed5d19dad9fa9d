"""A line of a log that is an object of JSON, or that a logger wrapped into one."""

import pytest

from monitor.importers.free_text.objects import apart, of_object, unwrapped
from monitor.importers.free_text.statement import Statement


def test_lines_that_are_no_objects_stay_as_they_are():
    assert list(apart([b"", b"epoch 3 {'a': 1} {'b': 2}", b'{"a": {"b": 1}}'])) == [
        b"",
        b"epoch 3 {'a': 1} {'b': 2}",
        b'{"a": {"b": 1}}',
    ]
    for line in ("", "epoch 3 loss 2.1", '{"log": "started"}', '{"log": "epoch 3 loss 2.1"', '["log"]'):
        assert unwrapped(line) == line


def test_several_objects_in_one_line_are_a_line_each():
    assert list(apart([b" {'a': 2.1}   {'b': 1.9}\t{\"c\": 1}"])) == [b" {'a': 2.1}", b"{'b': 1.9}", b'{"c": 1}']


@pytest.mark.parametrize("key", ["log", "message", "msg", "textPayload"])
def test_the_text_of_a_logger_that_adds_times_and_processes_is_taken_out(key):
    line = f'{{"{key}": "  epoch 3 loss 2.1\\n", "ts": 17.5, "pid": 4, "level": "info"}}'
    assert unwrapped(line) == "epoch 3 loss 2.1"


def test_an_object_that_holds_figures_itself_stays():
    line = '{"msg": "epoch 3 done", "loss": 2.1}'
    assert unwrapped(line) == line


def test_an_entry_of_mlperf_is_put_into_words():
    about = '"metadata": {"epoch_num": 3, "file": "x.py"}}'
    assert unwrapped(f':::MLLOG {{"key": "eval_accuracy", "value": 0.75, {about}') == "epoch 3 eval_accuracy: 0.75"
    assert unwrapped(f'0: :::MLLOG {{"key": "train_loss", "value": 2, {about}') == "epoch 3 train_loss: 2"


@pytest.mark.parametrize(
    "text",
    [
        '{"key": "seed", "value": 7, "metadata": {"epoch_num": 3}}',
        '{"key": "eval_accuracy", "value": "high", "metadata": {"epoch_num": 3}}',
        '{"key": "eval_accuracy", "value": 0.7, "metadata": {}}',
        '{"key": "eval_accuracy", "value": 0.7, "metadata": {"epoch_num": "x"}}',
        '{"key": "eval_accuracy", "value": 0.7}',
        '{"key": "eval_acc',
        "[]",
    ],
)
def test_an_entry_of_mlperf_that_measures_nothing_says_nothing(text):
    assert unwrapped(f":::MLLOG {text}") == ""


@pytest.mark.parametrize("text", ["", "epoch 3", "[1, 2]", "3", '{"loss": 2.1', "{'loss': }"])
def test_what_is_no_object_states_nothing(text):
    assert of_object(text) is None


def test_an_object_states_its_epoch_its_step_and_its_numbers():
    assert of_object('{"epoch": 3, "global_step": 40, "val/loss": 2.5, "val/acc": NaN},') == Statement(
        epoch=3.0, step=40.0, values=(("val_loss", "2.5"), ("val_acc", "nan"))
    )


def test_numbers_of_a_step_without_a_validation_are_within_an_epoch():
    assert of_object('{"step": 40, "loss": 2.5}').partial
    assert not of_object('{"step": 40, "test/loss": 2.5}').partial
    assert not of_object('{"epoch": 4, "loss": 2.5}').partial


def test_a_key_that_names_the_split_holds_for_names_without_one_and_not_for_the_optimiser():
    found = of_object('{"mode": "val", "epoch": 1, "loss": 2.5, "train_acc": 0.5, "lr": 0.1}')
    assert (found.split, dict(found.values)) == ("val", {"val_loss": "2.5", "train_acc": "0.5", "lr": "0.1"})


def test_a_summary_of_the_whole_training_states_nothing():
    assert of_object('{"train_runtime": 55.0, "train_loss": 2.5, "epoch": 3}') == Statement()


def test_places_that_no_training_can_be_at_are_none():
    found = of_object('{"epoch": Infinity, "step": -1, "loss": 2.5}')
    assert (found.epoch, found.step) == (None, None)
    assert of_object('{"epoch": 20000000, "loss": 2.5}').epoch is None


def test_keys_of_other_languages_and_of_housekeeping():
    assert of_object('{"эпоха": 2, "потери": 2.5, "elapsed": 9.0, "best_val_loss": 1.0}') == Statement(
        epoch=2.0, values=(("loss", "2.5"),)
    )
