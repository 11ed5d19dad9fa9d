"""The folder of an imported run: a name that a folder may have, a free one, and what a killed writer left behind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.importers.folders import LONGEST_NAME, new_folder, sizes, slug, title, unaccounted
from monitor.run_dir import EPOCHS_FILE, STEPS_FILE, Epoch, check_run_id
from monitor.run_dir.records import encode_line


def test_a_usual_name_stays_and_an_odd_one_becomes_one_that_a_run_may_have():
    assert slug("run_1-a") == "run_1-a"
    assert slug("Größe / 3 %") == "Gr-e-3" and slug("../..") == "imported" and slug("") == "imported"


@given(st.text(max_size=300))
def test_any_name_becomes_a_folder_and_a_line(name):
    assert check_run_id(slug(name)) == slug(name)
    assert title(name) == title(title(name)) and len(title(name)) <= LONGEST_NAME
    assert title(name).isprintable()


def test_a_name_that_is_taken_gets_the_next_number(tmp_path):
    assert [new_folder(tmp_path, "a").name for _ in range(3)] == ["a", "a-2", "a-3"]
    assert new_folder(tmp_path, "b").name == "b"


def test_records_behind_the_last_commit_are_counted_without_a_torn_end(tmp_path):
    assert sizes(tmp_path) == {} and unaccounted(tmp_path, {}) == {}
    line = encode_line(Epoch(epoch=1.0, val_loss=2.0))
    (tmp_path / EPOCHS_FILE).write_bytes(line + line + b"{no record}\n" + line[:-1])
    (tmp_path / STEPS_FILE).write_bytes(b"")
    assert sizes(tmp_path) == {EPOCHS_FILE: 3 * len(line) + 11, STEPS_FILE: 0}
    assert unaccounted(tmp_path, {}) == {EPOCHS_FILE: 2, STEPS_FILE: 0}
    assert unaccounted(tmp_path, {EPOCHS_FILE: len(line)}) == {EPOCHS_FILE: 1, STEPS_FILE: 0}
    assert unaccounted(tmp_path, {EPOCHS_FILE: 9 * len(line)}) == {EPOCHS_FILE: 0, STEPS_FILE: 0}


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "runs").write_text("a file where the runs should be")
    with pytest.raises(OSError):
        new_folder(tmp_path / "runs", "a")
