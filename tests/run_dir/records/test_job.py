"""The job of an engine: its number becomes a word of a command, so that nothing else may stand there."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.run_dir.records import job
from monitor.run_dir.records.coding import decode, encode
from monitor.run_dir.records.job import JobOrder, JobPlace, JobSeen
from tests.run_dir.records.made import comes_back, few, made, records_of


@pytest.mark.parametrize("kind", records_of(job))
@few
@given(data=st.data())
def test_every_record_comes_back(kind, data):
    assert comes_back(data.draw(made(kind)))


@pytest.mark.parametrize("number", ["0", "17", "17_3", "9" * 18])
def test_the_number_of_a_job_and_of_one_in_an_array_is_read(number):
    assert decode(json.dumps({"job_id": number}).encode(), JobPlace).job_id == number


@pytest.mark.parametrize(
    "number",
    ["", "-1", "--all", "17 18", "17;ls", "17\n", "17_", "_3", "17_3_4", "1.0", "٣", "9" * 19, "17_1234567", "a17"],
)
@pytest.mark.parametrize("kind", [JobPlace, JobSeen])
def test_what_is_no_number_of_a_job_is_refused(kind, number):
    with pytest.raises(ValueError, match="regex"):
        decode(json.dumps({"job_id": number}).encode(), kind)


def test_an_engine_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="engine"):
        decode(b'{"engine": "pbs"}', JobOrder)


def test_an_order_spells_out_what_it_asks_for_and_asks_for_one_process_on_one_node():
    order = json.loads(encode(JobOrder()))
    assert order.keys() == set(JobOrder.__struct_fields__)
    assert (order["nodes"], order["nproc"], order["gpus"], order["signal_secs"]) == (1, 1, 0, 120)
