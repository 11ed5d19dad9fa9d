"""What one line of a log says, and what is asked of it."""

import pytest

from monitor.importers.free_text.statement import Statement, is_a_loss, sums_up, tells_both, validated


def of(*names, **others):
    return Statement(values=tuple((name, "1.0") for name in names), **others)


def test_a_statement_of_nothing_evaluates_nothing_and_is_of_no_step():
    none = Statement()
    assert (none.evaluates, none.is_of_rollouts, none.is_under_way, none.is_of_a_step) == (False,) * 4


@pytest.mark.parametrize(
    ("name", "evaluates", "of_rollouts"),
    [
        ("train_loss", False, False),
        ("value_loss", False, False),
        ("val_loss", True, False),
        ("test_acc", True, False),
        ("rollout_reward", True, True),
    ],
)
def test_numbers_of_val_test_and_rollouts_are_evaluations(name, evaluates, of_rollouts):
    assert (of("lr", name).evaluates, of("lr", name).is_of_rollouts) == (evaluates, of_rollouts)


@pytest.mark.parametrize(("bar", "under_way"), [((3, 10), True), ((10, 10), False), ((11, 10), False)])
def test_a_bar_is_under_way_until_it_is_full_and_is_of_a_step_either_way(bar, under_way):
    assert (Statement(bar=bar).is_under_way, Statement(bar=bar).is_of_a_step) == (under_way, True)
    assert Statement(step=0.0).is_of_a_step


def test_cells_with_a_validation_or_a_wer_are_validated():
    assert validated({"wer": "0.4"}) and validated({"lr": "1", "test_acc": "1"})
    assert not validated({}) and not validated({"train_wer": "0.4", "value_loss": "1"})


@pytest.mark.parametrize(
    ("names", "both"),
    [
        (("train_loss", "val_loss"), True),
        (("loss", "test_loss"), True),
        (("val_loss", "test_loss"), False),
        (("train_loss", "val_acc"), False),  # one loss alone
        (("train_loss", "ctc_loss"), False),
        ((), False),
    ],
)
def test_a_line_tells_both_with_a_loss_of_the_training_and_one_of_the_validation(names, both):
    assert tells_both(of(*names)) == both


def test_a_loss_of_the_training_has_the_word_and_no_other_split():
    assert [is_a_loss(name) for name in ("loss", "train_loss", "val_loss", "test_loss", "rollout_loss", "acc")] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


def test_a_line_sums_up_the_epoch_whose_training_stands_above():
    trained = {"train_loss": "2.0"}
    assert sums_up(trained, of("val_loss"))
    assert sums_up(trained, of("val_loss", bar=(4, 4)))
    assert not sums_up(trained, of("val_loss", bar=(3, 4)))
    assert not sums_up(trained, of("val_loss", "train_loss"))
    assert not sums_up(trained, of("train_acc"))
    assert not sums_up({"train_acc": "0.5", "val_loss": "2.0"}, of("val_loss"))
