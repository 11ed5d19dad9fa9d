"""`preflight`: clips left out before epoch 1, and five clips that could not be learnt by heart."""

import pytest

from monitor.rules.preflight import PreflightCheck
from monitor.rules.result import NotApplicable, Quiet
from monitor.run_dir import DataInfo, Probe
from tests.snapshots import check, found, snapshot

RULE = PreflightCheck()


def clips(left_out, kept=990, **more):
    return snapshot(run={"data": DataInfo(clips={"train": kept}, left_out=left_out)}, **more)


def by_heart(stance):
    return Probe(name="by-heart", title="Five clips by heart", line="It …", stance=stance, numbers={"WER": 0.4})


@pytest.mark.parametrize("left_out", [{}, {"train: empty annotation": 9}])
def test_a_few_clips_left_out_are_said_quietly(left_out):
    assert isinstance(check(RULE, clips(left_out)), Quiet)


def test_five_clips_learnt_by_heart_are_no_flag():
    assert found(RULE, clips({}, probes=(by_heart("against"),))) is None


def test_a_run_that_says_nothing_of_its_clips_is_not_judged():
    assert isinstance(check(RULE, snapshot(val_loss=[1.0])), NotApplicable)


@pytest.mark.parametrize(("count", "severity"), [(60, "warning"), (400, "critical")])
def test_many_clips_left_out_are_told_with_the_reasons_most_first(count, severity):
    finding = found(RULE, clips({"train: NaN or infinite features": 5, "train: shorter than its target": count}))
    assert finding.severity == severity
    assert finding.line.endswith(
        f"before epoch 1: train: shorter than its target ({count}), train: NaN or infinite features (5)."
    )


def test_five_clips_that_cannot_be_learnt_by_heart_are_critical():
    finding = found(RULE, clips({}, probes=(by_heart("for"),)))
    assert finding.severity == "critical" and finding.now == {"WER": 0.4}
