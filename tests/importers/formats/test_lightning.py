"""metrics.csv of Lightning: rows with empty cells, in a folder of versions."""

from pathlib import Path

import pytest

from monitor.importers.formats.lightning import Lightning
from monitor.importers.items import Aside
from monitor.run_dir.errors import UnreadableRunError

HEAD = "epoch,lr-Adam,step,train_loss_epoch,val_loss\n"
ROWS = HEAD + "0,,9,,nan\n,0.001,10,,\n0,,19,2.5,\n"


def table(folder, text=ROWS):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.csv").write_text(text)
    return folder / "metrics.csv"


def test_a_row_has_the_numbers_of_its_cells_and_epochs_count_from_0(tmp_path):
    first, second, third = [row.values for row in Lightning(table(tmp_path)).items()]
    assert first.pop("val_loss") != 0.0 and first == {"epoch": 0.0, "step": 9.0}
    assert second == {"lr-Adam": 0.001, "step": 10.0}
    assert third == {"epoch": 0.0, "step": 19.0, "train_loss_epoch": 2.5}


def test_a_torn_last_line_is_not_taken_for_a_row(tmp_path):
    *rows, said = Lightning(table(tmp_path, HEAD + "0,,9,,1.5\n0,,1")).items()
    assert [row.values["val_loss"] for row in rows[:1]] == [1.5] and isinstance(said, Aside)


def test_a_file_that_is_written_again_with_a_new_name_is_no_new_start(tmp_path):
    reading = Lightning(table(tmp_path, "epoch,step,loss\n0,9,2.5\n"), follow=True)
    assert len(list(reading.items())) == 1
    table(tmp_path, "epoch,step,acc,loss\n0,9,,2.5\n0,19,0.5,\n")
    assert [row.values for row in reading.items()][-1] == {"epoch": 0.0, "step": 19.0, "acc": 0.5}
    assert (reading.lives, reading.rewrites) == (1, 1)


def test_the_run_has_the_name_of_its_folder(tmp_path):
    assert Lightning(table(tmp_path / "my-run")).run_name == "my-run"
    assert Lightning(table(tmp_path / "logs" / "version_3")).run_name == "logs-version_3"
    assert Lightning(tmp_path / "logs").path == tmp_path / "logs" / "version_3" / "metrics.csv"


def test_of_several_versions_one_must_be_given(tmp_path):
    for version in (0, 1):
        table(tmp_path / f"version_{version}")
    with pytest.raises(UnreadableRunError, match=r"files metrics\.csv"):
        Lightning(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "fits"),
    [
        ("metrics.csv", ROWS, 0.8),
        ("metrics.csv", "epoch,step,loss\n0,1,2\n", 0.8),
        ("other.csv", ROWS, 0.8),
        ("other.csv", "epoch,step,loss\n0,1,2\n0,2,\n", 0.0),
        ("other.csv", "epoch,step,loss\n0,,2\n0,2,\n0,1,1\n", 0.8),
        ("metrics.csv", "epoch,step\n0,1\n", 0.0),
        ("metrics.csv", "epoch,loss,acc\n0,,1\n", 0.0),
        ("metrics.csv", "step,loss,acc\n0,,1\n", 0.0),
    ],
)
def test_it_is_known_by_epoch_and_step_and_its_name_or_empty_cells(name, text, fits):
    assert Lightning.fits(Path(name), text.encode()) == fits


def test_a_folder_is_known_by_the_table_in_it(tmp_path):
    assert Lightning.fits(tmp_path, b"") == 0.0
    table(tmp_path / "version_0")
    assert Lightning.fits(tmp_path, b"") == 0.7 and Lightning.fits(tmp_path / "version_0", b"") == 0.7


def test_it_names_the_rate_as_lightnings_monitor_does():
    assert {"lr-Adam", "lr-AdamW/pg1", "lr-SGD", "lr-RAdam"} <= set(Lightning.names["lr"])
    assert Lightning.shape == "events"
