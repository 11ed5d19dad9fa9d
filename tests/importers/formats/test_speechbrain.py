"""train_log.txt of SpeechBrain: a line an epoch, and the test of one checkpoint at the end."""

from pathlib import Path

import pytest

from monitor.importers.formats.speechbrain import SpeechBrain
from monitor.importers.items import Aside, Row, Unread

LINE = "epoch: 1, lr: 1.00e-03, optimizer: Adam - train loss: 7.44 - valid loss: 6.97, valid CER: 99.4, valid WER: nan"


def items(tmp_path, text):
    (tmp_path / "train_log.txt").write_text(text)
    return list(SpeechBrain(tmp_path / "train_log.txt").items())


def test_a_line_of_an_epoch_is_a_row_of_all_its_numbers(tmp_path):
    (row,) = items(tmp_path, LINE + "\n")
    assert row.values.pop("valid WER") != 0.0
    assert row == Row(1, {"epoch": 1.0, "lr": 1e-3, "train loss": 7.44, "valid loss": 6.97, "valid CER": 99.4})


def test_the_test_at_the_end_is_no_epoch(tmp_path):
    test = "Epoch loaded: 5 - test loss: 2.80, test WER: 85.10"
    assert items(tmp_path, f"\n{test}\n") == [Aside(f"Line 2, a test and no epoch: {test}")]


def test_what_is_no_epoch_is_told_and_quoted_short(tmp_path):
    found = items(tmp_path, "hello " * 20 + "\nepoch: 3 - train loss: none\nepoch: 2, lr: 1e-3\n")
    assert found == [
        Unread(1, f"no line of an epoch: {('hello ' * 20)[:60]!r}"),
        Unread(2, "no numbers behind its epoch"),
        Unread(3, "no line of an epoch: 'epoch: 2, lr: 1e-3'"),
    ]


def test_a_torn_last_line_gives_what_it_holds_and_a_sentence(tmp_path):
    row, said = items(tmp_path, "Epoch: 2 - train loss: 7.4 - valid lo")
    assert row == Row(1, {"Epoch": 2.0, "train loss": 7.4}) and "may be cut off" in said.text


@pytest.mark.parametrize(
    ("head", "fits"),
    [
        (LINE.encode(), 0.9),
        (b"hello\n" * 199 + LINE.encode(), 0.9),
        (b"hello\n" * 200 + LINE.encode(), 0.0),
        (b"epoch: 1 - valid loss: 6.97", 0.0),
        (b"epoch: 1 - train accuracy: 6.97", 0.0),
        (b"epoch one - train loss: 6.97", 0.0),
        (LINE.encode() + b"\0", 0.0),
    ],
)
def test_it_is_known_by_one_of_its_first_lines(head, fits):
    assert SpeechBrain.fits(Path("train_log.txt"), head) == fits


def test_its_error_rates_are_percent():
    assert SpeechBrain.percent and SpeechBrain.shape == "evaluations"
    assert SpeechBrain.names == {"val_wer": ("valid WER",), "train_wer": ("train WER",)}
