"""Passages of a log without figures: the code of the script, and the options of an object in a line each."""

import pytest

from monitor.importers.free_text.known import Known
from monitor.importers.free_text.passages import MOST_OPTIONS, goes_on_in_code, goes_on_in_options


def code(*lines):
    known = Known()
    return [goes_on_in_code(known, line) for line in lines]


def options(*lines):
    known = Known()
    return [goes_on_in_options(known, line) for line in lines]


@pytest.mark.parametrize("line", ["", "epoch 1 loss 2.0", "importing data 2.0", "from epoch 3 on", "  import torch"])
def test_a_line_that_is_no_import_begins_no_code(line):
    assert code(line) == [False]


def test_code_goes_on_from_an_import_to_a_figure_or_a_ruled_line():
    script = ("import torch.nn as nn, os", "lr = 0.1", "loss = f(x)  # 0.5", "")
    assert code(*script, "epoch 1: loss 2.1", "x") == [True] * 4 + [False, False]
    assert code(*script, "=" * 20, "x") == [True] * 4 + [False, False]
    assert code("from torch import (", "loss 2.1") == [True, False]


def test_options_go_on_to_the_bracket_that_closes_them():
    shown = ("TrainingArguments(", "learning_rate=0.1,", "eval_steps=500,", "  'name': 'x',", ")", "loss 2.1")
    assert options(*shown) == [True, True, True, True, True, False]


@pytest.mark.parametrize("line", ["", "(", "print(", "config: {", "TrainingArguments"])
def test_what_names_no_object_of_options_begins_none(line):
    assert options(line) == [False]


def test_a_line_of_an_epoch_ends_the_options():
    assert options("GPTConfig {", "layers: 3", "epoch: 3, loss: 2.1", "loss: 2.0") == [True, True, False, False]


def test_options_that_never_close_end_after_a_bounded_number_of_lines():
    found = options("RunConfig(", *["a=1,"] * (MOST_OPTIONS + 10))
    assert found.index(False) == MOST_OPTIONS and not any(found[MOST_OPTIONS:])
