"""Attacks on the served page: by what is left lying about, and from beyond this machine.

Each test is one attack of docs/security.md, named there by the first sentence of its docstring.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import urllib.parse
from pathlib import Path

import psutil
import pytest

from monitor.ui import server
from tests.fuzzing import status_of_raw
from tests.served import ROOT, serving, words_of
from tests.supervised import wait_for

pytest_plugins = ["tests.attacked"]


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
    assert any(str(there.port) in " ".join(words_of(process)) for process in ours), "the server itself was looked at"


def test_no_log_holds_a_token_and_what_is_kept_is_private(there):
    """Another user of the machine reads the server's files."""
    there.ask(f"/?token={there.control}")
    there.ask(f"/?token={there.control}x")
    state = there.home / "state" / "vitalsigns"
    secrets = json.loads((state / "tokens.json").read_text())
    held = [there.control, there.look, *secrets.values()]
    holders = {
        path.name
        for path in state.rglob("*")
        if path.is_file() and any(token in path.read_text("utf-8", "replace") for token in held)
    }
    assert len(held) == len(set(held)) and holders == {"tokens.json"}
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
    """A reverse proxy: only its own name, TLS and path are accepted."""
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
        f"Cookie: {served.cookie(served.look)['Cookie']}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Protocol: streamlit",
    ]
    return status_of_raw(served.port, "\r\n".join([*lines, "", ""]).encode())


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022])
def test_the_folders_above_the_state_are_private_however_it_comes_to_be(tmp_path, umask):
    """Another user or the group writes into ~/.local, which the first start of a new user made with his umask."""
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "import sys; from monitor.run_dir import seal; from monitor.ui.tokens import load_tokens\n"
        "seal._key(make=True) if sys.argv[1] == 'seal' else load_tokens()"
    )
    for first in ("seal", "tokens"):
        subprocess.run(
            [sys.executable, "-c", f"import os; os.umask({umask})\n{code}", first],
            env={"HOME": str(home / first), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            check=True,
        )
        made = [path for path in home.rglob("*") if path.is_dir()]
        assert len(made) >= 4 and {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o700}
