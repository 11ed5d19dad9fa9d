"""`second_metric`: another known metric that gets worse beside the one that decides."""

from monitor.diagnosis.verdict import judge
from monitor.rules.result import NotApplicable
from monitor.rules.second_metric import SecondMetric
from tests.snapshots import NOW, check, found, snapshot

RULE = SecondMetric()


def both(first, second):
    return snapshot(metrics=[{"val_accuracy": a, "val_f1": b} for a, b in zip(first, second, strict=True)])


RISES = [0.5 + 0.03 * n for n in range(9)]
FALLS = [0.7, 0.72, 0.69, 0.66, 0.62, 0.6, 0.57, 0.55, 0.5]


def test_two_that_rise_and_two_that_fall_are_quiet():
    assert found(RULE, both(RISES, RISES)) is None
    assert found(RULE, both(FALLS, FALLS)) is None
    assert isinstance(check(RULE, snapshot(val_wer=[0.5] * 9)), NotApplicable)


def test_noise_and_a_small_fall_are_quiet():
    assert found(RULE, both(RISES, [0.7, 0.72, 0.6, 0.71, 0.58, 0.7, 0.61, 0.72, 0.6])) is None
    assert found(RULE, both(RISES, [0.72, 0.72, 0.71, 0.71, 0.7, 0.7, 0.69, 0.69, 0.69])) is None


def test_the_one_that_falls_is_named_and_the_word_stays():
    seen = both(RISES, FALLS)
    finding = found(RULE, seen)
    assert finding.line == "Val F1 has got worse: 50.0 %, where 72.0 % was reached at epoch 2; val accuracy decides."
    assert (finding.severity, finding.onset) == ("info", 3.0)
    assert judge(seen, NOW).diagnosis.verdict == "KEEP GOING"
