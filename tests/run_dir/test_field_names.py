"""Names under which people log a quantity, and the field that each one is."""

import pytest

from monitor.run_dir.field_names import SHARES, SYNONYMS, fields_of, plain


def test_names_that_are_no_synonym_are_no_field():
    assert fields_of([]) == {}
    assert fields_of(["accuracy", "lossy", "val", "learning", "my_val_loss_2"]) == {}


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Val WER (%)", "val_wer"),
        ("val/loss", "val_loss"),
        ("Loss [nats]", "loss"),
        ("blank pct", "blank"),
        ("(%)", ""),
        ("loss (" + "x" * 100_000, "loss_" + "x" * 100_000),
    ],
)
def test_a_name_without_case_unit_and_punctuation(name, bare):
    assert plain(name) == bare


def test_the_likeliest_name_wins_and_a_name_serves_one_field():
    names = ["loss", "train_loss", "val_loss", "test_loss", "WER"]
    assert fields_of(names) == {"train_loss": "train_loss", "val_loss": "val_loss", "val_wer": "WER"}
    assert fields_of(names[::-1]) == fields_of(names)
    assert fields_of(["Val Loss", "val_loss"]) == {"val_loss": "Val Loss"}, "of two spellings the first"


def test_no_synonym_stands_for_two_fields_and_each_is_plain():
    synonyms = [name for names in SYNONYMS.values() for name in names]
    assert len(synonyms) == len(set(synonyms))
    assert [plain(name) for name in synonyms] == synonyms
    assert set(SYNONYMS) >= SHARES
