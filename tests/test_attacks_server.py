"""Attacks on the served page: by whoever reaches the port, with a token or without, by raw and by hand-made messages.

Each test is one attack of docs/security.md, named there by the first sentence of its docstring.
"""

from __future__ import annotations

import asyncio
import json
import os
import stat
import urllib.parse
from pathlib import Path

import psutil
import pytest
import websockets
from hypothesis import HealthCheck, given, settings
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from monitor.audit import read as read_audit
from monitor.reader import list_runs
from monitor.ui import server
from tests.fake_runs import healthy, overfitting
from tests.fuzzing import requests, status_of_raw
from tests.served import Session, serving
from tests.supervised import LISTENS, end_everything, script, state_of, wait_for, wait_for_state

STREAM = {"path": "/_stcore/stream", "subprotocols": ["streamlit"]}
PATHS = [
    "/",
    "/?run=healthy",
    "/vs/live",
    "/vs/report/healthy.html",
    "/vs/report/healthy.md",
    "/vs/report/healthy.log",
    "/vs/plotly-7.1.0.min.js",
    "/_stcore/stream",
    "/_stcore/host-config",
    "/_stcore/allowed-message-origins",
    "/_stcore/script-health-check",
    "/_stcore/metrics",
    "/_stcore/upload_file/a/b",
    "/_stcore/bidi-components/x/y",
    "/_stcore/agent/openapi.json",
    "/static/js/index.js",
    "/static/../tokens.json",
    "/media/x",
    "/component/x/y",
    "/app/static/x",
    "/favicon.png",
    "/healthy",
    "//",
    "/no-such-page",
]


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """A served folder with two runs: one that is well, one whose words are hostile."""
    home = tmp_path_factory.mktemp("attacked")
    (home / "runs").mkdir()
    healthy(home / "runs")
    overfitting(home / "runs")
    (home / "runs" / "healthy" / "trainer.log").write_text("epoch 1\n")
    with serving(home) as served:
        yield served
        end_everything(served.runs)


# Who gets in.


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_no_path_says_anything(there, path, method):
    """No token: every path, every method."""
    answer = there.ask(path, method)
    assert answer.status == 401
    assert b"healthy" not in answer.body and b"overfitting" not in answer.body


def test_without_a_token_only_the_health_check_answers(there):
    """No token: the one open path says nothing of any run."""
    assert there.ask("/_stcore/health").body == b"ok"


@pytest.mark.parametrize("guess", ["x", "c" * 32, "CONTROL", "\u00e9", "a" * 5000, "%00", "' OR 1=1 --", "null"])
def test_a_wrong_token_is_like_every_other(there, guess):
    """Wrong tokens: in the address, in a cookie, in the form; nearly right ones too."""
    quoted = urllib.parse.quote(guess)
    nearly = there.control[:-1] + ("A" if there.control[-1] != "A" else "B")
    by_address = there.ask(f"/?token={quoted}")
    assert by_address.status == 401 and "set-cookie" not in by_address.headers
    assert by_address.body == there.ask(f"/?token={nearly}").body == there.ask(f"/?view_token={nearly}").body
    by_form = there.ask("/vs/token", "POST", body=f"token={quoted}")
    assert by_form.status == 401 and by_form.body == by_address.body
    assert there.ask("/", token=quoted).status == there.ask("/", token=nearly).status == 401


def test_the_token_leaves_the_address_at_once(there):
    """The token in the address: history, bookmarks, Referer."""
    answer = there.ask(f"/?run=healthy&token={there.control}")
    assert (answer.status, answer.headers["location"]) == (303, "/?run=healthy")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"vitalsigns_{there.port}=")
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert answer.headers["referrer-policy"] == "same-origin" and answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["//evil.example/", "///evil.example", "/\\evil.example/", "//evil.example:80/%2e%2e"])
def test_a_link_with_a_token_leads_nowhere_else(there, path):
    """An open redirect: a link with a good token and two slashes."""
    answer = there.ask(f"{path}?token={there.look}")
    location = answer.headers.get("location", "/")
    assert location.startswith("/") and not location.startswith(("//", "/\\"))


# From other pages and by other names.


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil", ""]
)
@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/vs/report/healthy.md"])
def test_another_name_for_this_host_is_refused(there, host, path):
    """DNS rebinding: the Host of somebody else's name, with a good cookie."""
    answer = there.ask(path, headers={"Host": host.format(port=there.port)}, token=there.control)
    assert answer.status in (400, 421)


