"""Records to JSON and back: numbers that are not finite, what other writers do, and files of a newer version."""

import math

import pytest

from monitor.run_dir import Epoch
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.records.base import SCHEMA_VERSION
from monitor.run_dir.records.coding import check_schema, decode, decode_all, encode, encode_line, schema_of


@pytest.mark.parametrize(("value", "word"), [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf")])
def test_what_is_not_finite_is_a_word_and_comes_back(value, word):
    line = encode_line(Epoch(epoch=1.0, at=2.0, train_loss=value, metrics={"a": value}))
    assert line.count(f'"{word}"'.encode()) == 2 and line.endswith(b"}\n") and line.count(b"\n") == 1
    [back] = decode_all([line], Epoch)
    assert repr(back.train_loss) == repr(value) and repr(back.metrics["a"]) == repr(value)


def test_what_is_not_set_is_left_out():
    assert b"val_loss" not in encode(Epoch(epoch=1.0, at=2.0))


@pytest.mark.parametrize(
    ("text", "loss"),
    [
        ('{"epoch": 1, "at": 2, "train_loss": NaN}', "nan"),
        ('{"epoch": 1, "at": 2, "train_loss": -Infinity}', "-inf"),
        ('{"epoch": "1", "at": 2, "train_loss": "0.5", "of_tomorrow": {}}', "0.5"),
    ],
)
def test_what_another_writer_writes_is_read(text, loss):
    read = decode(text.encode(), Epoch)
    assert (read.epoch, repr(read.train_loss)) == (1.0, loss)


@pytest.mark.parametrize(
    "data", [b"", b"[1]", b"\xff", b'{"epoch": []}', b"[" * 100_000, b'{"epoch": 1e999, "at": "x"}']
)
def test_what_is_no_record_is_a_value_error(data):
    with pytest.raises(ValueError, match=r"."):
        decode(data, Epoch)


def test_half_a_character_is_a_question_mark():
    text = b'{"epoch": 1, "at": 2, "train_loss": NaN, "metrics": {"a\\ud800": 1}}'
    assert list(decode(text, Epoch).metrics) == ["a?"]


def test_a_newer_file_says_what_to_do_and_an_unreadable_one_claims_nothing():
    check_schema(SCHEMA_VERSION, "run.json")
    with pytest.raises(
        UnreadableRunError, match=r"^run\.json was written by a newer Vitalsigns \(schema \d+; .*Update"
    ):
        check_schema(SCHEMA_VERSION + 1, "run.json")
    assert schema_of(b'{"schema_version": 99, "of_tomorrow": 1}') == 99
    for data in (b"{", b"[]", b'{"schema_version": "9"}', b"[" * 100_000):
        assert schema_of(data) == SCHEMA_VERSION
