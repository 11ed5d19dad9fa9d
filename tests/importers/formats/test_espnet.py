"""train.log of ESPnet2: the results of an epoch, and lines of batches."""

from pathlib import Path

import pytest

from monitor.importers.formats.espnet import EspNet
from monitor.importers.items import Aside, Row, Unread

BEGIN = "[host] 2024-01-01 10:00:00,123 (trainer:756) INFO:"
RESULTS = (
    "5epoch results: [train] iter_time=1.2e-04, loss=41.2, time=1 minute and 2 seconds, [valid] loss=38.1, "
    "wer=0.63, acc=nan, [att_plot] time=2 seconds, gpu=-"
)


def items(tmp_path, *lines):
    (tmp_path / "exp").mkdir()
    (tmp_path / "exp" / "train.log").write_text("\n".join(lines) + "\n")
    reading = EspNet(tmp_path / "exp" / "train.log")
    assert reading.run_name == "exp"
    return list(reading.items())


def test_the_results_of_an_epoch_have_their_part_in_front(tmp_path):
    (row,) = items(tmp_path, f"{BEGIN} {RESULTS}")
    assert {name: value for name, value in row.values.items() if value == value} == {
        "epoch": 5.0,
        "train/iter_time": 1.2e-4,
        "train/loss": 41.2,
        "train/time": 1.0,
        "valid/loss": 38.1,
        "valid/wer": 0.63,
        "att_plot/time": 2.0,
    }
    assert row.values["valid/acc"] != row.values["valid/acc"] and row.line == 1


def test_a_line_of_batches_keeps_its_names(tmp_path):
    row = Row(2, {"epoch": 5.0, "loss": 43.7, "optim0_lr0": 2.5e-5})
    found = items(
        tmp_path, "# espnet2.bin.asr_train", f"{BEGIN} 5epoch:train:1-100batch: loss=43.7, optim0_lr0=2.5e-05"
    )
    assert found == [row]


@pytest.mark.parametrize("text", ["", "5epoch is under way", "INFO: 5epoch:valid:1-9batch: loss=1", "results: loss=3"])
def test_any_other_line_states_nothing(text, tmp_path):
    assert items(tmp_path, text) == []


def test_results_without_a_number_are_told(tmp_path):
    assert items(tmp_path, f"{BEGIN} 5epoch results: [train] loss=none") == [
        Unread(1, "results of an epoch without numbers")
    ]


def test_a_torn_last_line_gives_what_it_holds_and_a_sentence(tmp_path):
    (tmp_path / "train.log").write_text(f"{BEGIN} 1epoch results: [train] loss=4.5, [valid] lo")
    row, said = EspNet(tmp_path / "train.log").items()
    assert row.values == {"epoch": 1.0, "train/loss": 4.5} and isinstance(said, Aside)


@pytest.mark.parametrize(
    ("name", "head", "fits"),
    [
        ("x", f"{BEGIN} {RESULTS}", 0.9),
        ("x", f"{BEGIN} 5epoch:train:1-100batch: loss=4", 0.9),
        ("train.log", "# python3 -m espnet2.bin.asr_train", 0.6),
        ("train.txt", "# python3 -m espnet2.bin.asr_train", 0.0),
        ("train.log", "epoch 5 results: loss 4", 0.0),
        ("train.log", "5epoch results: [train]\0", 0.0),
    ],
)
def test_it_is_known_by_its_lines(name, head, fits):
    assert EspNet.fits(Path(name), head.encode()) == fits


def test_what_stands_for_what():
    assert EspNet.names["val_wer"] == ("valid/wer", "valid/wer_ctc")
    assert EspNet.names["train_loss"] == ("train/loss",) and EspNet.names["val_loss"] == ("valid/loss",)
    assert EspNet.names["step_train_loss"] == ("loss",) and EspNet.names["lr"] == ("train/optim0_lr0", "optim0_lr0")
    assert (EspNet.percent, EspNet.shape) == (False, "events")
