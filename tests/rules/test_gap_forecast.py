"""`gap_forecast`: when the gap will cross its limit."""

import msgspec
import numpy as np

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


def test_nothing_is_foretold_past_the_planned_end():
    rise = curve(19, lambda e: 0.05 * e)
    seen = gap(rise)
    for planned, said in ((19, None), (20, None), (22, "on, or not before the end of the plan, epoch 22")):
        finding = found(RULE, msgspec.structs.replace(seen, planned=planned))
        assert (finding is None) == (said is None) and (said is None or said in finding.line)


def test_past_the_limit_it_is_the_gaps_own_flag():
    assert found(RULE, gap(curve(40, lambda e: 0.05 * e))) is None


def test_few_evaluations_and_missing_losses_are_said():
    result = check(RULE, gap([0.1] * 8))
    assert isinstance(result, NotEnoughData) and (result.have, result.need) == (8, 10)
    early = check(RULE, gap([0.1] * 3))
    assert isinstance(early, NotEnoughData) and (early.have, early.need) == (3, 10)
    assert isinstance(check(RULE, snapshot(val_wer=[0.5] * 9)), NotApplicable)


def test_a_steady_rise_is_drawn_on_to_the_limit_with_its_band():
    finding = found(RULE, gap(curve(19, lambda e: 0.05 * e)))
    assert finding.severity == "info"
    assert finding.line.startswith("The gap will cross 1.0 at about epoch 21 (80 % band: epoch 20 ")
    assert finding.now["crossing at epoch"] == 21


def test_noise_widens_the_band_around_the_estimate():
    rng = np.random.default_rng(0)
    finding = found(RULE, gap([0.05 * e + rng.normal(0, 0.015) for e in range(1, 20)]))
    assert "(80 % band: epoch 20 on, or never)" in finding.line
    assert 19 < finding.now["crossing at epoch"] < 26
