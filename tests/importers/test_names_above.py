"""Names on one line and their numbers alone on the next."""

import pytest

from monitor.importers.free_text.names_above import NamesAbove


def read(*lines):
    one = NamesAbove()
    return [one.joined(line) for line in lines]


@pytest.mark.parametrize(
    "lines",
    [
        ("", "0.1 0.2"),
        ("loss, acc, f1", "loss 0.1"),
        ("loss, acc, f1", "0.1 0.2"),  # fewer numbers than names
        ("loss, acc, f1", "", "0.1 0.2 0.3 0.4"),
        ("loss, acc", "0.1 0.2"),  # fewer than three names
        ("red, green, blue", "0.1 0.2 0.3"),  # names of nothing that is measured
        ("loss, loss, acc", "0.1 0.2 0.3"),  # a name twice
        ("loss 1, acc, f1", "0.1 0.2 0.3"),  # a figure among the names
    ],
)
def test_what_is_no_pair_of_names_and_numbers_stays(lines):
    assert read(*lines) == list(lines)


def test_each_number_gets_the_name_above_it_with_the_split_before_the_colon():
    assert read("dev: loss, acc, f1", "0.0122 0.9992 0.8004")[1] == "dev loss: 0.0122, dev acc: 0.9992, dev f1: 0.8004"
    assert read("loss acc f1", "1,2,nan")[1] == "loss: 1, acc: 2, f1: nan"


def test_a_ruled_line_between_them_is_passed_over_and_numbers_are_read_once():
    assert read("loss | acc | f1", "-----------", "1 2 3", "4 5 6") == [
        "loss | acc | f1",
        "-----------",
        "loss: 1, acc: 2, f1: 3",
        "4 5 6",
    ]


def test_a_sentence_that_ends_in_a_colon_names_the_number_below_it():
    assert read("current training loss is :", "2.31")[1] == "current training loss: 2.31"
    assert read("current folder is :", "2.31")[1] == "2.31"


def test_names_that_were_kept_from_before_go_on():
    assert NamesAbove(["val", "loss", "acc"]).joined("1.5 0.5") == "val loss: 1.5, val acc: 0.5"
