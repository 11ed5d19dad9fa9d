"""`log`: the end of what a run printed, and why there is none."""

import json

import pytest

from monitor.commands import log
from monitor.run_dir import LOG_FILE
from monitor.run_dir.errors import EXIT_OK
from monitor.writer import RunWriter

TEXT = "begin\n" + "".join(f"\rstep {n}" for n in range(1, 4)) + "\nWARNING: slow\nepoch 2\n"


@pytest.fixture
def logged(runs_made):
    RunWriter(runs_made / "one").finish()
    (runs_made / "one" / LOG_FILE).write_bytes(TEXT.encode())
    return runs_made


def shown(capsys, *words, **options):
    assert log.run("one", *words, **options) == EXIT_OK
    return capsys.readouterr().out.splitlines()


def test_a_progress_bar_is_folded_and_says_of_how_many_lines(logged, capsys):
    assert shown(capsys, logged) == ["begin", "step 3  (folded from 3 lines)", "WARNING: slow", "epoch 2"]


def test_only_lines_with_a_word_only_warnings_or_the_last_ones(logged, capsys):
    assert shown(capsys, logged, word="epoch") == ["epoch 2"]
    assert shown(capsys, logged, warnings=True) == ["WARNING: slow"]
    assert shown(capsys, logged, most=1) == ["epoch 2"]


def test_the_document_has_the_same_lines(logged, capsys):
    log.run("one", logged, most=2, as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert (said["run_id"], said["exists"]) == ("one", True)
    assert [line[:2] for line in said["lines"]] == [["WARNING: slow", 1], ["epoch 2", 1]]
    assert said["last_error"] is None and said["gpu"] is None


def test_why_there_is_no_log_is_one_sentence(logged, capsys):
    path = logged / "one" / LOG_FILE
    path.unlink()
    (line,) = shown(capsys, logged)
    assert line == f"one has no {LOG_FILE}: what a terminal started wrote to that terminal."
    path.symlink_to("/etc/passwd")
    (line,) = shown(capsys, logged)
    assert line.startswith("The log of one is not shown: ")


def test_a_log_that_appears_while_it_is_asked_for_is_said_to_be_there(logged):
    assert log._why_none(logged / "one") == f"{LOG_FILE} of one is there now; ask again."
