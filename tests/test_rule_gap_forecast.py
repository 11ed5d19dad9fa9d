"""`gap_forecast`: when the gap will cross its limit."""

import math

import numpy as np
import pytest

from monitor import series
from monitor.rules.gap_forecast import GapForecast
from monitor.rules.result import NotApplicable, NotEnoughData
from tests.snapshots import check, curve, first_fired, found, snapshot

RULE = GapForecast()


def gap(values):
    return snapshot(train_loss=[1.0] * len(values), val_loss=[1.0 + value for value in values])


def test_a_gap_that_stays_levels_off_or_falls_is_quiet():
    assert first_fired(RULE, gap([0.4] * 30)) == (None, None)
    assert first_fired(RULE, gap(curve(40, lambda e: 0.6 * (1 - 0.7**e)))) == (None, None)
    assert first_fired(RULE, gap(curve(40, lambda e: 0.9 - 0.02 * e))) == (None, None)


def test_a_slow_rise_is_not_drawn_on_further_than_it_was_seen():
    assert first_fired(RULE, gap(curve(20, lambda e: 0.001 * e))) == (None, None)


def test_past_the_limit_it_is_the_gaps_own_flag():
    assert found(RULE, gap(curve(40, lambda e: 0.05 * e))) is None


def test_few_evaluations_and_missing_losses_are_said():
    result = check(RULE, gap([0.1] * 8))
    assert isinstance(result, NotEnoughData) and (result.have, result.need) == (4, 6)
    assert isinstance(check(RULE, snapshot(val_wer=[0.5] * 9)), NotApplicable)


def test_a_steady_rise_is_drawn_on_to_the_limit_with_its_band():
    finding = found(RULE, gap(curve(15, lambda e: 0.05 * e)))
    assert finding.severity == "info"
    assert finding.line == "At this rate the gap crosses 1 at about epoch 20 (between 20 and 20)."


def test_noise_widens_the_band_around_the_estimate():
    rng = np.random.default_rng(0)
    finding = found(RULE, gap([0.05 * e + rng.normal(0, 0.015) for e in range(1, 16)]))
    early, late = (int(word) for word in finding.line.rstrip(").").split("between ")[1].split(" and "))
    assert early < late and early <= math.ceil(finding.now["crossing at epoch"]) <= late
    assert abs(finding.now["crossing at epoch"] - 20) < 3


@pytest.mark.parametrize("seed", range(5))
def test_sens_interval_holds_the_slope_and_the_median_slope(seed):
    rng = np.random.default_rng(seed)
    x = np.arange(20.0)
    slope, low, high = series.theil_sen_band(x, 0.3 * x + rng.normal(0, 1, 20))
    assert low <= slope <= high and slope == series.theil_sen(x, 0.3 * x + np.random.default_rng(seed).normal(0, 1, 20))


def test_nine_of_ten_intervals_hold_the_true_slope():
    rng = np.random.default_rng(1)
    x = np.arange(15.0)
    bands = [series.theil_sen_band(x, 0.2 * x + rng.normal(0, 1, 15)) for _ in range(400)]
    assert 0.86 < np.mean([low <= 0.2 <= high for _, low, high in bands]) < 0.96
