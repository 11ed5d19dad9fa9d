"""`--runs` given once or several times, and the address of a run."""

from pathlib import Path

import pytest

from monitor.run_dir.errors import UsageError
from monitor.run_dir.folders import folders_of, plain, served


def test_one_folder_has_no_name_and_its_runs_keep_their_ids(tmp_path):
    one = folders_of([tmp_path / "runs"])
    assert not one.several and one.text == one.location == str(tmp_path / "runs")
    assert one.all[0].address("a") == "a" and one.of("a") == (one.all[0], "a")


def test_several_are_named_by_the_part_of_their_path_that_says_something(tmp_path):
    found = folders_of([tmp_path / "lab" / "runs", tmp_path / "mnist", f"old={tmp_path}/2025", tmp_path / "x" / "lab"])
    assert [folder.name for folder in found.all] == ["lab", "mnist", "old", "lab-2"]
    assert found.of("old:a") == (found.all[2], "a") and found.all[2].address("a") == "old:a"
    assert folders_of(found.text.split("\n")) == found


def test_a_named_folder_is_one_of_several_even_alone(tmp_path):
    assert folders_of([f"lab={tmp_path}"]).all[0].address("a") == "lab:a"


def test_a_folder_that_is_there_is_meant_as_it_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lr=3").mkdir()
    assert folders_of(["lr=3"]).all[0].path == tmp_path / "lr=3"


@pytest.mark.parametrize("texts", [["a", "a"], ["x=a", "x=b"], ["a", "b=a"]])
def test_one_folder_or_one_name_given_twice_is_refused(tmp_path, monkeypatch, texts):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"twice|two folders"):
        folders_of(texts)


def test_an_address_of_no_folder_is_refused_with_those_there_are(tmp_path):
    found = folders_of([f"a={tmp_path}/1", f"b={tmp_path}/2"])
    with pytest.raises(UsageError, match="no folder 'c' on this page; there is a, b"):
        found.of("c:run")


def test_the_page_knows_its_folders_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("VITALSIGNS_RUNS", str(tmp_path))
    monkeypatch.delenv("VITALSIGNS_FOLDERS", raising=False)
    assert served().all[0].path == tmp_path and not served().several
    monkeypatch.setenv("VITALSIGNS_FOLDERS", f"a={tmp_path}/1\nb={tmp_path}/2")
    assert [folder.name for folder in served().all] == ["a", "b"]


def test_a_path_is_said_without_its_detours_unless_a_link_makes_them_lead_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to("there/inner")
    assert folders_of(["./a/../b//c"]).location == str(tmp_path / "b" / "c")
    assert folders_of(["link/../runs"]).location == str(tmp_path / "link" / ".." / "runs")
    assert str(plain(Path("a/../b"))) == "b"
