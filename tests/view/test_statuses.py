"""Whether a number of a report is well: the number itself and the findings about it never contradict each other."""

import math

import pytest

from monitor.diagnosis.judging import judge_run
from monitor.run_dir import SEVERITIES
from monitor.view.report.statuses import BEGINS, STATUS, Statuses
from tests.snapshots import NOW, snapshot


class Found:
    """What a status reads of a finding."""

    def __init__(self, rule, severity, **now):
        self.rule, self.severity, self.now = rule, severity, now


def statuses(*findings):
    judged = judge_run(snapshot(val_loss=[2.0, 1.0]), NOW)

    class Judged:
        """A judgement with these findings."""

        thresholds = judged.thresholds
        diagnosis = type("Diagnosis", (), {"findings": findings})

    return Statuses(Judged())


def test_a_good_number_without_a_finding_is_well():
    assert statuses().of(True, "gap") == "OK"
    assert statuses(Found("other", "critical")).of(True, "gap") == "OK"


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_good_number_with_a_finding_is_watched_and_a_bad_one_as_grave_as_it(severity):
    found = statuses(Found("gap", severity))
    assert found.of(True, "gap") == "WATCH"
    assert found.of(False, "gap") == STATUS[severity]
    assert statuses().of(False, "gap") == "WATCH"
    assert set(STATUS.values()) <= set(BEGINS)


def test_of_several_findings_the_gravest_counts():
    found = statuses(Found("a", "info"), Found("b", "critical"))
    assert found.of(False, "a") == "WATCH" and found.of(False, "a", "b") == found.of(False, "b", "a") == "BAD"


def test_train_loss_that_does_not_fall_is_bad_whatever_is_found():
    assert statuses().of_train_loss("does not fall") == "BAD"
    assert statuses().of_train_loss("falls") == "OK" and statuses().of_train_loss("hardly moves") == "WATCH"
    assert statuses(Found("non_finite", "critical", **{"train loss": "nan"})).of_train_loss("hardly moves") == "BAD"
    of_val = Found("non_finite", "critical", **{"train loss": 1.0, "val loss": math.nan})
    assert statuses(of_val).of_train_loss("falls") == "OK"  # training itself goes on


def test_val_loss_is_well_near_its_best():
    points = [(1.0, 2.0), (2.0, 1.0), (3.0, 1.001)]
    assert statuses().of_val_loss(points) == "OK"
    assert statuses().of_val_loss([*points, (4.0, 9.0)]) == "WATCH"
    assert statuses(Found("overfitting", "critical")).of_val_loss([*points, (4.0, 9.0)]) == "BAD"
    assert statuses().of_val_loss([(1.0, 0.0), (2.0, 5.0)]) == "OK"  # a ratio to it says nothing
