"""`wasted_lr`: the learning rate has fallen, and nothing has improved since."""

import pytest

from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.rules.wasted_lr import WastedRate
from tests.snapshots import check, curve, first_fired, found, snapshot

RULE = WastedRate()


def test_a_run_that_improves_while_the_rate_falls_is_quiet():
    seen = snapshot(val_wer=curve(40, lambda e: 0.9 - 0.01 * e), lr=curve(40, lambda e: 1e-3 / e))
    assert first_fired(RULE, seen) == (None, None)


def test_a_pause_at_the_peak_rate_is_quiet():
    assert first_fired(RULE, snapshot(val_wer=[0.5] * 30, lr=[1e-3] * 30)) == (None, None)


def test_a_rate_below_zero_has_no_peak():
    assert first_fired(RULE, snapshot(val_wer=[0.5] * 30, lr=curve(30, lambda e: 0.0 if e < 9 else -1.0))) == (
        None,
        None,
    )


def test_warm_up_is_no_decay():
    assert first_fired(RULE, snapshot(val_wer=[1.0] * 12, lr=curve(12, lambda e: 1e-4 * e))) == (None, None)


def test_few_evaluations_and_missing_fields_are_said():
    assert isinstance(check(RULE, snapshot(val_wer=[0.5] * 2, lr=[1e-3] * 2)), NotEnoughData)
    assert isinstance(check(RULE, snapshot(val_wer=[0.5] * 9)), NotApplicable)
    assert isinstance(check(RULE, snapshot(lr=[0.5] * 9)), NotApplicable)


def test_a_rate_spent_on_a_model_that_has_stopped_is_a_hint():
    seen = snapshot(
        val_wer=curve(30, lambda e: max(0.5, 1 - 0.05 * e)), lr=curve(30, lambda e: 1e-3 if e < 12 else 1e-4)
    )
    finding = found(RULE, seen)
    assert finding.severity == "info" and (finding.onset, finding.critical_since) == (15.0, None)
    assert finding.line.startswith("The learning rate is at 10 % of its peak, and val WER has had no new best for 20 ")


def test_without_an_error_rate_the_loss_decides():
    seen = snapshot(val_loss=[2.0] * 20, lr=curve(20, lambda e: 1e-3 if e < 5 else 1e-4))
    assert "val loss has had no new best" in found(RULE, seen).line


@pytest.mark.parametrize(
    ("rate", "said"),
    [(0.0, "is 0, and"), (1e-9, "is below 0.1 % of its peak"), (1e-6, "is at 0.1 % of its peak"), (4e-5, "at 4 %")],
)
def test_a_rate_that_is_not_zero_never_reads_as_zero(rate, said):
    seen = snapshot(lr=curve(25, lambda e: 1e-3 if e < 5 else rate), val_loss=curve(25, lambda e: max(1.0, 5 - e)))
    assert said in found(RULE, seen).line
