"""A line without figures that names the split of what stands below it."""

import pytest

from monitor.importers.free_text.heading import heading_of


@pytest.mark.parametrize(
    ("line", "split"),
    [
        ("Validating...", "val"),
        ("Eval begin...", "val"),
        ("VALID SET", "val"),
        ('"validation": {', "val"),
        ("--- Training ---", "train"),
        ("scores on dev_clean:", "val_clean"),
        ("Test results:", "test"),
        ("evaluation on dev-set", "val"),
    ],
)
def test_a_heading_names_a_split(line, split):
    assert heading_of(line.lower()) == split


@pytest.mark.parametrize(
    "line",
    [
        "validation done in no time",
        "training finished",
        "end of validation",
        "epoch 3 ends",
        "echo validation; sleep",
        "${validation}",
        "saving the model",
        "val val val val val val val val val",
        "",
        "the validation is what we look at when we want to know how well it does",
    ],
)
def test_what_ends_a_split_a_shells_line_and_a_sentence_are_no_heading(line):
    assert heading_of(line) == ""
