"""The words before a number → the name of a quantity: its split first, without filler words."""

import pytest

from monitor.importers.names import named, plain_name, set_of, split_of_words


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("average loss (dev)", "val_loss"),
        ("train_loss", "train_loss"),
        ("tloss", "train_loss"),
        ("vacc", "val_acc"),
        ("valloss", "val_loss"),
        ("wer wer", "wer"),
        ("value_loss", "value_loss"),
        ("loss value", "loss"),
        ("bbox_map_s", "bbox_map_small"),
        ("lr", "lr"),
    ],
)
def test_a_name_has_its_split_first(text, name):
    assert plain_name(text) == name


def test_one_of_several_sets_of_a_split_keeps_its_own_name():
    assert set_of("dev-clean") == "val_clean" and set_of("test_other") == "test_other"
    assert set_of("train-clean") == "" and set_of("dev-zorp") == ""


def test_words_name_a_split_only_where_they_name_nothing_else():
    assert split_of_words(("dev",)) == "val"
    assert split_of_words(("dev-clean",)) == "val_clean"
    assert split_of_words(("dev", "loss")) == ""
    assert split_of_words(("val", "test")) == "test"
    assert split_of_words(("train", "val")) == ""


def test_a_number_in_a_sentence_is_no_quantity():
    assert not named(("val", "loss")).dropped
    assert named(("val", "loss")) == named(("val", "loss")) and named(("val", "loss")).split == "val"
    assert named(("loss", "improved", "from")).dropped