@pytest.mark.parametrize(
    "host",
    ["[::1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:999999", "a@127.0.0.1", "127.0.0.1/x", "localhost;x", "\xe9"],
)
def test_an_odd_host_is_refused_and_breaks_nothing(there, host):
    """A Host that is no name: brackets, users, paths, ports that are none."""
    status = status_of_raw(there.port, f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert status in (400, 421)


ORIGINS = [
    "http://evil.example",
    "http://127.0.0.1:1",
    "http://localhost:{port}",
    "https://127.0.0.1.evil",
    "null",
    "http://[",
]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("how", [{"path": "/vs/live"}, STREAM], ids=["live", "streamlit"])
def test_a_socket_from_another_page_is_refused(there, origin, how):
    """A WebSocket from another page: its Origin is foreign, the cookie is good."""

    async def conversation(tab):
        return await tab.recv()

    with pytest.raises(websockets.InvalidStatus):
        there.talk(conversation, token=there.control, origin=origin.format(port=there.port), **how)


@pytest.mark.parametrize("how", [{"path": "/vs/live"}, STREAM], ids=["live", "streamlit"])
@pytest.mark.parametrize("origin", [None, "http://127.0.0.1:{port}"], ids=["no origin", "our origin"])
@pytest.mark.parametrize("token", ["", "x" * 32], ids=["no token", "a wrong one"])
def test_a_socket_without_the_token_is_refused_whatever_it_says(there, how, origin, token):
    """A WebSocket without a token, with our Origin or with none."""

    async def conversation(tab):
        return await tab.recv()

    named = None if origin is None else origin.format(port=there.port)
    with pytest.raises(websockets.InvalidStatus):
        there.talk(conversation, token=token, origin=named, **how)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/vs/token", "/", "/_stcore/upload_file/a/b"])
def test_a_form_on_another_page_changes_nothing(there, method, path):
    """Cross-site request forgery: another page posts with its visitor's cookie."""
    headers = {"Origin": "http://evil.example", "Content-Type": "application/x-www-form-urlencoded"}
    answer = there.ask(path, method, headers, body=f"token={there.look}", token=there.control)
    assert answer.status == 403 and "set-cookie" not in answer.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("dest", ["script", "image", "iframe", "empty", "object"])
def test_a_page_on_another_port_embeds_nothing_of_ours(there, site, dest):
    """Another page, also on another port of this host, embeds or fetches something of ours."""
    mode = "navigate" if dest in ("iframe", "object") else "no-cors"
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
    assert there.ask("/vs/report/healthy.md", headers=headers, token=there.control).status == 403


def test_a_link_on_another_page_may_lead_here(there):
    """Not an attack: a link in a chat still opens the page, and a tunnel may use any port."""
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert there.ask("/", headers=followed, token=there.look).status == 200
    tunnelled = {"Host": "localhost:9999", "Origin": "http://localhost:9999"}
    assert there.ask("/", headers=tunnelled, token=there.look).status == 200


@pytest.mark.parametrize(
    "path", ["/", "/?run=healthy", "/vs/report/healthy.html", "/_stcore/health", "/no-such", "/vs/live"]
)
@pytest.mark.parametrize("who", ["nobody", "looks", "controls"])
def test_every_answer_forbids_framing_sniffing_and_foreign_scripts(there, path, who):
    """Clickjacking, content sniffing, injected scripts, cached pages."""
    token = {"nobody": "", "looks": there.look, "controls": there.control}[who]
    headers = there.ask(path, token=token).headers
    policy = dict(rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";"))
    assert policy["frame-ancestors"] == "'none'" and headers["x-frame-options"] == "DENY"
    assert "unsafe" not in policy["script-src"] and "http" not in policy["script-src"]
    assert policy["object-src"] == policy["base-uri"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "no-store" in headers["cache-control"] or "no-cache" in headers["cache-control"]


async def answered(tab) -> None:
    """Asks for the log until it is told: then whatever was sent before has been seen."""
    await tab.send(json.dumps({"kind": "log"}))
    while json.loads(await asyncio.wait_for(tab.recv(), 30))["kind"] != "log":
        pass


# Who may only look.


@pytest.fixture
def live(there, tmp_path):
    """A run that trains, started through the command line."""
    name = f"live-{tmp_path.name[-12:]}".replace("_", "-")
    done = there.monitor("start", "--runs", there.runs, "--run-id", name, "--", *script(tmp_path, LISTENS))
    assert done.returncode == 0, done.stderr
    wait_for_state(there.runs / name, "running")
    yield name
    there.monitor("stop", name, "--runs", there.runs)


ACTS = ["stop", "restart", "resume", "check", "ack", "archive", "restore_trashed", "demo"]


def test_the_looking_link_controls_nothing_by_hand_made_messages(there, live):
    """The looking-only link sends the page's own control messages by hand."""
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


# Names, files and messages.

NAMES = [
    "../state/vitalsigns/tokens",
    "%2e%2e%2fstate%2fvitalsigns%2ftokens",
    "..%5c..%5ctokens",
    "%00",
    "healthy%00",
    "%2fetc%2fpasswd",
    "%E2%80%A4%E2%80%A4%2fhealthy",
    "%EF%BC%8E%EF%BC%8E%2fhealthy",
    "healthy%2ftrainer",
    "a" * 3000,
    ".",
    "..",
    "",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["html", "md", "log"])
def test_a_download_by_a_name_that_is_a_way_out_is_refused(there, name, form):
    """Traversal in a download: dots, escapes, NUL, absolute, look-alike dots, far too long."""
    answer = there.ask(f"/vs/report/{name}.{form}", token=there.look)
    assert answer.status in (400, 404) or b'<div id="root">' in answer.body, answer.body[:200]
    assert there.control.encode() not in answer.body and b"root:" not in answer.body


@pytest.mark.parametrize(
    "name", ["../healthy", "/etc", "..", "healthy\0", "\u2024\u2024", "x" * 9000, "healthy/", "%2e%2e"]
)
def test_a_question_by_a_name_that_is_a_way_out_is_refused(there, name):
    """Traversal in the live route's run id, and in a comparison."""

    async def conversation(tab):
        await tab.send(json.dumps({"kind": "hello", "run": name}))
        return json.loads(await asyncio.wait_for(tab.recv(), 20))

    assert there.talk(conversation, token=there.look)["kind"] == "problem"

    async def compared(tab):
        await tab.send(json.dumps({"kind": "hello", "run": "healthy"}))
        await tab.send(json.dumps({"kind": "compare", "with": [name]}))
        while (message := json.loads(await asyncio.wait_for(tab.recv(), 20)))["kind"] != "compare":
            pass
        return message

    assert name not in str(there.talk(compared, token=there.look).get("with", ""))


def test_the_address_bar_opens_no_way_out(there):
    """Traversal in the page's own address, a megabyte of it by hand-made message."""

    async def conversation(socket):
        session = Session(socket)
        for run in ("../state", "%2e%2e%2fstate", "healthy%00", "x" * 1_000_000):
            await session.rerun(f"run={run}")
            assert not session.shows("Traceback") and not session.shows(there.control)

    there.talk(conversation, token=there.look, **STREAM)
    assert there.is_well()


def test_a_linked_run_is_neither_listed_nor_opened(there, tmp_path):
    """A run folder is a link out of the folder of runs: page, live route and download."""
    elsewhere = overfitting(tmp_path)
    (elsewhere / "trainer.log").write_text("PASSWORD\n")
    link = there.runs / "linked"
    link.symlink_to(elsewhere)
    try:

        async def conversation(tab):
            await tab.send(json.dumps({"kind": "hello", "run": "linked"}))
            return json.loads(await asyncio.wait_for(tab.recv(), 20))

        assert there.talk(conversation, token=there.look)["kind"] == "problem"
        assert there.ask("/vs/report/linked.log", token=there.look).status == 404
        assert there.ask("/vs/report/linked.md", token=there.look).status == 404
        assert b"linked" not in there.ask("/", token=there.look).body
    finally:
        link.unlink()


@pytest.mark.parametrize("kind", ["link", "pipe", "device"])
def test_a_log_that_is_no_file_is_not_sent(there, kind):
    """The log to download is a link, a pipe or a device."""
    run_dir = there.runs / "overfitting"
    log = run_dir / "trainer.log"
    {"link": lambda: log.symlink_to(there.home / "state" / "vitalsigns" / "tokens.json"),
     "pipe": lambda: os.mkfifo(log),
     "device": lambda: log.symlink_to("/dev/zero")}[kind]()  # fmt: skip
    try:
        assert there.ask("/vs/report/overfitting.log", token=there.look).status == 404
    finally:
        log.unlink()


def test_hostile_words_of_a_run_are_shown_as_words(there):
    """A run's own words are HTML and scripts: in the document, in the report."""
    words = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    summary = there.runs / "overfitting" / "summary.json"
    summary.write_text(json.dumps({"run_id": "overfitting", "verdict": words, "reason": words, "epoch": 3}))
    run = json.loads((there.runs / "overfitting" / "run.json").read_text())
    run["config"] = {words: words}
    (there.runs / "overfitting" / "run.json").write_text(json.dumps(run))
    for path in ("/?run=overfitting", "/", "/vs/report/overfitting.html"):
        answer = there.ask(path, token=there.look)
        assert answer.status == 200 and b"<script>alert" not in answer.body and b"<img src=x" not in answer.body
    assert "attachment" in there.ask("/vs/report/overfitting.html", token=there.look).headers["content-disposition"]


MESSAGES = [
    b"\x00\xff",
    b"{}",
    "x" * 200_000,
    "[" * 60_000,
    "{" * 60_000,
    '{"kind":' * 9_000,
    "null",
    '"\\ud800"',
    "1e999",
]


@pytest.mark.parametrize("message", MESSAGES, ids=range(len(MESSAGES)))
def test_an_odd_message_costs_nobody_anything(there, message):
    """Odd messages on the live route: binary, too long, deeply nested, no JSON."""

    async def conversation(tab):
        await tab.send(json.dumps({"kind": "hello", "run": "healthy"}))
        await tab.send(message)
        await answered(tab)

    there.talk(conversation, token=there.look)
    assert there.is_well()


@pytest.mark.parametrize("how", [{"path": "/vs/live"}, STREAM], ids=["live", "streamlit"])
def test_a_message_of_forty_megabytes_is_not_taken(there, how):
    """A message of 40 MB on either socket."""

    async def conversation(tab):
        await tab.send(b"x" * 40 * 2**20)
        while True:
            await asyncio.wait_for(tab.recv(), 30)

    with pytest.raises(websockets.ConnectionClosed):
        there.talk(conversation, token=there.look, **how)
    assert there.is_well()


def server_of(there) -> psutil.Process:
    return next(
        process for process in psutil.process_iter() if any(str(there.port) == word for word in _words(process))
    )


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_flood_of_questions_fills_no_queue(there):
    """A flood: 20,000 questions at once on one socket."""
    server = server_of(there)
    before = server.memory_info().rss

    async def conversation(tab):
        await tab.send(json.dumps({"kind": "hello", "run": "healthy"}))
        for _ in range(20_000):
            await tab.send('{"kind":"predictions","filter":"worst"}')
        await tab.send(json.dumps({"kind": "clip", "id": "val-0001"}))
        return json.loads(await asyncio.wait_for(tab.recv(), 60))

    there.talk(conversation, token=there.look, close_timeout=1)
    assert there.is_well()
    assert server.memory_info().rss - before < 200 * 2**20


def test_an_endless_form_is_not_read_to_its_end(there):
    """A form of 200 MB, without a token."""
    server = server_of(there)
    before = server.memory_info().rss
    pieces = (b"token=" + b"x" * 2**20 for _ in range(200))
    try:
        answer = there.ask("/vs/token", "POST", {"Content-Length": str(200 * (2**20 + 6))}, body=pieces)
        assert answer.status == 401
    except ConnectionError:
        pass  # hung up on: as good an answer
    assert server.memory_info().rss - before < 60 * 2**20 and there.is_well()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=requests())
