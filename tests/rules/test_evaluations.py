"""The evaluations as arrays, and the guard: from when on they are judged."""

import math

import msgspec
import numpy as np
import pytest

from monitor.rules import columns, evaluations
from monitor.rules.primary import best_of
from monitor.rules.thresholds import DEFAULTS, CommonLimits
from monitor.run_dir import Snapshot
from tests.snapshots import snapshot

NOTHING = Snapshot(run_dir="r", run_id="r", read_at=0.0)


def test_a_run_without_records_has_empty_columns_and_judges_nothing():
    assert len(evaluations.read(NOTHING, DEFAULTS)) == 0
    assert evaluations.measured(NOTHING, evaluations.val_loss) is NOTHING
    assert not evaluations.enough(NOTHING, DEFAULTS)
    assert evaluations.last(NOTHING, "val_loss") is None
    assert best_of(NOTHING) is None


def test_what_was_not_logged_is_nan_and_shared_columns_cannot_be_written():
    seen = snapshot(val_loss=[1.0, None, 3.0])
    (loss,) = evaluations.columns(seen, "val_loss")
    assert loss[0] == 1.0 and math.isnan(loss[1])
    with pytest.raises(ValueError, match="read-only"):
        loss[0] = 9.0
    assert evaluations.columns(seen, "val_loss")[0] is loss


def test_another_snapshot_never_gets_the_columns_of_one_that_is_gone():
    for number in range(3 * columns.SNAPSHOTS_KEPT):
        seen = snapshot(val_loss=[float(number)] * 3)
        assert evaluations.columns(seen, "val_loss")[0][0] == number
    assert len(columns._KEPT) <= columns.SNAPSHOTS_KEPT


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


def test_only_evaluations_that_have_the_value_count():
    seen = snapshot(val_wer=[None, 0.5, None, 0.4, 0.3, 0.2])
    with_wer = evaluations.measured(seen, evaluations.val_wer)
    assert [record.epoch for record in with_wer.epochs] == [2.0, 4.0, 5.0, 6.0]
    assert evaluations.enough(with_wer, DEFAULTS)
    early = msgspec.structs.replace(seen, epochs=seen.epochs[:4])
    assert not evaluations.enough(evaluations.measured(early, evaluations.val_wer), DEFAULTS)
    assert evaluations.measured(seen, evaluations.val_loss).epochs == ()


def test_a_run_in_which_every_record_has_the_value_stays_itself():
    seen = snapshot(val_wer=[0.5, math.nan, 0.3])
    assert evaluations.measured(seen, evaluations.val_wer) is seen


def test_a_pick_that_is_made_anew_at_each_look_does_not_fill_the_memory():
    seen = snapshot(val_wer=[0.5, None, 0.3])
    for _ in range(3 * columns.PICKS_KEPT):
        assert len(evaluations.measured(seen, lambda record: record.val_wer).epochs) == 2
    assert len(columns._KEPT[id(seen.epochs)].rows) <= columns.PICKS_KEPT


def test_the_last_value_is_the_newest_that_was_measured():
    assert evaluations.last(snapshot(val_wer=[0.5, 0.4, None, None]), "val_wer") == 0.4


@pytest.mark.parametrize("apart", [0.25, 1.0, 2.0, 15.0])
@pytest.mark.parametrize("warmup", [0.0, 3.0, 40.0])
def test_the_promised_number_of_evaluations_is_the_one_after_which_a_verdict_is_allowed(apart, warmup):
    def seen(count):
        epochs = [apart * (place + 1) for place in range(count)]
        return snapshot(epochs=epochs, val_loss=[1.0] * count, run={"warmup_epochs": warmup})

    for count in range(1, 30):
        more = evaluations.evaluations_until(seen(count), DEFAULTS, apart * count, count, apart)
        allowed = next(k for k in range(count, 400) if evaluations.enough(seen(k), DEFAULTS))
        assert count + more == max(count, allowed)


def test_the_best_error_rate_is_the_first_of_the_lowest_finite_ones():
    assert best_of(snapshot(val_wer=[math.nan, 0.5, 0.4, math.inf, 0.4])) == (0.4, 3.0)
    assert np.isnan(evaluations.read(snapshot(val_wer=[math.nan]), DEFAULTS).error).all()
