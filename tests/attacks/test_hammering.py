"""Attacks by a visitor who takes all he can, while another one wants to look.

Each test is one attack of docs/security.md, named there by the first sentence of its docstring.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time

import pytest

from benchmarks.scale.folders import long_run
from tests.fake_runs import healthy, overfitting
from tests.hammering import LEAST_ANSWERS
from tests.served import ROOT, cookie_of, serving

HAMMERS_SECS = 4.0
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """A dashboard of three runs, one of 20,000 epochs; `bo` has a link of his own, `look` is everybody's."""
    home = tmp_path_factory.mktemp("hammered")
    (home / "runs").mkdir()
    healthy(home / "runs")
    overfitting(home / "runs")
    long_run(home, epochs=20_000).rename(home / "runs" / "long")
    with serving(home) as served:
        yield served


@pytest.fixture(scope="module")
def bo(there):
    """The Cookie header of another visitor, who has seen his first frame while nobody hammered."""
    cookie = {"Cookie": visitor(there, "bo")}
    see_a_frame(there, cookie)
    return cookie


def visitor(there, name):
    """The Cookie header of one who may look and has a share of his own, of which nothing is taken yet."""
    made = there.monitor("link", "--runs", there.runs, "--json", "--name", name, "--may", "look")
    assert made.returncode == 0, made.stderr
    return cookie_of(json.loads(made.stdout)["urls"][-1])


def see_a_frame(there, cookie):
    """Opens a run's page and its socket and waits for the first frame; raises where he is sent away or left waiting."""
    assert there.ask("/?run=healthy", headers=cookie).status == 200

    async def tab(socket):
        await socket.send(json.dumps({"kind": "hello", "run": "healthy"}))
        while json.loads(await asyncio.wait_for(socket.recv(), 60))["kind"] != "frame":
            pass

    there.talk(tab, headers=cookie)


@contextlib.contextmanager
def hammering(there, kind, cookie="", secs=HAMMERS_SECS, needs=""):
    """While somebody hammers; gives his process."""
    command = [sys.executable, "-m", "tests.hammering", str(there.port), kind, str(secs), cookie, needs]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        time.sleep(1.5)
        yield process
    finally:
        process.kill()
        process.communicate()


def hammered(there, bo, kind, cookie="", secs=HAMMERS_SECS, needs=""):
    """What the one who hammers was answered; raises unless the other one was let in and saw his run meanwhile.

    How long he waited is `benchmarks.scale`'s to say: the one who hammers takes a core of this machine himself.
    """
    with hammering(there, kind, cookie, secs, needs) as process:
        while process.poll() is None:
            see_a_frame(there, bo)
            time.sleep(0.1)
        said, complained = process.communicate()
    assert process.returncode == 0, complained
    return json.loads(said)


def told_to_wait(there, ask):
    """Asks on while somebody hammers, until it is told to wait; returns that answer's Retry-After."""
    until = time.monotonic() + 120
    while (answer := ask()).status != 429:
        assert time.monotonic() < until, answer
    assert f"Ask again in {answer.headers['retry-after']} second" in answer.body.decode()
    return int(answer.headers["retry-after"])


@pytest.mark.parametrize("kind", ["page", "run", "files", "tabs", "questions", "script"])
def test_one_who_looks_hammers_and_another_one_sees_his_run_all_the_same(there, bo, kind):
    """A view-only visitor hammers pages, runs, files, sockets, questions or Streamlit's script from 32 connections."""
    answers = hammered(there, bo, kind, there.cookie(there.look)["Cookie"])
    assert sum(answers.values()) >= LEAST_ANSWERS


@pytest.mark.parametrize("kind", ["reports", "numbers"])
def test_one_who_looks_hammers_downloads_and_is_told_to_wait(there, bo, kind):
    """A view-only visitor hammers the report or the numbers of a long run from 32 connections."""
    # What the others took before, on a slow machine, is owed: one of them might get nothing for a while.
    answers = hammered(there, bo, kind, visitor(there, kind), needs="200,429")
    assert answers["200"] and answers["429"]


@pytest.mark.parametrize("kind", ["page", "reports"])
def test_a_stranger_hammers_and_is_told_to_wait(there, bo, kind):
    """A visitor without a token hammers the page or a report from 32 connections."""
    answers = hammered(there, bo, kind, secs=2 * HAMMERS_SECS, needs="401,429")
    assert answers["401"] and answers["429"] and not answers.get("200")


def test_who_has_taken_his_share_is_told_when_to_come_again(there, bo):
    """Strangers, and one who looks, ask for far more than a share; the answer states when to come again."""
    with hammering(there, "page", secs=250):
        assert told_to_wait(there, lambda: there.ask("/")) < 30
        assert there.ask(f"/?token={there.look}").status == 303, "a good link opens the page meanwhile"
        assert there.is_well() and there.ask("/", headers=bo).status == 200
    cookie = there.cookie(there.look)
    with hammering(there, "files", cookie["Cookie"], secs=250):
        assert told_to_wait(there, lambda: there.ask("/vs/live", headers={**cookie, **UPGRADE})) < 60
        assert told_to_wait(there, lambda: there.ask("/", headers=cookie)) < 60
        assert there.ask("/", headers=bo).status == there.ask("/", token=there.control).status == 200
