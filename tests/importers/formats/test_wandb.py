"""An offline run of Weights & Biases: history, settings, name and exit code out of its records."""

import pytest

from monitor.importers.formats.wandb import Wandb
from monitor.importers.items import Row, Unread
from tests.foreign import _field, _item, _message, leveldb_log, wandb_history


def offline(folder, *records):
    path = folder / "offline-run-1" / "run-abc.wandb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(leveldb_log(records))
    return path


def nested(names, text):
    return b"".join(_field(2, name) for name in names) + _field(16, text)


def test_each_call_is_a_row_with_its_step_and_time(tmp_path):
    path = offline(
        tmp_path,
        wandb_history({"loss": 2.5, "_step": 3, "_timestamp": 1.7e9, "_runtime": 12.0}),
        _message(7, b"\0\0"),
        wandb_history({"loss": float("nan"), "_step": 4, "_timestamp": 1e12}),
        wandb_history({"_step": 5, "_timestamp": 1.7e9}),
    )
    first, second = Wandb(path).items()
    assert first == Row(1, {"loss": 2.5, "_step": 3.0}, 1.7e9)
    assert second.values["loss"] != second.values["loss"] and (second.line, second.at) == (3, 0.0)


def test_a_step_beside_the_items_and_names_in_parts_are_read(tmp_path):
    items = _field(1, nested([b"val", b"wer"], b"0.5")) + _field(1, nested([b"note"], b'"x"'))
    (row,) = Wandb(offline(tmp_path, _message(2, items + _field(2, b"\x08\x07")))).items()
    assert row == Row(1, {"val/wer": 0.5, "_step": 7.0})


@pytest.mark.parametrize(("code", "outcome"), [(b"\x08\x00", "finished"), (b"\x08\x01", "failed"), (b"", "finished")])
def test_how_it_ended_and_what_it_is_called(code, outcome, tmp_path):
    settings = _field(1, _item("lr", 0.1)) + _field(1, _item("_wandb", 1)) + _field(1, nested([b"a", b"b"], b"{}"))
    path = offline(
        tmp_path,
        _message(17, _field(4, _field(1, _item("depth", 4))) + _field(8, b"owl-7") + _field(8, b"")),
        _message(5, settings),
        _message(18, code),
    )
    found = Wandb(path)
    assert (found.run_name, found.outcome, found.config) == ("run-abc", None, {})
    assert list(found.items()) == []
    assert (found.run_name, found.outcome, found.config) == ("owl-7", outcome, {"depth": 4, "lr": 0.1, "a/b": {}})
    assert found.places()["run-abc.wandb"].lines == 3


def test_a_damaged_record_is_named_and_reading_goes_on_behind_it(tmp_path):
    good = wandb_history({"loss": 2.5, "_step": 3})
    broken = _message(2, _field(1, _field(1, b"loss") + _field(16, b"{tor")))
    assert list(Wandb(offline(tmp_path, broken, b"\x0f", good)).items()) == [
        Unread(1, "the record is damaged"),
        Unread(2, "the record is damaged"),
        Row(3, {"loss": 2.5, "_step": 3.0}),
    ]


def test_a_torn_end_waits_while_it_grows_and_is_told_once_nothing_more_comes(tmp_path):
    path = offline(tmp_path, wandb_history({"a": 1, "_step": 1}), wandb_history({"a": 2, "_step": 2}))
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    assert list(Wandb(path).items())[1:] == [Unread(1, "the end of the file is cut off")]
    reading = Wandb(path, follow=True)
    assert [row.values["a"] for row in reading.items()] == [1.0]
    path.write_bytes(whole)
    assert [row.values["a"] for row in reading.items()] == [2.0]


def test_it_is_known_by_its_first_bytes_or_the_names_in_a_folder(tmp_path):
    path = offline(tmp_path)
    assert Wandb.fits(path, b":W&B\xe1\xbe\0") == 1.0
    assert Wandb.fits(path, b"{") == 0.3 and Wandb.fits(tmp_path / "x.log", b"{") == 0.0
    assert Wandb.fits(tmp_path, b"") == Wandb.fits(path.parent, b"") == 0.8
    path.rename(path.with_name("abc.log"))
    assert Wandb.fits(tmp_path, b"") == 0.0


def test_a_step_of_the_script_comes_before_the_count_of_calls():
    assert Wandb.names["step"] == ("train/global_step", "trainer/global_step", "global_step", "_step")
    assert Wandb.names["epoch"][0] == "epoch" and Wandb.names["lr"][0] == "train/learning_rate"
    assert Wandb.shape == "events"
