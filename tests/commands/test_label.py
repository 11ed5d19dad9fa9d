"""`label`: name, note, tags and pin from the terminal, the same as from the page."""

import json

import pytest

from monitor.commands.cli import main
from monitor.run_dir.labels import LABELS_FILE, read_labels
from monitor.writer import RunWriter


@pytest.fixture
def run_id(runs_by_default):
    with RunWriter(runs_by_default / "one"):
        pass
    return "one"


def told(capsys, *words: str) -> str:
    assert main(["label", *words]) == 0
    return capsys.readouterr().out


def test_a_run_without_a_label_is_told_how_to_get_one_and_no_file_is_made(run_id, runs_by_default, capsys):
    assert "no name, note, tags or pin" in told(capsys, run_id)
    assert not (runs_by_default / LABELS_FILE).exists()


def test_what_is_not_named_stays_as_it_is(run_id, runs_by_default, capsys):
    told(capsys, run_id, "--name", "Baseline", "--tag", "Paper", "--tag", "#german", "--pin")
    said = json.loads(told(capsys, run_id, "--note", "the one of table 2", "--untag", "german", "--json"))
    assert (said["title"], said["note"], said["tags"], said["pinned"]) == (
        "Baseline",
        "the one of table 2",
        ["paper"],
        True,
    )
    assert read_labels(runs_by_default)["one"].tags == ["paper"]
    told(capsys, run_id, "--name", "", "--note", "", "--untag", "paper", "--unpin")
    assert read_labels(runs_by_default) == {}


def test_a_text_that_is_too_long_is_refused_and_brackets_are_no_markup(run_id, runs_by_default, capsys):
    assert main(["label", run_id, "--name", "x" * 81]) == 64
    assert "81 characters; 80 are the most" in capsys.readouterr().err
    assert "[red]a[/red]" in told(capsys, run_id, "--note", "[red]a[/red]")
