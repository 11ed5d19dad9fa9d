"""What counts as a difference between two runs where no interval over clips can be had."""

import math

import pytest

from monitor.diagnosis.yardstick import broken_since, loss_moved, scalar
from monitor.run_dir import Epoch
from monitor.run_dir.metric import WER


def falling(count, start=0.9, step=0.02, noise=0.0, **more):
    """Epochs 1 to `count`: a line with an alternating `noise`."""
    return [
        Epoch(epoch=float(e), at=0.0, val_wer=start - step * e + noise * (-1) ** e, val_loss=3.0 - 0.05 * e, **more)
        for e in range(1, count + 1)
    ]


def compared(parent, child, metric=WER):
    return scalar(parent, child, parent[-1], child[-1], metric)


def test_a_line_is_taken_at_the_epoch_of_comparison_and_not_behind_it():
    found = compared(falling(20), falling(20, start=0.8))
    assert (found.parent, found.child) == (pytest.approx(0.5), pytest.approx(0.4))
    assert found.helped and found.difference == pytest.approx(-0.1)


def test_without_noise_the_least_difference_is_one_point():
    found = compared(falling(20), falling(20))
    assert found.limit == pytest.approx(0.01) and found.is_least


def test_noise_of_both_runs_widens_the_limit():
    quiet, noisy = falling(20), falling(20, noise=0.03)
    one, both = compared(quiet, noisy), compared(noisy, noisy)
    assert 0.01 < one.limit < both.limit == pytest.approx(one.limit * math.sqrt(2))


def test_with_few_evaluations_there_is_no_limit_and_single_values_stand():
    found = compared(falling(4), falling(4))
    assert found.limit is None and found.parent == pytest.approx(0.82)


def test_val_loss_stands_in_where_the_metric_is_missing_and_less_is_better():
    without = [Epoch(epoch=float(e), at=0.0, val_loss=2.0) for e in range(1, 9)]
    found = compared(falling(8), without)
    assert found.metric is None and found.helped  # 2.0 against 2.6
    assert found.limit == pytest.approx(0.02 * found.parent)
    assert compared(falling(8), [Epoch(epoch=1.0, at=0.0)]) is None


def test_of_a_parent_that_ended_before_the_evaluations_about_its_best_count():
    parent = [*falling(10), *(Epoch(epoch=float(e), at=0.0, val_wer=0.9) for e in range(11, 16))]
    found = scalar(parent, falling(15), parent[9], falling(15)[-1], WER)
    assert found.about_best and found.parent == pytest.approx((0.74 + 0.72 + 0.70 + 0.9 + 0.9) / 5)  # epochs 8 to 12


def test_a_loss_has_moved_beyond_two_percent_and_beyond_its_own_noise():
    parent = falling(20)
    then = parent[-1]
    near, far = (Epoch(epoch=20.0, at=0.0, val_loss=then.val_loss * by) for by in (1.015, 1.03))
    assert not loss_moved(parent, then, near) and loss_moved(parent, then, far)
    noisy = [Epoch(epoch=float(e), at=0.0, val_loss=2.0 + 0.3 * (-1) ** e) for e in range(1, 21)]
    assert not loss_moved(noisy, noisy[-1], Epoch(epoch=20.0, at=0.0, val_loss=2.6))
    assert loss_moved(parent, then, Epoch(epoch=20.0, at=0.0))  # unknown


def test_a_run_is_broken_since_its_first_epoch_after_which_nothing_is_finite():
    rows = [
        Epoch(epoch=float(e), at=0.0, val_loss=loss) for e, loss in enumerate((1.0, math.nan, 1.0, math.nan, math.inf))
    ]
    assert broken_since(rows, rows[-1], None) == 3.0
    assert broken_since(rows, rows[2], None) is None
    assert broken_since(rows, rows[1], None) == 1.0
