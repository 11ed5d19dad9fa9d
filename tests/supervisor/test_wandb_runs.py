"""`watch --wandb-dir`: the runs that W&B writes are judged as they grow, and nothing is written beside them."""

import json
import subprocess
import sys
import time

import pytest

from monitor.commands.cli import main
from monitor.importers.following import Following
from monitor.importers.importing import Asked, plan
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import status_of
from monitor.supervisor.wandb_runs import WandbRuns
from tests import foreign

NOW = time.time()


def state_of(folder):
    found = [folder, *folder.rglob("*")]
    return {str(path): (path.lstat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in found}


def rounds_of(others, folder):
    """One round, which must leave the folder as it is."""
    before = state_of(folder)
    news = others.round(NOW)
    assert state_of(folder) == before
    return [(each["event"], each["run_id"] or each["line"]) for each in news]


@pytest.fixture
def growing(tmp_path):
    """(the script's folder, the file, all it will hold): a run whose first half is written, and the link to it."""
    file = foreign.wandb(tmp_path / "script")
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    (file.parent.parent / "latest-run").symlink_to(file.parent.name)
    return tmp_path / "script", file, whole


@pytest.mark.parametrize("above", [False, True])
def test_a_run_is_followed_once_while_it_grows_and_to_its_end(growing, tmp_path, above):
    folder, file, whole = growing
    others = WandbRuns(folder if above else folder / "wandb", tmp_path / "runs", 3600.0)
    assert rounds_of(others, folder) == [("following", "gentle-owl-7")]
    seen = RunReader(tmp_path / "runs" / "gentle-owl-7").read(NOW)
    assert 1 < len(seen.epochs) < foreign.EPOCHS and status_of(seen).word == "followed"
    assert rounds_of(others, folder) == []
    others.close(NOW)
    others = WandbRuns(folder if above else folder / "wandb", tmp_path / "runs", 3600.0)
    file.write_bytes(whole)
    assert rounds_of(others, folder) == [("following", "gentle-owl-7")]
    seen = RunReader(tmp_path / "runs" / "gentle-owl-7").read(NOW)
    assert [each.val_loss for each in seen.epochs] == foreign.VAL_LOSS and status_of(seen).word == "finished"
    others.close(NOW)
    assert rounds_of(WandbRuns(folder, tmp_path / "runs", 3600.0), folder) == [], "what is over is not begun anew"
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_a_new_run_is_found_an_old_one_left_alone_and_one_without_figures_waited_for(growing, tmp_path):
    folder, file, whole = growing
    assert rounds_of(WandbRuns(folder, tmp_path / "runs", -3600.0), folder) == []
    others = WandbRuns(folder, tmp_path / "runs", 3600.0)
    rounds_of(others, folder)
    second = file.parent.parent / "run-20240102_100000-efgh" / "run-efgh.wandb"
    second.parent.mkdir()
    second.write_bytes(whole[:7])
    assert rounds_of(others, folder) == []
    second.write_bytes(whole)
    assert rounds_of(others, folder) == [("following", "gentle-owl-7-2")]
    others.close(NOW)


def test_a_file_that_is_no_run_is_said_once_and_the_others_go_on(growing, tmp_path):
    folder, file, _ = growing
    odd = file.parent.parent / "offline-run-1" / "run-1.wandb"
    odd.parent.mkdir()
    odd.write_bytes(b"no run of anybody, but long enough")
    (tmp_path / "secret.wandb").write_bytes(file.read_bytes())
    (odd.parent / "run-2.wandb").symlink_to(tmp_path / "secret.wandb")
    others = WandbRuns(folder, tmp_path / "runs", 3600.0)
    said = rounds_of(others, folder)
    assert [event for event, _ in said] == ["unreadable", "following"]
    odd.write_bytes(b"no run of anybody, but longer by a word")
    assert rounds_of(others, folder) == []
    others.close(NOW)


def test_an_import_that_somebody_confirmed_is_gone_on_with(growing, tmp_path):
    folder, file, _ = growing
    mine = Following.begin(tmp_path / "runs", plan(file, Asked(), follow=True), "mine", NOW)
    mine.look(NOW)
    others = WandbRuns(folder, tmp_path / "runs", 3600.0)
    assert [event for event, _ in rounds_of(others, folder)] == ["unreadable"], "two would write one run"
    mine.stop(NOW)
    others = WandbRuns(folder, tmp_path / "runs", 3600.0)
    assert rounds_of(others, folder) == [("following", "mine")]
    others.close(NOW)


def test_the_command_judges_them_and_ends(growing, tmp_path, capsys):
    folder, _, _ = growing
    before = state_of(folder)
    words = ["watch", str(tmp_path / "runs"), "--wandb-dir", str(folder), "--once", "--json"]
    assert main(words) in (0, None, 1, 2)
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["event"], each["run_id"]) for each in events][:2] == [
        ("following", "gentle-owl-7"),
        ("watched", "gentle-owl-7"),
    ]
    assert events[0]["line"].endswith("offline-run-20240101_100000-abcd1234/run-abcd1234.wandb")
    assert state_of(folder) == before
    assert main([*words[:3], str(tmp_path / "nowhere"), "--once"]) == 64


def test_a_folder_that_wandb_has_not_made_yet_is_waited_for(growing, tmp_path):
    folder, _, _ = growing
    later, kept = tmp_path / "project" / "wandb", folder / "wandb"
    later.parent.mkdir()
    words = ["watch", str(tmp_path / "runs"), "--wandb-dir", str(later), "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "monitor", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr.readline() == f"There is no folder {later} yet: it is waited for.\n"
        kept.rename(later)
        assert json.loads(process.stdout.readline())["event"] == "following"
    finally:
        process.terminate()
        process.communicate(timeout=120)


@pytest.mark.parametrize("place", ["wandb", "wandb/runs", "wandb/offline-run-20240101_100000-abcd1234/x"])
def test_runs_are_not_written_where_wandb_keeps_its_own(growing, place, capsys):
    folder, _, _ = growing
    before = state_of(folder)
    for given in (folder, folder / "wandb"):
        assert main(["watch", str(folder / place), "--wandb-dir", str(given), "--once"]) == 64
        assert "lies where W&B keeps its runs" in capsys.readouterr().err
    assert state_of(folder) == before
