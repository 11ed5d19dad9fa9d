"""launch.json and away.json: what was started, and what happens while the user is away."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.run_dir.records import started
from monitor.run_dir.records.coding import decode, encode
from monitor.run_dir.records.started import Away, Launch, Parent
from tests.run_dir.records.made import comes_back, few, made, records_of


@pytest.mark.parametrize("kind", records_of(started))
@few
@given(data=st.data())
def test_every_record_comes_back(kind, data):
    assert comes_back(data.draw(made(kind)))


@pytest.mark.parametrize("parent", ["", "..", "../x", "/etc", "a/b", "a\n", ".a"])
def test_the_name_of_a_parent_never_leads_out_of_the_folder_of_runs(parent):
    with pytest.raises(ValueError, match="regex"):
        decode(json.dumps({"run_id": parent}).encode(), Parent)


def test_who_says_nothing_of_being_away_is_told_and_nothing_is_done():
    assert (Away().do, Away().by_policy, Away().budget_hours) == ("tell", False, None)


@pytest.mark.parametrize(
    "fields", [{"how": "guess"}, {"stop_with": "KILL"}, {"away": {"do": "delete"}}, {"asked_by": "x" * 2001}]
)
def test_a_word_that_is_not_known_is_refused(fields):
    with pytest.raises(ValueError, match=r"."):
        decode(json.dumps({"run_id": "a", "created_at": 1.0, **fields}).encode(), Launch)


def test_a_launch_spells_everything_out_and_stops_with_ctrl_c_after_a_minute():
    told = json.loads(encode(Launch(run_id="a", created_at=1.0)))
    assert told.keys() == set(Launch.__struct_fields__)
    assert (told["stop_with"], told["stop_grace_secs"], told["how"], told["schema_version"]) == (
        "INT",
        60.0,
        "start",
        1,
    )
