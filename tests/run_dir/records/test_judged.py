"""What is stored of a judgement comes back; what would be shown in every tab is bounded."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.run_dir.records import judged
from monitor.run_dir.records.coding import decode, encode
from monitor.run_dir.records.judged import Alert, AwayAct, ChildOutcome, MetricChoice, Summary
from tests.run_dir.records.made import comes_back, few, made, records_of

RAISED = {"alert_id": "gap-1", "event": "raised", "rule": "gap", "severity": "warning", "at": 1.0}
JUDGED = {"run_id": "b", "parent_id": "a", "word": "HELPED"}


def read(kind, **fields):
    return decode(json.dumps(fields).encode(), kind)


@pytest.mark.parametrize("kind", records_of(judged))
@few
@given(data=st.data())
def test_every_record_comes_back(kind, data):
    assert comes_back(data.draw(made(kind)))


def test_a_run_of_which_nothing_is_known_is_too_early_and_is_credited_with_nothing_else():
    assert (read(Summary, run_id="a").verdict, read(Summary, run_id="a").flags) == ("TOO EARLY", None)
    assert (read(ChildOutcome, **JUDGED).credited, read(AwayAct, did="stop").settled) == (True, False)
    assert read(MetricChoice).metric is None


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Alert, RAISED | {"severity": "fatal"}),
        (Alert, RAISED | {"event": "gone"}),
        (Alert, RAISED | {"of": "middle"}),
        (AwayAct, {"did": "delete"}),
        (ChildOutcome, JUDGED | {"word": "BETTER"}),
        (Summary, {"run_id": "a", "flags": {"fatal": 1}}),
        (Summary, {"run_id": "a", "worst_severity": "fatal"}),
    ],
)
def test_a_word_that_no_page_knows_is_refused(kind, fields):
    with pytest.raises(ValueError, match=r"."):
        read(kind, **fields)


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        (Alert, RAISED, "line"),
        (Summary, {"run_id": "a"}, "reason"),
        (Summary, {"run_id": "a"}, "worst_title"),
        (Summary, {"run_id": "a"}, "metric_in_doubt"),
        (MetricChoice, {}, "by"),
    ],
)
def test_words_of_2000_letters_are_shown_and_longer_ones_are_refused(kind, fields, field):
    assert getattr(read(kind, **fields, **{field: "ä" * 2000}), field) == "ä" * 2000
    with pytest.raises(ValueError, match="length"):
        read(kind, **fields, **{field: "x" * 2001})


def test_a_list_finds_every_field_of_a_summary_in_its_document():
    for document in (Summary(run_id="a"), AwayAct(did="stop"), MetricChoice(), ChildOutcome(**JUDGED)):
        assert json.loads(encode(document)).keys() == set(document.__struct_fields__)
