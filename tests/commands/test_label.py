"""`label`: name, note, tags and pin from the terminal, the same as from the page."""

import json

import pytest

from monitor.commands import label
from monitor.commands.cli import main
from monitor.commands.label import Changes
from monitor.run_dir.errors import UsageError
from monitor.run_dir.labels import LABELS_FILE, LONGEST_NOTE, LONGEST_TITLE, Label, read_labels
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


@pytest.mark.parametrize(
    ("changes", "is_any"),
    [
        (Changes(), False),
        (Changes(title=""), True),
        (Changes(note="x"), True),
        (Changes(add=["a"]), True),
        (Changes(take=["a"]), True),
        (Changes(pinned=False), True),
    ],
)
def test_an_empty_text_or_no_pin_is_a_change_and_no_tag_is_none(changes, is_any):
    assert changes.any() is is_any


def test_a_change_keeps_what_it_does_not_name_and_says_who_and_when():
    known = Label(title="t", note="n", tags=["a", "b"], pinned=True, at=1.0, by="anna")
    assert label._changed(known, Changes(), 2.0, "ben") == Label(
        title="t", note="n", tags=["a", "b"], pinned=True, at=2.0, by="ben"
    )
    other = label._changed(known, Changes(title="  u ", add=["#C d"], take=["A", "d"], pinned=False), 2.0, "ben")
    assert (other.title, other.note, other.tags, other.pinned) == ("u", "n", ["b", "c"], False)


@pytest.mark.parametrize(("field", "most"), [("title", LONGEST_TITLE), ("note", LONGEST_NOTE)])
def test_a_text_of_the_greatest_length_is_kept(field, most):
    assert getattr(label._changed(Label(), Changes(**{field: "x" * most}), 1.0, "anna"), field) == "x" * most
    with pytest.raises(UsageError, match=f"has {most + 1} characters; {most} are the most"):
        label._changed(Label(), Changes(**{field: "x" * (most + 1)}), 1.0, "anna")


def test_a_label_in_words_has_a_line_for_each_part_that_there_is():
    whole = Label(title="t", note="n", tags=["a", "b"], pinned=True)
    assert label._words("r", whole) == "r · pinned\nt\nn\n#a #b"
    assert label._words("r", Label(note="n")) == "r\nn"
