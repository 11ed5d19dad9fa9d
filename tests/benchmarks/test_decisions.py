"""The benchmark of the decision to stop: what it counts, on curves made here."""

import json
import math
import subprocess
import sys
from importlib import resources
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.decisions.__main__ import figures, measure
from benchmarks.decisions.pairs import Pair, measured, read_pairs
from benchmarks.decisions.policies import decide, errors, exact, has_errors, little_left, policies
from benchmarks.decisions.waiting import choices
from benchmarks.rules.curves import Curve
from monitor.diagnosis.wait_or_restart import Recorded
from monitor.run_dir import Epoch

ROOT = Path(__file__).resolve().parent.parent.parent


def curve(wer, name="r", family="f", **columns):
    values = [{key: column[place] for key, column in columns.items()} for place in range(len(wer))]
    records = (Epoch(epoch=float(place + 1), val_wer=rate, **values[place]) for place, rate in enumerate(wer))
    return Curve(name, family, {}, None, tuple(records))


def at(row, rows):
    return np.arange(1, rows + 1) == row


def test_regret_is_what_the_error_rate_came_to_after_the_stop():
    falls = curve([1.0, 0.8, 0.9, 0.4])
    stop = decide(falls, at(3, 4))
    assert (stop.row, stop.regret, stop.saved) == (3, pytest.approx(1.0), 0.25)
    assert decide(falls, at(9, 4)).row is None


def test_a_stop_that_nothing_better_follows_is_not_regretted():
    rises = curve([0.5, 0.6, 0.7, 0.8])
    assert decide(rises, at(2, 4)).regret == 0.0


def test_a_stop_at_the_last_evaluation_stops_nothing():
    assert decide(curve([0.9, 0.8]), at(2, 2)).row is None


def test_runs_without_errors_to_regret_are_left_out():
    assert not has_errors(curve([None] * 5)) and not has_errors(curve([0.5, 0.0, 0.4]))
    assert not has_errors(curve([0.5, math.nan, 0.5])) and has_errors(curve([0.5, math.nan, 0.5, 0.4]))


def test_figures_count_stops_by_regret_and_by_family():
    falls, rises = curve([1.0, 0.8, 0.9, 0.4], family="a"), curve([0.5, 0.6, 0.7, 0.8], family="b")
    found = figures([decide(falls, at(3, 4)), decide(rises, at(2, 4)), decide(rises, at(9, 4))])
    assert (found["runs"], found["stops"], found["regretted"]) == (3, 2, {"2 %": 1, "10 %": 1})
    assert found["families"] == {"a": [1, 1], "b": [1, 0]}
    assert found["saved"] == pytest.approx((0.25 + 0.5 + 0) / 3)


@given(st.integers(0, 30), st.integers(1, 30))
def test_the_exact_interval_holds_the_share_and_is_its_own_mirror(part, whole):
    part = min(part, whole)
    low, high = exact(part, whole)
    assert 0 <= low <= part / whole <= high <= 1
    mirrored = exact(whole - part, whole)
    assert (low, high) == (pytest.approx(1 - mirrored[1]), pytest.approx(1 - mirrored[0]))


def test_the_exact_interval_is_the_one_of_the_tables():
    assert exact(0, 20) == (0.0, pytest.approx(0.1684, abs=1e-4))
    assert exact(1, 20) == (pytest.approx(0.0013, abs=1e-4), pytest.approx(0.2487, abs=1e-4))
    assert exact(0, 0) is None


def test_early_stopping_on_errors_counts_evaluations_without_a_new_best():
    stuck = curve([0.9, 0.5, *[0.6] * 8], train_loss=[1.0] * 10, val_loss=[1.0] * 10)
    found = policies()["early stopping on WER, patience 3"](stuck, ())
    assert int(np.argmax(found)) + 1 == 5
    assert np.array_equal(errors(stuck)[:2], [0.9, 0.5])


def test_of_two_sets_there_is_one_table_together():
    long = curve([0.5 + 0.01 * place for place in range(12)], train_loss=[1.0] * 12, val_loss=[2.0] * 12)
    found, bands = measure({"one": [long], "two": [long]})
    assert list(bands) == ["one", "two"] and bands["one"]["inside"] == 1.0
    assert list(found) == ["one", "two", "all"]
    assert found["all"]["our STOP"]["runs"] == 2


def pair(parent, ratio, option="o"):
    parents = [[float(n), 1.0, 1.0, 0.5, max(0.4, 1 - 0.1 * n), 1.0] for n in range(1, 21)]
    children = [[*row[:4], ratio * row[4], 1.0] for row in parents]
    return Pair(
        parent=parent,
        option=option,
        changes={},
        task="t",
        train_clips=10,
        flagged=8.0,
        word="LOOK",
        planned=20.0,
        parent_curve=parents,
        child_curve=children,
    )


def test_a_pair_is_judged_by_what_the_children_of_other_parents_brought():
    found = choices([pair("a", 0.5), pair("b", 0.4), pair("c", 0.6, "alone")])
    assert found["words"] == {"RESTART": 2, "NOT KNOWN": 1}
    assert (found["decided"], found["right"], found["opposite"]) == (2, 2, 0)
    wrong = choices([pair("a", 0.5), pair("b", 1.4)])
    assert (wrong["decided"], wrong["right"], wrong["opposite"]) == (2, 0, 2)


def test_the_figures_that_the_product_ships_are_those_of_the_recorded_pairs():
    shipped = resources.files("monitor.diagnosis.prescriptions").joinpath("measured.json").read_text()
    assert msgspec.json.decode(shipped, type=list[Recorded]) == measured(read_pairs())


def test_the_command_prints_tables_and_draws(tmp_path):
    rows = "".join(f"{e},{5 / e},{2 + 3 / e if e < 9 else 2.3 + 0.08 * (e - 8)},,0.6,,\n" for e in range(1, 31))
    (tmp_path / "r1.csv").write_text("epoch,train_loss,val_loss,train_wer,val_wer,lr,blank_ratio\n" + rows)
    (tmp_path / "labels.csv").write_text("id,family,labels,consensus,alarm_row\nr1,f,overfitting,yes,14\n")
    command = [sys.executable, "-m", "benchmarks.decisions", "--curves", str(tmp_path)]
    done = subprocess.run([*command, "--picture", str(tmp_path / "p.svg")], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "| our STOP | 1 | 1 | 0 (0.00" in done.stdout
    assert (tmp_path / "p.svg").read_text().startswith("<svg")
    whole = subprocess.run([*command, "--json"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(whole.stdout)["policies"][tmp_path.name]["our STOP"]["decisions"][0]["curve"] == "r1"
    gone = subprocess.run([*command[:-1], str(tmp_path / "no")], cwd=ROOT, capture_output=True, text=True)
    assert gone.returncode == 64 and "labels.csv" in gone.stderr


def test_where_waiting_can_bring_little_is_late_in_the_plan_and_earlier_where_nothing_moves():
    still, falling = (little_left(curve(rates)) for rates in ([0.5] * 40, [1 / n for n in range(1, 41)]))
    assert still[:-1].any() and not still[:20].any()
    assert int(np.argmax(still)) < int(np.argmax(falling)) or not falling.any()
