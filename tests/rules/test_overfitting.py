"""`overfitting`: val loss leaves train loss behind and errors do not improve, in any unit."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.rules.overfitting import Overfitting
from monitor.rules.result import NotApplicable, NotEnoughData, in_words
from monitor.run_dir.replay import as_of
from tests.snapshots import check, curve, first_fired, found, snapshot

RULE = Overfitting()


def healthy(e):
    return 1 + 4 / e


def turns(e, at=10):
    """Falls until `at`, then rises."""
    return 2 + 3 / e if e <= at else 2.3 + 0.05 * (e - at)


def test_a_run_whose_losses_fall_together_is_quiet():
    seen = snapshot(train_loss=curve(60, lambda e: healthy(e) - 0.1), val_loss=curve(60, healthy))
    assert first_fired(RULE, seen) == (None, None)


def test_one_spike_however_high_that_recovers_is_quiet():
    val = curve(40, lambda e: 180.0 if e == 20 else healthy(e))
    assert first_fired(RULE, snapshot(train_loss=curve(40, lambda e: healthy(e) - 0.1), val_loss=val)) == (None, None)


def test_a_noisy_val_loss_without_a_trend_is_quiet():
    val = curve(60, lambda e: healthy(e) * (1 + 0.01 * (-1) ** e))
    assert first_fired(RULE, snapshot(train_loss=curve(60, lambda e: healthy(e) - 0.1), val_loss=val)) == (None, None)


def test_a_rising_val_loss_with_a_train_loss_that_rises_too_is_not_overfitting():
    seen = snapshot(train_loss=curve(40, turns), val_loss=curve(40, lambda e: turns(e) + 0.2))
    assert found(RULE, seen) is None


def test_a_rising_val_loss_while_errors_still_fall_is_not_overfitting():
    wer = curve(40, lambda e: 0.9 - 0.015 * e)
    seen = snapshot(train_loss=curve(40, lambda e: 5 / e), val_loss=curve(40, turns), val_wer=wer)
    assert first_fired(RULE, seen) == (None, None)


def test_too_few_points_and_missing_losses_are_said():
    assert isinstance(check(RULE, snapshot(train_loss=[1, 1], val_loss=[1, 2])), NotEnoughData)
    assert isinstance(check(RULE, snapshot(val_wer=[0.5] * 9)), NotApplicable)


def test_it_fires_soon_after_the_turn_and_says_since_when():
    wer = curve(40, lambda e: max(0.6, 0.9 - 0.03 * e))
    seen = snapshot(train_loss=curve(40, lambda e: 5 / e), val_loss=curve(40, turns), val_wer=wer)
    first, critical = first_fired(RULE, seen)
    assert 12 <= first <= 20 and critical is not None
    finding = found(RULE, seen)
    assert finding.severity == "critical"
    assert "above its best (epoch 10) while train loss fell" in finding.line
    assert first <= finding.fired <= first + 1 and finding.onset <= finding.fired


def stood_still(e):
    """An error rate that made its last step in epoch 8 and is a little worse since."""
    return 0.9 - 0.04 * e if e <= 8 else 0.60


def test_errors_that_drift_back_to_their_best_do_not_end_it():
    drifting = curve(60, lambda e: stood_still(e) if e < 36 else 0.60 - 0.0005 * (e - 35))
    finding = found(RULE, snapshot(train_loss=curve(60, lambda e: 5 / e), val_loss=curve(60, turns), val_wer=drifting))
    assert finding is not None and finding.onset < 30 and finding.severity == "critical"


def test_a_falling_trend_without_a_new_best_begins_nothing():
    wer = curve(40, lambda e: 0.9 - 0.04 * e if e <= 8 else 0.80 - 0.005 * (e - 9))
    val = curve(40, lambda e: turns(e) if e <= 10 else 2.301 + 0.02 * max(0, e - 25))
    losses = {"train_loss": curve(40, lambda e: 5 / e), "val_loss": val}
    assert found(RULE, snapshot(**losses, val_wer=curve(40, stood_still))) is not None
    assert first_fired(RULE, snapshot(**losses, val_wer=wer)) == (None, None)


def test_a_new_best_error_rate_ends_it():
    wer = curve(40, lambda e: stood_still(e) if e < 40 else 0.55)
    losses = {"train_loss": curve(40, lambda e: 5 / e), "val_loss": curve(40, turns)}
    assert found(RULE, snapshot(**{name: column[:39] for name, column in losses.items()}, val_wer=wer[:39])) is not None
    assert found(RULE, snapshot(**losses, val_wer=wer)) is None


def test_it_needs_no_error_rate():
    assert found(RULE, snapshot(train_loss=curve(40, lambda e: 5 / e), val_loss=curve(40, turns))) is not None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.1, 10), min_size=8, max_size=30),
    st.lists(st.floats(0.1, 10), min_size=30, max_size=30),
    st.sampled_from([0.125, 8.0, 1024.0]),
)
def test_the_verdict_is_the_same_in_every_unit(val, train, scale):
    train = train[: len(val)]
    plain = found(RULE, snapshot(train_loss=train, val_loss=val))
    scaled = found(RULE, snapshot(train_loss=[x * scale for x in train], val_loss=[x * scale for x in val]))
    assert (plain is None) == (scaled is None)
    if plain is not None:
        assert (plain.severity, plain.onset, plain.fired) == (scaled.severity, scaled.onset, scaled.fired)


@pytest.mark.parametrize("scale", [0.1, 10])
def test_a_tenth_and_ten_times_the_loss_change_nothing(scale):
    train, val = curve(40, lambda e: 5 / e), curve(40, turns)
    plain = found(RULE, snapshot(train_loss=train, val_loss=val))
    scaled = found(RULE, snapshot(train_loss=[x * scale for x in train], val_loss=[x * scale for x in val]))
    assert plain.line == scaled.line


def test_a_loss_below_zero_has_no_ratio_and_that_is_said():
    seen = snapshot(train_loss=curve(20, lambda e: -0.5 * e), val_loss=curve(20, lambda e: -0.3 * e))
    assert check(RULE, seen).needs == "losses above zero: one below it has no ratio to its best"


@pytest.mark.parametrize("name", ["val_wer", "val_accuracy"])
def test_where_no_error_is_left_nothing_is_overfitted_until_one_comes_back(name):
    def seen(last):
        errors = curve(30, lambda e: max(0.0, 0.3 - 0.05 * e) if e < 24 else last)
        fields = {"val_wer": errors} if name == "val_wer" else {"metrics": [{name: 1 - error} for error in errors]}
        return snapshot(train_loss=curve(30, lambda e: 5 / e**2), val_loss=curve(30, turns), **fields)

    assert found(RULE, seen(0.0)) is None
    assert found(RULE, seen(0.04)) is not None


@pytest.mark.parametrize(("config", "fine_tuned"), [({"model": "llama-8b"}, True), ({"lora_r": 8}, True), ({}, False)])
def test_advice_on_a_pretrained_language_model_is_not_that_on_a_network_from_scratch(config, fine_tuned):
    columns = {"train_loss": curve(30, lambda e: 3 * 0.9**e), "val_loss": curve(30, lambda e: 2 + 0.05 * abs(e - 10))}
    remedy = found(RULE, snapshot(**columns, run={"config": config})).remedy
    assert ("dropout" in remedy) is not fine_tuned and ("Fewer epochs" in remedy) is fine_tuned


def test_the_lowest_of_a_val_loss_that_only_scatters_is_no_ground_for_a_critical_flag():
    """Noise of 27 % without any trend, beside a train loss that falls: 12 seeds, each replayed."""
    for seed in range(12):
        rng = random.Random(seed)
        losses = [1.1 + rng.gauss(0, 0.3) for _ in range(60)]
        errors = [0.5 - 0.002 * e + rng.gauss(0, 0.02) for e in range(1, 61)]
        run = snapshot(train_loss=curve(60, lambda e: 1.2 * 0.97**e), val_loss=losses, val_wer=errors)
        for epoch in range(5, 61):
            finding = check(RULE, as_of(run, epoch))
            assert getattr(finding, "severity", "") != "critical", (seed, epoch)


def test_how_far_val_loss_is_above_its_best_is_no_loss_and_stands_in_percent():
    seen = snapshot(train_loss=curve(30, lambda e: 5 / e), val_loss=curve(30, turns))
    flag = found(RULE, seen)
    shown = in_words(flag.now)
    assert flag.now["val loss above best"] == pytest.approx(turns(30) / turns(11) - 1, abs=0.05)
    assert shown["val loss above best"] == f"{100 * flag.now['val loss above best']:.1f} %"
    assert shown["val loss above best"] in flag.line and shown["best val loss at epoch"] == "10"
