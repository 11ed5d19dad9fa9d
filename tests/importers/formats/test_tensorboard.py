"""Which event files of a folder are one run, and what their folders add to the names."""

import pytest

from monitor.importers.formats.tensorboard import TensorBoard, event_files
from monitor.run_dir.errors import UnreadableRunError

NAME = "events.out.tfevents.1.host"


def made(root, *folders):
    for folder in folders:
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / NAME).touch()
    return root


def prefixes(path):
    return sorted(event_files(path).values())


def test_a_file_is_itself_and_a_folder_without_one_is_no_run(tmp_path):
    made(tmp_path, ".")
    assert event_files(tmp_path / NAME) == {tmp_path / NAME: ""}
    (tmp_path / "empty").mkdir()
    assert event_files(tmp_path / "empty") == {}
    with pytest.raises(UnreadableRunError, match="holds no event file"):
        list(TensorBoard(tmp_path / "empty").items())
    assert list(TensorBoard(tmp_path / "empty", follow=True).items()) == []


def test_folders_of_splits_are_one_run_and_part_of_the_names(tmp_path):
    assert prefixes(made(tmp_path, "train", "validation")) == ["train", "validation"]


def test_files_of_its_own_make_what_lies_below_a_part_of_the_run(tmp_path):
    assert prefixes(made(tmp_path, ".", "loss_train", "loss_val")) == ["", "loss_train", "loss_val"]


def test_one_folder_below_is_the_run_and_adds_nothing(tmp_path):
    assert prefixes(made(tmp_path, "logs/version_0")) == [""]
    assert prefixes(made(tmp_path / "b", "fit", "fit/extra")) == ["", "extra"]


def test_two_runs_are_refused_by_their_names(tmp_path):
    with pytest.raises(UnreadableRunError, match=r"of 2 runs \(a, b\); give the folder of one"):
        event_files(made(tmp_path, "a", "b"))


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path):
    made(tmp_path / "else", ".")
    made(tmp_path / "run", ".")
    (tmp_path / "run" / f"{NAME}.2").symlink_to(tmp_path / "else" / NAME)
    assert list(event_files(tmp_path / "run")) == [tmp_path / "run" / NAME]


def test_a_run_has_the_name_of_its_folder_and_of_a_version_that_of_the_one_above(tmp_path):
    made(tmp_path, "fit", "net/version_3")
    assert TensorBoard(tmp_path / "fit").run_name == TensorBoard(tmp_path / "fit" / NAME).run_name == "fit"
    assert TensorBoard(tmp_path / "net" / "version_3").run_name == "net-version_3"


def test_a_file_fits_by_its_name_or_its_first_record_and_a_folder_less(tmp_path):
    made(tmp_path, "deep/down")
    assert TensorBoard.fits(tmp_path / NAME, b"") == 0.9
    assert TensorBoard.fits(tmp_path / "renamed", bytes(12) + b"\x1a\x0dbrain.Event:2") == 0.9
    assert TensorBoard.fits(tmp_path / "renamed", b"brain.Event:2 in a text") == 0.0
    assert 0 < TensorBoard.fits(tmp_path, b"") < 0.9
    (tmp_path / "other").mkdir()
    assert TensorBoard.fits(tmp_path / "other", b"") == 0.0
