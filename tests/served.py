"""A dashboard that is really served, and hands to attack it with: raw requests, sockets, Streamlit's own protocol."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import io
import json
import os
import re
import subprocess
import sys
import urllib.parse
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from monitor.commands.cli import main

ROOT = Path(__file__).resolve().parent.parent
STREAM = {"path": "/_stcore/stream", "subprotocols": ["streamlit"]}
"""Streamlit's own socket."""


def cookie_of(link: str) -> str:
    """What a link is exchanged for, as a Cookie header."""
    asked = urllib.parse.urlsplit(link)
    connection = http.client.HTTPConnection(asked.hostname or "", asked.port, timeout=60)
    try:
        connection.request("GET", f"{asked.path}?{asked.query}")
        answer = connection.getresponse()
        assert answer.status == 303, answer.status
        return (answer.getheader("Set-Cookie") or "").partition(";")[0]
    finally:
        connection.close()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Served:
    """A dashboard of `runs`, with both of its tokens."""

    home: Path
    runs: Path
    port: int
    control: str
    look: str
    base: str = ""
    env: dict[str, str] = field(default_factory=dict)

    cookies: dict[str, str] = field(default_factory=dict)

    def cookie(self, token: str) -> dict[str, str]:
        """The Cookie header of a visitor with one of the links' tokens; any other text goes in as it is."""
        if token in (self.control, self.look) and token not in self.cookies:
            self.cookies[token] = cookie_of(f"http://127.0.0.1:{self.port}{self.base}/?token={token}")
        return {"Cookie": self.cookies.get(token, f"vitalsigns_{self.port}={token}")}

    def ask(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None, body: Any = None, token: str = ""
    ) -> Answer:
        """One request on a connection of its own; `token` goes into the cookie. Redirects are not followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = {**(self.cookie(token) if token else {}), **(headers or {})}
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def is_well(self) -> bool:
        return self.ask("/_stcore/health").status == 200

    def talk(self, conversation: Callable[[Any], Awaitable[Any]], *, path: str = "/vs/live", **how: Any) -> Any:
        """Runs a conversation over a WebSocket, `secs` at most. `token`, `origin`, `headers` … as in `websockets`."""
        token, secs = how.pop("token", ""), how.pop("secs", 90.0)
        headers = {**(self.cookie(token) if token else {}), **how.pop("headers", {})}

        async def go() -> Any:
            url = f"ws://127.0.0.1:{self.port}{self.base}{path}"
            async with websockets.connect(url, additional_headers=headers, max_size=None, **how) as tab:
                return await conversation(tab)

        return asyncio.run(asyncio.wait_for(go(), secs))

    def monitor(self, *words: object) -> subprocess.CompletedProcess[str]:
        return monitor(words, self.env)


def monitor(words: Sequence[object], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`python -m monitor WORDS`; `list`, by which tests poll, and `serve --stop`, by which they end, run here."""
    command = list(map(str, words))
    if command[0] != "list" and (command[0] != "serve" or "--stop" not in command):
        whole = [sys.executable, "-m", "monitor", *command]
        return subprocess.run(whole, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as here,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        here.chdir(ROOT)
        for name in os.environ.keys() - env.keys():
            here.delenv(name)
        for name in env:
            here.setenv(name, env[name])
        code = main(command)
    return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def serving(home: Path, *options: object, **env: str) -> Iterator[Served]:
    """Serves `home/runs` until the block is left."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("VITALSIGNS_")}
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        kept.pop(name, None)
    there = Served(
        home,
        home / "runs",
        0,
        "",
        "",
        env={**kept, "XDG_STATE_HOME": str(home / "state"), "PYTHONPATH": str(ROOT), **env},
    )
    there.runs.mkdir(exist_ok=True)
    answer = there.monitor("serve", "--runs", there.runs, "--json", *options)
    assert answer.returncode == 0, answer.stderr
    links = json.loads(answer.stdout)
    there.port = links["port"]
    there.control, there.look = (links.get(name, "=").rpartition("=")[2] for name in ("open", "look"))
    try:
        yield there
    finally:
        stop_serving(there.runs, there.env)


def stop_serving(runs: Path, env: dict[str, str]) -> None:
    monitor(["serve", "--runs", runs, "--stop"], env)


class Session:
    """One Streamlit session spoken by hand: what a browser would send, and whatever else one may want to."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self.component = ""
        self.dialog = ""
        self._fragment = ""
        self._texts: list[str] = []

    async def rerun(self, query: str, *states: WidgetState, fragment: str = "") -> None:
        """Asks for a run of the script (or of a fragment) and waits until it has finished; remembers what came."""
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.fragment_id = fragment
        message.rerun_script.widget_states.widgets.extend(states)
        await self.send(message)
        await self.finished()

    async def send(self, message: BackMsg) -> None:
        await self._socket.send(message.SerializeToString())

    async def finished(self) -> None:
        self._texts, self.dialog = [], ""
        while True:
            came = ForwardMsg.FromString(await asyncio.wait_for(self._socket.recv(), 60))
            if came.WhichOneof("type") == "script_finished":
                return
            element = came.delta.new_element
            if element.WhichOneof("type") == "bidi_component":
                self.component = element.bidi_component.id
            if came.delta.add_block.WhichOneof("type") == "dialog":
                self.dialog = came.delta.add_block.dialog.title
            self._fragment = came.delta.fragment_id or self._fragment
            self._texts.append(str(came))

    async def act(self, query: str, action: dict[str, Any]) -> None:
        """The component's trigger, as its JavaScript sends it."""
        aggregated = json.dumps([{"event": "action", "value": action}])
        trigger = f"$$STREAMLIT_INTERNAL_KEY_{self.component}__events"
        await self.rerun(query, WidgetState(id=trigger, json_trigger_value=aggregated))

    async def press(self, query: str, key: str) -> None:
        """Presses a button of the dialog that is open."""
        button = next(
            piece for text in self._texts for piece in text.split('"') if re.fullmatch(rf"\$\$ID-\w+-{key}", piece)
        )
        await self.rerun(query, WidgetState(id=button, trigger_value=True), fragment=self._fragment)

    def shows(self, words: str) -> bool:
        return any(words in text for text in self._texts)


async def answered(tab) -> None:
    """Asks for the log until it is told: then whatever was sent before has been seen."""
    await tab.send(json.dumps({"kind": "log"}))
    while json.loads(await asyncio.wait_for(tab.recv(), 60))["kind"] != "log":
        pass


def server_of(there) -> psutil.Process:
    return next(
        process for process in psutil.process_iter() if any(str(there.port) == word for word in words_of(process))
    )


def words_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
