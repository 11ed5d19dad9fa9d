"""The evaluations as arrays, and the guard: from when on they are judged."""

import math

import msgspec
import numpy as np
import pytest

from monitor.rules import evaluations
from monitor.rules.thresholds import DEFAULTS, CommonLimits
from monitor.run_dir import Snapshot
from tests.snapshots import snapshot

NOTHING = Snapshot(run_dir="r", run_id="r", read_at=0.0)


def test_a_run_without_records_has_empty_columns_and_judges_nothing():
    assert len(evaluations.read(NOTHING, DEFAULTS)) == 0
    assert evaluations.enough(NOTHING, DEFAULTS, lambda record: record.val_loss) == (0, False, False)
    assert evaluations.best_wer(NOTHING) is None


def test_what_was_not_logged_is_nan_and_shared_columns_cannot_be_written():
    seen = snapshot(val_loss=[1.0, None, 3.0])
    (loss,) = evaluations.columns(seen, "val_loss")
    assert loss[0] == 1.0 and math.isnan(loss[1])
    with pytest.raises(ValueError, match="read-only"):
        loss[0] = 9.0
    assert evaluations.columns(seen, "val_loss")[0] is loss


def test_another_snapshot_never_gets_the_columns_of_one_that_is_gone():
    for number in range(3 * evaluations.SNAPSHOTS_KEPT):
        seen = snapshot(val_loss=[float(number)] * 3)
        assert evaluations.columns(seen, "val_loss")[0][0] == number
    assert len(evaluations._KEPT) <= evaluations.SNAPSHOTS_KEPT


@pytest.mark.parametrize(("basis", "shown"), [("train", [3.0, 2.0]), ("eval", [3.0, 1.5])])
def test_the_train_loss_is_the_one_that_the_gap_is_made_of(basis, shown):
    seen = snapshot(train_loss=[3.0, 2.0], train_eval_loss=[None, 1.5], val_loss=[4.0, 4.0], run={"gap_basis": basis})
    data = evaluations.read(seen, DEFAULTS)
    assert data.train_loss.tolist() == shown
    assert data.gap.tolist() == [4.0 - value for value in shown]


def test_a_gap_that_was_logged_is_taken_as_it_is():
    assert evaluations.read(snapshot(train_loss=[3.0], val_loss=[4.0], gap=[7.0]), DEFAULTS).gap.tolist() == [7.0]


def judged(epochs, warmup=0.0, thresholds=DEFAULTS):
    seen = snapshot(epochs=epochs, val_loss=[1.0] * len(epochs), run={"warmup_epochs": warmup})
    return evaluations.read(seen, thresholds).judged.tolist()


def test_the_guard_ends_after_its_epochs_its_warm_up_or_many_evaluations():
    assert judged([1, 2, 3, 4, 5, 6]) == [False] * 4 + [True] * 2
    assert judged([1, 4, 7, 10], warmup=8.0) == [False] * 3 + [True]
    assert judged([0.1, 0.2, 0.3, 0.4, 0.5]) == [False] * 4 + [True]
    assert judged([0.1, 0.2, 0.3, 0.4, 0.5], warmup=0.45) == [False] * 4 + [True]
    assert judged([0.1, 0.2, 0.3, 0.4, 0.5], warmup=2.0) == [False] * 5
    assert judged([1, 2], thresholds=DEFAULTS.but(CommonLimits(guard_epochs=2.0))) == [False, True]


def test_enough_counts_the_evaluations_that_have_the_value():
    seen = snapshot(val_wer=[None, 0.5, None, 0.4, 0.3, 0.2])
    assert evaluations.enough(seen, DEFAULTS, lambda record: record.val_wer) == (4, True, True)
    early = msgspec.structs.replace(seen, epochs=seen.epochs[:4])
    assert evaluations.enough(early, DEFAULTS, lambda record: record.val_wer) == (2, True, False)
    assert evaluations.enough(seen, DEFAULTS, lambda record: record.gap) == (0, False, False)


def test_the_best_error_rate_is_the_first_of_the_lowest_finite_ones():
    assert evaluations.best_wer(snapshot(val_wer=[math.nan, 0.5, 0.4, math.inf, 0.4])) == (0.4, 3.0)
    assert np.isnan(evaluations.read(snapshot(val_wer=[math.nan]), DEFAULTS).val_wer).all()
