"""Values of a metric that contradict its unit: what is said of each, and what no doubt may be cast on."""

import math

import pytest

from monitor.rules.doubts import doubt_of
from monitor.run_dir import Launch
from monitor.run_dir.metric import Metric
from tests.snapshots import snapshot

SHARE = Metric(name="val_accuracy", direction="score", unit="fraction", label="accuracy")
PERCENT = Metric(name="val_accuracy", direction="score", unit="percent", label="accuracy")
WER = Metric(name="val_wer", direction="error", unit="fraction", label="WER")
RAW = Metric(name="val_reward", direction="score", unit="raw", label="reward")
STEADY = [2.0] * 8


def said(metric, values, losses=STEADY, **more):
    rows = [{metric.name: value} for value in values]
    columns = {"val_wer": values} if metric is WER else {"metrics": rows}
    found = doubt_of(snapshot(**columns, val_loss=losses[: len(values)], **more), metric)
    return None if found is None else (found.line, found.epoch)


@pytest.mark.parametrize(
    ("metric", "values"),
    [
        (SHARE, []),
        (SHARE, [math.nan, math.inf, -math.inf]),
        (SHARE, [0.0, 1.0, 1.005, -0.005]),
        (PERCENT, [0.0, 100.5]),
        (WER, [3.0, 1.2, 0.4]),
        (WER, [90.0, 1.2, 0.9, 0.5]),  # babbled at first
        (RAW, [-300.0, 1e9]),
    ],
)
def test_values_that_can_be_are_not_doubted(metric, values):
    assert said(metric, values) is None


def test_a_share_beyond_what_it_can_be_is_doubted_from_there_on():
    line, epoch = said(SHARE, [0.5, 1.2, 0.9, 1.3])
    assert (line, epoch) == (
        "Val accuracy is 1.20 at epoch 2, and in 1 more: above 1, the most that a fraction can be.",
        2.0,
    )
    assert said(PERCENT, [50.0, -2.0])[0].endswith("at epoch 2: below 0.")


def test_a_change_of_unit_while_the_loss_stays_is_doubted():
    line, epoch = said(PERCENT, [0.50, 0.52, 55.0, 56.0])
    assert line.endswith("it looks like fraction before and percent since.") and epoch == 3.0
    assert said(PERCENT, [55.0, 56.0, 0.55, 0.56])[0].endswith("it looks like percent before and fraction since.")


@pytest.mark.parametrize(
    ("values", "losses"),
    [
        ([0.50, 52.0, 53.0, 54.0], STEADY),  # at the second evaluation: it has begun to learn
        ([0.50, 0.52, 55.0, 56.0], [2.0, 2.0, 1.0, 1.0]),  # the model changed
        ([0.50, 0.52, 20.0, 21.0], STEADY),  # not about a hundred times
        ([0.30, 0.30, 90.0, 91.0], STEADY),
        ([0.1, 0.5, 50.0, 51.0], STEADY),  # it was not steady before
        ([0.50, 0.52, 55.0, 5.0], STEADY),  # nor after
    ],
)
def test_a_leap_that_is_no_change_of_unit_is_not(values, losses):
    found = said(PERCENT, values, losses)
    assert found is None or "it looks like" not in found[0]


def test_an_error_rate_in_percent_that_is_called_a_fraction_is_doubted_from_the_first():
    line, epoch = said(WER, [math.nan, 90.0, 80.0, 70.0])
    assert "it is logged in percent, it seems" in line and epoch == 2.0


def test_a_score_that_never_leaves_what_either_unit_could_be_is_doubted_unless_the_unit_was_declared():
    values = [0.5, 0.8, 1.0, 1.1, 1.2]
    assert said(PERCENT, values)[0].startswith("Val accuracy lies between 0.50 and 1.20: a fraction that passes 1")
    assert said(PERCENT, values[1:]) is None, "too few to tell"
    assert said(PERCENT, [*values, 9.0]) is None
    launch = Launch(run_id="r", created_at=1.0, metric=PERCENT)
    assert said(PERCENT, values, launch=launch) is None
    assert said(PERCENT, values, run={"metrics": [PERCENT]}) is None
    assert said(PERCENT, values, run={"metrics": [Metric(name="val_accuracy", unit="auto")]}) is not None
