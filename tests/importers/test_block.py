"""A ruled block of names and values in groups: one statement when it ends."""

import json

import pytest

from monitor.importers.free_text.block import MOST_ROWS, Block
from monitor.importers.free_text.statement import Statement

ROLLOUT = ["| rollout/ | |", "|    ep_rew_mean | 29.1 |"]
TIME = ["| time/ | |", "|    fps | 900 |", "|    iterations | 1 |", "|    total_timesteps | 2048 |"]
TRAIN = ["| train/ | |", "|    loss | 0.355 |", "|    learning_rate | 0.0003 |"]
END = "-----------------"


def last(lines, block=None):
    block = block or Block()
    return [block.take(line) for line in lines][-1]


@pytest.mark.parametrize("line", ["", "epoch 3 loss 2.1", END, "|    loss | 0.355 |"])
def test_outside_of_a_block_nothing_is_one(line):
    assert Block().take(line) is None


def test_the_rows_say_nothing_before_the_block_ends():
    block = Block()
    assert [block.take(line) for line in ROLLOUT + TIME] == [Statement()] * 6


def test_an_agents_block_is_one_evaluation_at_its_step():
    assert last([*ROLLOUT, *TIME, *TRAIN, END]) == Statement(
        step=2048.0,
        through=True,
        values=(("rollout_ep_rew_mean", "29.1"), ("train_loss", "0.355"), ("learning_rate", "0.0003")),
    )


def test_a_block_of_the_training_alone_is_of_a_step():
    assert last([*TIME, *TRAIN, END]) == Statement(
        step=2048.0,
        partial=True,
        through=True,
        split="train",
        values=(("train_loss", "0.355"), ("learning_rate", "0.0003")),
    )
    assert last([*TRAIN, END]).partial is False


def test_a_group_that_is_a_split_gives_its_rows_that_split():
    assert last(["| eval/ | |", "| mean_reward | 7 |", END]).values == (("val_mean_reward", "7"),)


def test_a_block_of_times_alone_says_nothing():
    assert last([*TIME, END]) is None


def test_a_row_without_a_number_and_one_of_housekeeping_are_left_out():
    assert last(
        ["| train/ | |", "| note | text |", "| n_updates | 8 |", "| seconds | 3 |", "| loss | nan |", END]
    ).values == (
        ("train_n_updates", "8"),
        ("train_loss", "nan"),
    )


def test_an_endless_block_keeps_no_more_than_its_first_rows():
    rows = [f"| a{n} | {n} |" for n in range(3 * MOST_ROWS)]
    assert len(last(["| train/ | |", *rows, END]).values) == MOST_ROWS


def test_two_blocks_share_nothing():
    block = Block()
    last([*ROLLOUT, *TIME, END], block)
    assert block.take(END) is None
    assert last(["| rollout/ | |", "| ep_len_mean | 5 |", END], block) == Statement(
        through=True, values=(("rollout_ep_len_mean", "5"),)
    )


def test_a_block_that_was_cut_goes_on_from_its_memory():
    lines = [*ROLLOUT, *TIME, *TRAIN, END]
    for cut in range(len(lines)):
        first = Block()
        for line in lines[:cut]:
            first.take(line)
        assert last(lines[cut:], Block(json.loads(json.dumps(first.memory())))) == last(lines)
