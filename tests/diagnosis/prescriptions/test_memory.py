"""Half the batch against a GPU without memory left."""

from dataclasses import replace

import pytest

from monitor.diagnosis.crash_kinds.kind import Failure
from monitor.diagnosis.prescriptions.memory import half_batch
from monitor.diagnosis.verdict import judge
from monitor.run_dir import Launch
from tests.snapshots import NOW, snapshot

SEEN = snapshot(launch=Launch(run_id="r", created_at=1.0, argv=["python", "t.py"]))
DIAGNOSIS = judge(SEEN, NOW).diagnosis


def after(config, name="gpu_memory"):
    failure = Failure(name, "It failed.", "Look.") if name else None
    return half_batch(SEEN, replace(DIAGNOSIS, failure=failure), config)


@pytest.mark.parametrize("name", ["gpu_taken", "host_memory", "exception", ""])
def test_another_failure_or_none_gets_no_smaller_batch(name):
    assert after({"batch_size": 8}, name) is None


@pytest.mark.parametrize("config", [{}, {"batch_size": 1}, {"batch_size": "8"}, {"accumulation_steps": 2}])
def test_without_a_batch_that_can_be_halved_there_is_none(config):
    assert after(config) is None


def test_with_accumulation_it_is_the_same_update():
    option = after({"batch_size": 8, "accumulation_steps": 2})
    assert option.changes == {"batch_size": [8, 4], "accumulation_steps": [2, 4]}
    assert (
        option.expected == "the same update from half as many samples at a time: their activations take about half "
        "the memory"
    )
    assert option.note == "Batch norm, where there is any, sees half as many samples at a time."
    assert (option.id, option.flags) == ("half_batch", "--batch_size 4 --accumulation_steps 4")
    assert "restart r --option half_batch --set batch_size=4 --set accumulation_steps=4" in option.command
    assert option.title.startswith("Half the batch") and option.disproved_by == "it runs out of memory again"
    assert option.cost == "more and smaller passes, which are slower where the GPU was not busy all the time"


def test_an_odd_batch_is_not_the_same_update():
    option = after({"batch_size": 7, "accumulation_steps": 2})
    assert option.changes["batch_size"] == [7, 3] and option.expected.startswith("passes of half as many samples")


def test_without_accumulation_the_note_says_what_that_means():
    option = after({"batch_size": 8})
    assert option.note.startswith("This run has no setting for accumulation: each update then rests on half as many")
    assert option.note.endswith("Batch norm, where there is any, sees half as many samples at a time.")
    assert option.expected.startswith("passes of half")
