"""One row of the list: what a run's small files say in words, and who stands first."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.diagnosis.alerts import summarise
from monitor.diagnosis.glances import Glance
from monitor.diagnosis.verdict import judge
from monitor.run_dir import Alert, ChildOutcome, Parent, Progress, Summary, words
from monitor.run_dir.metric import Metric
from monitor.run_dir.status import Status
from monitor.view.row import MOST_EVENTS, need, row_of, with_age, with_outcome
from monitor.view.shapes.listing import RunRow
from monitor.view.state import progress
from tests.snapshots import NOW, beating, snapshot

RUNNING = Status("running", True, False, "Process 7 works.", None)
OUTCOME = ChildOutcome(run_id="r", parent_id="p", word="BETTER", line="by 4 points", at=5.0)


def row(status=RUNNING, *, progress=None, alerts=(), outcome=None, parent=None, ended_at=None, **summary):
    seen = Glance(
        status=status,
        summary=Summary(run_id="r", **summary),
        progress=progress,
        alerts=alerts,
        outcome=outcome,
        parent=parent,
        ended_at=ended_at,
    )
    return row_of("r", seen)


def alert(at, event="raised", severity="warning"):
    return Alert(alert_id=f"gap-{at}", event=event, rule="gap", severity=severity, at=at, line="The gap opens.")


def ended(word, since=None):
    return Status(word, False, False, "It is over.", since)


def test_a_run_of_which_nothing_is_known_yet_has_no_number_and_no_event():
    empty = row()
    assert (empty.score, empty.value, empty.error, empty.chance, empty.coverage) == ("", None, None, "", "")
    assert (empty.eta, empty.ratio, empty.events, empty.numbers, empty.metric) == ("", None, [], {}, "")


def test_the_score_names_its_metric_unless_it_is_wer():
    assert row(val_wer=0.25).score == "25.0 %"
    accuracy = Metric("val_accuracy", "score", "fraction", label="accuracy")
    scored = row(metric=accuracy, metric_value=0.75, metric_chance=0.1)
    assert scored.score == "accuracy 75.0 %" and scored.chance == "10.0 %"
    assert (scored.value, scored.error) == (0.75, 0.25)
    assert row(metric_in_doubt="val f1").score == "val f1 in doubt"
    assert row(val_wer=0.25, metric_in_doubt="val f1").score == "25.0 % (val f1 in doubt)"


def test_what_is_not_finite_is_no_number_to_sort_by_and_its_word_stays():
    broken = row(val_wer=math.nan, val_loss=math.inf, gap=1.0, gap_series=[0.5, math.nan])
    assert broken.value is None and broken.error is None and broken.score == "NaN"
    assert broken.numbers == {"gap": 1.0} and broken.spark == [0.5]


def test_the_time_left_is_told_of_a_live_run_with_a_plan_and_a_pace():
    pace = Progress(heartbeat_at=1.0, epochs=10, epoch_secs=60.0)
    assert row(progress=pace, epoch=4.0).eta == "6 min" and row(progress=pace, epoch=4.0).ratio == 0.4
    assert row(progress=pace, epoch=10.0).eta == "" and row(progress=pace, epoch=12.0).ratio == 1.0
    assert row(ended("stopped"), progress=pace, epoch=4.0).eta == ""
    assert row(progress=Progress(heartbeat_at=1.0, epochs=10), epoch=4.0).eta == ""


@pytest.mark.parametrize("every", [1.0, 2.0])
def test_an_epoch_that_takes_longer_than_those_before_counts_in_the_time_left_here_as_on_the_page(every):
    now = NOW + 300.0
    alive = beating(heartbeat_at=now, epochs=10, epoch_secs=60.0)
    seen = snapshot(epochs=[every, 2 * every], train_loss=[1.0, 0.9], val_loss=[1.1, 1.0], **alive)
    summary = summarise(seen, judge(seen, now), now)
    listed = row_of("r", Glance(status=RUNNING, summary=summary, progress=seen.progress))
    left = words.age((10 - 2 * every) * 300 / every)
    assert listed.eta == left and f"about {left} left" in progress(seen, RUNNING, now).text


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(RUNNING, "STOP"), (ended("finished"), "ENDED"), (ended("failed"), "FAILED"), (ended("lost"), "LOST")],
)
def test_the_word_of_an_ended_run_is_how_it_ended(status, verdict):
    assert row(status, verdict="STOP").verdict == verdict


def test_events_are_what_a_reader_may_have_missed_the_newest_first():
    quiet = row(alerts=(alert(1.0, "resolved"), alert(2.0, "sent"), alert(3.0, severity="info")))
    assert quiet.events == []
    over = row(ended("failed"), ended_at=4.0, alerts=(alert(1.0), alert(9.0, "worse")), outcome=OUTCOME)
    assert [(event.at, event.kind) for event in over.events] == [
        (9.0, "warning"),
        (5.0, "outcome"),
        (4.0, "failed"),
        (1.0, "warning"),
    ]
    assert [event.kind for event in row(ended("lost", 7.0)).events] == ["lost"]
    assert len(row(alerts=tuple(alert(float(at)) for at in range(9))).events) == MOST_EVENTS


def test_another_line_about_the_outcome_replaces_the_one_of_its_file_only():
    before = row(alerts=(alert(1.0),), outcome=OUTCOME)
    after = with_outcome(before, OUTCOME, "by 5 points")
    assert after.outcome_line == "by 5 points"
    assert [event.text for event in after.events] == ["Better against p: by 5 points", "The gap opens."]


def test_a_child_tells_what_it_changed():
    child = row(parent=Parent(run_id="p", changes={"lr": [0.1, 0.2], "dropout": [0.0, 0.5]}))
    assert child.parent == "p" and child.changed == ["dropout", "lr"]
    assert "lr" in child.diff and "0.2" in child.diff


def test_an_age_is_told_only_where_it_is_new():
    young = with_age(RunRow(run="r", state="x", evidence="", at=100.0), 220.0)
    assert young.age == "2 min" and with_age(young, 221.0) is young
    assert with_age(RunRow(run="r", state="x", evidence=""), 220.0).age == ""


GROUPS = [
    {"pinned": True, "verdict": "ENDED"},
    {"verdict": "STOP", "live": True},
    {"verdict": "STOP", "at": 5.0},
    {"verdict": "LOOK", "live": True},
    {"verdict": "KEEP GOING", "live": True},
    {"state": "failed", "verdict": "FAILED"},
    {"state": "finished", "verdict": "ENDED", "at": 9.0},
    {"state": "finished", "verdict": "ENDED", "at": 8.0},
]


@given(st.randoms(use_true_random=False))
def test_who_needs_a_person_stands_first_however_they_came(rng: random.Random):
    rows = [
        RunRow(**{"run": f"r{place}", "state": "running", "evidence": "", **fields})
        for place, fields in enumerate(GROUPS)
    ]
    mixed = rng.sample(rows, len(rows))
    assert [each.run for each in sorted(mixed, key=need)] == [each.run for each in rows]
