"""Attacks by people who have a link of their own, and on the name that a reverse proxy gives.

Each test is one attack of docs/security.md, named there by the first sentence of its docstring.
"""

from __future__ import annotations

import asyncio
import json
import stat
import time

import pytest
import websockets

from monitor.run_dir.audit import read as read_audit
from monitor.run_dir.launch import read_state
from tests.fuzzing import status_of_raw
from tests.proxy import as_user, proxying
from tests.served import STREAM, Session, cookie_of, serving
from tests.supervised import LISTENS, end_everything, script, state_of, wait_for_state

TRUSTING = ("--trust-user-header", "X-Forwarded-User", "--from", "127.0.0.1", "--may-control", "ana")


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """A dashboard with a live run, which trusts the user header of a proxy on loopback."""
    home = tmp_path_factory.mktemp("team")
    with serving(home, *TRUSTING) as served:
        yield served
        end_everything(served.runs)


@pytest.fixture
def live(there, tmp_path):
    name = f"live-{tmp_path.name[-12:]}".replace("_", "-")
    done = there.monitor("start", "--runs", there.runs, "--run-id", name, "--", *script(tmp_path, LISTENS))
    assert done.returncode == 0, done.stderr
    wait_for_state(there.runs / name, "running")
    yield name
    there.monitor("stop", name, "--runs", there.runs)


