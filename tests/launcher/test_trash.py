"""Archived runs come back whole; a live run is never moved."""

import json
from pathlib import Path

import pytest

from monitor.commands.cli import main
from monitor.launcher.trash import archive, restore, trashed, where_is
from monitor.run_dir import STATE_FILE, State, encode
from monitor.run_dir.errors import RefusedError, UnreadableRunError, UsageError
from monitor.run_dir.processes import identify
from monitor.run_dir.reader import list_runs
from monitor.writer import RunWriter


def write(folder, name):
    with RunWriter(folder / name) as run:
        run.log_epoch(1, val_loss=1.0)


def test_a_run_goes_and_comes_back_unchanged(tmp_path):
    write(tmp_path, "a")
    write(tmp_path, "b")
    before = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir() if path.is_file()}
    put = archive(tmp_path, "a", 1_800_000_000.5)
    assert list_runs(tmp_path) == ["b"]
    assert where_is(tmp_path / "a") == put and where_is(tmp_path / "b") is None
    assert restore(tmp_path, "a") == "a"
    assert {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir() if path.is_file()} == before
    assert trashed(tmp_path) == []


def test_two_of_one_name_lie_beside_each_other_and_the_last_comes_back_first(tmp_path):
    for at in (1_800_000_000, 1_800_000_100):
        write(tmp_path, "a")
        archive(tmp_path, "a", at)
    assert [each.at for each in trashed(tmp_path)] == [1_800_000_100, 1_800_000_000]
    restore(tmp_path, "a")
    assert [each.at for each in trashed(tmp_path)] == [1_800_000_000]
    with pytest.raises(RefusedError, match="Another run a"):
        restore(tmp_path, "a")


def test_a_run_that_somebody_works_on_stays_where_it_is(tmp_path):
    write(tmp_path, "a")
    state = State(state="running", trainer=identify(), supervisor=identify())
    (tmp_path / "a" / STATE_FILE).write_bytes(encode(state))
    with pytest.raises(RefusedError, match="stop it before"):
        archive(tmp_path, "a", 1_800_000_000)
    assert list_runs(tmp_path) == ["a"]


@pytest.mark.parametrize("name", ["../a", ".trash", "", "a/b", "nobody"])
def test_only_runs_can_be_archived_and_only_trash_restored(tmp_path, name):
    write(tmp_path, "a")
    with pytest.raises((UsageError, UnreadableRunError)):
        archive(tmp_path, name, 1_800_000_000)
    with pytest.raises(UnreadableRunError):
        restore(tmp_path, name)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path, monkeypatch):
    write(tmp_path, "a")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(RefusedError, match="No space left"):
        archive(tmp_path, "a", 1_800_000_000)


def test_the_command_line_does_the_same(tmp_path, capsys):
    write(tmp_path, "a")
    assert main(["archive", "a", "--runs", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["run_id"] == "a"
    assert main(["restore", "--runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == "a"
    assert main(["restore", "a", "--runs", str(tmp_path)]) == 0
    assert list_runs(tmp_path) == ["a"]
