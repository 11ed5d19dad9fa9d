"""Attacks by another user of the machine, and by a visitor whose link was taken back: ports, cookies, settings.

Each test is one attack of docs/security.md, named there by the first sentence of its docstring.
"""

from __future__ import annotations

import asyncio
import http.server
import json
import re
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from monitor import launcher
from monitor.diagnosis.settings import settings_for
from monitor.run_dir.launch import read_launch
from tests.accounts import ATTACKER, needs_root, run_as
from tests.served import STREAM, Session, cookie_of, serving
from tests.supervised import FINISHES, end_everything, state_of, wait_for_state

pytest_plugins = ["tests.attacked"]


def links_of(there, *options):
    """What `serve` prints of the dashboard that now runs, and what it says beside."""
    done = there.monitor("serve", "--runs", there.runs, "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


@pytest.mark.slow
def test_a_listener_on_the_port_that_was_left_gets_nothing_that_opens_the_next_server(tmp_path):
    """Another user listens on the dashboard's port while it is down, and replays what he receives."""
    with serving(tmp_path) as there:
        old, link = there.cookie(there.control), f"/?token={there.control}"
        assert there.ask("/", headers=old).status == 200
        stopped = there.monitor("serve", "--stop", "--runs", there.runs)
        assert stopped.returncode == 0, stopped.stderr
        value = old["Cookie"].partition("=")[2]
        links, _ = links_of(there)
        assert links["port"] == there.port, "a folder keeps its port"
        for replayed in ({"headers": old}, {"headers": {"Cookie": f"vitalsigns_{there.port}={there.control}"}}):
            assert there.ask("/", **replayed).status == 401
        assert there.ask(link).status == there.ask(f"/?token={value}").status == 401
        assert there.ask("/", headers={"Cookie": cookie_of(links["open"])}).status == 200
        there.monitor("serve", "--stop", "--runs", there.runs)
        with http.server.HTTPServer(("127.0.0.1", there.port), http.server.BaseHTTPRequestHandler) as stranger:
            threading.Thread(target=stranger.serve_forever, daemon=True).start()
            links, said = links_of(there)
            stranger.shutdown()
        assert links["port"] != there.port
        assert f"Another process listens on port {there.port}, the usual one of this folder" in said
        there.port = links["port"]
        for replayed in (value, there.control):
            assert there.ask(f"/?token={replayed}").status == 401
            assert there.ask("/", headers={"Cookie": f"vitalsigns_{there.port}={replayed}"}).status == 401


@pytest.mark.slow
@pytest.mark.parametrize("way", ["removed", "changed", "given to the group"])
def test_a_link_that_was_taken_back_ends_at_once_everywhere(tmp_path, way):
    """The token file is removed or changed while the server lives; old links, cookies and open sockets go on."""
    with serving(tmp_path) as there:
        old = there.cookie(there.control)
        path = there.home / "state" / "vitalsigns" / "tokens.json"

        async def conversation(tab):
            await tab.send(json.dumps({"list": True}))
            await tab.recv()
            if way == "removed":
                path.unlink()
            elif way == "changed":
                path.write_text(json.dumps({"control": "n" * 32, "look": "m" * 32}))
            else:
                path.chmod(0o640)
            began = time.monotonic()
            with pytest.raises(websockets.ConnectionClosed):
                while True:
                    await asyncio.wait_for(tab.recv(), 60)
            return time.monotonic() - began

        assert there.talk(conversation, headers=old) < 10
        assert there.ask("/", headers=old).status == there.ask(f"/?token={there.control}").status == 401
        links, _ = links_of(there)
        assert there.ask("/", headers={"Cookie": cookie_of(links["open"])}).status == 200


def test_a_look_only_visitor_cannot_press_the_button_of_a_session_that_controls(there, live):
    """A view-only visitor takes over a control session by its id and presses the button of its open dialog."""
    query, known = f"run={live}", {}

    async def opens(socket):
        first = BackMsg()
        first.rerun_script.query_string = query
        await socket.send(first.SerializeToString())
        while (came := ForwardMsg.FromString(await socket.recv())).WhichOneof("type") != "script_finished":
            if came.WhichOneof("type") == "new_session":
                known["id"] = came.new_session.initialize.session_id
        session = Session(socket)
        await session.rerun(query)
        await session.act(query, {"kind": "stop"})
        known["fragment"] = session._fragment
        known["button"] = re.search(r"\$\$ID-\w+-confirm_stop", " ".join(session._texts))[0]

    async def presses(socket):
        session = Session(socket)
        pressed = WidgetState(id=known["button"], trigger_value=True)
        await session.rerun(query, pressed, fragment=known["fragment"])
        assert session.shows("view-only")

    there.talk(opens, token=there.control, **STREAM)
    there.talk(presses, token=there.look, path=STREAM["path"], subprotocols=["streamlit", "x", known["id"]])
    assert state_of(there.runs / live).state == "running"


@pytest.mark.parametrize("who", ["looks", "controls"])
def test_nothing_can_be_uploaded(there, who):
    """A visitor fills the server's memory through Streamlit's upload route."""
    token = {"looks": there.look, "controls": there.control}[who]
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        assert there.ask("/_stcore/upload_file/a/b", method, body=b"x" * 100_000, token=token).status == 405
    assert there.is_well()


@pytest.fixture
def common():
    """A folder where every user of the machine may write, as /tmp is."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o1777)
    yield folder
    end_everything(folder / "project" / "runs")
    shutil.rmtree(folder, ignore_errors=True)


SPOILED = """[thresholds]
gap_limit = 99
[devices]
cpu_runs = 1
[notify]
addresses = ["json://127.0.0.1:9/${AWS_SECRET_ACCESS_KEY}"]
"""


@pytest.mark.parametrize("owner", ["attacker", "ours"])
def test_settings_planted_above_a_project_are_not_obeyed(common, owner):
    """A vitalsigns.toml that another user put into a world-writable folder above a project."""
    planted = common / "vitalsigns.toml"
    if owner == "attacker":
        needs_root()
        done = run_as(ATTACKER, "/bin/sh", "-c", f"cat > {planted}", input=SPOILED)
        assert done.returncode == 0 and planted.stat().st_uid == ATTACKER, done.stderr
    else:
        planted.write_text(SPOILED)  # who may write the folder may have put it there
    project = common / "project"
    project.mkdir()
    runs = project / "runs"
    found = settings_for(project)
    assert (found.thresholds, found.notify.addresses, found.devices.cpu_runs) == ({}, (), None)
    run_id = launcher.start(runs, [sys.executable, "-c", FINISHES], run_id="r", cwd=project)
    wait_for_state(runs / run_id, "finished", "failed")
    assert read_launch(runs / run_id).thresholds == {}
