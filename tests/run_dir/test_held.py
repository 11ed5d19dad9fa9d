"""A folder that is held open: what is put in its place later gets nothing of what is written."""

from __future__ import annotations

import pytest

from monitor.run_dir import control, files, held
from monitor.run_dir.records import Progress, encode


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "runs" / "mine"
    folder.mkdir(parents=True)
    held.hold(folder)
    yield folder
    held.let_go(folder)


def everything_written(run):
    """One of each way to write."""
    out = files.AppendFile(run / "epochs.jsonl")
    out.append(b"{}\n", sync=True)
    out.close()
    files.replace(run / "progress.json", encode(Progress(heartbeat_at=1.0)))
    assert files.create(run / "answer.json", b"{}")
    control.request(run, "stop", generation=1, asked_by="me", now=1.0)


WRITTEN = {"epochs.jsonl", "progress.json", "answer.json", "control"}


@pytest.mark.parametrize("swapped", [False, True])
def test_what_is_written_lies_in_the_folder_that_was_taken(tmp_path, run, swapped):
    moved, other = tmp_path / "moved", tmp_path / "other"
    other.mkdir()
    if swapped:
        run.rename(moved)
        run.symlink_to(other)
    everything_written(run)
    assert {entry.name for entry in (moved if swapped else run).iterdir()} == WRITTEN
    assert not list(other.iterdir())
    assert files.read_document(run / "progress.json", Progress) == Progress(heartbeat_at=1.0)
    assert control.stop_wanted(run, 1)


def test_a_path_is_a_path_again_when_the_last_holder_lets_go(tmp_path, run):
    held.hold(run)
    held.let_go(run)
    assert held.spot(run / "x").folder is not None
    held.let_go(run)
    assert held.spot(run / "x") == (str(run / "x"), None)
    held.hold(run)


def test_a_link_to_a_neighbour_is_held_and_one_that_leads_out_is_not(tmp_path, run):
    (run.parent / "latest").symlink_to(run)
    (run.parent / "out").symlink_to(tmp_path)
    held.hold(run.parent / "latest")
    files.replace(run.parent / "latest" / "x.json", b"{}")
    held.let_go(run.parent / "latest")
    assert (run / "x.json").exists()
    with pytest.raises(NotADirectoryError):
        held.hold(run.parent / "out")
