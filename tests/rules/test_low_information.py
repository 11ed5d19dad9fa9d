"""`low_information`: how much of the input the output shows, against an output that is right."""

import math

import pytest

from monitor.rules.low_information import LowInformation
from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.run_dir import Floors
from tests.snapshots import check, curve, first_fired, found, snapshot

RULE = LowInformation()
FLOORS = Floors(blank_ratio=0.7, unigram_entropy=3.0)
REFERENCE = -(0.7 * math.log(0.7) + 0.3 * math.log(0.3)) + 0.3 * 3.0


def output(shares, floors=FLOORS):
    return snapshot(mutual_information=[share * REFERENCE for share in shares], run={"floors": floors})


def test_a_good_output_is_quiet():
    assert first_fired(RULE, output([0.9] * 30)) == (None, None)


def test_a_start_from_nothing_is_quiet_while_it_grows():
    assert first_fired(RULE, output(curve(30, lambda e: min(1.0, 0.02 * 1.15**e)))) == (None, None)


def test_without_floors_or_information_nothing_is_judged():
    assert isinstance(check(RULE, output([0.1] * 9, Floors())), NotApplicable)
    assert isinstance(check(RULE, snapshot(val_wer=[0.9] * 9, run={"floors": FLOORS})), NotApplicable)
    assert isinstance(check(RULE, output([0.1] * 2)), NotEnoughData)


@pytest.mark.parametrize(("share", "severity"), [(0.4, "warning"), (0.1, "critical")])
def test_little_information_is_told_with_its_share(share, severity):
    finding = found(RULE, output([share] * 20))
    assert finding.severity == severity
    assert f"{100 * share:.0f} % of the information of a correct output. Since epoch 5." in finding.line


def test_it_ends_when_enough_comes_and_not_on_the_edge():
    assert found(RULE, output([0.1] * 10 + [0.9] * 5)) is None
    assert found(RULE, output([0.4] * 10 + [0.55] * 5)) is not None
