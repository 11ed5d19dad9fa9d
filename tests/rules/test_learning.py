"""Whether a loss has come far down since its first evaluations: by finite values, and with both of them named."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.rules.learning import FIRST_EVALUATIONS, came_down


def told(losses, **ratio):
    return came_down("train loss", np.array(losses, float), np.arange(1.0, len(losses) + 1), **ratio)


@pytest.mark.parametrize(
    "losses",
    [
        [],
        [9.0, 1.0],
        [4.0] * 12,
        [9.0, 2.0, 2.0, 2.0, 2.0, 1.5],
        [4.0, 4.0, 4.0, 4.0, 4.0, 2.0],
        [4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 1.0, 3.9],
        [-1.0, -1.0, -1.0, -1.0, -1.0, -4.0],
        [math.nan] * 12,
    ],
    ids=["none", "too few", "flat", "from its lowest", "exactly half", "came back", "below zero", "not finite"],
)
def test_what_has_not_come_far_down_is_not_told(losses):
    assert told(losses) == ""


def test_both_values_and_the_epoch_of_the_first_are_told():
    assert told([9.0, 4.0, 5.0, 5.0, 5.0, 1.0]) == "train loss has come down from 4.00 at epoch 2 to 1.00"
    assert told([math.nan, 4.0, 5.0, 5.0, 5.0, 5.0, 1.0, math.inf]).endswith("from 4.00 at epoch 2 to 1.00")
    assert told([4.0] * 5 + [2.5]) == "" and told([4.0] * 5 + [2.5], ratio=0.75) != ""


LOSSES = st.lists(st.floats(0.1, 100), min_size=FIRST_EVALUATIONS + 1, max_size=12)


@given(LOSSES, st.integers(-3, 3))
def test_the_unit_of_a_loss_does_not_matter(losses, power):
    assert bool(told(losses)) == bool(told([loss * 2.0**power for loss in losses]))
