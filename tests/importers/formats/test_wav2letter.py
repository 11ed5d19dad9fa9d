"""001_log and 001_perf of wav2letter++: a line an evaluation."""

from monitor.importers.formats.wav2letter import Wav2Letter
from monitor.importers.items import Row, Unread

LINE = "epoch: 3 | nupdates: 3000 | runtime: 03:54:30 | loss: 12.5 | train-WER: 60.5 | "
LINE += "a.lst-loss: 10.5 | a.lst-WER: 40.5 | b.lst-loss: 9.5 | b.lst-WER: 99.5\n"


def read(tmp_path, text):
    (tmp_path / "001_log").write_text(text)
    return list(Wav2Letter(tmp_path / "001_log").items())


def test_other_texts_do_not_fit_and_other_lines_say_nothing(tmp_path):
    assert Wav2Letter.fits(tmp_path, b"epoch: 3 loss 2.1") == Wav2Letter.fits(tmp_path, b"\0" + LINE.encode()) == 0.0
    assert Wav2Letter.fits(tmp_path, b"x\n" + LINE.encode()) == 0.9
    assert read(tmp_path, "Loading\n\n") == []


def test_the_first_list_is_the_validation_and_the_others_stay_beside(tmp_path):
    [row] = read(tmp_path, LINE)
    told = dict(row.values)
    assert (told["epoch"], told["step"], told["train_loss"], told["train_wer"]) == (3, 3000, 12.5, 60.5)
    assert (told["val_loss"], told["val_wer"], told["b.lst-loss"], told["b.lst-WER"]) == (10.5, 40.5, 9.5, 99.5)
    assert "runtime" not in told


def test_the_columns_of_a_table_stand_in_its_head(tmp_path):
    row, torn = read(tmp_path, "# date time epoch nupdates loss dev-loss\n2024-01-01 10:00:00 3 30 2.5 3.5\n2024 1\n")
    assert isinstance(row, Row) and (row.values["epoch"], row.values["val_loss"]) == (3, 3.5)
    assert torn == Unread(3, "2 cells instead of 6")


def test_a_line_without_its_epoch_is_told(tmp_path):
    assert read(tmp_path, "epoch: 3 | nupdates: x\n") == [Unread(1, "no numbers of an epoch")]
