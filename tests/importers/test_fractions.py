"""`3/60` at the beginning of a line: an epoch only where the log shows that it counts epochs so."""

import pytest

from monitor.importers.free_text.fractions import MOST_TOTALS, Fractions


def said(lines, epoch=None, memory=None):
    one = Fractions(memory)
    return [one.in_words(line, line, epoch) for line in lines]


@pytest.mark.parametrize("line", ["", "loss 2.1", "3/60 loss 2.1", "5/60", "3/60 | loss 2.1", "12/400 [00:10<00:20]"])
def test_a_fraction_of_which_nothing_is_known_stays(line):
    assert said([line]) == [line]


def test_fractions_alone_in_a_line_that_count_from_the_first_are_epochs():
    assert said(["1/60", "loss 3", "2/60", "[3/60]"]) == ["epoch 1/60", "loss 3", "epoch 2/60", "epoch 3/60"]
    assert said(["0/60", "1/60"]) == ["epoch 0/60", "epoch 1/60"]


def test_a_fraction_alone_that_leaves_the_count_out_is_none():
    assert said(["1/60", "7/60", "2/99", "2/60"]) == ["epoch 1/60", "7/60", "2/99", "epoch 2/60"]


def test_below_a_named_epoch_a_fraction_alone_begins_nothing():
    assert said(["1/60"], epoch=4.0) == ["1/60"]


def test_the_number_of_the_present_epoch_before_a_mean_is_the_epoch():
    lines = ["[4/60] avg loss 2.1", "4/60 | train loss 2.0"]
    assert said(lines, epoch=4.0) == ["epoch 4/60  avg loss 2.1", "epoch 4/60  | train loss 2.0"]


def test_the_number_of_the_present_epoch_before_anything_else_may_be_a_step():
    assert said(["[4/60] loss 2.1"], epoch=4.0) == ["[4/60] loss 2.1"]


def test_a_total_that_once_counted_steps_never_counts_epochs():
    lines = ["[2/60] train loss 3", "[4/60] train loss 2"]
    assert said(lines, epoch=4.0) == lines


def test_a_form_that_names_epochs_of_a_total_makes_all_fractions_of_that_total_epochs():
    one = Fractions()
    assert one.in_words("[3/60][10/400] x", "epoch 3/60 [10/400] x", None) == "epoch 3/60 [10/400] x"
    assert one.in_words("[9/60] x", "[9/60] x", None) == "epoch 9/60  x"


def test_what_was_found_goes_on_from_its_memory_and_stays_bounded():
    one = Fractions()
    one.in_words("1/60", "1/60", None)
    for total in range(100, 300):
        line = f"[2/{total}] loss 1"
        one.in_words(line, line, 4.0)
    kept = one.memory()
    assert len(kept["steps"]) == MOST_TOTALS and kept["steps"][-1] == "299"
    assert said(["2/60"], memory=kept) == ["epoch 2/60"]
    assert said(["[4/299] train loss 1"], epoch=4.0, memory=kept) == ["[4/299] train loss 1"]
