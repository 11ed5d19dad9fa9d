"""A real HTTP server that takes messages, as the services do that people use: it can be down, broken or asleep."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "s3cr3t-t0ken-Zq81"


class Receiver:
    """`taken`: what arrived and was accepted, in order. `asked`: how many requests came at all."""

    def __init__(self) -> None:
        self._held = socket.socket()  # bound for as long as the test: the port goes to nobody else meanwhile
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.bind(("127.0.0.1", 0))
        self.port = self._held.getsockname()[1]
        self.taken: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.asked = 0
        self.answers = 200
        self.sleeps = threading.Event()
        """Set: requests are not answered until it is cleared or the test ends."""
        self.ended = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    @property
    def titles(self) -> list[str]:
        return [str(message["title"]) for message in self.taken]

    def go_up(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.asked += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                while receiver.sleeps.is_set() and not receiver.ended.wait(0.05):
                    continue
                if receiver.answers == 200:
                    receiver.taken.append(json.loads(body))
                    receiver.paths.append(self.path)
                with contextlib.suppress(OSError):
                    self.send_response(receiver.answers)
                    self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def go_down(self) -> None:
        self.ended.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def settings(self, **others: Any) -> str:
        """The table [notify] with this receiver's address; its secret comes from the environment, as it should."""
        values = {
            "addresses": [f"json://127.0.0.1:{self.port}/${{VITALSIGNS_TEST_TOKEN}}"],
            "retry_secs": 0.1,
            "min_minutes": 0,
            **others,
        }
        return "[notify]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    try:
        yield one
    finally:
        one.go_down()
        one._held.close()
