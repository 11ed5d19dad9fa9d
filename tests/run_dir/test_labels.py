"""What people say of runs: kept beside them, by one writer, and never at the cost of what was said before."""

import pytest

from monitor.run_dir.errors import RefusedError
from monitor.run_dir.labels import LABELS_FILE, Label, label, read_labels, tags_in


def test_a_label_is_kept_beside_the_run_and_changes_no_file_of_it(tmp_path):
    (tmp_path / "a").mkdir()
    label(tmp_path, "a", Label(title="Base", tags=["paper"], pinned=True))
    label(tmp_path, "b", Label(note="slow"))
    assert read_labels(tmp_path)["a"] == Label(title="Base", tags=["paper"], pinned=True)
    assert read_labels(tmp_path)["b"].note == "slow"
    assert list((tmp_path / "a").iterdir()) == []


def test_a_label_that_says_nothing_takes_the_old_one_away(tmp_path):
    label(tmp_path, "a", Label(title="Base"))
    label(tmp_path, "a", Label())
    assert read_labels(tmp_path) == {}


def test_a_file_that_cannot_be_understood_is_shown_as_none_and_not_overwritten(tmp_path):
    (tmp_path / LABELS_FILE).write_text("not JSON, but somebody's notes")
    assert read_labels(tmp_path) == {}
    with pytest.raises(RefusedError, match="left as it is"):
        label(tmp_path, "a", Label(title="Base"))
    assert "somebody's notes" in (tmp_path / LABELS_FILE).read_text()


def test_tags_are_small_words_each_once():
    assert tags_in("Paper, #ablation paper") == ["paper", "ablation"]
    assert tags_in(" , ") == []
