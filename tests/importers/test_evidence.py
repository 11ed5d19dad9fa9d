"""Where figures stand in a log: the line that is named is a line of the log, and holds the figure."""

import re

import pytest

from monitor.importers.free_text.evidence import figures_of
from monitor.importers.free_text.present import Row
from monitor.importers.free_text.scan import scan
from monitor.importers.free_text.witness import Witness
from monitor.importers.mapping import SourceMapping, Use
from monitor.importers.numbers import number, stated
from tests.importers.printed import PRINTED

NUMBER = re.compile(r"[-+]?\d*[.,]?\d+(?:[eE][-+]?\d+)?")


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_the_line_of_a_figure_is_one_of_the_log_that_holds_it(tmp_path, name):
    log = tmp_path / "train.log"
    log.write_bytes(PRINTED[name][0].encode())
    found = scan(log)
    evidence = found.evidence()
    if evidence is None:
        assert not found.seen
        return
    lines = log.read_bytes().decode().split("\n")
    for row, found in ((evidence.first, evidence.lines_of_first), (evidence.last, evidence.lines_of_last)):
        for column, stands in found.items():
            there = {number(each) for each in NUMBER.findall(lines[stands.line - 1])}
            assert stated(row.cells[column]) in there, (column, row.cells[column], stands)
            assert stands.text


def evidence(lines, rows):
    witness = Witness()
    for place, line in enumerate(lines, 1):
        witness.take(place, line)
    return witness.evidence(rows)


def test_of_two_lines_with_one_number_the_one_that_names_the_figure_its_split_and_its_epoch_is_told():
    lines = ["epoch 1 train loss 0.650 acc 0.5", "epoch 1 validation: loss 0.650", "epoch 2 validation: loss 0.650"]
    row = Row(2, {"val_loss": "0.650"})
    assert evidence(lines, [row]).lines_of_last["val_loss"].line == 3
    assert evidence(lines, [Row(1, {"val_loss": "0.650"})]).lines_of_last["val_loss"].line == 2
    assert evidence(lines, [Row(1, {"train_loss": "0.650"})]).lines_of_last["train_loss"].line == 1


def test_a_short_number_is_looked_for_beside_its_name_only():
    lines = ["epoch 3 loss 0.5 val_loss 0.7"]
    found = evidence(lines, [Row(3, {"loss": "0.5", "dice": "0.7"})]).lines_of_last
    assert set(found) == {"loss"}


def test_nothing_read_is_no_evidence():
    assert evidence(["loss 0.5"], []) is None and not figures_of(None, SourceMapping(())).names


def test_the_first_and_the_last_evaluation_of_the_last_start_are_shown_and_one_of_one():
    rows = [Row(1, {"loss": "9.111"}), Row(2, {"loss": "8.111"}), Row(1, {"train_loss": "7.111"}, 2),
            Row(2, {"loss": "6.111"}, 2)]  # fmt: skip
    lines = [f"epoch {row.epoch:g} loss {next(iter(row.cells.values()))}" for row in rows]
    mapping = SourceMapping((Use("train_loss", "loss"),), beside=("acc",))
    figures = figures_of(evidence(lines, rows), mapping)
    assert figures.rows() == [
        {"in the log": "loss", "becomes": "train_loss", "epoch 1": "7.111 (line 3)", "epoch 2": "6.111 (line 4)"},
        {"in the log": "acc", "becomes": "kept as it is", "epoch 1": "–", "epoch 2": "–"},
    ]
    assert figures_of(evidence(lines, rows[:1]), mapping).heads == ("epoch 1",)
