"""`ledger`: what was tried, as counts, and a row for each child, with its seeds below one line."""

import json

import pytest

from monitor.commands import ledger
from monitor.diagnosis.tries import SeedsOfChange
from monitor.run_dir import ChildOutcome
from monitor.run_dir.errors import EXIT_OK


def came(run_id, word="HELPED", **fields):
    known = {"parent_id": "parent", "line": "val WER 40 % against 50 %.", "credited": True, **fields}
    return ChildOutcome(run_id=run_id, word=word, **known)


@pytest.fixture
def tried(runs_made, monkeypatch):
    """A folder whose children are an option that helped, and a change of one's own that does not count."""
    children = [
        came("a", prescription="more_dropout", title="More dropout", changes={"dropout": [0.1, 0.3]}),
        came("b", "WORSE", line="Worse.", credited=False, not_credited="The code differs"),
    ]
    monkeypatch.setattr(ledger, "every_child", lambda runs, now: children)
    return runs_made


def test_a_folder_without_a_child_or_that_is_not_there_says_how_to_begin(runs_made, capsys):
    assert ledger.run(runs_made) == ledger.run(runs_made / "nowhere") == EXIT_OK
    assert capsys.readouterr().out == f"{ledger.NOTHING}\n" * 2
    ledger.run(runs_made, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"version": 1, "prescriptions": [], "children": [], "seeds": []}


def test_each_child_has_a_row_and_an_outcome_that_does_not_count_says_why(tried, capsys):
    assert ledger.run(tried) == EXIT_OK
    counts, head, *rows = capsys.readouterr().out.splitlines()
    assert counts == "Dropout 0.1 → 0.3: 1 try: 1 helped"
    assert head.split() == ["child", "parent", "option", "outcome", "in", "numbers"]
    assert [" ".join(row.split()) for row in rows] == [
        "a parent more_dropout HELPED val WER 40 % against 50 %.",
        "b parent own changes WORSE Worse. The code differs.",
    ]


def test_where_no_option_was_tried_the_table_stands_alone(runs_made, capsys, monkeypatch):
    monkeypatch.setattr(ledger, "every_child", lambda runs, now: [came("b")])
    ledger.run(runs_made)
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["child", "b"]


def test_the_document_has_the_counts_of_each_option_and_every_child(tried, capsys):
    ledger.run(tried, as_json=True)
    said = json.loads(capsys.readouterr().out)
    (option,) = said["prescriptions"]
    assert (option["prescription"], option["title"], option["tries"]) == ("more_dropout", "Dropout 0.1 → 0.3", 1)
    assert (option["counts"], option["not_counted"], option["text"]) == ({"HELPED": 1}, {}, "1 try: 1 helped")
    assert sorted(each["run_id"] for each in said["children"]) == ["a", "b"]


def rows_of(children, seeds):
    table = ledger._table(children, seeds)
    return [list(cells) for cells in zip(*(column.cells for column in table.columns), strict=True)]


def seeds_of(*runs):
    return SeedsOfChange(runs, "HELPED", "mean")


def test_seeds_of_one_change_stand_below_one_line_with_their_mean():
    children = [came("a"), came("b"), came("c")]
    assert [row[0] for row in rows_of(children, [seeds_of("a", "c")])] == ["a and 1 seed", "  a", "  c", "b"]
    assert rows_of(children, [seeds_of("a", "c")])[0][2:] == ["own changes", "HELPED", "mean"]


def test_seeds_whose_first_run_is_no_child_stand_where_the_first_child_does():
    children = [came("b"), came("c")]
    assert [row[0] for row in rows_of(children, [seeds_of("a", "c")])] == ["b", "a and 1 seed", "  c"]
