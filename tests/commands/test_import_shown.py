"""What is said of a file before it is imported: each column, what is kept beside, what was not read."""

import csv
from dataclasses import replace

import pytest

from monitor.commands.import_shown import as_document, figures_of, show_plan
from monitor.importers.importing import Asked, plan
from monitor.importers.samples import Sample
from monitor.run_dir import Epoch
from tests import foreign


@pytest.fixture
def shown(capsys):
    def show(path, **wishes):
        show_plan(plan(path, Asked(**wishes)))
        return capsys.readouterr().out.splitlines()

    return show


def table_of(path, head, *rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def test_each_column_has_its_field_unit_first_and_last_value(tmp_path, shown):
    lines = shown(table_of(tmp_path / "a.csv", ["epoch", "train_loss", "val_wer"], [1, 2.0, 90], [2, 1.0, 40]))
    assert "2 evaluations" in lines[0]
    assert lines[1].split() == ["column", "becomes", "unit", "first", "last"]
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in lines[2:5]}
    assert rows["train_loss"].startswith("train_loss as logged") and rows["train_loss"].endswith(" 2 1")
    assert rows["val_wer"].startswith("val_wer percent → fraction") and rows["val_wer"].split()[-2:] == ["0.9", "0.4"]


def test_the_unit_of_a_loss_is_asked_for_where_nothing_tells_it(tmp_path, shown):
    asks = "What the loss is per (token, utterance, image, batch …) the file does not say; --per UNIT does."
    path = table_of(tmp_path / "a.csv", ["epoch", "val_loss"], [1, 2.0], [2, 1.0])
    assert asks in shown(path) and asks not in shown(path, per="token")
    assert asks not in shown(table_of(tmp_path / "b.csv", ["epoch", "val_wer"], [1, 0.5], [2, 0.4]))


def test_what_is_no_field_is_kept_beside_and_many_are_counted(tmp_path, shown):
    names = [f"x{n}" for n in range(25)]
    path = table_of(tmp_path / "a.csv", ["epoch", "val_loss", *names], *([e, 1.0, *range(25)] for e in (1, 2)))
    (line,) = [line for line in shown(path) if line.startswith("Kept beside")]
    assert line == f"Kept beside, under their own names: {', '.join(names[:20])} and 5 more."


def test_predictions_and_what_was_not_read_are_counted(tmp_path, shown):
    path = foreign.json_lines(tmp_path)
    with path.open("a") as file:
        file.write("{broken\n")
    lines = shown(path)
    place = lines.index("Not read: 1.")
    assert lines[place + 1].startswith("  ")
    assert not any(line.startswith("Predictions") for line in lines)


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ([], []),
        ([Sample(None, "A B", "")], ["Predictions: 1, 1 of them empty."]),
        ([Sample(e, "A", "A" if e else "") for e in (3.0, 0.0)], ["Predictions of epoch 0, 3: 2, 1 of them empty."]),
        (
            [Sample(float(e), "A", "A") for e in range(9)],
            ["Predictions of epoch 4, 5, 6, 7, 8: 9, 0 of them empty."],
        ),
    ],
)
def test_predictions_are_told_with_their_last_epochs_and_how_many_are_empty(tmp_path, capsys, samples, said):
    show_plan(replace(plan(foreign.table(tmp_path), Asked()), samples=tuple(samples)))
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("Predictions")] == said


def test_the_document_counts_the_same(tmp_path):
    path = foreign.json_lines(tmp_path)
    with path.open("a") as file:
        file.write("{broken\n")
    said = as_document(plan(path, Asked()))
    assert (said["epochs"], said["samples"], said["not_read"]["count"]) == (6, 0, 1)
    assert {each["field"] for each in said["columns"]} >= {"train_loss", "val_loss", "val_wer"}
    assert len(said["not_read"]["first"]) == 1


def test_figures_name_only_what_a_record_has():
    assert figures_of(Epoch(epoch=1.0, train_loss=1.25, val_wer=0.5)) == "train_loss 1.25, val_wer 0.5"
    assert figures_of(Epoch(epoch=1.0)) == ""
