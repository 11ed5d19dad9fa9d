"""run.json: what a run is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.run_dir.records import run
from monitor.run_dir.records.coding import decode, encode
from monitor.run_dir.records.run import Floors, ModelInfo, Reading, Run
from tests.run_dir.records.made import comes_back, few, made, records_of


@pytest.mark.parametrize("kind", records_of(run))
@few
@given(data=st.data())
def test_every_record_comes_back(kind, data):
    assert comes_back(data.draw(made(kind)))


def test_run_json_spells_out_its_schema_and_all_it_holds():
    told = json.loads(encode(Run(run_id="a")))
    assert told.keys() == set(Run.__struct_fields__) and told["schema_version"] == 1
    assert told["gap_basis"] == "train", "without a word of the script the gap is the one that any script has"
    assert json.loads(encode(Reading(path="a"))).keys() == set(Reading.__struct_fields__)


def test_a_floor_that_is_not_known_is_none_and_one_of_zero_is_zero():
    assert decode(b'{"run_id": "a", "floors": {"wer_empty": 0}}', Run).floors == Floors(wer_empty=0.0)
    assert Floors().wer_constant is None and ModelInfo().parameters is None


@pytest.mark.parametrize(
    "fields",
    [{"name": "x" * 2001}, {"model": {"name": "x" * 2001}}, {"units": {"loss": "x" * 2001}}, {"gap_basis": "both"}],
)
def test_words_that_are_too_long_or_not_known_are_refused(fields):
    with pytest.raises(ValueError, match=r"."):
        decode(json.dumps({"run_id": "a", **fields}).encode(), Run)


def test_two_runs_share_no_settings():
    Run(run_id="a").config["lr"] = 1
    assert Run(run_id="b").config == {}