def test_a_mutated_request_breaks_nothing(there, data):
    """Mutated requests: methods, paths, headers and bodies, well-formed and broken."""
    status = status_of_raw(there.port, data)
    assert status is None or (status < 500 and status != 200) or b"health" in data


# What is left lying about.


def test_no_process_carries_a_token(there, live):
    """Another user of the machine reads the command lines and environments of our processes."""
    ours = [process for process in psutil.process_iter() if process.uids().real == os.getuid()]
    for process in ours:
        try:
            carried = " ".join(
                [*process.cmdline(), *(process.environ().values() if process.pid != os.getpid() else [])]
            )
        except psutil.Error:
            continue
        assert there.control not in carried and there.look not in carried, process
    assert any(str(there.port) in " ".join(_words(process)) for process in ours), "the server itself was looked at"


def test_no_log_holds_a_token_and_what_is_kept_is_private(there):
    """Another user of the machine reads the server's files."""
    there.ask(f"/?token={there.control}")
    there.ask(f"/?token={there.control}x")
    state = there.home / "state" / "vitalsigns"
    holders = {
        path.name for path in state.rglob("*") if path.is_file() and there.control in path.read_text("utf-8", "replace")
    }
    assert holders == {"tokens.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in state.rglob("*") if path.is_file()} == {0o600}
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    for path in there.runs.rglob("*"):
        if path.is_file():
            assert there.control.encode() not in path.read_bytes(), path


def test_a_browser_that_is_opened_is_not_given_the_token_in_its_command_line(tmp_path):
    """Another user of the machine reads the command line of the browser that `serve` opens."""
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path / "argv"}\n')
    browser.chmod(0o700)
    with serving(tmp_path, BROWSER=f"{browser} %s", DISPLAY=":99") as served:
        served.env.pop("SSH_CONNECTION", None)
        served.env.pop("SSH_TTY", None)
        assert served.monitor("serve", "--runs", served.runs).returncode == 0
        wait_for(lambda: (tmp_path / "argv").exists() and (tmp_path / "argv").read_text().strip())
        given_to_it = (tmp_path / "argv").read_text().split()[-1]
        assert served.control not in given_to_it and given_to_it.startswith("file://")
        page = Path(urllib.parse.unquote(urllib.parse.urlsplit(given_to_it).path))
        assert served.control in page.read_text() and stat.S_IMODE(page.stat().st_mode) == 0o600


