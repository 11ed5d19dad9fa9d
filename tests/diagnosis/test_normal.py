"""Is this normal? Only beside finished runs on the same validation set, in the run's own direction and unit."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.diagnosis.normal import Path, beside_earlier, path_of
from monitor.run_dir import DataInfo, Epoch, Progress, Run, Snapshot
from tests.snapshots import NOW, PROCESS

DATA = DataInfo(name="mine", clips={"val": 60})
OVER = Progress(heartbeat_at=NOW - 9, process=PROCESS, outcome="finished")


def run(name, wers, *, data=DATA, progress=OVER, losses=None, metrics=None):
    rows = tuple(
        Epoch(
            epoch=float(place + 1),
            at=NOW,
            val_loss=losses[place] if losses else 2.0 - 0.05 * place,
            val_wer=wer,
            metrics=metrics[place] if metrics else {},
        )
        for place, wer in enumerate(wers)
    )
    seen = Run(run_id=name, data=data)
    return Snapshot(run_dir=f"runs/{name}", run_id=name, read_at=NOW, run=seen, epochs=rows, progress=progress)


def falling(start, rows=10):
    return [start * 0.9**place for place in range(rows)]


def beside(own, others):
    return beside_earlier(own, [path for other in others if (path := path_of(other, own)) is not None])


def test_it_is_ranked_among_the_runs_that_came_as_far():
    others = [run(f"r{n}", falling(start)) for n, start in enumerate([1.0, 0.9, 0.8])] + [run("short", falling(0.5, 3))]
    found = beside(run("own", falling(0.85, 5)), others)
    assert found.line == "Val WER 55.8 % at epoch 5: better than 2 of 3 earlier runs there."
    assert found.runs == 4


def test_the_band_holds_the_tenth_to_the_ninetieth_of_them():
    starts = [1.0, 0.9, 0.8, 0.7, 0.6]
    found = beside(run("own", falling(0.85, 5)), [run(f"r{n}", falling(start)) for n, start in enumerate(starts)])
    assert found.metric.epoch == [float(n) for n in range(1, 11)]
    assert found.metric.low[0] == pytest.approx(np.quantile(starts, 0.1))
    assert found.metric.high[0] == pytest.approx(np.quantile(starts, 0.9))


@pytest.mark.parametrize(
    "other",
    [
        run("own", falling(0.5)),
        run("r", falling(0.5), data=DataInfo(name="mine", clips={"val": 61})),
        run("r", falling(0.5), progress=msgspec.structs.replace(OVER, outcome=None, heartbeat_at=NOW - 1)),
        run("r", [None] * 9, metrics=[{"val_cer": 0.3}] * 9),
    ],
    ids=["itself", "another validation set", "at work", "another metric"],
)
def test_what_cannot_be_set_beside_it_is_left_out(other):
    assert path_of(other, run("own", falling(0.85, 5))) is None


def test_two_runs_of_unknown_validation_sets_are_not_comparable():
    nameless = DataInfo()
    assert path_of(run("r", falling(0.5), data=nameless), run("own", falling(0.9), data=nameless)) is None


def test_a_run_that_ended_later_is_not_an_earlier_one():
    own, late = run("own", falling(0.85, 5)), run("late", falling(0.9))
    rows = tuple(msgspec.structs.replace(row, at=NOW + 9) for row in late.epochs)
    assert path_of(msgspec.structs.replace(late, epochs=rows), own) is None
    assert path_of(late, own) is not None


def test_an_accuracy_in_percent_stands_beside_one_in_fractions():
    own = run("own", [None] * 5, metrics=[{"val_accuracy": 0.7 + 0.01 * n} for n in range(5)])
    other = run("other", [None] * 5, metrics=[{"val_accuracy": 60.0 + n} for n in range(5)])
    assert path_of(other, own).metric[0] == pytest.approx(0.6)


def test_a_run_as_good_as_an_earlier_one_is_equal_to_it():
    found = beside(run("own", falling(0.8, 5)), [run(f"r{n}", falling(0.8)) for n in range(3)])
    assert found.line.endswith("better than 0 of 3 earlier runs there, equal to 3.")


def test_without_a_known_validation_set_it_says_so():
    assert beside(run("own", falling(0.9), data=DataInfo()), []).line.startswith("Which validation set it uses is not")


def test_without_earlier_runs_the_bands_are_of_recorded_ones_and_say_so():
    found = beside(run("own", falling(0.85, 5)), [run("one", falling(0.9))])
    assert found.runs == 1 and found.line.startswith("Only 1 finished run on this validation set. The bands are of ")
    assert "other tasks" in found.line
    assert found.val_loss.low[0] == found.val_loss.high[0] == 2.0 and found.metric.high[0] == pytest.approx(0.85)
    assert all(low <= high for low, high in zip(found.metric.low, found.metric.high, strict=True))


def test_a_run_without_an_evaluation_is_beside_nothing():
    assert beside(run("own", []), []).line == "No evaluation so far."


def test_a_score_in_percent_is_ranked_upwards_and_drawn_as_a_fraction():
    def scored(name, start):
        return run(name, [None] * 5, metrics=[{"val_accuracy": start + place} for place in range(5)])

    found = beside(scored("own", 70.0), [scored(f"r{n}", start) for n, start in enumerate([50.0, 60.0, 80.0])])
    assert found.line == "Val accuracy 74.0 % at epoch 5: better than 2 of 3 earlier runs there."
    assert 0.5 <= found.metric.low[0] <= found.metric.high[0] <= 0.8


@given(st.lists(st.floats(0.01, 2.0), min_size=3, max_size=12), st.permutations(range(4)))
def test_the_order_of_the_earlier_runs_changes_nothing(wers, order):
    own = run("own", wers)
    others = [Path(f"r{n}", (1.0, 2.0, 3.0), (1.0, 0.9, 0.8), (0.9, 0.5 + 0.1 * n, 0.4)) for n in range(4)]
    assert beside_earlier(own, others) == beside_earlier(own, [others[n] for n in order])
