"""A visitor who hammers a dashboard, in a process of his own.

`python -m tests.hammering PORT KIND SECS [COOKIE [ANSWERS]]` prints how often which answer came, as JSON. It goes on
until eleven answers and each of the ANSWERS (with commas between) have come: on a busy machine it asks little in its
seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections import Counter

import websockets

from tests.served import Session

RUNS = ("healthy", "overfitting", "long")
LONGEST_SECS = 150.0
LEAST_ANSWERS = 11
QUESTIONS = ({"kind": "metrics"}, {"kind": "moment", "epoch": 9000}, {"kind": "compare", "with": ["overfitting"]})


class Visitor:
    """`answers`: of HTTP by its status, of a socket by the kind of what came."""

    def __init__(self, port: int, cookie: str, secs: float) -> None:
        self.port, self.cookie = port, cookie
        self.until = time.monotonic() + secs
        self.answers: Counter[str] = Counter()

    async def gets(self, path: str) -> None:
        """Asks for one path after the other, each on a connection of its own, and reads all of the answer."""
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{cookie}Connection: close\r\n\r\n"
        while time.monotonic() < self.until:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(head.encode())
            self.answers[(await reader.read(12)).decode()[-3:]] += 1
            while await reader.read(1 << 20):
                pass
            writer.close()

    async def looks(self, run: str) -> None:
        """Opens a tab and leaves it with the first frame."""
        while time.monotonic() < self.until:
            async with self._socket("/vs/live") as tab:
                await tab.send(json.dumps({"kind": "hello", "run": run}))
                self.answers[json.loads(await tab.recv())["kind"]] += 1

    async def asks(self, run: str) -> None:
        """Keeps a tab open and asks what takes the processor."""
        async with self._socket("/vs/live") as tab:
            await tab.send(json.dumps({"kind": "hello", "run": run}))
            while time.monotonic() < self.until:
                for question in QUESTIONS:
                    await tab.send(json.dumps(question))
                self.answers[json.loads(await asyncio.wait_for(tab.recv(), 60))["kind"]] += 1

    async def runs_the_script(self, run: str) -> None:
        """Begins one session of Streamlit after the other."""
        while time.monotonic() < self.until:
            async with self._socket("/_stcore/stream", subprotocols=["streamlit"]) as stream:
                await Session(stream).rerun(f"run={run}")
                self.answers["script"] += 1

    def _socket(self, path: str, **how: object) -> websockets.connect:
        origin = f"http://127.0.0.1:{self.port}"
        headers = {"Cookie": self.cookie}
        return websockets.connect(  # type: ignore[arg-type]
            f"ws{origin[4:]}{path}", origin=origin, additional_headers=headers, max_size=None, open_timeout=60, **how
        )

    async def crowd(self, kind: str) -> None:
        """Many at once of one kind; who is sent away or cut off comes again."""

        async def one(number: int) -> None:
            run = RUNS[number % len(RUNS)]
            acts = {
                "page": lambda: self.gets("/"),
                "run": lambda: self.gets(f"/?run={run}"),
                "files": lambda: self.gets("/static/js/none.js"),
                "reports": lambda: self.gets("/vs/report/long.html"),
                "numbers": lambda: self.gets("/vs/report/long.csv"),
                "tabs": lambda: self.looks(run),
                "questions": lambda: self.asks("long"),
                "script": lambda: self.runs_the_script(run),
            }
            while time.monotonic() < self.until:
                with contextlib.suppress(OSError, TimeoutError, websockets.WebSocketException, EOFError):
                    await acts[kind]()

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self.until - time.monotonic() + asyncio.get_running_loop().time() + 1):
                await asyncio.gather(*(one(number) for number in range(32)))


def main(port: str, kind: str, secs: str, cookie: str = "", needs: str = "") -> None:
    os.nice(10)
    visitor, longest = Visitor(int(port), cookie, float(secs)), time.monotonic() + LONGEST_SECS
    asyncio.run(visitor.crowd(kind))
    needed = [each for each in needs.split(",") if each]

    def is_enough() -> bool:
        return visitor.answers.total() >= LEAST_ANSWERS and all(visitor.answers[each] for each in needed)

    while not is_enough() and time.monotonic() < longest:
        visitor.until = time.monotonic() + float(secs)
        asyncio.run(visitor.crowd(kind))
    print(json.dumps(visitor.answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