# Beyond this machine.


def test_beyond_this_machine_there_is_no_page_without_a_token(tmp_path, monkeypatch):
    """`serve --host 0.0.0.0 --no-token`, and the same by environment."""
    with serving(tmp_path, "--host", "0.0.0.0") as served:
        refused = served.monitor("serve", "--host", "0.0.0.0", "--no-token", "--runs", tmp_path / "other")
        assert refused.returncode == 5 and "needs its token" in refused.stderr
        assert served.ask("/").status == 401
        assert served.ask("/", headers={"Host": f"10.1.2.3:{served.port}"}, token=served.look).status == 200
        assert served.ask("/", headers={"Host": "evil.example"}, token=served.look).status == 421
    monkeypatch.setenv("VITALSIGNS_NO_TOKEN", "1")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for address, without in (("127.0.0.1", True), ("0.0.0.0", False), ("", False), ("10.1.2.3", False)):
        monkeypatch.setattr(server, "_address", lambda address=address: address)
        assert (server.tokens() is None) == without
    warned = served.monitor("serve", "--host", "0.0.0.0", "--runs", tmp_path / "other")
    try:
        assert warned.returncode == 0 and "without TLS" in warned.stderr
    finally:
        served.monitor("serve", "--stop", "--runs", tmp_path / "other")


