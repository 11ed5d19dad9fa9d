"""`throughput`: training that became slower, or waits for its data."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.diagnosis.verdict import judge
from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.rules.throughput import FIRST_STRETCHES, Throughput, _Usual
from monitor.run_dir import Launch, Step
from tests.snapshots import NOW, check, found, snapshot

RULE = Throughput()
SECS = 4.0


def steps(count, **fields):
    """`fields`: a number of each step by its place; a step takes four seconds and is a hundredth of an epoch."""
    made = []
    for place in range(count):
        values = {name: of(place) for name, of in fields.items()}
        made.append(Step(**{"step": place + 1, "epoch": place / 100, "at": NOW + SECS * place, **values}))
    return tuple(made)


def run(*args, epochs=1, **fields):
    return snapshot(steps=steps(*args, **fields), run={"config": {"epochs": epochs}})


def test_a_steady_speed_and_a_short_slow_time_are_quiet():
    assert found(RULE, run(400, clips_per_sec=lambda n: 80.0 + n % 7)) is None
    assert found(RULE, run(400, clips_per_sec=lambda n: 20.0 if 200 < n < 225 else 80.0)) is None
    assert found(RULE, run(400, clips_per_sec=lambda n: 60.0 if n > 200 else 80.0)) is None


def test_a_slow_start_that_becomes_faster_is_quiet():
    assert found(RULE, run(400, clips_per_sec=lambda n: 10.0 if n < 60 else 80.0)) is None


def test_batches_sorted_by_length_are_quiet_from_the_first_epoch_on():
    for count in range(60, 400, 20):
        assert found(RULE, run(count, epochs=9, clips_per_sec=lambda n: 120.0 - n % 100)) is None


def test_few_steps_none_and_those_of_a_log_that_is_read_are_not_judged():
    few = check(RULE, run(60, clips_per_sec=lambda n: 80.0))
    assert isinstance(few, NotEnoughData) and few.of == "stretches of steps after the first 3"
    assert isinstance(check(RULE, run(30, clips_per_sec=lambda n: 80.0)), NotEnoughData | NotApplicable)
    assert isinstance(check(RULE, snapshot(val_loss=[1.0] * 9)), NotApplicable)
    read = snapshot(steps=steps(400), launch=Launch(run_id="r", created_at=NOW, how="attach"))
    assert isinstance(check(RULE, read), NotApplicable)


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (
            {"clips_per_sec": lambda n: 41.0 if n >= 200 else 80.0},
            "Training became slower: 41.0 clips/s, where 80.0 was usual, since step 201.",
        ),
        (
            {"metrics": lambda n: {"perf/tokens_per_sec": 4100.0 if n >= 200 else 8000.0}},
            "Training became slower: 4100 tokens/s, where 8000 was usual, since step 201.",
        ),
        (
            {"at": lambda n: NOW + SECS * (n if n < 200 else 200 + 2 * (n - 200))},
            "Training became slower: 0.13 steps/s, where 0.25 was usual, since step 201.",
        ),
        (
            {"clips_per_sec": lambda n: 80.0, "data_wait_ratio": lambda n: 0.46 if n >= 200 else 0.1},
            "Training waits for data 46.0 % of its time, more than a third since step 201.",
        ),
    ],
)
def test_what_became_slower_or_waits_is_told_with_since_when(fields, line):
    finding = found(RULE, run(300, **fields))
    assert (finding.line, finding.severity, finding.onset) == (line, "warning", 2.0)
    assert line.startswith(finding.title)


def test_evaluations_tell_it_where_no_step_is_logged():
    slow = snapshot(val_loss=[1.0] * 9, clips_per_sec=[80.0, 81.0, 80.0, 79.0, 80.0, 50.0, 50.0, 50.0, 50.0])
    assert found(RULE, slow).line == "Training became slower: 50.0 clips/s, where 80.0 was usual, since epoch 6."


def test_it_stays_until_the_speed_is_back_however_long_it_is_slow_and_never_says_stop():
    slow = run(3000, clips_per_sec=lambda n: 41.0 if n >= 200 else 80.0)
    assert "since step 201" in found(RULE, slow).line
    assert judge(slow, NOW).diagnosis.verdict != "STOP"
    assert found(RULE, run(3000, clips_per_sec=lambda n: 41.0 if 200 <= n < 2000 else 80.0)) is None


def test_numbers_that_are_none_break_nothing():
    assert found(RULE, run(400, clips_per_sec=lambda n: math.nan, data_wait_ratio=lambda n: math.inf)) is None
    assert found(RULE, run(400, clips_per_sec=lambda n: math.nan if n % 2 else 0.0)) is None


@given(st.lists(st.one_of(st.just(math.nan), st.integers(0, 12).map(float), st.floats(0, 1e9)), max_size=60))
def test_what_is_usual_is_what_numpy_says_of_all_that_was_added(speeds):
    usual, known = _Usual(), []
    for speed in speeds:
        usual.add(speed)
        known += [] if math.isnan(speed) else [speed]
        assert usual.median == pytest.approx(float(np.median(known)), rel=1e-12) if known else math.isnan(usual.median)
        assert usual.lowest == min(known[FIRST_STRETCHES:], default=math.inf)
