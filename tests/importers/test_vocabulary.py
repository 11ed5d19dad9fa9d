"""The words of training logs: what each list lets in, and what it must not."""

import pytest

from monitor.importers.vocabulary import (
    EPOCHS,
    HOUSEKEEPING,
    LOSS_LIKE,
    NUMBERED_SPLIT,
    QUALITY,
    RATE,
    SPLITS,
    STEPS,
    THROUGH,
    UNIT,
    in_order,
    words,
)


def test_a_list_that_commas_part_keeps_its_order_and_is_a_set_too():
    assert in_order("b, a, c") == ("b", "a", "c") and words("a, b, a") == {"a", "b"}


def test_no_word_names_an_epoch_and_a_step_or_a_split():
    assert not EPOCHS & STEPS and not (EPOCHS | STEPS) & SPLITS.keys()
    assert set(SPLITS.values()) == {"train", "val", "test"}


@pytest.mark.parametrize("name", ["loss", "val_loss", "acc", "acc_day", "wer", "f1", "reward", "iou_stage"])
def test_a_measurement_is_no_housekeeping(name):
    assert not HOUSEKEEPING.fullmatch(name)


@pytest.mark.parametrize(
    "name",
    ["time", "step_time", "eta", "gpu_mem", "lr_time", "seconds", "samples_per_second", "dauer", "время", "days"],
)
def test_times_sizes_and_counts_are_housekeeping(name):
    assert HOUSEKEEPING.fullmatch(name)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("val_ctc", "val_loss"),
        ("test_loss", "val_loss"),
        ("val_binary_crossentropy", "val_loss"),
        ("train_nll", "train_loss"),
        ("rmse", "train_loss"),
        ("box_loss", "train_loss"),
        ("value_loss", None),
        ("train_policy_loss", None),
        ("acc", None),
        ("lossless", None),
    ],
)
def test_a_name_is_like_a_loss_of_one_split_or_of_none(name, field):
    assert [each for each, pattern in LOSS_LIKE.items() if pattern.fullmatch(name)] == ([field] if field else [])


def test_scores_and_errors_are_qualities_and_losses_are_not():
    for name in ("wer", "val_acc", "acc@1", "map50", "f1_macro", "bleu4", "val_miou", "ndcg", "test_error_rate"):
        assert QUALITY.fullmatch(name), name
    for name in ("loss", "lr", "accident", "lower", "reward"):
        assert not QUALITY.fullmatch(name), name


def test_numbered_splits_rates_and_units():
    assert NUMBERED_SPLIT.match("valid_1")[1] == "valid" and NUMBERED_SPLIT.match("train12")[1] == "train"
    assert not NUMBERED_SPLIT.match("valid_123") and not NUMBERED_SPLIT.match("valid_a1")
    for text in ("words/s", "ms/batch", "samples/sec"):
        assert RATE.fullmatch(text), text
    for text in ("ms", "s", "gib", "it/s", "кадр/s"):
        assert UNIT.fullmatch(text), text
    for text in ("loss/val", "acc", "%", "1/s"):
        assert not RATE.fullmatch(text) and not UNIT.fullmatch(text), text


def test_steps_through_all_epochs_are_told_from_those_of_one():
    assert all(
        THROUGH.fullmatch(name) for name in ("global_step", "trainer/global_step", "num_updates", "num_timesteps")
    )
    assert not any(THROUGH.fullmatch(name) for name in ("step", "batch", "iter", "timestep"))
