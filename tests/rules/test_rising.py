"""Is val loss above its best, and is that a trend?"""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from monitor.rules import evaluations
from monitor.rules.arithmetic import series
from monitor.rules.episodes import Level
from monitor.rules.rising import RisingLimits, is_rising, rising_levels
from monitor.rules.thresholds import DEFAULTS, CommonLimits
from tests.snapshots import curve, snapshot

COMMON = CommonLimits()
LOSS = st.one_of(st.floats(0.5, 4.0), st.sampled_from([1.0, math.nan, math.inf]))
LOSSES = st.lists(LOSS, min_size=1, max_size=24)


def levels(losses, thresholds=DEFAULTS):
    seen = snapshot(val_loss=losses)
    return rising_levels(seen, evaluations.read(seen, thresholds), thresholds)


@pytest.mark.parametrize(
    "of",
    [
        lambda e: 4 / e,
        lambda e: 2.0,
        lambda e: 2 + 0.02 * (e % 2),
        lambda e: 2 + 0.4 * (e % 2),
        lambda e: 9.0 if e == 20 else 4 / e,
        lambda e: 2.0 + 0.001 * e,
    ],
    ids=["falls", "stays", "a little noise", "much noise", "one spike", "next to nothing"],
)
def test_without_a_clear_trend_no_evaluation_says_anything(of):
    assert max(levels(curve(30, of))) <= Level.HOLD


def test_the_guard_is_not_judged():
    assert levels([1.0, 2.0, 4.0, 8.0]) == [Level.CLEAR] * 4


def test_a_rise_is_a_warning_and_a_steep_one_critical():
    found = levels(curve(30, lambda e: 2.0 - 0.05 * e if e < 10 else 1.5 + 0.02 * (e - 9)))
    assert found[9] == Level.CLEAR and Level.WARNING in found and found[-1] == Level.CRITICAL
    assert found.index(Level.WARNING) < found.index(Level.CRITICAL)


def test_a_loss_that_is_infinite_ends_nothing_and_one_that_is_missing_does():
    rising = curve(20, lambda e: 1 + 0.1 * e)
    assert levels([*rising, math.inf])[-1] == Level.HOLD
    assert levels([*rising, math.nan])[-1] == Level.CLEAR


def test_of_losses_that_are_not_above_zero_the_range_so_far_counts():
    assert set(levels(curve(20, lambda e: 5.0 - e))) == {Level.CLEAR}
    assert set(levels(curve(20, lambda e: -5.0 + 0.1 * (e % 2)))) == {Level.CLEAR}
    assert levels(curve(20, lambda e: 5.0 - e if e < 12 else -7.0 + 0.5 * (e - 12)))[-1] is Level.CRITICAL


def rises(values):
    return is_rising(values, np.array([len(values) - 1]), np.zeros(len(values), dtype=int), COMMON)[0]


def test_few_evaluations_need_two_rises_in_a_row_and_many_a_trend():
    assert not rises(np.array([1.0, 2.0, 1.5]))
    assert rises(np.array([1.0, 1.5, 2.0]))
    assert not rises(np.array([1.0, *([2.0, 1.5] * 6)]))
    assert rises(np.linspace(1, 2, 12))
    assert not rises(np.array([1.0, *([2.0, 1.5] * 30)]))
    assert rises(np.linspace(1, 2, 60))


def slowly(losses):
    """The level of the last of these evaluations, looked at alone and in plain numbers."""
    last, many = losses[-1], len(losses)
    finite = [value for value in losses if math.isfinite(value)]
    if many < COMMON.guard_evaluations or many < min(COMMON.guard_epochs, COMMON.guard_many_evaluations):
        return Level.CLEAR
    if math.isinf(last):
        return Level.HOLD
    if math.isnan(last):
        return Level.CLEAR
    above = last / min(finite) - 1
    since = losses[losses.index(min(finite)) :]
    scatters = 2.0 if len(since) >= 8 or many <= 24 else 4.0
    if above <= max(scatters * series.log_scatter(losses)[-1], 0.05 * (1 - 0.2)):
        return Level.CLEAR
    rises = [after > before for before, after in pairwise(losses)]
    trend = series.rising_p_value(since[-24:]) < 0.05 if len(since) >= 8 else len(losses) >= 3 and all(rises[-2:])
    if above <= 0.05 or not trend:
        return Level.HOLD
    return Level.CRITICAL if above > 0.10 and len(losses) > 3 and all(rises[-3:]) else Level.WARNING


@settings(max_examples=150, deadline=None)
@given(LOSSES)
def test_each_evaluation_says_what_it_says_when_nothing_later_is_known(losses):
    assert levels(losses) == [slowly(losses[: count + 1]) for count in range(len(losses))]


@settings(max_examples=100, deadline=None)
@given(LOSSES, st.integers(-20, 20))
def test_the_unit_of_the_loss_changes_no_level(losses, power):
    assert levels([value * 2.0**power for value in losses]) == levels(losses)


@settings(max_examples=100, deadline=None)
@given(LOSSES, st.sampled_from(["val_rise_warning_ratio", "val_rise_critical_ratio", "val_rise_scatters"]))
def test_a_higher_threshold_never_raises_a_level(losses, name):
    assume(len(losses) > 4)
    higher = DEFAULTS.but(RisingLimits(**{name: 3 * getattr(RisingLimits(), name)}))
    assert all(more <= usual for more, usual in zip(levels(losses, higher), levels(losses), strict=True))


def test_two_rises_after_the_lowest_of_many_noisy_losses_are_noise():
    noisy = [1.0 + (0.02 if place % 2 else -0.02) for place in range(60)] + [0.93, 0.96, 0.99]
    assert levels(noisy)[-1] is Level.CLEAR
    assert levels([*noisy, 1.1, 1.3, 1.5])[-1] is Level.CRITICAL
