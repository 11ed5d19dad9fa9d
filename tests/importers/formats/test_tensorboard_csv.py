"""TensorBoard's CSV of a chart: the tags of one run, put together by step."""

from pathlib import Path

import pytest

from monitor.importers.formats.tensorboard_csv import TensorBoardCsv
from monitor.importers.items import Row, Unread
from monitor.run_dir.errors import UnreadableRunError

HEAD = "Wall time,Step,Value\n"


def saved(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(HEAD + text)
    return folder / name


def test_the_tags_of_a_run_are_joined_by_step(tmp_path):
    saved(tmp_path, "run-owl-tag-Loss_train.csv", "100.5,1,2.5\n101,2,2.25\n")
    saved(tmp_path, "run-owl-tag-lr.csv", "100.75,1,0.1\n102,3,0.2\n")
    reading = TensorBoardCsv(tmp_path)
    assert list(reading.items()) == [
        Row(2, {"Loss_train": 2.5, "step": 1.0, "lr": 0.1}, 100.5),
        Row(3, {"Loss_train": 2.25, "step": 2.0}, 101.0),
        Row(3, {"lr": 0.2, "step": 3.0}, 102.0),
    ]
    assert reading.run_name == "owl"
    assert {Path(file).name: place.lines for file, place in reading.places().items()} == {
        "run-owl-tag-Loss_train.csv": 3,
        "run-owl-tag-lr.csv": 3,
    }


def test_a_file_alone_is_one_tag_under_its_own_name(tmp_path):
    named = TensorBoardCsv(saved(tmp_path, "run-owl-tag-loss.csv", "1,1,nan\n"))
    assert named.run_name == "owl" and [set(row.values) for row in named.items()] == [{"loss", "step"}]
    other = TensorBoardCsv(saved(tmp_path, "mine.csv", "1,1,2\n"))
    assert other.run_name == "mine" and [row.values for row in other.items()] == [{"mine": 2.0, "step": 1.0}]


def test_lines_without_time_step_and_value_are_told_and_an_empty_one_is_not(tmp_path):
    path = saved(tmp_path, "run-a-tag-b.csv", "1,1,2\n\n1,x,2\n3,3\n1,2,3,4\n1,9")
    row, *odd = TensorBoardCsv(path).items()
    assert row.values == {"b": 2.0, "step": 1.0}
    assert odd == [Unread(line, "run-a-tag-b.csv: no time, step and value") for line in (4, 5, 6, 7)]


def test_a_header_further_down_is_a_line_without_numbers(tmp_path):
    (odd,) = TensorBoardCsv(saved(tmp_path, "run-a-tag-b.csv", HEAD)).items()
    assert odd.line == 2


def test_a_link_is_not_read_and_told(tmp_path):
    outside = saved(tmp_path / "outside", "x.csv", "1,1,5\n")
    saved(tmp_path / "in", "run-a-tag-b.csv", "1,1,2\n")
    (tmp_path / "in" / "run-a-tag-c.csv").symlink_to(outside)
    row, odd = TensorBoardCsv(tmp_path / "in").items()
    assert row.values == {"b": 2.0, "step": 1.0}
    assert odd.sentence == "run-a-tag-c.csv is a link or no plain file and is not read."


def test_of_several_runs_one_must_be_named(tmp_path):
    for run in ("owl", "hawk"):
        saved(tmp_path, f"run-{run}-tag-loss.csv", f"1,1,{len(run)}\n")
    with pytest.raises(UnreadableRunError, match="holds 2 runs"):
        TensorBoardCsv(tmp_path)
    assert [row.values["loss"] for row in TensorBoardCsv(tmp_path / "hawk").items()] == [4.0]


def test_it_is_known_by_its_header_or_its_names(tmp_path):
    assert TensorBoardCsv.fits(Path("x.csv"), HEAD.encode()) == 0.9
    assert TensorBoardCsv.fits(Path("run-a-tag-b.csv"), b"Wall time,Step\n") == 0.0
    assert TensorBoardCsv.fits(tmp_path, b"") == 0.0
    saved(tmp_path, "run-a-tag-b.csv", "")
    assert TensorBoardCsv.fits(tmp_path, b"") == 0.65
    assert not TensorBoardCsv.grows and TensorBoardCsv.several and TensorBoardCsv.shape == "events"
