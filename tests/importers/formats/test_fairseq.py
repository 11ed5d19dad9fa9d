"""Logs of fairseq: statistics as JSON or as pairs between bars."""

from pathlib import Path

import pytest

from monitor.importers.formats.fairseq import Fairseq
from monitor.importers.items import Aside, Row, Unread

CLOCK = "2022-03-01 10:00:00 | INFO |"


def items(tmp_path, *lines):
    (tmp_path / "fairseq.log").write_text("\n".join(lines) + "\n")
    return list(Fairseq(tmp_path / "fairseq.log").items())


def test_json_gives_its_numbers_under_the_part_and_epoch_and_updates_without_it(tmp_path):
    train = '{"epoch": 1, "train_loss": "6.1", "train_num_updates": "500", "train_wall": "-", "train_lr": 0.5}'
    valid = '{"epoch": 1, "valid_loss": "5.2", "valid_best_loss": "5.0", "valid_wer": "nan"}'
    inner = '{"epoch": 1, "update": 0.5, "loss": "6.5", "num_updates": "250"}'
    first, second, third = items(
        tmp_path, f"{CLOCK} train | {train}", f"{CLOCK} valid | {valid}", f"{CLOCK} train_inner | {inner}"
    )
    assert first == Row(1, {"epoch": 1.0, "train_loss": 6.1, "num_updates": 500.0, "train_lr": 0.5})
    assert second.values.keys() == {"epoch", "valid_loss", "valid_wer"} and second.values["valid_loss"] == 5.2
    assert second.values["valid_wer"] != second.values["valid_wer"]
    assert third == Row(3, {"epoch": 1.0, "inner_update": 0.5, "inner_loss": 6.5, "num_updates": 250.0})


def test_pairs_between_bars_give_the_same(tmp_path):
    text = "valid | epoch 007 | valid on 'valid' subset | loss 5.2 | wer 98.1 | ppl - | num_updates 500 | best_loss 5"
    assert items(tmp_path, f"{CLOCK} {text}") == [
        Row(1, {"epoch": 7.0, "valid_loss": 5.2, "valid_wer": 98.1, "num_updates": 500.0})
    ]


def test_another_subset_keeps_its_own_name(tmp_path):
    assert items(tmp_path, f"{CLOCK} test-other | epoch 007 | loss 5.2") == [
        Row(1, {"epoch": 7.0, "test-other_loss": 5.2})
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{CLOCK} fairseq.trainer | begin training epoch 1",
        f"{CLOCK} train_inner | epoch 001:     10 / 20 loss=4.3, ppl=20",
        '{"epoch": 1, "train_loss": "6.1"}',
    ],
)
def test_any_other_line_states_nothing(text, tmp_path):
    assert items(tmp_path, text) == []


def test_statistics_that_cannot_be_read_are_told(tmp_path):
    found = items(tmp_path, f'{CLOCK} train | {{"epoch": 1, "train_lo}}', f"{CLOCK} valid | {{}}")
    assert found == [Unread(1, "what train writes is no JSON, or cut off"), Unread(2, "valid without numbers")]


def test_a_torn_last_line_is_passed_over_with_a_sentence(tmp_path):
    (tmp_path / "log").write_text(f'{CLOCK} train | {{"epoch": 1, "train_loss": 2}}\n{CLOCK} train | {{"epoch": 2, "tr')
    row, said = Fairseq(tmp_path / "log").items()
    assert row.values == {"epoch": 1.0, "train_loss": 2.0}
    assert said == Aside("The last line, 2, has no line end: it may be cut off.")


@pytest.mark.parametrize(
    ("head", "fits"),
    [
        (f'{CLOCK} train | {{"epoch": 1}}', 0.85),
        (f"{CLOCK} fairseq_cli.train | no\n{CLOCK} valid | epoch 001 | loss 5", 0.85),
        (f"{CLOCK} fairseq_cli.train | Namespace()", 0.6),
        (f"{CLOCK} train | Namespace()", 0.0),
        ("fairseq 0.12", 0.0),
        (f'{CLOCK} train | {{"epoch": 1}}\0', 0.0),
    ],
)
def test_it_is_known_by_its_lines(head, fits):
    assert Fairseq.fits(Path("x"), head.encode()) == fits


def test_losses_are_bits_and_rates_are_percent():
    assert (Fairseq.loss_unit, Fairseq.percent, Fairseq.shape) == ("bits", True, "events")
    assert Fairseq.names["val_wer"] == ("valid_wer",) and Fairseq.names["step"] == ("num_updates",)
    assert Fairseq.names["train_loss"] == ("train_loss",) and Fairseq.names["val_loss"] == ("valid_loss",)
    assert Fairseq.names["lr"] == ("train_lr", "inner_lr") and Fairseq.names["step_train_loss"] == ("inner_loss",)
    assert Fairseq.names["grad_norm"] == ("inner_gnorm", "train_gnorm")
