"""Several folders as one list: addresses, headings, and none that waits for another."""

import asyncio
import threading
import time

import pytest

from monitor.run_dir.errors import UsageError
from monitor.run_dir.folders import folders_of
from monitor.ui.places import Places
from monitor.writer import RunWriter


def run_in(folder, name, epochs=4, **options):
    with RunWriter(folder / name, **options) as run:
        for epoch in range(1, epochs + 1):
            run.log_epoch(epoch, train_loss=1.0 / epoch, val_loss=1.1 / epoch)


@pytest.fixture
def two(tmp_path):
    run_in(tmp_path / "lab", "a")
    run_in(tmp_path / "lab", "b")
    run_in(tmp_path / "home", "a")
    return Places(folders_of([tmp_path / "lab", tmp_path / "home"]))


def latest(places, until=lambda look: True, secs=60.0):
    """The list once it says what is waited for."""

    async def go():
        deadline = time.monotonic() + secs
        while True:
            look = await places.listing.latest()
            if until(look) or time.monotonic() > deadline:
                return look
            await asyncio.sleep(0.05)

    return asyncio.run(go())


def test_one_folder_is_listed_as_ever(tmp_path):
    run_in(tmp_path, "a")
    look = latest(Places(folders_of([tmp_path])))
    assert [(row.run, row.group) for row in look.rows] == [("a", "")] and look.groups == []


def test_runs_of_the_same_name_have_an_address_each(two):
    look = latest(two, lambda look: len(look.rows) == 3)
    assert sorted(row.run for row in look.rows) == ["home:a", "lab:a", "lab:b"]
    assert [row.group for row in look.rows] == ["lab", "lab", "home"], "folder after folder, in the order given"
    assert [(group.name, group.problem) for group in look.groups] == [("lab", ""), ("home", "")]
    place, run_id = two.of("home:a")
    assert place.folder.path.name == "home" and run_id == "a"
    with pytest.raises(UsageError):
        two.of("elsewhere:a")


def test_sweeps_of_the_same_name_in_two_folders_are_two_and_link_to_their_own_trials(tmp_path):
    for folder, trials in (("lab", 2), ("home", 3)):
        for number in range(trials):
            run_in(tmp_path / folder, f"t{number}", epochs=4 - number, config={"sweep": "lr", "rate": number})
    places = Places(folders_of([tmp_path / "lab", tmp_path / "home"]))
    look = latest(places, lambda look: len(look.rows) == 5)
    assert [(each.group, each.trials, each.best_run) for each in look.sweeps] == [
        ("lab", 2, "lab:t0"),
        ("home", 3, "home:t0"),
    ]
    assert {(row.group, row.sweep) for row in look.rows} == {("lab", "lr"), ("home", "lr")}


def test_nothing_new_is_the_same_look(two):
    first = latest(two, lambda look: len(look.rows) == 3)
    second = latest(two)
    assert first is second and first.rows is second.rows


def test_a_folder_that_is_not_there_says_so_under_its_heading(tmp_path):
    run_in(tmp_path / "lab", "a")
    said = "There is no such folder yet."  # on a busy machine after "Being read for the first time."
    places = Places(folders_of([tmp_path / "lab", tmp_path / "none"]))
    look = latest(places, lambda look: look.groups[1].problem == said and look.rows)
    assert look.groups[1].problem == said
    assert [row.run for row in look.rows] == ["lab:a"]


def test_a_disk_that_hangs_keeps_the_other_folder_and_the_page_from_nothing(two, monkeypatch):
    """The first folder's look does not come back: the second one is there at once, and the first says so."""
    monkeypatch.setattr("monitor.ui.places.FIRST_SECS", 60.0)  # a busy machine may take long for the second one
    hangs = threading.Event()
    slow = two.all[0].listing
    look = slow.look
    slow.look = lambda: (hangs.wait(), look())[1]

    async def go():
        first = await two.listing.latest()
        still_hung = not hangs.is_set()
        hangs.set()
        async with asyncio.timeout(60):
            while len((later := await two.listing.latest()).rows) < 3 or later.groups[0].problem:
                await asyncio.sleep(0.05)
        return still_hung, first, later

    still_hung, first, later = asyncio.run(go())
    assert still_hung and [row.run for row in first.rows] == ["home:a"]
    assert first.groups[0].problem == "Being read for the first time."
    assert len(later.rows) == 3 and later.groups[0].problem == ""
