"""`decode_filter`: what the user's own decoder settings cost."""

import pytest

from monitor.rules.decode_filter import DecodeFilter
from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.run_dir import Epoch, Snapshot
from tests.snapshots import check, found, snapshot

RULE = DecodeFilter()


def filtered(with_it, without=0.5, count=12):
    records = tuple(
        Epoch(epoch=float(e), val_wer=without, metrics={"val_wer_adjusted": with_it}) for e in range(1, count + 1)
    )
    return Snapshot(run_dir="r", run_id="r", read_at=0.0, epochs=records)


@pytest.mark.parametrize("with_it", [0.3, 0.5, 0.505])
def test_a_filter_that_helps_or_costs_next_to_nothing_is_quiet(with_it):
    assert found(RULE, filtered(with_it)) is None


def test_without_a_filter_or_with_few_evaluations_nothing_is_judged():
    assert isinstance(check(RULE, snapshot(val_wer=[0.5] * 9)), NotApplicable)
    assert isinstance(check(RULE, filtered(0.9, count=2)), NotEnoughData)


@pytest.mark.parametrize(("with_it", "severity"), [(0.53, "warning"), (0.6, "critical")])
def test_a_filter_that_costs_words_is_told_with_both_rates(with_it, severity):
    finding = found(RULE, filtered(with_it))
    assert finding.severity == severity
    assert f"points of WER: {100 * with_it:.1f} % with the filter, 50.0 % without." in finding.line
