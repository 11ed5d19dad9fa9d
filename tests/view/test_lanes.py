"""The bars under the loss chart: open flags up to now, closed ones as long as they were open."""

import dataclasses

from monitor.rules.gap import Gap
from monitor.run_dir import Alert
from monitor.view.lanes import lanes_of
from tests.snapshots import snapshot

SEEN = snapshot(val_loss=[1.0] * 9)
OPEN = Gap().finding("warning", "The gap is 2.", 4.0, now={}, limits={}, remedy="", cannot_tell="")


def alerted(*events):
    alerts = tuple(
        Alert(alert_id="x", at=0.0, event=event, rule=rule, severity="warning", line="", epoch=epoch)
        for event, rule, epoch in events
    )
    return snapshot(val_loss=[1.0] * 9, alerts=alerts)


def test_an_open_flag_reaches_from_its_onset_to_the_last_evaluation():
    (bar,) = lanes_of([OPEN], SEEN)
    assert (bar.rule, bar.start, bar.to, bar.closed, bar.began) == ("gap", 4.0, 9.0, False, "epoch 4")
    assert lanes_of([dataclasses.replace(OPEN, onset=None)], SEEN) == []


def test_a_resolved_flag_reaches_from_raised_to_resolved_and_the_last_time_counts():
    seen = alerted(("raised", "gap", 2.0), ("resolved", "gap", 3.0), ("raised", "gap", 5.0), ("resolved", "gap", 7.0))
    (bar,) = lanes_of([], seen)
    assert (bar.start, bar.to, bar.closed, bar.title) == (5.0, 7.0, True, Gap.title)


def test_a_flag_that_is_open_has_no_second_bar_and_an_unknown_rule_a_readable_name():
    seen = alerted(
        ("raised", "gap", 2.0), ("resolved", "gap", 3.0), ("raised", "my_rule", 2.0), ("resolved", "my_rule", 4.0)
    )
    assert [(bar.title, bar.closed) for bar in lanes_of([OPEN], seen)] == [(Gap.title, False), ("My rule", True)]


def test_a_flag_that_was_never_resolved_is_no_closed_bar():
    assert lanes_of([], alerted(("raised", "gap", 2.0))) == []
