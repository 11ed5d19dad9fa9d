"""Attacks on the served page: by names, files, messages and floods, with a token or without.

Each test is one attack of docs/security.md, named there by the first sentence of its docstring.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import websockets
from hypothesis import HealthCheck, given, settings

from monitor.ui import seats
from tests.fake_runs import overfitting
from tests.fuzzing import requests, status_of_raw
from tests.served import STREAM, Session, answered, server_of

pytest_plugins = ["tests.attacked"]


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
    if "%2f" in name and not name.startswith(("..", "%2e")):
        # No route takes it: what comes is the page, as at every address.
        assert answer.status == 200 and b'<div id="root">' in answer.body
    else:
        assert answer.status in (400, 404), answer.body[:200]
    assert there.control.encode() not in answer.body and b"root:" not in answer.body


@pytest.mark.parametrize(
    "name", ["../healthy", "/etc", "..", "healthy\0", "\u2024\u2024", "x" * 9000, "healthy/", "%2e%2e"]
)
def test_a_question_by_a_name_that_is_a_way_out_is_refused(there, name):
    """Traversal in the live route's run id, and in a comparison."""

    async def conversation(tab):
        await tab.send(json.dumps({"kind": "hello", "run": name}))
        return json.loads(await asyncio.wait_for(tab.recv(), 60))

    assert there.talk(conversation, token=there.look)["kind"] == "problem"

    async def compared(tab):
        await tab.send(json.dumps({"kind": "hello", "run": "healthy"}))
        await tab.send(json.dumps({"kind": "compare", "with": [name]}))
        while (message := json.loads(await asyncio.wait_for(tab.recv(), 60)))["kind"] != "compare":
            pass
        return message

    assert name not in str(there.talk(compared, token=there.look).get("with", ""))


def test_the_address_bar_opens_no_way_out(there):
    """Traversal in the page's address, and a megabyte of it in a hand-made message."""

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
            return json.loads(await asyncio.wait_for(tab.recv(), 60))

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
    """A run's text is HTML and scripts, in the document and in the report."""
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
    """Malformed messages on the live route: binary, too long, deeply nested, not JSON."""

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
            await asyncio.wait_for(tab.recv(), 60)

    with pytest.raises(websockets.ConnectionClosed):
        there.talk(conversation, token=there.look, **how)
    assert there.is_well()


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


def test_connections_that_ask_nothing_keep_nobody_out_and_fill_no_log(there):
    """A visitor without a token holds a thousand connections open that ask nothing, or nonsense."""
    log = there.home / "state" / "vitalsigns" / f"serve-{there.port}.log"
    server, before = server_of(there), log.stat().st_size
    held = []
    try:
        for number in range(1000):
            held.append(one := socket.create_connection(("127.0.0.1", there.port), timeout=60))
            with contextlib.suppress(OSError):  # the oldest are closed meanwhile
                one.sendall(b"GET / HT" if number % 2 else b"\x00\xff nonsense\r\n\r\n")
        assert there.ask("/", token=there.look).status == 200
        assert server.num_fds() < 700
    finally:
        for one in held:
            one.close()
    assert log.stat().st_size - before < 20_000


def test_a_flood_of_downloads_is_made_one_by_one(there):
    """A view-only visitor asks for forty reports at once."""
    with ThreadPoolExecutor(40) as crowd:
        names = [f"/vs/report/{'healthy' if n % 2 else 'overfitting'}.{'md' if n % 3 else 'html'}" for n in range(40)]
        floods = [crowd.submit(there.ask, name, token=there.look) for name in names]
        ours = there.ask("/vs/report/healthy.md", token=there.control)
        statuses = {flood.result().status for flood in floods}
    assert ours.status == 200 and statuses == {200, 429}
    assert there.ask("/vs/report/healthy.md", token=there.look).status == 200


def test_the_many_tabs_of_one_who_looks_leave_the_owner_his(there):
    """A view-only visitor opens hundreds of tabs."""
    server, began = server_of(there), server_of(there).num_fds()

    async def opened(token):
        cookie = there.cookie(token)
        tab = await websockets.connect(
            f"ws://127.0.0.1:{there.port}/vs/live",
            origin=f"http://127.0.0.1:{there.port}",
            additional_headers=cookie,
            open_timeout=120,
            ping_interval=None,
        )
        await tab.send(json.dumps({"kind": "hello", "run": "healthy"}))
        return tab

    async def first(tab):
        return json.loads(await asyncio.wait_for(tab.recv(), 60))

    async def story():
        fits = seats.MOST_TABS - seats.KEPT_FOR_CONTROL
        crowd = [await opened(there.look) for _ in range(fits + 20)]
        assert (await first(crowd[fits - 1]))["kind"] == "frame"
        assert "number 1 in line" in (await first(crowd[fits]))["message"]
        owner = await opened(there.control)
        assert (await first(owner))["kind"] == "frame"
        await crowd[0].close()
        while (message := await first(crowd[fits]))["kind"] == "problem":
            assert "in line" in message["message"]
        assert message["kind"] == "frame"
        await asyncio.gather(*(tab.close() for tab in (*crowd, owner)))

    asyncio.run(story())
    until = time.monotonic() + 60
    while server.num_fds() > began + 20 and time.monotonic() < until:
        time.sleep(0.2)
    assert server.num_fds() <= began + 20
    assert there.is_well()
