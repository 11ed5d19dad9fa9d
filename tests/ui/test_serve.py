"""`serve` and the live route, on the real server: links, ports, sockets, what is sent and what is not."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import msgspec
import pytest
import websockets

from monitor.run_dir.errors import RefusedError
from monitor.run_dir.files import replace
from monitor.run_dir.folders import folders_of
from monitor.run_dir.opening import make_folder
from monitor.run_dir.processes import identify
from monitor.run_dir.serving import Serving, serving_file, serving_of, state_dir
from monitor.ui.serve import run_serve
from monitor.writer import RunWriter
from tests.served import cookie_of

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def env(home):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("VITALSIGNS_")}
    return {**kept, "XDG_STATE_HOME": str(home / "state")}


def monitor(env, *words):
    return subprocess.run(
        [sys.executable, "-m", "monitor", *map(str, words)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def served(home, env):
    """What `serve --json` says of a dashboard that really runs."""
    with RunWriter(home / "runs" / "odd") as run:
        run.log_epoch(1, train_loss=1.0, val_loss=1.5)
    with RunWriter(home / "runs" / "live", epochs=50) as run:
        for epoch in (1, 2, 3):
            record(run, epoch)
    answer = monitor(env, "serve", "--runs", home / "runs", "--json")
    assert answer.returncode == 0, answer.stderr
    yield json.loads(answer.stdout)
    monitor(env, "serve", "--runs", home / "runs", "--stop")


def status(url):
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_serving_twice_finds_the_one_that_runs(home, env, served):
    again = json.loads(monitor(env, "serve", "--runs", home / "runs", "--json").stdout)
    assert again == served


def test_the_text_says_how_to_open_share_reach_and_stop_it(home, env, served):
    said = monitor(env, "serve", "--runs", home / "runs").stdout
    for words in (served["open"], served["look"], "ssh -N -L", "serve --stop"):
        assert words in said


def test_it_listens_on_this_machine_only_and_wants_a_token(served):
    base = f"http://127.0.0.1:{served['port']}"
    assert status(f"{base}/") == 401
    assert status(f"{base}/?token=wrong") == 401
    assert status(f"{base}/_stcore/health") == 200
    names = {row.split()[1] for row in Path("/proc/net/tcp").read_text().splitlines()[1:] if row.split()[3] == "0A"}
    ours = [name for name in names if int(name.split(":")[1], 16) == served["port"]]
    assert ours and all(name.startswith("0100007F") for name in ours)


def test_a_port_in_use_is_refused_in_one_sentence(tmp_path, env):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = monitor(env, "serve", "--runs", tmp_path, "--port", port)
    assert done.returncode == 5
    assert done.stderr.strip() == f"error: Port {port} on 127.0.0.1 is in use. Omit --port to get a free one."


def test_dashboards_that_start_in_the_same_instant_get_ports_of_their_own(tmp_path, env):
    """Between the look for a free port and the start another one may take it; nobody's answer is taken for ours."""
    folders = [tmp_path / f"runs-{number}" for number in range(4)]
    command = [sys.executable, "-m", "monitor", "serve", "--json", "--runs"]
    started = [
        subprocess.Popen([*command, str(folder)], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
        for folder in folders
    ]
    try:
        answers = [json.loads(process.communicate(timeout=120)[0]) for process in started]
        assert len({answer["port"] for answer in answers}) == len(folders)
        assert all(status(f"http://127.0.0.1:{answer['port']}/") == 401 for answer in answers)
    finally:
        for folder in folders:
            monitor(env, "serve", "--runs", folder, "--stop")


def test_of_two_dashboards_of_one_folder_the_older_is_found_once_the_newer_is_gone_and_both_are_stopped(tmp_path, env):
    def serve(*words):
        return monitor(env, "serve", "--runs", tmp_path, "--json", *words)

    first = json.loads(serve().stdout)["port"]
    # Another program may have the next port.
    tried = (serve("--port", port) for port in range(first + 1, first + 20))
    second = json.loads(next(done.stdout for done in tried if done.returncode == 0))["port"]
    try:
        assert json.loads(serve("--port", first).stdout)["port"] == first, "both are known"
    finally:
        said = monitor(env, "serve", "--runs", tmp_path, "--stop").stdout
    assert said == f"The dashboards on ports {second} and {first} have stopped; runs go on.\n"
    for port in (first, second):
        with pytest.raises(urllib.error.URLError):
            status(f"http://127.0.0.1:{port}/_stcore/health")
    assert monitor(env, "serve", "--runs", tmp_path, "--stop").returncode == 5


def test_the_newest_dashboard_that_still_lives_serves_a_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    make_folder(state_dir())
    older = Serving(identify(os.getpid()), 12_345, str(tmp_path))
    gone = msgspec.structs.replace(older.identity, start_ticks=1)
    newer = Serving(gone, 12_346, str(tmp_path), beside=(older,))
    replace(serving_file(tmp_path), msgspec.json.encode(newer))
    assert serving_of(tmp_path) == older


def test_stopping_what_does_not_run_is_refused_in_one_sentence(tmp_path, env):
    done = monitor(env, "serve", "--runs", tmp_path, "--stop")
    assert done.returncode == 5 and done.stderr.count("\n") == 1


def test_a_server_of_an_older_version_is_not_given_links_that_it_does_not_know(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    record = Serving(identify(os.getpid()), 12_345, str(tmp_path))
    make_folder(state_dir())
    replace(serving_file(tmp_path), msgspec.json.encode(record))
    with pytest.raises(RefusedError, match=r"an older version.*serve --stop --runs"):
        run_serve(folders=folders_of([tmp_path]))


@pytest.mark.parametrize("command", [["app.py"], ["-m", "streamlit", "run", "app.py"]])
def test_both_ways_to_start_the_app_pass_the_gate_first(tmp_path, env, command):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    flags = ["--server.port", str(port)] if "run" in command else []
    log = (tmp_path / "log").open("w+b")
    process = subprocess.Popen(
        [sys.executable, "-u", *command, *flags],
        cwd=ROOT,
        env={**env, "VITALSIGNS_RUNS": str(tmp_path)},
        stdout=log,
        stderr=log,
    )
    try:
        deadline = time.monotonic() + 60
        while b"?token=" not in (tmp_path / "log").read_bytes():
            assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.1)
        link = next(word for word in (tmp_path / "log").read_text().split() if "?token=" in word)
        assert status(link.partition("?")[0]) == 401
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        assert browser.open(link, timeout=60).status == 200
    finally:
        process.terminate()
        process.wait(60)
        log.close()


# The live route.


def cookie(served):
    return {"Cookie": cookie_of(served["look"])}


def talk(served, conversation, headers=None):
    async def go():
        url = f"ws://127.0.0.1:{served['port']}/vs/live"
        async with websockets.connect(url, additional_headers=cookie(served) if headers is None else headers) as tab:
            return await conversation(tab)

    return asyncio.run(asyncio.wait_for(go(), 60))


async def next_of(tab, kind):
    while True:
        message = json.loads(await asyncio.wait_for(tab.recv(), 60))
        if message["kind"] == kind:
            return message


def record(run, epoch):
    run.log_decodes(epoch, ["A B", ""], references=["A C", "B"])
    run.log_epoch(epoch, train_loss=2.0, val_loss=2.5, val_wer=0.5)


def test_a_tab_gets_all_once_and_then_only_what_is_new(home, served):
    with RunWriter(home / "runs" / "grows", epochs=50) as run:
        record(run, 1)
        record(run, 2)

        async def conversation(tab):
            await tab.send(json.dumps({"kind": "hello", "run": "grows"}))
            first = await next_of(tab, "frame")
            record(run, 3)
            while True:
                later = await next_of(tab, "frame")
                if later["series"]["epochs"]["epoch"]:
                    return first, later

        first, later = talk(served, conversation)
    assert first["series"]["epochs"]["epoch"] == [1, 2]
    assert (later["series"]["epochs_from"], later["series"]["epochs"]["epoch"]) == (2, [3])
    assert later["seq"] > first["seq"]


def test_a_tab_that_comes_back_says_what_it_has_and_gets_the_rest(home, served):
    async def conversation(tab):
        await tab.send(json.dumps({"kind": "hello", "run": "live"}))
        whole = await next_of(tab, "frame")
        return whole["life"]

    life = talk(served, conversation)

    async def again(tab):
        await tab.send(json.dumps({"kind": "hello", "run": "live", "epochs": 2, "steps": 0, "life": life}))
        return await next_of(tab, "frame")

    assert talk(served, again)["series"]["epochs"]["epoch"] == [3]


def test_predictions_are_aligned_on_demand(home, served):
    async def conversation(tab):
        await tab.send(json.dumps({"kind": "hello", "run": "live"}))
        await next_of(tab, "frame")
        await tab.send(json.dumps({"kind": "predictions", "epoch": None, "filter": "first"}))
        return await next_of(tab, "predictions")

    answer = talk(served, conversation)
    assert answer["counts"] == {"hits": 1, "s": 1, "d": 1, "i": 0}


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("no json", "closed"),
        ("[]", "closed"),
        ("{}", "closed"),
        ('{"kind": "hello", "run": "../etc"}', "problem"),
        ('{"kind": "hello", "run": 7}', "problem"),
        ('{"kind": "hello", "run": "odd", "epochs": -1, "steps": "x", "life": null}', "frame"),
    ],
)
def test_odd_messages_end_in_an_answer_or_a_closed_socket_never_in_a_dead_server(served, message, kind):
    async def conversation(tab):
        await tab.send(message)
        try:
            return json.loads(await asyncio.wait_for(tab.recv(), 60))["kind"]
        except websockets.ConnectionClosed:
            return "closed"

    assert talk(served, conversation) == kind
    assert status(f"http://127.0.0.1:{served['port']}/_stcore/health") == 200


@pytest.mark.parametrize("headers", [{}, {"Cookie": "vitalsigns_1=x"}], ids=["no cookie", "a wrong one"])
def test_a_socket_without_the_token_is_refused(served, headers):
    async def conversation(tab):
        return await tab.recv()

    with pytest.raises(websockets.InvalidStatus, match=r"HTTP 40[13]"):
        talk(served, conversation, headers)
