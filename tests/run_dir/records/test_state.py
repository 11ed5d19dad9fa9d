"""progress.json, state.json and control/: states of a run, and what a person asks of it."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.run_dir.records import state
from monitor.run_dir.records.coding import decode, encode
from monitor.run_dir.records.state import FINAL_STATES, OPEN_STATES, Answer, Progress, Request, State, StoredState
from tests.run_dir.records.made import comes_back, few, made, records_of


@pytest.mark.parametrize("kind", records_of(state))
@few
@given(data=st.data())
def test_every_record_comes_back(kind, data):
    assert comes_back(data.draw(made(kind)))


def test_every_stored_state_is_open_or_final_and_lost_is_none():
    assert frozenset(get_args(StoredState)) == FINAL_STATES | OPEN_STATES
    assert not FINAL_STATES & OPEN_STATES
    assert sorted(FINAL_STATES) == ["failed", "finished", "stopped"]
    with pytest.raises(ValueError, match="lost"):
        decode(b'{"state": "lost"}', State)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"verb": "kill", "generation": 1, "number": 1, "asked_at": 1}', Request),
        ('{"verb": "stop", "generation": 1, "number": 1, "answered_at": 1, "result": "maybe"}', Answer),
        ('{"heartbeat_at": 1, "phase": "dreaming"}', Progress),
        ('{"heartbeat_at": 1, "outcome": "running"}', Progress),
        ('{"state": "running", "stop": {"stage": "buried"}}', State),
    ],
)
def test_a_word_that_nobody_acts_on_is_refused(text, kind):
    with pytest.raises(ValueError, match=r"."):
        decode(text.encode(), kind)


def test_documents_spell_everything_out_and_a_trainer_listens_unless_it_says_otherwise():
    told = json.loads(encode(Progress(heartbeat_at=1.0)))
    assert told["listens"] is True and told["outcome"] is None
    assert json.loads(encode(State(state="queued"))).keys() == set(State.__struct_fields__)
