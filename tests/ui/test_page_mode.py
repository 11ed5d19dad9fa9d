"""What an address of the page asks for."""

import pytest

from monitor.run_dir.folders import Folder, Folders
from monitor.ui.page_mode import mode_of, place_of


@pytest.fixture
def folders(two_runs):
    return Folders((Folder("", two_runs),))


def test_without_an_address_it_is_the_list(folders):
    assert (mode_of(folders, None).mode, place_of(folders, None)) == ("list", (folders.home, None))


def test_a_run_that_is_there_is_shown(folders):
    assert (mode_of(folders, "one").mode, place_of(folders, "one")) == ("run", (folders.home, "one"))


def test_a_run_that_is_not_there_says_so_and_names_the_nearest(folders):
    found = mode_of(folders, "tow")
    assert (found.mode, found.near) == ("missing", "two") and "tow" in found.message


@pytest.mark.parametrize("address", ["../one", "a/b/c", "nowhere/one", ""])
def test_an_address_that_is_none_is_missing_and_about_the_first_folder(folders, address):
    assert mode_of(folders, address).mode == "missing"
    assert place_of(folders, address)[0] == folders.home


def test_of_several_folders_an_address_without_one_is_about_the_first(two_runs, tmp_path):
    several = Folders((Folder("a", two_runs), Folder("b", tmp_path)))
    assert mode_of(several, "nowhere/one").mode == "missing"
    assert place_of(several, "nowhere/one") == (several.home, None)