def link(there, *words):
    """What `link --json` says."""
    done = there.monitor("link", "--runs", there.runs, "--json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def let_in(there, name, may, *more):
    """The Cookie header of a person who has just opened a link of his own."""
    made = link(there, "--name", name, "--may", may, *more)
    return {"Cookie": cookie_of(made["urls"][-1])}, made


async def stops(socket, run):
    session = Session(socket)
    await session.rerun(f"run={run}")
    await session.act(f"run={run}", {"kind": "stop"})
    opened = session.dialog
    if opened:
        await session.press(f"run={run}", "confirm_stop")
    return opened


def acts(there, run):
    return [(entry.verb, entry.via, entry.result) for entry in read_audit(there.runs) if entry.run_id == run]


def test_a_persons_look_link_controls_nothing_and_is_noted_by_name(there, live):
    """A person with a look link of his own sends the page's control messages, made by hand."""
    cookie, _ = let_in(there, "bo", "look")
    assert there.talk(lambda socket: stops(socket, live), headers=cookie, **STREAM) == ""
    assert state_of(there.runs / live).state == "running"
    assert acts(there, live)[1:] == [("stop", "page, link of bo", "refused")]


def test_who_controls_by_his_own_link_is_named_in_the_audit_and_in_the_run(there, live):
    """Not an attack: a person's control link stops the run, in his name."""
    cookie, made = let_in(there, "Ana López", "control")
    assert there.talk(lambda socket: stops(socket, live), headers=cookie, **STREAM) == "Stop this run?"
    wait_for_state(there.runs / live, "stopped")
    assert acts(there, live)[1:] == [("stop", "page, link of Ana López", "done")]
    assert read_state(there.runs / live).stop.asked_by == "Ana López"
    assert made["may"] == "control" and 29.9 < (made["until"] - time.time()) / 86_400 <= 30
    assert [each["may"] for each in link(there)["links"] if each["name"] == "Ana López"] == ["control"]


@pytest.mark.parametrize("way", ["revoked", "made anew", "expired"])
def test_a_persons_link_that_is_over_ends_at_once_everywhere(there, way):
    """A person's link is revoked, made anew or expires while his page is open; link, cookie and sockets go on."""
    name = f"cy {way}"
    cookie, made = let_in(there, name, "control", "--days", "0.00005" if way == "expired" else "30")
    url = made["urls"][-1]

    async def conversation(tab):
        await tab.send(json.dumps({"list": True}))
        await tab.recv()
        if way == "revoked":
            link(there, "--revoke", name)
        elif way == "made anew":
            link(there, "--name", name, "--may", "look")
        began = time.monotonic()
        with pytest.raises(websockets.ConnectionClosed):
            while True:
                await asyncio.wait_for(tab.recv(), 60)
        return time.monotonic() - began

    assert there.talk(conversation, headers=cookie) < 10
    assert there.ask("/", headers=cookie).status == 401
    assert there.ask("/" + url.partition("/?")[2].join(["?", ""])).status == 401
    assert there.ask("/", token=there.look).status == 200, "the owner's links stay"


def test_a_link_of_one_folder_opens_no_other_and_a_programs_link_no_page(there, tmp_path):
    """A person tries his link at the dashboard of another folder, and a program its token at the page."""
    other = tmp_path / "other"
    other.mkdir()
    done = there.monitor("link", "--runs", other, "--json", "--name", "bo", "--may", "control")
    token = json.loads(done.stdout)["token"]
    assert there.ask(f"/?token={token}").status == 401
    for may in ("proxy", "metrics"):
        token = link(there, "--name", may, "--may", may)["token"]
        assert there.ask(f"/?token={token}").status == there.ask("/", headers={"Cookie": f"x={token}"}).status == 401
        assert there.ask("/", headers={"Authorization": f"Bearer {token}"}).status == 401


def test_what_is_kept_of_links_is_private_and_opens_nothing(there):
    """Another user of the machine, or a backup, has the file of links."""
    _, made = let_in(there, "dora", "control")
    path = there.home / "state" / "vitalsigns" / "links.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert made["token"] not in text and made["token"] not in (there.runs / "audit.jsonl").read_text()
    marks = [each["mark"] for each in json.loads(text)["links"]]
    assert marks
    for mark in marks:
        assert there.ask(f"/?token={mark}").status == 401
        assert there.ask("/", headers={"Cookie": f"vitalsigns_{there.port}={mark}.9999999999.{mark}"}).status == 401
    path.chmod(0o640)
    assert there.ask("/?token=" + made["token"]).status == 401, "a file that others could have written"
    assert "chmod 600" in there.monitor("link", "--runs", there.runs).stderr
    path.chmod(0o600)
    assert there.ask("/?token=" + made["token"]).status == 303


@pytest.mark.parametrize("sent", ["without the token", "a wrong token", "a person's token", "two names", "an odd name"])
def test_a_user_header_from_anybody_but_the_proxy_is_ignored(there, sent):
    """A visitor, or another user of the machine, sends the proxy's user header himself."""
    right = link(there, "--name", "caddy", "--may", "proxy")["token"]
    person = link(there, "--name", "eve", "--may", "control")["token"]
    token = {"without the token": "", "a wrong token": "x" * 32, "a person's token": person}.get(sent, right)
    name = {"two names": "bo\r\nX-Forwarded-User: ana", "an odd name": "ana\tadmin"}.get(sent, "ana")
    lines = ["GET / HTTP/1.1", f"Host: 127.0.0.1:{there.port}", f"X-Forwarded-User: {name}", "Connection: close"]
    lines += [f"X-Vitalsigns-Proxy: {token}"] if token else []
    assert status_of_raw(there.port, "\r\n".join([*lines, "", ""]).encode()) == 401
    assert there.ask("/", headers={"X-Forwarded-User": "ana", "X-Vitalsigns-Proxy": right}).status == 200


def test_a_user_header_is_ignored_where_nothing_is_trusted(tmp_path):
    """A user header, with a good proxy token, reaches a dashboard that is set to trust none."""
    with serving(tmp_path) as plain:
        token = link(plain, "--name", "caddy", "--may", "proxy")["token"]
        assert plain.ask("/", headers={"X-Forwarded-User": "ana", "X-Vitalsigns-Proxy": token}).status == 401


def test_behind_a_proxy_each_user_has_his_name_and_only_the_listed_control(there, live):
    """Users of a proxy control unlisted, send another user's name, or go on when the proxy's token is revoked."""
    token = link(there, "--name", "caddy", "--may", "proxy")["token"]
    direct = there.port
    with proxying(direct, X_Vitalsigns_Proxy=token, X_Forwarded_Proto="https", X_Forwarded_For="203.0.113.9") as proxy:
        there.port = proxy.port
        try:
            assert there.ask("/").status == 401, "who says no name is no user"
            forged = {**as_user("bo"), "X-Forwarded-User": "ana"}
            assert there.ask("/", headers=forged).status == 200
            assert there.talk(lambda socket: stops(socket, live), headers=forged, **STREAM) == ""
            assert state_of(there.runs / live).state == "running"
            assert there.talk(lambda socket: stops(socket, live), headers=as_user("ana"), **STREAM) == "Stop this run?"
            wait_for_state(there.runs / live, "stopped")
            took = there.talk(lambda tab: closed_after(there, tab), headers=as_user("ana"))
            assert took < 60 and there.ask("/", headers=as_user("ana")).status == 401
        finally:
            there.port = direct
    named = [(verb, via) for verb, via, _ in acts(there, live)[1:]]
    assert named == [("stop", "page, bo through the proxy caddy"), ("stop", "page, ana through the proxy caddy")]
    assert read_state(there.runs / live).stop.asked_by == "ana"


async def closed_after(there, tab):
    """Seconds until an open list is closed once the proxy's token is revoked."""
    await tab.send(json.dumps({"list": True}))
    await tab.recv()
    link(there, "--revoke", "caddy")
    began = time.monotonic()
    with pytest.raises(websockets.ConnectionClosed):
        while True:
            await asyncio.wait_for(tab.recv(), 60)
    return time.monotonic() - began
