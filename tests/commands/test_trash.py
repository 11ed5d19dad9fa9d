"""`archive` and `restore` in words: the way back is printed whole, and the trash is listed."""

import json
import shlex

import pytest

from monitor.commands.trash import archive_verb, restore_verb
from monitor.run_dir.errors import EXIT_OK, UnreadableRunError
from monitor.writer import RunWriter


@pytest.fixture
def far(tmp_path):
    """A folder of runs whose name is longer than a line."""
    folder = tmp_path / "two words" / ("a" * 120) / ("b" * 120)
    RunWriter(folder / "one").finish()
    return folder


def test_the_printed_way_back_is_one_line_however_long_the_folder(far, capsys):
    assert archive_verb("one", far) == EXIT_OK
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("one is in the trash.  Undo: python -m monitor restore one --runs ")
    assert shlex.split(line)[-1] == str(far)
    assert restore_verb("one", far) == EXIT_OK
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("one is restored.  Look at it: python -m monitor show one --runs ")
    assert shlex.split(line)[-1] == str(far)


def test_the_documents_and_the_list_of_the_trash(far, capsys):
    restore_verb(None, far)
    assert capsys.readouterr().out == "The trash is empty.\n"
    archive_verb("one", far, as_json=True)
    put = json.loads(capsys.readouterr().out)
    assert put["run_id"] == "one" and not (far / "one").exists()
    restore_verb(None, far)
    assert capsys.readouterr().out == "one\n"
    restore_verb(None, far, as_json=True)
    assert [each["run_id"] for each in json.loads(capsys.readouterr().out)["trash"]] == ["one"]
    restore_verb("one", far, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"version": 1, "run_id": "one"}
    assert (far / "one").is_dir()


def test_what_is_not_in_the_trash_cannot_be_restored(far):
    with pytest.raises(UnreadableRunError, match="two"):
        restore_verb("two", far)