def test_behind_a_proxy_its_name_alone_is_ours_and_the_cookie_is_secure(tmp_path):
    """A reverse proxy: its name, its TLS, its path, and nobody else's."""
    with serving(tmp_path, "--name", "gpu.lab.example", "--base", "/lab/vs") as served:
        proxied = {"Host": "gpu.lab.example", "X-Forwarded-Proto": "https"}
        let_in = served.ask(f"/lab/vs/?token={served.look}", headers=proxied)
        assert (let_in.status, let_in.headers["location"]) == (303, "/lab/vs/")
        assert "Secure" in let_in.headers["set-cookie"]
        assert served.ask("/lab/vs/", headers=proxied, token=served.look).status == 200
        assert served.ask("/lab/vs/", headers={"Host": "other.lab.example"}, token=served.look).status == 421
        for path in ("/vs/live", "/_stcore/stream"):
            assert upgraded(served, path, "https://gpu.lab.example") == 101
            assert upgraded(served, path, "https://other.lab.example") == 403


def upgraded(served, path: str, origin: str) -> int | None:
    """The answer to a WebSocket's handshake as a proxy passes it on."""
    lines = [
        f"GET /lab/vs{path} HTTP/1.1",
        "Host: gpu.lab.example",
        f"Origin: {origin}",
        f"Cookie: vitalsigns_{served.port}={served.look}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Protocol: streamlit",
    ]
    return status_of_raw(served.port, "\r\n".join([*lines, "", ""]).encode())
