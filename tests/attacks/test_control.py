"""Attacks on the served page: controlling a run with a link that may only look, or by what was not shown.

Each test is one attack of docs/security.md, named there by the first sentence of its docstring.
"""

from __future__ import annotations

import json

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from monitor.run_dir.audit import read as read_audit
from monitor.run_dir.reader import list_runs
from tests.served import STREAM, Session, answered
from tests.supervised import state_of, wait_for_state

pytest_plugins = ["tests.attacked"]


ACTS = ["stop", "restart", "resume", "check", "ack", "archive", "restore_trashed", "demo"]


def test_the_looking_link_controls_nothing_by_hand_made_messages(there, live):
    """A view-only link sends the page's control messages, made by hand."""
    before = set(list_runs(there.runs))
    query = f"run={live}"

    async def conversation(socket):
        session = Session(socket)
        await session.rerun(query)
        assert session.component
        for kind in ACTS:
            await session.act(query, {"kind": kind, "runs": ["overfitting", live], "alert": "gap-1", "option": "x"})
            assert not session.dialog, kind
        for key in ("confirm_stop", "confirm_resume", "confirm_restart"):
            guessed = WidgetState(id=f"$$ID-63fb831dad10a801cf22d9a98caad399-{key}", trigger_value=True)
            await session.rerun(query, guessed)
        odd = BackMsg()
        odd.rerun_script.query_string = query
        odd.rerun_script.fragment_id = "08cfa6ce34288ac139722c0eb01525a6"
        await session.send(odd)

    there.talk(conversation, token=there.look, **STREAM)
    assert state_of(there.runs / live).state == "running"
    refused = [entry for entry in read_audit(there.runs) if entry.run_id == live and entry.result == "refused"]
    assert [(entry.verb, entry.via) for entry in refused] == [("stop", "page, looking-only link")], "noted once"
    assert not list((there.runs / live / "control").iterdir()) and set(list_runs(there.runs)) == before


def test_the_same_messages_with_the_control_token_do_stop_the_run(there, live):
    """Not an attack: the same messages with the control token open the dialog and stop the run."""
    query = f"run={live}"

    async def conversation(socket):
        session = Session(socket)
        await session.rerun(query)
        await session.act(query, {"kind": "stop"})
        assert session.dialog == "Stop this run?"
        await session.press(query, "confirm_stop")

    there.talk(conversation, token=there.control, **STREAM)
    wait_for_state(there.runs / live, "stopped")
    done = [(entry.verb, entry.via, entry.result) for entry in read_audit(there.runs) if entry.run_id == live]
    assert done == [("start", "terminal", "done"), ("stop", "page, control link", "done")]
    serves = [(entry.via, entry.result) for entry in read_audit(there.runs) if entry.verb == "serve"]
    assert serves == [("terminal", "done")], "who serves is no visitor of the page"


@pytest.mark.parametrize("edited", [True, False], ids=["edited", "as shown"])
def test_what_was_shown_is_what_starts_or_nothing(there, live, tmp_path, edited):
    """launch.json is edited between the restart dialog and the click."""
    query, trap = f"run={live}", tmp_path / "it_ran"
    path = there.runs / live / "launch.json"

    async def conversation(socket):
        session = Session(socket)
        await session.rerun(query)
        await session.act(query, {"kind": "restart"})
        assert session.dialog == "Restart with changes"
        if edited:
            launch = json.loads(path.read_text())
            path.write_text(json.dumps({**launch, "argv": ["touch", str(trap)]}))
        await session.press(query, "confirm_restart")

    there.talk(conversation, token=there.control, **STREAM)
    made = [name for name in list_runs(there.runs) if name.startswith(f"{live}-")]
    assert not trap.exists() and len(made) == (0 if edited else 1)
    for child in made:
        wait_for_state(there.runs / child, "running", "failed")
        there.monitor("stop", child, "--yes", "--runs", there.runs)


def test_the_live_route_takes_no_order_from_anybody(there, live):
    """The control token sends orders to the live route, which only answers questions."""

    async def conversation(tab):
        await tab.send(json.dumps({"kind": "hello", "run": live}))
        for kind in ACTS:
            await tab.send(json.dumps({"kind": kind, "run": live, "runs": [live]}))
            await answered(tab)

    there.talk(conversation, token=there.control)
    assert state_of(there.runs / live).state == "running"
